"""A customer whose pages are looked at: two cars with their visits, advice, points and an appointment, told by the garage."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask import Flask
from sqlalchemy import select

from desks import NOW, Visitor
from hub.access import make_sign_in_link, principal_of
from hub.core import Hub, Partner
from hub.models import Connection, Customer, Vehicle
from hub.own import OWN
from hub.sdk import (
    AppointmentRecord,
    BranchRecord,
    ConsentRecord,
    CustomerKey,
    CustomerRecord,
    EstimateLineRecord,
    EstimateRecord,
    LineRecord,
    LoyaltyRecord,
    RecommendationRecord,
    Record,
    SlotRecord,
    VehicleRecord,
    VisitRecord,
)
from hub.settings import ConnectionSettings
from shops import folded

BERLIN = BranchRecord(code="berlin-spree", title="Spreewerk Garage", zone="Europe/Berlin")
CHAIN = """title: Tarn & Holt
brand: {hue: 30, chroma: 0.1}
works: {service: [srv-l], tyres: [tyr-l], inspection: [ins-f]}
points: {tiers: {bronze: 0, silver: 18, gold: 45}, within_months: 12, expire_months: 24}
"""
SERVICES = {"2023-11-20": 41_000, "2024-11-11": 55_300, "2025-11-14": 69_800}  # day -> km: about a year apart
TYRES = {"2026-04-02": 75_200}
FIRST_SLOT = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Owner:
    """cars: their refs; the first one has all the history, the second none."""

    number: str
    customer_id: int
    person_id: int
    ref: str
    cars: tuple[str, ...]


def with_own_door(hub: Hub) -> None:
    """The connection by which the hub's own doors write, where nobody has opened it yet."""
    if OWN not in hub.partners:
        with hub.begin() as work:
            row = work.add(
                Connection(name=OWN, connector=OWN, state="active", opened_at=work.now, failures=0, reason="")
            )
            hub.partners[OWN] = Partner(
                row.id, ConnectionSettings(OWN, OWN, "eu"), SimpleNamespace(topics=(), kind="shop")
            )  # type: ignore[index, arg-type]


def an_owner(hub: Hub, number: str = "C-17", name: str = "Mara Lindner", plate: str = "B TH 4172") -> Owner:
    with_own_door(hub)
    folded(hub, *told(number, name, plate), partner=OWN)
    with hub.look() as session:
        customer = session.scalars(select(Customer).order_by(Customer.id.desc())).first()
        assert customer is not None
        cars = session.scalars(select(Vehicle).order_by(Vehicle.id.desc()).limit(2)).all()
        refs = tuple(car.ref for car in sorted(cars, key=lambda car: car.model or ""))
        return Owner(number, customer.id, customer.person_id, customer.ref, refs)


def a_newcomer(hub: Hub, number: str = "C-99") -> Owner:
    """A customer of whom nothing is known but the name."""
    with_own_door(hub)
    folded(hub, CustomerRecord(customer=CustomerKey(partner_id=number), name="Nina Neu"), partner=OWN)
    with hub.look() as session:
        customer = session.scalars(select(Customer).order_by(Customer.id.desc())).first()
        assert customer is not None
        return Owner(number, customer.id, customer.person_id, customer.ref, ())


