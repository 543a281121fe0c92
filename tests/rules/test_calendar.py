"""Local days and spans of days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rules.calendar import Moment, Span, local_day, parse_span, start_of


@pytest.mark.parametrize(
    ("span", "day", "before"),
    [
        (Span(30, "d"), date(2026, 3, 30), date(2026, 2, 28)),
        (Span(2, "w"), date(2026, 1, 10), date(2025, 12, 27)),
        (Span(1, "m"), date(2026, 3, 31), date(2026, 2, 28)),
        (Span(1, "m"), date(2024, 3, 31), date(2024, 2, 29)),
        (Span(13, "m"), date(2026, 1, 15), date(2024, 12, 15)),
        (Span(12, "m"), date(2026, 12, 31), date(2025, 12, 31)),
        (Span(1, "y"), date(2024, 2, 29), date(2023, 2, 28)),
        (Span(4, "y"), date(2024, 2, 29), date(2020, 2, 29)),
    ],
)
def test_spans_go_back_by_the_calendar(span: Span, day: date, before: date) -> None:
    assert span.before(day) == before


@pytest.mark.parametrize("text", ["180d", "6w", "18m", "4y", " 30 d "])
def test_spans_are_read_as_people_write_them(text: str) -> None:
    span = parse_span(text)

    assert span is not None
    assert str(span) == text.replace(" ", "")


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "1h", "1.5d", "30 days", "99999d", "101y", "١٢d", "1d 2d"])
def test_anything_else_is_no_span(text: str) -> None:
    assert parse_span(text) is None


def test_the_day_is_the_one_of_the_zone() -> None:
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)

    assert local_day(late, "Europe/Berlin") == date(2026, 3, 29)
    assert local_day(late, "America/New_York") == date(2026, 3, 28)
    assert Moment(late, "Asia/Dubai").today == date(2026, 3, 29)


@pytest.mark.parametrize("span", [Span(1, "d"), Span(2, "w"), Span(1, "m"), Span(3, "m"), Span(1, "y")])
def test_a_span_passes_on_the_first_day_that_it_no_longer_reaches_back_to(span: Span) -> None:
    for number in range(800):
        day = date(2023, 12, 1) + timedelta(days=number)

        turn = span.passes(day)

        assert span.before(turn) >= day > span.before(turn - timedelta(days=1))


def test_a_day_begins_where_the_clocks_go_forward_when_midnight_is_skipped() -> None:
    assert start_of(date(2024, 4, 26), "Africa/Cairo") == datetime(2024, 4, 25, 22, tzinfo=UTC)
