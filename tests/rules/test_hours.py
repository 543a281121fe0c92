"""Business hours against a replay of every minute, over nights, seasons, holidays and both turns of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import RuleError
from rules.hours import ALWAYS, Calendar, Season, load_calendars, read_calendar

MINUTE = timedelta(minutes=1)
CONFIG = Path(__file__).parents[2] / "config" / "calendars"
ZONES = ("Europe/Berlin", "Asia/Dubai", "America/New_York", "Australia/Lord_Howe", "UTC")
TURNS = tuple(datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 28), (10, 24), (11, 1), (4, 4)))


def walls(day: date, minutes: int) -> datetime:
    return datetime.combine(day + timedelta(days=minutes // 1440), time(minutes % 1440 // 60, minutes % 60))


def replay(calendar: Calendar, since: datetime, until: datetime) -> set[datetime]:
    """Minute by minute by the wall clock: a shift is on from the first minute that shows its start or later, to the last
    one that shows less than its end."""
    zone = ZoneInfo(calendar.zone)
    first = since - timedelta(days=3)
    minutes = [first + number * MINUTE for number in range(int((until - first) / MINUTE) + 4 * 1440)]
    shown = [(minute, minute.astimezone(zone).replace(tzinfo=None)) for minute in minutes]
    open_ones: set[datetime] = set()
    day = first.astimezone(zone).date() - timedelta(days=1)
    while day <= until.astimezone(zone).date():
        for start, end in calendar.shifts(day):
            begins, ends = walls(day, start), walls(day, end)
            on = [minute for minute, wall in shown if begins <= wall < ends]
            if on:
                open_ones |= {minute for minute, _ in shown if on[0] <= minute <= on[-1]}
        day += timedelta(days=1)
    return {minute for minute in open_ones if since <= minute < until}


shift = st.tuples(st.integers(0, 95), st.integers(1, 60)).map(lambda pair: (pair[0] * 15, pair[0] * 15 + pair[1] * 15))
week = st.lists(st.lists(shift, max_size=3).map(lambda one: tuple(sorted(one))), min_size=7, max_size=7).map(tuple)


@settings(max_examples=12, deadline=None)
@given(week, week, st.sampled_from(ZONES), st.sampled_from(TURNS), st.integers(0, 2 * 1440), st.integers(0, 3 * 1440))
def test_open_time_is_what_a_replay_of_every_minute_counts(usual, other, zone, turn, start, length):
    calendar = Calendar(
        "c", zone, usual, (Season(turn.date(), turn.date(), other),), {turn.date() + timedelta(days=1): ((600, 700),)}
    )
    since = turn + start * MINUTE
    until = since + length * MINUTE

    minutes = replay(calendar, since, until)

    assert calendar.between(since, until) == len(minutes) * MINUTE


@settings(max_examples=30, deadline=None)
@given(week, st.sampled_from(ZONES), st.sampled_from(TURNS), st.integers(0, 2 * 1440), st.integers(1, 3000))
def test_after_is_the_first_moment_at_which_so_much_has_passed(usual, zone, turn, start, wanted):
    calendar, since = Calendar("c", zone, usual), turn + start * MINUTE

    at = calendar.after(since, wanted * MINUTE)

    if at is None:
        assert not any(usual)
    else:
        assert calendar.between(since, at) == wanted * MINUTE
        assert calendar.between(since, at - timedelta(seconds=1)) < wanted * MINUTE


def test_the_workshops_of_the_configuration():
    calendars = load_calendars(CONFIG)
    eu, gcc = calendars["workshop_eu"], calendars["workshop_gcc"]

    friday = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)  # 17:00 in Berlin
    assert eu.after(friday, timedelta(hours=2)) == datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
    assert eu.between(datetime(2026, 12, 23, 23, tzinfo=UTC), datetime(2026, 12, 26, 23, tzinfo=UTC)) == timedelta()
    assert gcc.shifts(date(2026, 3, 2)) == ((540, 840), (1230, 1470))  # Ramadan, past midnight
    assert gcc.shifts(date(2026, 4, 2)) == ((480, 780), (900, 1140))


def test_around_the_clock_is_the_time_itself():
    since = datetime(2026, 3, 28, 12, 34, 56, tzinfo=UTC)

    assert ALWAYS.after(since, timedelta(hours=40)) == since + timedelta(hours=40)
    assert ALWAYS.between(since, since + timedelta(days=9)) == timedelta(days=9)


def test_a_calendar_that_never_opens_never_ends_anything():
    assert Calendar("c", "UTC", ((),) * 7).after(datetime(2026, 1, 1, tzinfo=UTC), MINUTE) is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("week: {mun: ['08:00-12:00']}", "no day of the week"), ("week: {mon: ['8-12']}", "no shift"),
        ("zone: Mars/Base\nweek: {}", "time zone"),
        ("week: {}\nholidays: XX", "no holidays"), ("week: {}\nclosed: [24.12.]", "no day"), ("week: {}\nopen: 1", "no part"),
        ("week: {", "line 1:8"), ("[]", "week"), ("week: {}\nseasons: [1]", "mapping"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path, text, what):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(RuleError) as raised:
        read_calendar(tmp_path / "c.yaml")

    assert "c.yaml:" in str(raised.value)
    assert what in str(raised.value) or what == "line 1:8"
