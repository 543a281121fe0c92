"""Where partners want to be called: their endpoints, and the log of what was sent there."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, PAYLOAD, PLAIN, TRAFFIC


class Endpoint(Regional, Base):
    """state: active or disabled (by its owner, or by a 410). secrets: sealed list of {key, until}, newest first; all that
    have not ended sign. free_at: before this moment nothing more is sent, so that `per_second` holds."""

    __tablename__ = "endpoints"
    __table_args__ = (Index(None, "principal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), info=ACCESS)
    url: Mapped[str] = mapped_column(String(1000), info=TRAFFIC)
    events: Mapped[list[str]] = mapped_column(info=TRAFFIC)
    scheme: Mapped[str] = mapped_column(String(4), info=TRAFFIC)
    data_key_id: Mapped[int] = mapped_column(points_at("data_keys.id"), index=True, info=ACCESS)
    secrets: Mapped[bytes] = mapped_column(info=PAYLOAD)
    per_second: Mapped[int] = mapped_column(info=TRAFFIC)
    state: Mapped[str] = mapped_column(String(16), info=TRAFFIC)
    reason: Mapped[str] = mapped_column(String(400), default="", info=TRAFFIC)
    failures: Mapped[int] = mapped_column(default=0, info=TRAFFIC)
    free_at: Mapped[datetime] = mapped_column(info=TRAFFIC)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Attempt(Regional, Base):
    """One call of an endpoint, and what became of it."""

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "endpoint_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    endpoint_id: Mapped[int] = mapped_column(points_at("endpoints.id"), info=TRAFFIC)
    message_id: Mapped[int] = mapped_column(points_at("messages.id"), index=True, info=TRAFFIC)
    event: Mapped[str] = mapped_column(String(40), info=TRAFFIC)
    number: Mapped[int] = mapped_column(info=TRAFFIC)
    state: Mapped[str] = mapped_column(String(16), info=TRAFFIC)
    reason: Mapped[str] = mapped_column(String(400), info=TRAFFIC)
    at: Mapped[datetime] = mapped_column(info=TRAFFIC)
