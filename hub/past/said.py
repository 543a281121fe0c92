"""Facts about what was said: surveys, complaints, promises kept too late, and advice that was given and declined."""

import numpy as np

from hub.past.cars import has_cars
from hub.past.groups import Known, Rows
from hub.past.streams import Numbers

YEAR = 365
SAFETY = ("important", "critical")


def survey_last(known: Known) -> Numbers:
    return known.rows("surveys").last("value")


def survey_trend(known: Known) -> Numbers:
    """The last answer less the mean of those before."""
    surveys = known.rows("surveys")
    count, last = surveys.count(), surveys.last("value")
    before = (surveys.total("value") - np.nan_to_num(last)) / np.maximum(count - 1, 1)
    return np.where(count > 1, last - before, np.nan)


def survey_silent(known: Known) -> Numbers:
    return known.day - known.rows("surveys").last()


def survey_worst(known: Known) -> Numbers:
    return known.lately("surveys", YEAR // 2).least("value")


def complaints(known: Known) -> Numbers:
    return known.lately("complaints", YEAR).count()


def complaint_days(known: Known) -> Numbers:
    return known.day - known.rows("complaints").last()


# --- promises of ours that were not kept in time: an answer, or a fleet's car handed back


def late(known: Known) -> Numbers:
    return known.lately("lateness", YEAR).count()


def late_days(known: Known) -> Numbers:
    """Days since the last time; NaN where there was none."""
    return known.day - known.rows("lateness").last()


# --- advice


def standing(known: Known, state: str) -> Rows:
    """Advice whose latest word, per car and service, is `state` (recommendation_made is: still open)."""
    rows = known.once(
        "latest advice", lambda: _still_theirs(known, known.rows("advice").latest("vehicle_id", "service"))
    )
    return rows.where(rows.stream.codes("state", [state]))


def _still_theirs(known: Known, rows: Rows) -> Rows:
    """Without those of cars that went: a car that was sold took its advice along. So rules see it, too."""
    went, here = known.rows("disowned"), has_cars(known)
    several = (rows, went, here)
    cars, codes = np.unique(np.concatenate([one["vehicle_id"] for one in several]), return_inverse=True)
    places = np.concatenate([one.place for one in several]).astype(np.int64)
    ends = np.cumsum([len(one.place) for one in several])[:-1]
    mine, gone, kept = np.split(places * (len(cars) + 1) + codes, ends)
    return rows.where(~np.isin(mine, np.setdiff1d(gone, kept)))


def still_open(known: Known) -> Numbers:
    return standing(known, "recommendation_made").count()


def declined(known: Known) -> Numbers:
    return standing(known, "recommendation_declined").count()


def declined_days(known: Known) -> Numbers:
    return known.day - standing(known, "recommendation_declined").first()


def declined_safety(known: Known) -> Numbers:
    rows = standing(known, "recommendation_declined")
    return rows.where(rows.stream.codes("safety", SAFETY)).count()
