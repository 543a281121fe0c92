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
    """A vehicle and who owns it since when. odometer_km: latest reading."""

    customer: CustomerKey
    partner_id: str
    vin: str | None = None
    plate: str | None = None
    make: str | None = None
    model: str | None = None
    fuel: str | None = None
    first_registered: date | None = None
    owned_since: date | None = None
    odometer_km: int | None = None


@dataclass(frozen=True, kw_only=True)
class EventRecord:
    """Something that happened to a customer, once: a visit, a survey, a complaint, a declined recommendation.

    key: what makes it the same event when it is told again, unique per connection. at: aware UTC.
    zone: IANA name of the place it happened in; the local day follows from both. amount_minor: minor units."""

    customer: CustomerKey
    kind: str
    key: str
    at: datetime
    zone: str
    vehicle_partner_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoyaltyRecord:
    """The state of a membership card at the partner's `version` (or time): the latest version wins, whatever comes last."""

    customer: CustomerKey
    version: int
    at: datetime
    tier: str | None = None
    points: int | None = None
    benefits: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ConsentRecord:
    """A person gave or withdrew consent for one purpose on one channel; `notice` is the version of the text they saw."""

    customer: CustomerKey
    purpose: str
    channel: str
    state: str
    notice: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ErasedRecord:
    """The partner deleted this customer on its side."""

    customer: CustomerKey
    at: datetime


Record = CustomerRecord | VehicleRecord | EventRecord | LoyaltyRecord | ConsentRecord | ErasedRecord
