"""Facts about customers as of a day, one definition each: for training, for scoring, and for the page that shows them.

A missing value is NaN. Times are days; money is told in usual bills of its own currency, so that regions may mix them."""

from collections.abc import Callable, Mapping

import numpy as np

from hub.past import said
from hub.past.cars import due_of, has_cars
from hub.past.groups import Known, Rows
from hub.past.said import YEAR
from hub.past.streams import Numbers, Past

LONG = 3 * YEAR
DUE = (0.7, 1.75)  # service intervals
WATCH = 60  # days that soften the rates of somebody who has only just come


def known_customers(past: Past) -> Known:
    """Whoever has had a visit by then."""
    return Known(past, "customer_id", np.unique(past["visits"]["customer_id"]))


# --- visits and their rhythm


def _count(known: Known) -> Numbers:
    return known.rows("visits").count()


def _silent(known: Known) -> Numbers:
    return known.day - known.rows("visits").last()


def _watched(known: Known) -> Numbers:
    return known.day - known.rows("visits").first()


def _last_year(known: Known) -> Numbers:
    return known.lately("visits", YEAR).count()


def _half_year(known: Known) -> Numbers:
    return known.lately("visits", YEAR // 2).count()


def _same_season(known: Known) -> Numbers:
    """Visits in the half year that follows this day, one year earlier: who comes every autumn comes this autumn."""
    visits = known.rows("visits")
    begins = known.day - YEAR
    return visits.where((visits["day"] > begins) & (visits["day"] <= begins + YEAR // 2)).count()


def _rate(known: Known) -> Numbers:
    return np.asarray(_count(known) / (_watched(known) + WATCH) * YEAR)


def _gap(known: Known) -> Numbers:
    visits, count = known.rows("visits"), _count(known)
    return np.where(count > 1, (visits.last() - visits.first()) / np.maximum(count - 1, 1), np.nan)


def _gap_spread(known: Known) -> Numbers:
    """Standard deviation of the gaps as a share of their mean: 0 is clockwork. Needs three visits."""
    visits, mean = known.rows("visits"), _gap(known)
    order = np.argsort(visits.place, kind="stable")  # within a place they are in the order of time already
    days, place = visits["day"][order].astype(float), visits.place[order]
    gaps, same = np.diff(days), np.diff(place) == 0
    gaps, place = gaps[same], place[1:][same]
    squares = np.bincount(place, (gaps - np.nan_to_num(mean)[place]) ** 2, visits.size)
    count = np.bincount(place, minlength=visits.size)
    return np.where(count > 1, np.sqrt(squares / np.maximum(count, 1)) / np.maximum(mean, 1), np.nan)


def _overdue(known: Known) -> Numbers:
    """Silence in gaps of their own: 1 is the usual gap, softened for those with few visits."""
    return np.asarray(_silent(known) * _count(known) / (_watched(known) + WATCH))


def _service_due(known: Known) -> Numbers:
    """The most overdue of the cars they own, in service intervals of that car."""
    return due_of(known)


# --- money


def _bills(visits: Rows) -> Numbers:
    """Each bill in usual bills of its currency, the usual one being the median of those told so far."""
    return _relative(visits, visits["currency"])


def _relative(visits: Rows, kinds: Numbers) -> Numbers:
    amount = np.where(visits["amount"] > 0, visits["amount"], np.nan)
    usual = np.full(int(kinds.max(initial=0)) + 1, np.nan)
    for kind in np.unique(kinds[~np.isnan(amount)]):
        usual[kind] = np.nanmedian(amount[kinds == kind])
    return np.asarray(amount / usual[kinds])


def _spend_visit(known: Known) -> Numbers:
    visits = known.rows("visits")
    return visits.mean(_bills(visits))


def _spend_year(known: Known) -> Numbers:
    visits = known.rows("visits")
    return visits.total(np.where(visits["day"] > known.day - YEAR, _bills(visits), 0))


def _spend_trend(known: Known) -> Numbers:
    """Logarithm of the last year's spend over that of a usual year before; NaN for those known for less than a year."""
    visits, watched = known.rows("visits"), _watched(known)
    bills = _bills(visits)
    late = visits["day"] > known.day - YEAR
    before = visits.total(np.where(late, 0, bills)) / np.maximum(watched - YEAR, WATCH) * YEAR
    trend = np.log((visits.total(np.where(late, bills, 0)) + 0.5) / (before + 0.5))
    return np.where(watched > YEAR, trend, np.nan)


def _surprise(known: Known) -> Numbers:
    """Logarithm of the last bill over what a visit of its kind usually costs: above 0 it was dear."""
    visits = known.rows("visits")
    kinds = visits["currency"].astype(np.int64) * (int(visits["reason"].max(initial=0)) + 1) + visits["reason"]
    return np.log(visits.last(_relative(visits, kinds)))


# --- cars, loyalty, manners, channel


def _late_per_visit(known: Known) -> Numbers:
    """Times late a visit of the last year."""
    return said.late(known) / np.maximum(_last_year(known), 1)


def _cars(known: Known) -> Numbers:
    return has_cars(known).count()


def _cars_due(known: Known) -> Numbers:
    """Cars whose service is due or nearly, and not so long ago that it was done elsewhere."""
    return due_of(known, DUE)


def _sold_days(known: Known) -> Numbers:
    return known.day - known.rows("disowned").last()


def _car_age(known: Known) -> Numbers:
    cars = has_cars(known)
    registered = np.where(cars["registered"] == 0, np.nan, cars["registered"])
    return (known.day - cars.mean(registered)) / 365.25


def _electric(known: Known) -> Numbers:
    cars = has_cars(known)
    return cars.mean(cars.stream.codes("fuel", ["electric"]).astype(float))


def _pace(known: Known) -> Numbers:
    """Kilometres a day between the first and the last reading of each car, the mean over cars read at least a month apart."""
    visits = known.rows("visits")
    read = visits.where(~np.isnan(visits["odometer"]) & (visits["vehicle_id"] > 0))
    cars, place = np.unique(read["vehicle_id"], return_inverse=True)
    by_car = Rows(read.stream, place, len(cars))
    span, driven = by_car.last() - by_car.first(), by_car.last("odometer") - by_car.first("odometer")
    pace = np.where(span >= 30, driven / np.maximum(span, 1), np.nan)
    return read.mean(pace[place])


def _points(known: Known) -> Numbers:
    return known.rows("points").total("value")


def _missed(known: Known) -> Numbers:
    return known.lately("missed", YEAR).count()


def _cancelled(known: Known) -> Numbers:
    return known.lately("cancelled", YEAR).count()


def _booked(known: Known) -> Numbers:
    """Appointments a visit of the last year: 0 walks in."""
    return known.lately("bookings", YEAR).count() / np.maximum(_last_year(known), 1)


def _marketing(known: Known) -> Numbers:
    """1: consent to marketing stands, 0: it was withdrawn or never given."""
    word = known.rows("consents")
    word = word.where(word.stream.codes("purpose", ["marketing"]))
    return np.nan_to_num(word.last(word.stream.codes("state", ["granted"]).astype(float)))


Column = Callable[[Known], Numbers]
FACTS: Mapping[str, Column] = {
    "visits.count": _count,
    "visits.silent_days": _silent,
    "visits.watched_days": _watched,
    "visits.in_year": _last_year,
    "visits.in_half_year": _half_year,
    "visits.same_season": _same_season,
    "visits.per_year": _rate,
    "visits.gap_days": _gap,
    "visits.gap_spread": _gap_spread,
    "visits.overdue": _overdue,
    "visits.service_due": _service_due,
    "spend.per_visit": _spend_visit,
    "spend.in_year": _spend_year,
    "spend.trend": _spend_trend,
    "spend.surprise": _surprise,
    "survey.last": said.survey_last,
    "survey.trend": said.survey_trend,
    "survey.silent_days": said.survey_silent,
    "survey.worst": said.survey_worst,
    "complaints.in_year": said.complaints,
    "complaints.silent_days": said.complaint_days,
    "late.in_year": said.late,
    "late.per_visit": _late_per_visit,
    "late.silent_days": said.late_days,
    "advice.open": said.still_open,
    "advice.declined": said.declined,
    "advice.declined_days": said.declined_days,
    "advice.declined_safety": said.declined_safety,
    "cars.count": _cars,
    "cars.due": _cars_due,
    "cars.sold_days": _sold_days,
    "cars.age_years": _car_age,
    "cars.electric": _electric,
    "cars.km_per_day": _pace,
    "loyalty.points": _points,
    "appointments.missed": _missed,
    "appointments.cancelled": _cancelled,
    "appointments.per_visit": _booked,
    "consent.marketing": _marketing,
}
