"""Documents that somebody wants in force, from the desk: what they began from, who looked twice, and how far it has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base
from hub.models.classify import PLAIN


class Proposal(Base):
    """kind: segments, journeys, mappings or policies. former: the text its author began from, and base its hash. state: asked (for
    a second pair of eyes), waiting, running, done, refused (reason says why) or withdrawn.

    phase, after: where the next part begins (`hub.flow.applying.Mark`); step of steps: customers gone through; counts: what
    became of them. until: up to when it is believed that somebody works on it; then another takes it up from there."""

    __tablename__ = "proposals"
    __table_args__ = (Index(None, "state", "id"), Index(None, "kind", "name", "id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    kind: Mapped[str] = mapped_column(String(16), info=PLAIN)
    name: Mapped[str] = mapped_column(String(80), info=PLAIN)
    base: Mapped[str] = mapped_column(String(64), info=PLAIN)
    hash: Mapped[str] = mapped_column(String(64), info=PLAIN)
    text: Mapped[str] = mapped_column(Text, info=PLAIN)
    former: Mapped[str] = mapped_column(Text, info=PLAIN)
    options: Mapped[dict[str, Any]] = mapped_column(info=PLAIN)
    state: Mapped[str] = mapped_column(String(16), info=PLAIN)
    reason: Mapped[str] = mapped_column(Text, default="", info=PLAIN)
    author: Mapped[str] = mapped_column(String(80), info=PLAIN)
    second: Mapped[str | None] = mapped_column(String(80), info=PLAIN)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)
    settled_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    until: Mapped[datetime | None] = mapped_column(info=PLAIN)
    phase: Mapped[str] = mapped_column(String(8), default="open", info=PLAIN)
    after: Mapped[int] = mapped_column(default=0, info=PLAIN)
    step: Mapped[int] = mapped_column(default=0, info=PLAIN)
    steps: Mapped[int] = mapped_column(default=0, info=PLAIN)
    counts: Mapped[dict[str, Any]] = mapped_column(info=PLAIN)
