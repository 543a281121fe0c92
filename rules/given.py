"""What an example gives: facts, cars, events, scores, consents and draws, typed like the values of a rule."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal

from rules.bucket import first_place
from rules.catalogue import COUNTRY, Catalogue, EventKind, nearest
from rules.check_relations import STATES
from rules.countries import country_meant, is_jurisdiction
from rules.reader import Reader
from rules.values import NAME, is_day, shown
from rules.views import EventSeen, ScoreSeen, VehicleSeen, View

LONG_AGO = date(2000, 1, 1)  # since when a car is owned that says nothing of it
SURE = 100  # the support of a score that says nothing of it
SCORE_KEYS = {"name", "value", "low", "high", "support", "as_of"}
CONSENT_KEYS = {"purpose", "channel", "is"}
CAR_KEYS = {"name", "until"}  # beside its facts
EVENT_KEYS = {"kind", "on", "vehicle"}  # beside its fields


class Given(View):
    """An example's customer, or the facts of a question."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given

    def fact(self, name: str) -> Any:
        return self.given.get(name)

    def events(self, kind: str) -> list[EventSeen]:
        return [event for event in self.given.get("events", ()) if event.kind == kind]

    def vehicles(self) -> list[VehicleSeen]:
        return list(self.given.get("vehicles", ()))

    def scores(self, name: str) -> list[ScoreSeen]:
        return [row for of, row in self.given.get("scores", ()) if of == name]

    def consent(self, purpose: str, channel: str) -> Literal["granted", "withdrawn"] | None:
        found: Literal["granted", "withdrawn"] | None = self.given.get("consents", {}).get((purpose, channel))
        return found

    def place(self, of: str) -> int:
        return first_place(self.given.get("buckets", {}).get(of, 0.0))


def read_given(reader: Reader, row: Mapping[str, Any]) -> dict[str, Any]:
    block = row.get("given", {})
    if not isinstance(block, Mapping):
        reader.wrong(row, "given", "“given” is a mapping of facts.", "Write given: {visits.count: 3}")
        return {}
    facts, lists = reader.catalogue.facts, lists_of(reader.catalogue)
    found: dict[str, Any] = {}
    for name, value in block.items():
        if name in facts:
            _fact(reader, block, name, found)
        elif name not in lists:
            reader.wrong(block, name, f"There is no fact “{shown(name)}”.", nearest(name, [*facts, *lists]))
        elif name == "buckets":
            found[name] = _buckets(reader, block, value)
        elif not isinstance(value, list):
            reader.wrong(block, name, f"“{name}” is a list.", f"Write {name}: [{HINTS[name]}]")
        elif name != "events":
            found[name] = READERS[name](reader, value)
    if isinstance(block.get("events"), list) and "events" in lists:
        found["events"] = _events(reader, block["events"], found.get("vehicles", []))
    return found


def lists_of(catalogue: Catalogue) -> list[str]:
    """What an example may give beside facts, by what the catalogue has."""
    offered = {"events": "event", "vehicles": "vehicle", "consents": "consent", "buckets": "bucket"}
    names = [name for name, node in offered.items() if node in catalogue.nodes]
    return [*names, "scores"] if catalogue.scores else names


def _fact(reader: Reader, block: Any, name: str, found: dict[str, Any]) -> None:
    fact = reader.catalogue.facts[name]
    if block[name] is not None and (fitting := reader.value(block, name, block[name], fact.type)):
        found[name], currency = fitting
        if fact.unit == COUNTRY and not is_jurisdiction(found[name]):
            reader.wrong(block, name, f"“{shown(found[name])}” is no country.", country_meant(found[name]))
        if currency:
            found[fact.unit] = currency


# --- cars


def _vehicles(reader: Reader, rows: list[Any]) -> list[VehicleSeen]:
    found = []
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            reader.wrong(rows, index, "A car is a mapping of its facts.", f"Write {HINTS['vehicles']}")
            continue
        facts = reader.catalogue.vehicle
        reader.keys(row, {*CAR_KEYS, *facts})
        values = {
            name: fitting[0]
            for name in row
            if name in facts
            and row[name] is not None
            and (fitting := reader.value(row, name, row[name], facts[name].type))
        }
        name = reader.text(row, "name", needed=False, most=80)
        since = values.setdefault("owned_since", LONG_AGO)
        found.append(VehicleSeen(index + 1, since, reader.day(row, "until"), values, name))
    return found


# --- events


