"""Service levels of a fleet's contract, the timers that run against them, what they warned of, and what was credited."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import PLAIN, SERVICE, SERVICE_REF, TRAFFIC


class ServiceLevel(Regional, Base):
    """A promise: `measure` takes at most `minutes` of business time of `calendar`. Believed [recorded_at, superseded_at).

    credit_minor: what one breach is worth to the fleet, in minor units of `currency`."""

    __tablename__ = "service_levels"
    __table_args__ = (Index(None, "fleet_id", "superseded_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    fleet_id: Mapped[int] = mapped_column(points_at("fleets.id"), info=SERVICE)
    measure: Mapped[str] = mapped_column(String(16), info=SERVICE)
    minutes: Mapped[int] = mapped_column(info=SERVICE)
    calendar: Mapped[str] = mapped_column(String(40), info=SERVICE)
    credit_minor: Mapped[int | None] = mapped_column(info=SERVICE)
    currency: Mapped[str | None] = mapped_column(String(3), info=SERVICE)
    recorded_at: Mapped[datetime] = mapped_column(info=PLAIN)
    superseded_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class Timer(Regional, Base):
    """One service level on one visit. state: running, paused or stopped. due_at: when, if it keeps running, the next mark
    is reached; the clock looks at nothing else. spent_seconds: business time up to the last event."""

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("visit_hash", "measure"),
        Index(None, "due_at"),
        Index(None, "fleet_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    level_id: Mapped[int] = mapped_column(points_at("service_levels.id"), index=True, info=SERVICE)
    fleet_id: Mapped[int] = mapped_column(points_at("fleets.id"), info=SERVICE)
    vehicle_id: Mapped[int] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    visit_hash: Mapped[bytes] = mapped_column(info=SERVICE)
    measure: Mapped[str] = mapped_column(String(16), info=SERVICE)
    state: Mapped[str] = mapped_column(String(16), info=SERVICE)
    started_at: Mapped[datetime] = mapped_column(info=SERVICE)
    stopped_at: Mapped[datetime | None] = mapped_column(info=SERVICE)
    spent_seconds: Mapped[int] = mapped_column(info=SERVICE)
    due_at: Mapped[datetime | None] = mapped_column(info=SERVICE)


class TimerEvent(Regional, Base):
    """What a timer is computed from: start, pause, resume, stop, each at the time it happened, whenever it was told."""

    __tablename__ = "timer_events"
    __table_args__ = (UniqueConstraint("timer_id", "kind", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    timer_id: Mapped[int] = mapped_column(points_at("timers.id"), info=SERVICE)
    kind: Mapped[str] = mapped_column(String(16), info=SERVICE)
    at: Mapped[datetime] = mapped_column(info=SERVICE)
    told_at: Mapped[datetime] = mapped_column(info=TRAFFIC)


class TimerMark(Regional, Base):
    """50, 75, 90 percent (warnings) or 100 (a breach). at: when it was reached, by the timer and not by when we looked.

    withdrawn_at: an event that was told late showed that it was never reached."""

    __tablename__ = "timer_marks"
    __table_args__ = (UniqueConstraint("timer_id", "percent", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    timer_id: Mapped[int] = mapped_column(points_at("timers.id"), info=SERVICE)
    percent: Mapped[int] = mapped_column(info=SERVICE)
    at: Mapped[datetime] = mapped_column(info=SERVICE)
    raised_at: Mapped[datetime] = mapped_column(info=PLAIN)
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    credit_minor: Mapped[int | None] = mapped_column(info=SERVICE)
    currency: Mapped[str | None] = mapped_column(String(3), info=SERVICE)
