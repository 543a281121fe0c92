"""Random customers with all that rules can ask of them, as rows and as the predicate sees them, near where answers change."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    MetaData,
    String,
    Table,
    delete,
    insert,
)

from rules.calendar import local_day
from rules.catalogue import Catalogue, EventKind, Fact
from rules.sql import Tables
from rules.views import EventSeen, PinSeen, ScoreSeen, VehicleSeen, View

CUSTOMERS = 24
CATALOGUE = Catalogue(
    [
        Fact("visits.count", "number", column="visits_count"),
        Fact("rating", "number", column="rating"),
        Fact("spend", "money", "spend.currency", column="spend_minor", currency_column="spend_currency"),
        Fact("spend.currency", "text", column="spend_currency"),
        Fact("tier", "text", column="tier"),
        Fact("last_on", "day", column="last_on"),
        Fact("seen_at", "instant", column="seen_at"),
        Fact("staff", "flag", column="staff"),
        Fact("tags", "set", column="tags"),
    ],
    [
        EventKind(
            "visit", fields={"amount": "money", "items": "number", "note": "text", "urgent": "flag", "due": "day"}
        ),
        EventKind("complaint", fields={"note": "text", "due": "day"}),
    ],
    vehicle=[
        Fact("fuel", "text"),
        Fact("age", "age", column="first_registered"),
        Fact("odometer", "number", column="odometer_km"),
        Fact("owned_since", "day", column="since"),
    ],
    scores={"churn": "", "upsell": ""},
    purposes=["marketing", "service"],
    channels=["mail", "sms"],
    segments=True,
    buckets=True,
)
ROWS = MetaData()


def _id(name: str = "id") -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


PROFILES = Table(
    "profiles",
    ROWS,
    _id("customer_id"),
    Column("visits_count", BigInteger),
    Column("rating", Double),
    Column("spend_minor", BigInteger),
    Column("spend_currency", String(3)),
    Column("tier", String(40)),
    Column("last_on", Date),
    Column("seen_at", DateTime(timezone=True)),
    Column("staff", Boolean),
    Column("tags", JSON(none_as_null=True)),
)
EVENTS = Table(
    "events",
    ROWS,
    _id(),
    Column("customer_id", BigInteger, nullable=False),
    Column("vehicle_id", BigInteger),
    Column("kind", String(40), nullable=False),
    Column("at_utc", DateTime(timezone=True), nullable=False),
    Column("local_day", Date, nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("attributes", JSON(none_as_null=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
)
VEHICLES = Table(
    "vehicles",
    ROWS,
    _id(),
    Column("fuel", String(16)),
    Column("first_registered", Date),
    Column("odometer_km", BigInteger),
)
OWNERSHIPS = Table(
    "ownerships",
    ROWS,
    _id(),
    Column("vehicle_id", BigInteger, nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("role", String(16), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
)
SCORES = Table(
    "scores",
    ROWS,
    _id(),
    Column("customer_id", BigInteger, nullable=False),
    Column("name", String(40), nullable=False),
    Column("as_of", Date, nullable=False),
    *(Column(name, Double, nullable=False) for name in ("value", "low", "high")),
    Column("support", BigInteger, nullable=False),
)
CUSTOMER_ROWS = Table(
    "customers", ROWS, _id(), Column("ref", String(32)), Column("person_id", BigInteger, nullable=False)
)
CONSENTS = Table(
    "consents",
    ROWS,
    _id(),
    Column("person_id", BigInteger, nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
PINS = Table(
    "pins",
    ROWS,
    _id(),
    Column("customer_id", BigInteger, nullable=False),
    Column("segment", String(80), nullable=False),
    Column("inside", Boolean, nullable=False),
    Column("last_on", Date),
    Column("ended_at", DateTime(timezone=True)),
)
TABLES = Tables(PROFILES, EVENTS, OWNERSHIPS, VEHICLES, SCORES, CUSTOMER_ROWS, CONSENTS, PINS)

# Midnight is skipped in Santiago, Cairo, Beirut and Havana; a whole day was in Apia; half an hour in Lord Howe.
ZONES = ["UTC", "Europe/Berlin", "Asia/Dubai", "America/New_York", "Asia/Kolkata", "America/Santiago", "Africa/Cairo",
         "Asia/Beirut", "America/Havana", "Pacific/Apia", "Pacific/Kiritimati", "Australia/Lord_Howe"]  # fmt: skip
TURNS = [datetime(2011, 12, 30, 10, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC),
         datetime(2025, 9, 7, 4, tzinfo=UTC), datetime(2024, 4, 25, 22, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC),
         datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2024, 2, 29, 12, tzinfo=UTC), datetime(2025, 3, 31, 12, tzinfo=UTC),
         datetime(2026, 12, 31, 23, 30, tzinfo=UTC)]  # fmt: skip
DAYS_AGO = [0, 0, 1, 2, 27, 28, 29, 30, 31, 32, 59, 60, 61, 89, 90, 91, 364, 365, 366, 730, 1461, -1, -2, -30]
SPANS = ["1d", "2d", "7d", "30d", "90d", "365d", "1w", "4w", "1m", "2m", "3m", "12m", "13m", "1y", "2y", "4y"]
TEXTS = ["", "gold", "Gold", "GOLD", "silver", "old", "go", "%", "_", "g%d", "g_ld", "ذهبي", "🚗", "🚗🚗", "ß", "ss", "é",
         "e\u0301", "O'Neil", '"', "\\", " gold", "gold ", "1", "true", "null", "missing one"]  # fmt: skip
NUMBERS = [0, 1, 2, 3, 4, 5, 10, -1, 2**53 - 1, 0.1, 0.30000000000000004, 0.5, 2.5, 2.4999999, 3.0, -0.5, 1e-7, 1e15]
AMOUNTS = [0, 1, 100, 99, 24990, 10_000, -500]
CURRENCIES = ["EUR", "KWD", "JPY"]


DUE = ["2026-02-28", "2026-02-30", "2024-02-29", "2025-02-29", "20260228", "2026-2-28", " 2026-02-28", "1899-12-31", "2200-01-01",
       "2026-13-01", "2026-00-10", "2026-01-00", "2026-04-31", "２０２６-01-01", "2026-01-01T00:00", "none"]  # fmt: skip
SHARES = [0.0, 0.2, 0.3, 0.30000000000000004, 0.5, 0.6, 0.7, 1.0]
World = dict[Table, list[dict[str, Any]]]


def world(random: Random, now: datetime, zone: str) -> World:
    """Rows of every table for CUSTOMERS customers, numbered from 1."""
    found: World = {table: [] for table in ROWS.sorted_tables}
    for number in range(1, CUSTOMERS + 1):
        found[PROFILES].append(_profile(random, number, now, zone))
        found[CUSTOMER_ROWS].append(
            {"id": number, "ref": f"{random.getrandbits(128):032x}", "person_id": number + 1000}
        )
        for table, make, most in (
            (VEHICLES, _vehicle, [0, 1, 1, 2, 3]),
            (EVENTS, _event, [0, 0, 1, 2, 3, 6, 9]),
            (SCORES, _score, [0, 1, 2, 4]),
            (CONSENTS, _consent, [0, 0, 1, 3]),
        ):
            for _ in range(random.choice(most)):
                found[table].append({"id": len(found[table]) + 1, **make(random, number, now, zone)})
                if table is VEHICLES:
                    found[OWNERSHIPS] += _ownerships(random, number, found, local_day(now, zone))
        found[PINS] += _pins(random, number, len(found[PINS]), now, zone)
    return found


def pour(connection: Connection, rows: World) -> None:
    """These rows and no others."""
    for table, several in rows.items():
        connection.execute(delete(table))
        if several:
            connection.execute(insert(table), several)


def _maybe(random: Random, value: Any) -> Any:
    return None if random.random() < 0.2 else value


def _some_day(random: Random, now: datetime, zone: str) -> date:
    return local_day(now, zone) - timedelta(days=random.choice(DAYS_AGO))


def _moment(random: Random, day: date, zone: str) -> datetime:
    """Often the same of several events, so that their ids decide."""
    midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    return midnight + timedelta(seconds=random.choice([0, 0, 3600, 36000]))


def _profile(random: Random, number: int, now: datetime, zone: str) -> dict[str, Any]:
    today = local_day(now, zone)
    midnight = datetime.combine(today - timedelta(days=random.choice(DAYS_AGO)), time(), ZoneInfo(zone))
    seen = midnight.astimezone(UTC) + timedelta(seconds=random.choice([-3600, -1, 0, 1, 3599, 3600, 43200]))
    return {
        "customer_id": number,
        "visits_count": _maybe(random, int(random.choice(NUMBERS))),
        "rating": _maybe(random, float(random.choice(NUMBERS))),
        "spend_minor": _maybe(random, random.choice(AMOUNTS)),
        "spend_currency": _maybe(random, random.choice(CURRENCIES)),
        "tier": _maybe(random, random.choice(TEXTS)),
        "last_on": _maybe(random, today - timedelta(days=random.choice(DAYS_AGO))),
        "seen_at": _maybe(random, seen),
        "staff": _maybe(random, random.random() < 0.5),
        "tags": _maybe(random, random.sample(TEXTS, random.choice([0, 1, 2, 5]))),
    }


def _event(random: Random, customer: int, now: datetime, zone: str) -> dict[str, Any]:
    due = random.choice([*DUE, *(_some_day(random, now, zone).isoformat() for _ in range(20))])
    right = {
        "items": random.choice(NUMBERS),
        "note": random.choice(TEXTS[:6]),
        "urgent": random.random() < 0.5,
        "due": due,
    }
    wrong = random.choice([None, "text", "5", 7, 1, 0, 2.5, 1e300, True, False, [1], {"a": 1}])
    attributes = {
        key: wrong if random.random() < 0.2 else value for key, value in right.items() if random.random() < 0.8
    }
    day = _some_day(random, now, zone)
    return {
        "customer_id": customer,
        "vehicle_id": _maybe(random, random.randint(1, 2 * customer)),
        "kind": random.choice(["visit", "visit", "complaint"]),
        "at_utc": _moment(random, day, zone),
        "local_day": day,
        "amount_minor": _maybe(random, random.choice(AMOUNTS)),
        "currency": _maybe(random, random.choice(CURRENCIES)),
        "attributes": _maybe(random, attributes),
        "withdrawn_at": now if random.random() < 0.1 else None,
    }


def _vehicle(random: Random, customer: int, now: datetime, zone: str) -> dict[str, Any]:
    return {
        "fuel": _maybe(random, random.choice(["diesel", "petrol", "Diesel"])),
        "first_registered": _maybe(random, _some_day(random, now, zone)),
        "odometer_km": _maybe(random, random.choice([0, 3, 5, 100_000])),
    }


def _ownerships(random: Random, customer: int, rows: World, today: date) -> list[dict[str, Any]]:
    """Of the newest car: now and then it was had twice, was somebody else's, or is not owned but driven."""
    found = []
    for number in range(random.choice([1, 1, 1, 2])):
        since, until = sorted(today - timedelta(days=random.choice(DAYS_AGO)) for _ in range(2))
        found.append(
            {
                "id": len(rows[OWNERSHIPS]) + number + 1,
                "vehicle_id": rows[VEHICLES][-1]["id"],
                "customer_id": customer if random.random() < 0.9 else random.randint(1, CUSTOMERS),
                "role": "owner" if random.random() < 0.8 else "driver",
                "since": since,
                "until": random.choice([None, None, until]),
            }
        )
    return found


