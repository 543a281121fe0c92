"""Uploads in bulk: a job is worked off in parts, each in one transaction, so that a kill loses and repeats nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, KEY, PAYLOAD, PLAIN, TRAFFIC


class Job(Regional, Base):
    """state: waiting or done. counts: verdict -> rows. The key of its parts dies when the last one is done."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    kind: Mapped[str] = mapped_column(String(24), info=TRAFFIC)
    principal_id: Mapped[int] = mapped_column(points_at("principals.id"), index=True, info=ACCESS)
    fleet_id: Mapped[int | None] = mapped_column(points_at("fleets.id"), index=True, info=TRAFFIC)
    state: Mapped[str] = mapped_column(String(16), info=TRAFFIC)
    rows: Mapped[int] = mapped_column(info=TRAFFIC)
    counts: Mapped[dict[str, Any]] = mapped_column(info=TRAFFIC)
    made_at: Mapped[datetime] = mapped_column(info=TRAFFIC)
    settled_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)
    data_key_id: Mapped[int | None] = mapped_column(points_at("data_keys.id"), index=True, info=KEY)


class JobPart(Regional, Base):
    """A stretch of rows. payload: the good ones, sealed, until they are worked off. verdicts: {"rows": [[line, verdict,
    code, reason, hint], ...]}; those of the bad rows are there from the start."""

    __tablename__ = "job_parts"
    __table_args__ = (UniqueConstraint("job_id", "number"), Index(None, "state", "id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    job_id: Mapped[int] = mapped_column(points_at("jobs.id"), info=TRAFFIC)
    number: Mapped[int] = mapped_column(info=TRAFFIC)
    last_line: Mapped[int] = mapped_column(info=TRAFFIC)
    state: Mapped[str] = mapped_column(String(16), info=TRAFFIC)
    attempts: Mapped[int] = mapped_column(default=0, info=TRAFFIC)
    payload: Mapped[bytes | None] = mapped_column(info=PAYLOAD)
    verdicts: Mapped[dict[str, Any]] = mapped_column(info=TRAFFIC)
    settled_at: Mapped[datetime | None] = mapped_column(info=TRAFFIC)
