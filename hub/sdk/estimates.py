"""Estimates in our own words."""

from dataclasses import dataclass
from datetime import date, datetime

from hub.sdk.records import Told


@dataclass(frozen=True, kw_only=True)
class EstimateLineRecord:
    """A piece of work at its whole price. safety: advisory, important or critical. advice_key: the recommendation it settles."""

    code: str
    price_minor: int
    title: str | None = None
    part: str | None = None
    safety: str = "advisory"
    note: str | None = None
    advice_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class EstimateRecord(Told):
    """What work would cost, for the customer to approve or decline line by line. valid_until: the last day it stands."""

    made_at: datetime
    currency: str
    lines: tuple[EstimateLineRecord, ...]
    visit_key: str | None = None
    vehicle_partner_id: str | None = None
    branch: str | None = None
    valid_until: date | None = None
    note: str | None = None