def told(number: str, name: str, plate: str) -> Iterator[Record]:
    key = CustomerKey(partner_id=number)
    yield BERLIN
    for hour in range(6):
        starts = FIRST_SLOT + timedelta(hours=hour)
        for bay in ("Bay 1", "Bay 2"):
            yield SlotRecord(branch=BERLIN.code, bay=bay, starts_at=starts, ends_at=starts + timedelta(hours=1))
    yield CustomerRecord(
        customer=key, name=name, email=f"{number.lower()}@example.org", language="en", branch=BERLIN.code
    )
    yield VehicleRecord(customer=key, partner_id=f"{number}-1", make="Škoda", model="Octavia", plate=plate,
                        vin="TMBJJ7NE0K0214088", fuel="diesel", owned_since=date(2023, 1, 2),
                        first_registered=date(2019, 3, 14))  # fmt: skip
    yield VehicleRecord(
        customer=key, partner_id=f"{number}-2", make="Toyota", model="Yaris", owned_since=date(2026, 11, 1)
    )
    for day, km in SERVICES.items():
        yield visit(key, f"{number}-{day}", day, km, "srv-l", 10_890)
    for day, km in TYRES.items():
        yield visit(key, f"{number}-{day}", day, km, "tyr-l", 5_900)
    yield RecommendationRecord(
        customer=key, key=f"{number}-R1", at=noon("2026-04-02"), code="brakes", part="brakes", made_at=noon("2026-04-02"),
        state="declined", decided_at=noon("2026-04-02"), vehicle_partner_id=f"{number}-1", visit_key=f"{number}-2026-04-02",
        branch=BERLIN.code, safety="important", amount_minor=28_900, currency="EUR", note="Pads at 4.1 mm",
    )  # fmt: skip
    yield LoyaltyRecord(customer=key, version=1, at=noon("2025-11-15"), tier="silver", points=20)
    yield LoyaltyRecord(customer=key, version=2, at=noon("2026-04-03"), points=29)
    yield ConsentRecord(
        customer=key, purpose="marketing", channel="mail", state="granted", notice="2023-01", at=noon("2023-11-20")
    )
    yield AppointmentRecord(
        customer=key, key=f"{number}-A1", at=NOW, branch=BERLIN.code, starts_at=FIRST_SLOT, ends_at=FIRST_SLOT + timedelta(hours=1),
        booked_at=NOW, vehicle_partner_id=f"{number}-1", services=("inspection",),
    )  # fmt: skip


def an_estimate(
    owner: Owner, version: int = 1, brakes: int = 28_900, valid_until: date | None = None
) -> EstimateRecord:
    """Two lines for the first car: brakes, which the garage had advised before, and a battery."""
    number = owner.number
    return EstimateRecord(
        customer=CustomerKey(partner_id=number), key=f"{number}-E1", version=version, at=NOW, made_at=noon("2026-11-20"),
        currency="EUR", vehicle_partner_id=f"{number}-1", visit_key=f"{number}-2026-04-02", branch=BERLIN.code,
        valid_until=valid_until, note="We can do both at one visit.",
        lines=(
            EstimateLineRecord(code="brakes", part="brakes", title="Front brake pads and discs", safety="important",
                               price_minor=brakes, note="Pads at 3.4 mm. We change them at 3 mm.", advice_key=f"{number}-R1"),
            EstimateLineRecord(code="battery", part="battery", title="Starter battery, 70 Ah", price_minor=18_900),
        ),
    )  # fmt: skip


def visit(key: CustomerKey, name: str, day: str, km: int, code: str, price: int) -> VisitRecord:
    return VisitRecord(
        customer=key, key=name, at=noon(day), opened_at=noon(day), closed_at=noon(day) + timedelta(hours=2),
        vehicle_partner_id=f"{key.partner_id}-1", branch=BERLIN.code, odometer_km=km, currency="EUR",
        lines=(LineRecord(code=code, title="Work by plan", price_minor=price),
               LineRecord(code="srv-o", kind="part", title="Oil and filter", price_minor=6_200)),
    )  # fmt: skip


def noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(hours=11)


def come_in(app: Flask, hub: Hub, owner: Owner, base: str = "http://eu.localhost:8101") -> Visitor:
    """Signed in as this customer."""
    visitor = Visitor(app, base)
    answer = visitor.post(f"/sign-in/{link_of(hub, owner)}")
    assert answer.status_code == 303, answer.text
    return visitor


def link_of(hub: Hub, owner: Owner) -> str:
    with hub.begin() as work:
        return make_sign_in_link(work, principal_of(work, owner.ref), timedelta(minutes=10))


def write_chain(hub: Any) -> None:
    (hub.settings.config / "chain.yaml").write_text(CHAIN)
