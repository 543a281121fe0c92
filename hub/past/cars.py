"""Facts about cars as of a day: whose they are, how they are driven, and for each service when it was last done or declined."""

from collections.abc import Sequence

import numpy as np

from hub.past.groups import Known, Rows
from hub.past.streams import Numbers, Past, Stream

YEAR = 365
INTERVAL, WEIGHT = (
    365.0,
    1.0,
)  # of a service, in days, for a car that has not shown its own; and how many gaps that counts as
ELECTRIC = 1.5  # an electric car asks for service less often


def has_cars(known: Known) -> Rows:
    """Cars that came to these customers and have not gone since: one row per owner and car."""
    return known.once("cars that are here", lambda: _here_still(known))


def _here_still(known: Known) -> Rows:
    came, went = known.rows("owned").latest("vehicle_id"), known.rows("disowned").latest("vehicle_id")
    cars, codes = np.unique(np.concatenate([came["vehicle_id"], went["vehicle_id"]]), return_inverse=True)
    keys = np.concatenate([came.place, went.place]).astype(np.int64) * (len(cars) + 1) + codes
    here, gone = np.split(keys, [len(came.place)])
    order = np.argsort(gone)
    at = np.minimum(np.searchsorted(gone[order], here), max(len(gone) - 1, 0))
    if not len(gone):
        return came
    left = (gone[order][at] == here) & (went["day"][order][at] > came["day"])
    return came.where(~left)


def owned_cars(past: Past) -> tuple[Known, Rows]:
    """Every car that somebody who is known owns on that day, and the row that says whose it is; one owner per car."""
    came = past["owned"]
    everybody = Known(past, "customer_id", np.unique(came["customer_id"]))
    rows = has_cars(everybody)
    _, last = np.unique(rows["vehicle_id"][::-1], return_index=True)
    rows = rows.where(len(rows.place) - 1 - last)
    known = Known(past, "vehicle_id", rows["vehicle_id"])
    return known, Rows(rows.stream, np.arange(len(rows.place)), len(rows.place))


def intervals(known: Known, rows: Rows) -> Numbers:
    """The car's own gap between such visits, drawn towards INTERVAL where it has shown few."""
    count = rows.count()
    span = np.where(count > 1, rows.last() - rows.first(), 0)
    return np.asarray((span + WEIGHT * INTERVAL) / (np.maximum(count - 1, 0) + WEIGHT))


def due_of(known: Known, between: tuple[float, float] | None = None) -> Numbers:
    """Per customer, the most overdue of their cars, in service intervals of that car; NaN without a car. between: how many of
    their cars are that far instead."""
    cars, due = has_cars(known), known.once("due", lambda: _due(known))
    if between is not None:
        return np.bincount(cars.place, (due >= between[0]) & (due < between[1]), len(known.ids))
    found = np.full(len(known.ids), -np.inf)
    np.maximum.at(found, cars.place, due)
    return np.where(np.isinf(found), np.nan, found)


def _due(known: Known) -> Numbers:
    """Of each row of has_cars, in service intervals of that car."""
    cars = has_cars(known)
    by_car = Known(known.past, "vehicle_id", np.unique(cars["vehicle_id"]))
    place = np.searchsorted(by_car.ids, cars["vehicle_id"])
    visits = by_car.rows("visits")
    serviced = visits.where(visits.stream.codes("reason", ["service", "inspection", ""]))
    since = np.fmax(
        serviced.last()[place], cars["day"]
    )  # a car that was never serviced here counts from the day it came
    longer = np.where(cars.stream.codes("fuel", ["electric"]), ELECTRIC, 1.0)
    return np.asarray((known.day - since) / (intervals(by_car, serviced)[place] * longer))


# --- columns per car, by name


def car_column(known: Known, owned: Rows, name: str) -> Numbers:
    """car.age_years, car.km_per_day, car.silent_days, car.visits, car.fuel, car.make (codes), or
    done|declined|open|price.SERVICE. Raises KeyError."""
    if name in PLAIN:
        return PLAIN[name](known, owned)
    what, _, service = name.partition(".")
    return PER_SERVICE[what](known, service)


def _age(known: Known, owned: Rows) -> Numbers:
    return (known.day - np.where(owned["registered"] == 0, np.nan, owned["registered"])) / 365.25


def _pace(known: Known, owned: Rows) -> Numbers:
    visits = known.rows("visits")
    read = visits.where(~np.isnan(visits["odometer"]))
    span = read.last() - read.first()
    pace = (read.last("odometer") - read.first("odometer")) / np.maximum(span, 1)
    return np.where(span >= 30, pace, np.nan)


def _silent(known: Known, owned: Rows) -> Numbers:
    return known.day - known.rows("visits").last()


def _visits(known: Known, owned: Rows) -> Numbers:
    return known.rows("visits").count()


def _here(known: Known, owned: Rows) -> Numbers:
    return known.day - owned["day"].astype(float)


def _fuel(known: Known, owned: Rows) -> Numbers:
    return owned["fuel"].astype(float)


def _electric(known: Known, owned: Rows) -> Numbers:
    return owned.stream.codes("fuel", ["electric"]).astype(float)


PLAIN = {
    "car.age_years": _age,
    "car.km_per_day": _pace,
    "car.silent_days": _silent,
    "car.visits": _visits,
    "car.here_days": _here,
    "car.fuel": _fuel,
    "car.electric": _electric,
}


def _of(stream: Stream, service: str) -> Numbers:
    return stream.codes("service", [service])


def _works(known: Known, service: str) -> Rows:
    """One row per visit at which the service was done."""
    rows = known.rows("works")
    rows = rows.where(_of(rows.stream, service))
    _, first = np.unique(rows["visit_id"], return_index=True)
    return rows.where(np.sort(first))


def _done_days(known: Known, service: str) -> Numbers:
    return known.day - _works(known, service).last()


def _done_count(known: Known, service: str) -> Numbers:
    return _works(known, service).count()


def _done_due(known: Known, service: str) -> Numbers:
    """Days since it was last done, in gaps of the car's own."""
    works = _works(known, service)
    return (known.day - works.last()) / intervals(known, works)


def _advice_days(known: Known, service: str, state: str) -> Numbers:
    """Since its latest word was `state`; NaN where it is another, or none."""
    rows = known.rows("advice")
    rows = rows.where(_of(rows.stream, service))
    is_so = rows.last(rows.stream.codes("state", [state]).astype(float)) == 1
    return np.where(is_so, known.day - rows.last(), np.nan)


def _price(known: Known, service: str) -> Numbers:
    """Minor units of the last offer."""
    rows = known.rows("advice")
    return rows.where(_of(rows.stream, service)).last("amount")


PER_SERVICE = {
    "done_days": _done_days,
    "done_count": _done_count,
    "done_due": _done_due,
    "declined_days": lambda known, service: _advice_days(known, service, "recommendation_declined"),
    "open_days": lambda known, service: _advice_days(known, service, "recommendation_made"),
    "offered": _price,
}


def services_of(past: Past) -> Sequence[str]:
    """Labour and whatever was advised, in the order of the alphabet."""
    works = past["works"]
    known = {works.words["service"][code] for code in np.unique(works["service"][works.codes("kind", ["labour"])])}
    advice = past["advice"]
    known |= {advice.words["service"][code] for code in np.unique(advice["service"])}
    return sorted(known - {""})
