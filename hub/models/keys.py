"""Wrapped data keys and the epochs whose region keys wrap them; the region keys themselves lie in the key store."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional
from hub.models.classify import KEY, PLAIN


class Epoch(Base):
    """28 days of one region key and one pepper. ended_at: a newer epoch wraps; destroyed_at: the key is gone for good."""

    __tablename__ = "epochs"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    began_at: Mapped[datetime] = mapped_column(info=PLAIN)
    ended_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    destroyed_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class DataKey(Regional, Base):
    """A key of a person, a delivery, a document or a backup, wrapped by the epoch's region key. Its row gone = shredded."""

    __tablename__ = "data_keys"
    __table_args__ = (Index(None, "epoch"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=KEY)
    owner_kind: Mapped[str] = mapped_column(String(16), info=KEY)
    wrapped: Mapped[bytes] = mapped_column(info=KEY)
    epoch: Mapped[int] = mapped_column(info=PLAIN)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)