def _score(random: Random, customer: int, now: datetime, zone: str) -> dict[str, Any]:
    low, value, high = sorted(random.choice(SHARES) for _ in range(3))
    return {
        "customer_id": customer,
        "name": random.choice(["churn", "churn", "upsell"]),
        "as_of": _some_day(random, now, zone),
        "value": value,
        "low": low,
        "high": high,
        "support": random.choice([0, 1, 5]),
    }


def _consent(random: Random, customer: int, now: datetime, zone: str) -> dict[str, Any]:
    return {
        "person_id": customer + 1000,
        "purpose": random.choice(["marketing", "service"]),
        "channel": random.choice(["mail", "sms"]),
        "state": random.choice(["granted", "withdrawn"]),
        "at": _moment(random, _some_day(random, now, zone), zone),
    }


def _pins(random: Random, customer: int, before: int, now: datetime, zone: str) -> list[dict[str, Any]]:
    """At most one of a segment was not taken off."""
    found = []
    for segment in random.sample(["first", "second", "top"], random.choice([0, 0, 1, 2])):
        for ended_at in random.choice([[None], [None, now], [now]]):
            last_on = random.choice([None, _some_day(random, now, zone)])
            found.append({"id": before + len(found) + 1, "customer_id": customer, "segment": segment,
                          "inside": random.random() < 0.5, "last_on": last_on, "ended_at": ended_at})  # fmt: skip
    return found