def _events(reader: Reader, rows: list[Any], cars: list[VehicleSeen]) -> list[EventSeen]:
    """Of one day, they happened in the order of the list."""
    found = (event_seen(reader, rows, index, cars) for index in range(len(rows)))
    return [event for event in found if event]


def event_seen(
    reader: Reader, rows: list[Any], index: int, cars: list[VehicleSeen], more: Collection[str] = ()
) -> EventSeen | None:
    """more: keys of the row that somebody else reads."""
    row = rows[index]
    kind = reader.catalogue.events.get(str(row.get("kind"))) if isinstance(row, Mapping) else None
    if kind is None or not is_day(row.get("on")):
        what = "An event needs a kind that exists and a day."
        hint = f"Write {HINTS['events']}. {nearest('', reader.catalogue.events)}"
        reader.wrong(rows, index, what, hint)
        return None
    reader.keys(row, {*EVENT_KEYS, *kind.fields, *more})
    values = _fields(reader, row, kind)
    amount, currency = values.pop("amount", (None, None))
    return EventSeen(
        kind.name,
        row["on"],
        id=index + 1,
        amount_minor=amount,
        currency=currency,
        attributes={
            name: value.isoformat() if isinstance(value, date) else value for name, (value, _) in values.items()
        },
        vehicle_id=_car(reader, row, cars),
    )


def _fields(reader: Reader, row: Mapping[str, Any], kind: EventKind) -> dict[str, tuple[Any, str | None]]:
    return {
        name: fitting
        for name, type_ in kind.fields.items()
        if row.get(name) is not None and (fitting := reader.value(row, name, row[name], type_))
    }


def _car(reader: Reader, row: Mapping[str, Any], cars: list[VehicleSeen]) -> int | None:
    """An event names its car as the example does."""
    if row.get("vehicle") is None:
        return None
    numbers = {car.name: car.id for car in cars if car.name}
    if not isinstance(row["vehicle"], str) or row["vehicle"] not in numbers:
        what = f"This example has no car with the name “{shown(row['vehicle'])}”."
        reader.wrong(row, "vehicle", what, f"Write {HINTS['vehicles']}")
        return None
    return numbers[row["vehicle"]]


# --- scores, consents, draws


def _scores(reader: Reader, rows: list[Any]) -> list[tuple[str, ScoreSeen]]:
    found = []
    for index, row in enumerate(rows):
        known = isinstance(row, Mapping) and str(row.get("name")) in reader.catalogue.scores
        if not known or not is_day(row.get("as_of")) or "value" not in row:
            what = "A score needs a name that exists, a value and a day."
            reader.wrong(rows, index, what, f"Write {HINTS['scores']}. {nearest('', reader.catalogue.scores)}")
            continue
        reader.keys(row, SCORE_KEYS)
        value, low, high = (_number(reader, row, key, row["value"]) for key in ("value", "low", "high"))
        support = int(_number(reader, row, "support", SURE))
        found.append((str(row["name"]), ScoreSeen(value, low, high, support, row["as_of"], index + 1)))
    return found


def _number(reader: Reader, row: Mapping[str, Any], key: str, otherwise: Any) -> float:
    fitting = reader.value(row, key, row.get(key, otherwise), "number")
    return float(fitting[0]) if fitting else 0.0


def consents(reader: Reader, rows: list[Any]) -> dict[tuple[str, str], str]:
    found = {}
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            reader.wrong(rows, index, "A consent is a mapping.", f"Write {HINTS['consents']}")
            continue
        reader.keys(row, CONSENT_KEYS)
        purpose = reader.one_of(row, "purpose", reader.catalogue.purposes, "purpose")
        channel = reader.one_of(row, "channel", reader.catalogue.channels, "channel")
        state = reader.one_of(row, "is", STATES[:2], "state of consent")
        if purpose and channel and state:
            found[purpose, channel] = state
    return found


def _buckets(reader: Reader, block: Any, value: Any) -> dict[str, float]:
    """Where each experiment's draw fell, from 0 to 1."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) and NAME.fullmatch(name) for name in value):
        reader.wrong(block, "buckets", "“buckets” is a mapping of experiments.", "Write buckets: {spring_offer: 0.05}")
        return {}
    return {name: share for name in value if (share := reader.share(value, name)) is not None}


READERS = {"vehicles": _vehicles, "scores": _scores, "consents": consents}
HINTS = {
    "events": "{kind: visit, on: 2026-01-31}",
    "vehicles": "{name: golf, fuel: diesel}",
    "scores": "{name: churn, value: 0.7, as_of: 2026-01-31}",
    "consents": "{purpose: marketing, channel: mail, is: granted}",
}
