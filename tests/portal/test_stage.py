"""Where things stand on the drawn odometer."""

from datetime import date
from itertools import pairwise

from portal.cars import Stop
from portal.needs import needs_of, pace_of
from portal.stage import APART, END, NOSE, TAIL, Stage, stage_of

TODAY = date(2026, 11, 25)


def drawn(*days_and_km: tuple[str, int]) -> Stage | None:
    stops = [Stop(n, date.fromisoformat(day), km, "service", frozenset()) for n, (day, km) in enumerate(days_and_km)]
    needs = needs_of(stops, [], {stop.id: {"service"} for stop in stops}, TODAY)
    return stage_of(stops, needs, pace_of(stops, TODAY))


def test_the_last_visits_lie_behind_the_car_and_the_next_before_it():
    stage = drawn(("2023-12-01", 40_000), ("2024-12-01", 55_000), ("2025-12-01", 70_000))

    assert stage is not None
    assert [mark.km for mark in stage.past] == [40_000, 55_000, 70_000]
    assert stage.past[0].x == TAIL
    assert [mark.x for mark in stage.past] == sorted(mark.x for mark in stage.past)
    assert all(NOSE < mark.x <= END and mark.low <= mark.x <= mark.high for mark in stage.ahead)


def test_words_never_run_into_each_other():
    stage = drawn(("2024-12-01", 40_000), ("2024-12-20", 40_200), ("2026-11-20", 70_000))

    assert stage is not None
    worded = sorted(mark.x for mark in (*stage.past, *stage.ahead) if mark.words)
    assert all(later - earlier >= APART for earlier, later in pairwise(worded))


def test_a_road_without_a_measure_is_not_drawn():
    assert drawn() is None
    assert drawn(("2025-12-01", 70_000)) is None
    assert drawn(("2025-12-01", 70_000), ("2026-06-01", 70_000)) is None
