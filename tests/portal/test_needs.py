"""What a car needs next, by its own rhythm and by what was advised."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from portal.cars import Advice, Stop
from portal.needs import needs_of, pace_of

TODAY = date(2026, 11, 25)


def stop(number: int, day: str, km: int | None = None) -> Stop:
    return Stop(number, date.fromisoformat(day), km, "service", frozenset())


def advised(part: str, safety: str = "advisory", state: str = "declined", due: str | None = None) -> Advice:
    on = date.fromisoformat(due) if due else None
    return Advice(1, 1, None, part, safety, state, date(2026, 4, 2), on, None, 28_900, "EUR", "")


def needs(stops, advice=(), what="service"):
    return needs_of(stops, advice, {one.id: {what} for one in stops}, TODAY)


def test_one_visit_is_no_rhythm():
    assert needs([stop(1, "2026-01-10")]) == []


def test_two_visits_give_a_wide_range_and_little_sureness():
    (need,) = needs([stop(1, "2025-01-10"), stop(2, "2026-01-10")])

    assert (need.best, need.sure, need.support) == (date(2027, 1, 10), 1, 1)
    assert need.last - need.best == timedelta(days=91)
    assert need.lamp == "good"


def test_a_steady_rhythm_is_fairly_sure_and_its_range_is_how_much_it_varies():
    (need,) = needs([stop(n, f"{2022 + n}-12-{10 + n % 3}") for n in range(4)])

    assert (need.sure, need.support) == (2, 3)
    assert need.best - need.first == timedelta(days=14), "no range is narrower"
    assert need.lamp == "soon"


def test_an_uneven_rhythm_stays_unsure():
    days = ["2023-01-10", "2023-03-01", "2024-06-01", "2024-07-01", "2025-12-01"]

    (need,) = needs([stop(n, day) for n, day in enumerate(days)])

    assert need.sure == 1


def test_whoever_has_long_gone_another_way_is_left_alone():
    assert needs([stop(1, "2021-01-10"), stop(2, "2022-01-10")]) == []


def test_what_was_mended_since_is_needed_no_more():
    told = [advised("brakes"), replace(advised("brakes", state="sold"), id=2)]

    assert needs([], told) == []


@pytest.mark.parametrize(
    ("safety", "due", "lamp"),
    [
        ("critical", None, "now"),
        ("important", None, "soon"),
        ("advisory", None, "watch"),
        ("advisory", "2026-11-01", "soon"),
    ],
)
def test_advice_has_the_lamp_of_its_safety(safety, due, lamp):
    (need,) = needs([], [advised("brakes", safety, due=due)])

    assert (need.lamp, need.sure) == (lamp, 3)


def test_the_most_urgent_comes_first():
    told = [advised("view"), advised("belts", "critical"), advised("tyres", "important")]

    assert [need.what for need in needs([], told)] == ["belts", "tyres", "view"]


def test_the_scale_runs_from_the_last_visit_to_the_end_of_the_range():
    (need,) = needs([stop(1, "2024-11-25"), stop(2, "2025-11-25")])

    scale = need.scale(TODAY)

    assert (scale.start, scale.end) == (date(2025, 11, 25), need.last)
    assert scale.low < scale.now == scale.best < scale.high == 100


def test_the_pace_is_the_slope_of_the_last_two_years():
    pace = pace_of([stop(1, "2020-01-01", 1_000), stop(2, "2025-01-01", 50_000), stop(3, "2026-01-01", 61_000)], TODAY)

    assert pace is not None
    assert pace.km_a_day == pytest.approx(11_000 / 365)
    assert pace.km == 61_000 + round(pace.km_a_day * (TODAY - date(2026, 1, 1)).days)


def test_one_reading_says_nothing_of_a_pace():
    pace = pace_of([stop(1, "2026-01-01", 61_000)], TODAY)

    assert pace is not None
    assert (pace.km, pace.km_a_day) == (61_000, 0.0)
    assert pace_of([stop(1, "2026-01-01")], TODAY) is None
