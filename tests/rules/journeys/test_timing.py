"""Minutes go by the clock, days by the calendar; nights on which the clocks change are no exception."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import Span
from rules.journeys.timing import Elapsed, before, later, parse_clock, parse_duration

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def test_spans_are_read_and_nothing_else_is():
    read = {text: parse_duration(text) for text in ("20min", "4h", "3d", "6w", "18m", "2y", "0d", "3 days", "1s", "")}

    assert read == {
        "20min": Elapsed(20), "4h": Elapsed(240), "3d": Span(3, "d"), "6w": Span(6, "w"), "18m": Span(18, "m"),
        "2y": Span(2, "y"), "0d": None, "3 days": None, "1s": None, "": None,
    }  # fmt: skip
    assert parse_clock("24:00") is None


def test_a_day_later_is_the_same_time_of_day_in_both_nights_when_the_clocks_change():
    assert later(at("2026-03-28T10:00"), Span(1, "d"), BERLIN) == at("2026-03-29T10:00")
    assert later(at("2026-10-24T10:00"), Span(1, "d"), BERLIN) == at("2026-10-25T10:00")


def test_an_hour_later_is_an_hour_later_whatever_the_clocks_say():
    assert later(at("2026-03-29T01:30"), Elapsed(60), BERLIN) == at("2026-03-29T03:30")


def test_a_time_that_the_clocks_skip_is_an_hour_after():
    assert later(at("2026-03-28T02:30"), Span(1, "d"), BERLIN) == at("2026-03-29T03:30")


def test_a_month_after_the_last_of_january_is_the_last_of_february():
    assert later(at("2026-01-31T09:00"), Span(1, "m"), BERLIN) == at("2026-02-28T09:00")


def test_a_time_of_day_is_that_of_the_day_on_which_the_span_ends():
    assert later(at("2026-03-02T16:00"), Span(1, "d"), BERLIN, time(10)) == at("2026-03-03T10:00")
    assert later(at("2026-03-02T16:00"), Elapsed(60), BERLIN, time(10)) == at("2026-03-03T10:00")


@given(
    st.integers(0, 5_000_000),
    st.integers(1, 800),
    st.sampled_from(["Europe/Berlin", "Asia/Dubai", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_days_later_is_that_many_local_days_later(minutes, days, zone):
    since = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    end = later(since, Span(days, "d"), zone)

    local = since.astimezone(ZoneInfo(zone)).date(), end.astimezone(ZoneInfo(zone)).date()
    assert (local[1] - local[0]).days == days
    assert abs(end - since - timedelta(days=days)) <= timedelta(hours=1)
    assert before(since, Elapsed(days), zone) == since - timedelta(minutes=days)
