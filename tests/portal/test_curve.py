"""How far a car has come, as a drawing."""

from datetime import date

from portal.cars import Stop
from portal.curve import HEIGHT, WIDTH, curve_of
from portal.needs import pace_of

TODAY = date(2026, 11, 25)
READ = [("2023-12-01", 40_000), ("2024-12-01", 55_000), ("2025-12-01", 70_000)]


def stops(*read: tuple[str, int]) -> list[Stop]:
    return [Stop(n, date.fromisoformat(day), km, "service", frozenset()) for n, (day, km) in enumerate(read)]


def test_it_climbs_from_the_first_reading_to_where_its_pace_leads():
    curve = curve_of(stops(*READ), pace_of(stops(*READ), TODAY))

    assert curve is not None
    dots = [*curve.dots, curve.now, curve.ahead]
    assert [dot.x for dot in dots] == sorted(dot.x for dot in dots)
    assert [dot.y for dot in dots] == sorted((dot.y for dot in dots), reverse=True)
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in dots)
    assert [year for year, _ in curve.years] == [2024, 2025, 2026, 2027]


def test_from_right_to_left_it_is_the_same_drawing_mirrored():
    there, back = (curve_of(stops(*READ), pace_of(stops(*READ), TODAY), mirrored) for mirrored in (False, True))

    assert there is not None
    assert back is not None
    assert [round(dot.x, 3) for dot in there.dots] == [round(WIDTH - dot.x, 3) for dot in back.dots]


def test_one_reading_is_no_line():
    assert curve_of(stops(READ[0]), pace_of(stops(READ[0]), TODAY)) is None
    assert curve_of([], None) is None
