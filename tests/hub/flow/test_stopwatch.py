"""Timers against a replay of every minute: spent time, marks at their moment, and corrections that come late."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.flow.stopwatch import PERCENTS, Happening, replay
from rules.hours import ALWAYS, Calendar

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHOP = Calendar("shop", "Europe/Berlin", (((450, 720), (765, 1080)),) * 5 + (((480, 780),), ((1320, 1500),)))


def minutely(told, calendar, limit, now):
    """Walks every minute: is it open, and is the timer running in it?"""
    start = next(one.at for one in reversed(told) if one.kind == "start")
    stop = next((one.at for one in reversed(told) if one.kind == "stop"), None)
    spent, marks, paused, minute = 0, [], False, start
    turns = sorted(
        (one for one in told if one.kind in {"pause", "resume"}), key=lambda one: (one.at, one.kind == "resume")
    )
    while minute < (stop if stop is not None else now):
        for one in turns:
            if one.at == minute:
                paused = one.kind == "pause"
        if not paused and calendar.between(minute, minute + MINUTE):
            spent += 1
        minute += MINUTE
        for percent in PERCENTS[len(marks) :]:
            reached = spent * 100 >= limit * percent
            if reached and (stop is None or minute < stop):
                marks.append((percent, minute))
    return spent, marks


turns = st.lists(st.tuples(st.sampled_from(["pause", "resume"]), st.integers(1, 2000)), max_size=4)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 3000),
    turns,
    st.none() | st.integers(1, 2500),
    st.integers(1, 20),
    st.integers(1, 2600),
    st.booleans(),
)
def test_a_timer_is_what_a_replay_of_every_minute_says(start, turns, length, limit, look, round_the_clock):
    calendar = ALWAYS if round_the_clock else SHOP
    begins = MONDAY + start * MINUTE
    told = [Happening("start", begins), *(Happening(kind, begins + after * MINUTE) for kind, after in turns)]
    if length is not None:
        told.append(Happening("stop", begins + length * MINUTE))
    now = begins + (look if length is None else max(look, length)) * MINUTE
    minutes = limit * 20  # so that each mark falls on a whole minute

    found = replay(told, calendar, minutes * MINUTE, now)
    spent, marks = minutely(told, calendar, minutes, now)

    assert found.spent == spent * MINUTE
    assert list(found.marks) == marks


def test_a_mark_is_where_it_was_reached_whenever_one_looks():
    told = [Happening("start", MONDAY + timedelta(hours=7))]  # 8:00 in Berlin, four hours before lunch
    limit = timedelta(hours=8)

    early = replay(told, SHOP, limit, MONDAY + timedelta(hours=9))
    late = replay(told, SHOP, limit, MONDAY + timedelta(days=9))

    assert early.marks == ()
    assert early.due_at == MONDAY + timedelta(hours=11) == late.marks[0][1]
    assert [percent for percent, _ in late.marks] == list(PERCENTS)
    assert late.due_at is None


def test_what_is_finished_at_the_last_moment_is_in_time():
    told = [Happening("start", MONDAY), Happening("stop", MONDAY + timedelta(hours=2))]

    assert [percent for percent, _ in replay(told, ALWAYS, timedelta(hours=2), MONDAY + timedelta(days=1)).marks] == [
        50,
        75,
        90,
    ]


def test_the_last_word_about_the_end_counts():
    started, first, second = (
        Happening("start", MONDAY),
        Happening("stop", MONDAY + MINUTE),
        Happening("stop", MONDAY + 9 * MINUTE),
    )
    look = MONDAY + timedelta(hours=1)

    assert replay([started, first, second], ALWAYS, timedelta(days=1), look).spent == 9 * MINUTE
    assert replay([started, second, first], ALWAYS, timedelta(days=1), look).spent == MINUTE
    assert replay([started, first, Happening("reopen", MONDAY)], ALWAYS, timedelta(days=1), look).state == "running"


def test_a_pause_stops_the_clock_until_it_goes_on():
    told = [Happening("start", MONDAY), Happening("pause", MONDAY + 10 * MINUTE)]

    found = replay(told, ALWAYS, timedelta(hours=1), MONDAY + timedelta(days=3))
    assert (found.state, found.spent, found.due_at) == ("paused", 10 * MINUTE, None)

    went_on = replay(
        [*told, Happening("resume", MONDAY + 100 * MINUTE)], ALWAYS, timedelta(hours=1), MONDAY + 101 * MINUTE
    )
    assert (went_on.state, went_on.spent, went_on.due_at) == ("running", 11 * MINUTE, MONDAY + 120 * MINUTE)
