"""What scorers leave behind: their runs, what each car will probably need, and whom advisors were asked to call."""

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import CAMPAIGN, CAMPAIGN_REF, PLAIN, SERVICE, SERVICE_REF


class ScorerRun(Base):
    """One training or scoring. verb: train or score. state: waiting, running, done, or refused (reason says why).

    holder, until: who works on it, and up to when that is believed; then somebody else takes it up from the start."""

    __tablename__ = "scorer_runs"
    __table_args__ = (Index(None, "state", "id"), Index(None, "scorer", "verb", "as_of"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    scorer: Mapped[str] = mapped_column(String(40), info=PLAIN)
    verb: Mapped[str] = mapped_column(String(8), info=PLAIN)
    as_of: Mapped[date] = mapped_column(info=PLAIN)
    state: Mapped[str] = mapped_column(String(16), info=PLAIN)
    reason: Mapped[str] = mapped_column(String(400), default="", info=PLAIN)
    step: Mapped[int] = mapped_column(default=0, info=PLAIN)
    steps: Mapped[int] = mapped_column(default=0, info=PLAIN)
    model: Mapped[str | None] = mapped_column(String(80), info=PLAIN)
    rows: Mapped[int] = mapped_column(default=0, info=PLAIN)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)
    settled_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    holder: Mapped[str | None] = mapped_column(String(80), info=PLAIN)
    until: Mapped[datetime | None] = mapped_column(info=PLAIN)


class Need(Regional, Base):
    """A service that a car will probably ask for within the horizon; only the latest scoring's rows are kept.

    price_minor, margin_minor: what it usually brings, in `currency`; NULL where nobody told. reasons: as in Score."""

    __tablename__ = "needs"
    __table_args__ = (Index(None, "customer_id", "as_of"), Index(None, "vehicle_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=SERVICE_REF)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=SERVICE_REF)
    vehicle_id: Mapped[int] = mapped_column(points_at("vehicles.id"), info=SERVICE_REF)
    service: Mapped[str] = mapped_column(String(40), info=SERVICE)
    as_of: Mapped[date] = mapped_column(info=SERVICE)
    value: Mapped[float] = mapped_column(info=SERVICE)
    low: Mapped[float] = mapped_column(info=SERVICE)
    high: Mapped[float] = mapped_column(info=SERVICE)
    support: Mapped[int] = mapped_column(info=SERVICE)
    price_minor: Mapped[int | None] = mapped_column(info=SERVICE)
    margin_minor: Mapped[int | None] = mapped_column(info=SERVICE)
    currency: Mapped[str | None] = mapped_column(String(3), info=SERVICE)
    reasons: Mapped[list[str]] = mapped_column(info=SERVICE)
    model: Mapped[str] = mapped_column(String(80), info=PLAIN)


class Outreach(Regional, Base):
    """A customer on a branch's list of one day. rank: from 1; control: drawn by lot to be left alone, for comparison.

    chance: that they come for `service` within the horizon; value_minor: expected margin. outcome: what the advisor noted:
    booked, later, declined, unreached or wrong; NULL while nobody has."""

    __tablename__ = "outreach"
    __table_args__ = (
        UniqueConstraint("customer_id", "listed_on"),
        Index(None, "branch", "listed_on", "rank"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=CAMPAIGN_REF)
    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=CAMPAIGN_REF)
    branch: Mapped[str] = mapped_column(String(32), info=CAMPAIGN)
    listed_on: Mapped[date] = mapped_column(info=CAMPAIGN)
    rank: Mapped[int] = mapped_column(info=CAMPAIGN)
    control: Mapped[bool] = mapped_column(info=CAMPAIGN)
    safety: Mapped[bool] = mapped_column(info=CAMPAIGN)
    service: Mapped[str] = mapped_column(String(40), info=CAMPAIGN)
    churn: Mapped[float | None] = mapped_column(info=CAMPAIGN)
    chance: Mapped[float] = mapped_column(info=CAMPAIGN)
    value_minor: Mapped[int] = mapped_column(info=CAMPAIGN)
    currency: Mapped[str | None] = mapped_column(String(3), info=CAMPAIGN)
    reasons: Mapped[list[str]] = mapped_column(info=CAMPAIGN)
    model: Mapped[str] = mapped_column(String(80), info=PLAIN)
    outcome: Mapped[str | None] = mapped_column(String(16), info=CAMPAIGN)
    outcome_at: Mapped[datetime | None] = mapped_column(info=CAMPAIGN)
    outcome_by: Mapped[str | None] = mapped_column(String(80), info=PLAIN)
