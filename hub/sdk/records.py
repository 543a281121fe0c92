"""Our own words for what partners tell us: a connector's `normalise` turns its payload into these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

Value = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class CustomerKey:
    """Whom a record is about: the partner's id, and strong numbers of ours (`customer_number`) if the partner knows them.

    E-mail and phone are no keys: families share them."""

    partner_id: str
    customer_number: str | None = None
    ref: str | None = None


@dataclass(frozen=True, kw_only=True)
class CustomerRecord:
    """A person as the partner knows them; a field that is None says nothing, so it changes nothing.

    residence: ISO 3166 alpha-2 of declared residence. at: the partner's time of this version, aware UTC."""

    customer: CustomerKey
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None
    residence: str | None = None
    branch: str | None = None
    joined_on: date | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class VehicleRecord:
    """A vehicle and who owns it since when. odometer_km: latest reading. owned_until: the first day it is no longer theirs.
    vehicle_class: in the words of its source, such as the EPA's “Compact Cars”."""

    customer: CustomerKey
    partner_id: str
    vin: str | None = None
    plate: str | None = None
    make: str | None = None
    model: str | None = None
    vehicle_class: str | None = None
    fuel: str | None = None
    first_registered: date | None = None
    owned_since: date | None = None
    owned_until: date | None = None
    odometer_km: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """Something that happened to a customer, once: a visit, a survey, a complaint, a declined recommendation.

    key: what makes it the same event when it is told again, unique per connection. at: aware UTC.
    zone: IANA name of the place it happened in; the local day follows from both. Without one it is the zone of `branch`,
    our code, or else of the region. amount_minor: minor units."""

    customer: CustomerKey
    kind: str
    key: str
    at: datetime
    zone: str = ""
    branch: str | None = None
    vehicle_partner_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoyaltyRecord:
    """The state of a membership card at the partner's `version` (or time): the latest version wins, whatever comes last.

    tier: empty for a member who left all tiers; None says nothing. whole: read from the partner's books just now, so it
    overrules what we believe of the same version."""

    customer: CustomerKey
    version: int
    at: datetime
    tier: str | None = None
    points: int | None = None
    benefits: tuple[str, ...] | None = None
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class ConsentRecord:
    """A person gave or withdrew consent for one purpose on one channel; `notice` is the version of the text they saw, in
    `language`. how: the way it was said, where that was at one of our own doors."""

    customer: CustomerKey
    purpose: str
    channel: str
    state: str
    notice: str
    at: datetime
    how: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class ErasedRecord:
    """The partner deleted this customer on its side."""

    customer: CustomerKey
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the garage's own system says of one of its things, again as it changes. key: the partner's own, unique per kind and
    connection. at, version: of this telling; the latest (version, at) stands, whatever comes last. cancelled: it never was."""

    customer: CustomerKey
    key: str
    at: datetime
    version: int = 0
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class LineRecord:
    """Work done, a part used, or (negative) a credit. price_minor, cost_minor: of the whole line."""

    code: str
    price_minor: int
    kind: str = "labour"
    title: str | None = None
    quantity_milli: int = 1000
    cost_minor: int | None = None


@dataclass(frozen=True, kw_only=True)
class VisitRecord(Told):
    """A car in the workshop. branch: our code; without one the region's zone counts. closed_at is None while it is here."""

    opened_at: datetime
    closed_at: datetime | None = None
    vehicle_partner_id: str | None = None
    branch: str | None = None
    reason: str = "service"
    odometer_km: int | None = None
    currency: str | None = None
    lines: tuple[LineRecord, ...] = ()
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceRecord(Told):
    """net_minor + tax_minor = total_minor, minor units of `currency`."""

    issued_at: datetime
    net_minor: int
    tax_minor: int
    total_minor: int
    currency: str
    visit_key: str | None = None
    branch: str | None = None
    number: str | None = None
    due_on: date | None = None
    paid_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class FindingRecord:
    """safety: ok, advisory, important or critical."""

    part: str
    safety: str
    measured: float | None = None
    unit: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class InspectionRecord(Told):
    done_at: datetime
    visit_key: str | None = None
    vehicle_partner_id: str | None = None
    branch: str | None = None
    odometer_km: int | None = None
    findings: tuple[FindingRecord, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecommendationRecord(Told):
    """Work advised. state: open, sold or declined; decided_at: when it was sold or declined."""

    code: str
    made_at: datetime
    state: str = "open"
    decided_at: datetime | None = None
    visit_key: str | None = None
    vehicle_partner_id: str | None = None
    branch: str | None = None
    part: str | None = None
    safety: str = "advisory"
    amount_minor: int | None = None
    currency: str | None = None
    due_on: date | None = None
    due_km: int | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class AppointmentRecord(Told):
    """state: booked, arrived, cancelled or no_show. bay: by its title; None leaves it to us, where slots are published.

    booked_at: when it was made; ended_at: when it was cancelled or missed."""

    branch: str
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    state: str = "booked"
    bay: str | None = None
    ended_at: datetime | None = None
    vehicle_partner_id: str | None = None
    services: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class OfferRecord(Told):
    """What a customer was offered: a share of the price or an amount off it. held_back: left alone, for comparison.
    redeemed_at, visit_key: when and at which visit it was used."""

    code: str
    made_at: datetime
    valid_from: date
    valid_until: date
    branch: str | None = None
    channel: str | None = None
    held_back: bool = False
    percent: float | None = None
    amount_minor: int | None = None
    currency: str | None = None
    redeemed_at: datetime | None = None
    visit_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReferralRecord(Told):
    """The customer brought `referred`; rewarded_at: when they were thanked for it."""

    referred: CustomerKey
    made_at: datetime
    rewarded_at: datetime | None = None
    branch: str | None = None


@dataclass(frozen=True, kw_only=True)
class BranchRecord:
    """A branch of the garage, and the IANA zone its days are counted in."""

    code: str
    title: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class SlotRecord:
    """A bay that can be booked for a while; `open` False takes the slot back (a booked one stays booked)."""

    branch: str
    bay: str
    starts_at: datetime
    ends_at: datetime
    open: bool = True


@dataclass(frozen=True, kw_only=True)
class ReadingRecord:
    """An odometer as a feed read it, by VIN; it is about a vehicle and nobody. The latest reading by its own time stands."""

    vin: str
    at: datetime
    odometer_km: int
