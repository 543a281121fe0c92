"""The audit log: what was done by whom, and the seals that prove that nothing of it was changed. Refs only."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional
from hub.models.classify import PROOF


class AuditEntry(Regional, Base):
    """Who did what to what, appended in the transaction that did it. detail: refs and codes, never a value."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "about", "about_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    at: Mapped[datetime] = mapped_column(info=PROOF)
    actor: Mapped[str] = mapped_column(String(80), info=PROOF)
    action: Mapped[str] = mapped_column(String(40), info=PROOF)
    about: Mapped[str] = mapped_column(String(40), info=PROOF)
    about_id: Mapped[int | None] = mapped_column(info=PROOF)
    detail: Mapped[dict[str, Any]] = mapped_column(info=PROOF)


class AuditSeal(Regional, Base):
    """An audit entry's place in the chain. text: the entry as it was sealed, byte by byte; hash: of the one before and it."""

    __tablename__ = "audit_seals"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    entry_id: Mapped[int] = mapped_column(unique=True, info=PROOF)
    text: Mapped[str] = mapped_column(Text, info=PROOF)
    hash: Mapped[bytes] = mapped_column(info=PROOF)


class Anchor(Regional, Base):
    """The chain's head, signed; a copy stands outside the database, so that a tail that was cut is missed."""

    __tablename__ = "anchors"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    hash: Mapped[bytes] = mapped_column(info=PROOF)
    at: Mapped[datetime] = mapped_column(info=PROOF)
    signature: Mapped[bytes] = mapped_column(info=PROOF)
