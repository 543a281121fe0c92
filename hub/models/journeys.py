"""Journeys as they were applied, who is on one and where, the trace of their steps, and which arm they were dealt."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import CAMPAIGN, CAMPAIGN_REF, PLAIN


class JourneyVersion(Base):
    """A journey's document as it was applied, known by its content hash; never changed. text: its YAML, read again by
    whoever runs it. due_at: when its schedule next lets people in; None for journeys that are entered otherwise."""

    __tablename__ = "journey_versions"
    __table_args__ = (
        UniqueConstraint("journey", "hash"),
        Index("uq_journey_versions_current", "journey", unique=True,
              sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    journey: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    hash: Mapped[str] = mapped_column(String(64), info=CAMPAIGN)
    text: Mapped[str] = mapped_column(Text, info=CAMPAIGN)
    applied_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    applied_by: Mapped[str] = mapped_column(String(80), info=PLAIN)
    ended_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    due_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)


class Enrollment(Regional, Base):
    """One way of one subject through one version. subject_id: the customer, vehicle, recommendation ... that is the
    journey's key; generation: the how many-eth time. entry: event, segment, date, schedule or existing.

    state: expected (its entry is still to come, at `wake_at`), queued (behind another of the same subject), waiting (in
    `node`), held (in the holdout or the global control), parked (our own code failed), done or exited. since: when its
    node began; seq: of the last row of its step log; visits: how often it passed which node."""

    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("journey", "subject_id", "generation"),
        Index(None, "customer_id", "state"),
        Index("ix_enrollments_due", "wake_at",
              sqlite_where=text("wake_at IS NOT NULL"), postgresql_where=text("wake_at IS NOT NULL")),
        Index(None, "journey", "state", "node"),
        Index(None, "journey", "entered_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    journey: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    version_id: Mapped[int] = mapped_column(points_at("journey_versions.id"), info=CAMPAIGN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    subject_id: Mapped[int] = mapped_column(info=CAMPAIGN_REF)
    generation: Mapped[int] = mapped_column(info=CAMPAIGN)
    entry: Mapped[str] = mapped_column(String(16), info=CAMPAIGN)
    event_id: Mapped[int | None] = mapped_column(info=CAMPAIGN_REF)
    state: Mapped[str] = mapped_column(String(16), info=CAMPAIGN)
    node: Mapped[str | None] = mapped_column(String(40), info=CAMPAIGN)
    seq: Mapped[int] = mapped_column(default=0, info=CAMPAIGN)
    visits: Mapped[dict[str, Any]] = mapped_column(info=CAMPAIGN)
    made_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    entered_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    since: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    wake_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    goal_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    ended_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    reason: Mapped[str] = mapped_column(String(200), default="", info=CAMPAIGN)


class StepLog(Regional, Base):
    """One step of one enrollment: what came out, and why. detail: refs, names and values of facts that name nobody."""

    __tablename__ = "step_log"
    __table_args__ = (Index(None, "at"),)

    enrollment_id: Mapped[int] = mapped_column(points_at("enrollments.id"), primary_key=True, info=CAMPAIGN_REF)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=CAMPAIGN)
    node: Mapped[str] = mapped_column(String(40), info=CAMPAIGN)
    outcome: Mapped[str] = mapped_column(String(40), info=CAMPAIGN)
    at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    detail: Mapped[dict[str, Any]] = mapped_column(info=CAMPAIGN)


class Experiment(Base):
    """A split's arms and weights from one moment to the next; weights may change, whoever was dealt an arm keeps it.

    unit: customer, vehicle, fleet or branch. arms: arm -> weight."""

    __tablename__ = "experiments"
    __table_args__ = (
        Index("uq_experiments_open", "experiment", unique=True,
              sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    experiment: Mapped[str] = mapped_column(String(100), info=CAMPAIGN)
    journey: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    unit: Mapped[str] = mapped_column(String(16), info=CAMPAIGN)
    arms: Mapped[dict[str, Any]] = mapped_column(info=CAMPAIGN)
    opened_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    closed_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)


class Exposure(Regional, Base):
    """A customer met a split: written there and then, before consent, caps or quiet hours, so that arms stay comparable.

    experiment: the split's, `holdout:<journey>`, or `global_control:<quarter>`. unit: what was drawn, such as
    `vehicle:17`; its first row decides, later ones copy it. entry: by which door they came (Enrollment.entry)."""

    __tablename__ = "exposures"
    __table_args__ = (
        UniqueConstraint("experiment", "unit", "customer_id"),
        Index(None, "customer_id"),
        Index(None, "experiment", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    experiment: Mapped[str] = mapped_column(String(100), info=CAMPAIGN)
    unit: Mapped[str] = mapped_column(String(48), info=CAMPAIGN_REF)
    arm: Mapped[str] = mapped_column(String(40), info=CAMPAIGN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    journey: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    enrollment_id: Mapped[int] = mapped_column(info=CAMPAIGN_REF)
    entry: Mapped[str] = mapped_column(String(16), info=CAMPAIGN)
    at: Mapped[datetime] = mapped_column(info=CAMPAIGN)


class Task(Regional, Base):
    """Something a person has to do for a journey. due_at: by business hours. state: open, done or dropped (the journey
    went on without it). outcome: what the person said came of it."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "node", "visit"),
        Index(None, "role", "state", "due_at"),
        Index(None, "customer_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    enrollment_id: Mapped[int] = mapped_column(info=CAMPAIGN_REF)
    journey: Mapped[str] = mapped_column(String(80), info=CAMPAIGN)
    node: Mapped[str] = mapped_column(String(40), info=CAMPAIGN)
    visit: Mapped[int] = mapped_column(info=CAMPAIGN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    role: Mapped[str] = mapped_column(String(40), info=CAMPAIGN)
    title: Mapped[str] = mapped_column(String(200), info=CAMPAIGN)
    state: Mapped[str] = mapped_column(String(16), info=CAMPAIGN)
    outcome: Mapped[str] = mapped_column(String(40), default="", info=CAMPAIGN)
    made_at: Mapped[datetime] = mapped_column(info=CAMPAIGN)
    due_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    done_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    done_by: Mapped[str | None] = mapped_column(String(80), info=PLAIN)