class OneCustomer(View):
    """What the predicate sees of the rows that SQL sees."""

    def __init__(self, profile: Mapping[str, Any], rows: World) -> None:
        number = profile["customer_id"]
        self.profile = profile
        self.customer = rows[CUSTOMER_ROWS][number - 1]
        self.seen = [
            _event_seen(row) for row in rows[EVENTS] if row["customer_id"] == number and not row["withdrawn_at"]
        ]
        self.cars = [
            _car(rows[VEHICLES][row["vehicle_id"] - 1], row)
            for row in rows[OWNERSHIPS]
            if row["customer_id"] == number and row["role"] == "owner"
        ]
        pins = (row for row in rows[PINS] if row["customer_id"] == number and not row["ended_at"])
        self.pins = {row["segment"]: PinSeen(row["inside"], row["last_on"]) for row in pins}
        self.rated = [row for row in rows[SCORES] if row["customer_id"] == number]
        said = (row for row in rows[CONSENTS] if row["person_id"] == self.customer["person_id"])
        self.said = {
            (row["purpose"], row["channel"]): row["state"]
            for row in sorted(said, key=lambda row: (row["at"], row["id"]))
        }

    def ref(self) -> str:
        return str(self.customer["ref"])

    def fact(self, name: str) -> Any:
        return self.profile[CATALOGUE.facts[name].column or ""]

    def events(self, kind: str) -> list[EventSeen]:
        return self.seen

    def vehicles(self) -> list[VehicleSeen]:
        return self.cars

    def scores(self, name: str) -> list[ScoreSeen]:
        keys = ("value", "low", "high", "support", "as_of", "id")
        return [ScoreSeen(**{key: row[key] for key in keys}) for row in self.rated if row["name"] == name]

    def pin(self, segment: str) -> PinSeen | None:
        return self.pins.get(segment)

    def consent(self, purpose: str, channel: str) -> Any:
        return self.said.get((purpose, channel))


def _event_seen(row: Mapping[str, Any]) -> EventSeen:
    keys = ("kind", "local_day", "id", "amount_minor", "currency", "vehicle_id")
    return EventSeen(**{key: row[key] for key in keys}, at=row["at_utc"], attributes=row["attributes"] or {})


def _car(vehicle: Mapping[str, Any], owned: Mapping[str, Any]) -> VehicleSeen:
    both = {**owned, **vehicle}
    facts = {name: both[fact.column or name] for name, fact in CATALOGUE.vehicle.items()}
    return VehicleSeen(vehicle["id"], owned["since"], owned["until"], facts)


def views(rows: World) -> dict[int, OneCustomer]:
    return {profile["customer_id"]: OneCustomer(profile, rows) for profile in rows[PROFILES]}
