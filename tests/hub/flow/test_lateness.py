"""Timers of conversations: equal to a count of every minute, judged at the event, warned of and told to the rules."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import pytest
from sqlalchemy import select

from hub import clock as moving
from hub.flow import conversations
from hub.flow.lateness import turns_of
from hub.flow.promises import rounds
from hub.flow.stopwatch import replay
from hub.models import Event, ReplyTimer
from minutes import CALENDARS, STARTS, Case, cases, counted, open_minutes
from talking import an_advisor

MINUTE = timedelta(minutes=1)


@lru_cache
def opened(name: str, start: datetime):
    return open_minutes(next(one for one in CALENDARS if one.name == name), start)


def runs(is_open):
    """Lengths of what is open in one go."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_open.astype(int), [0]))))
    return (edges[1::2] - edges[::2]).tolist()


def timed(case: Case):
    """The same promises by the code of the house, in minutes."""
    turns = turns_of([(kind, author, event, case.start + at * MINUTE) for at, kind, author, event in case.posts])
    found = []
    for one in rounds(turns):
        now = case.start + case.now * MINUTE
        standing = replay(one.told, case.calendar, case.limits[one.measure] * MINUTE, now)
        marks = tuple((percent, (at - case.start) // MINUTE) for percent, at in standing.marks)
        found.append((one.measure, (standing.started_at - case.start) // MINUTE, standing.spent // MINUTE, marks))
    return sorted(found)


@pytest.mark.parametrize("seed", range(8))
def test_timers_are_what_a_count_of_every_minute_says(seed):
    for case in cases(seed, 100):
        assert timed(case) == counted(case, opened(case.calendar.name, case.start)), case


def test_the_cases_meet_clock_changes_nights_ramadan_and_holidays():
    """The comparison would prove nothing if all of it ran on plain days."""
    lengths = {
        name: {run for start in STARTS for run in runs(opened(name, start))} for name in ("night", "ramadan", "south")
    }

    assert {480, 540} <= lengths["night"], "the night in which the clocks go back has nine hours instead of eight"
    assert {240, 300} <= lengths["ramadan"], "short shifts of the fast, the later one past midnight"
    assert {2820, 2880} <= lengths["south"], "a weekend in one go, and the one that is an hour short"


def timers(hub):
    with hub.look() as session:
        rows = session.scalars(select(ReplyTimer).order_by(ReplyTimer.id))
        return {(row.measure, row.round): (row.state, row.reached) for row in rows}


def test_an_answer_in_time_is_in_time_and_one_after_it_is_late_though_nobody_looked(hub, clock, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()
    clock.pass_by(minutes=14)
    talk.reply(jonas)
    assert timers(hub)["first", 1] == ("stopped", 90)

    talk.write("And the tyres?")
    clock.pass_by(minutes=31)  # no tick in between
    talk.reply(jonas)

    assert timers(hub)["next", 1] == ("stopped", 100)
    broken = [one for one in talk.seen(staff=True) if one.event == "broken"]
    assert [(one.attributes["measure"], one.attributes["percent"]) for one in broken] == [("next", 100)]
    assert not [one for one in talk.seen() if one.event in ("warned", "broken")]


def test_marks_come_with_the_clock_once_each_and_at_their_own_moment(hub, clock, talk):
    talk.write()
    talk.hand_off()
    began = clock.now
    clock.pass_by(minutes=16)

    moving.tick(hub)
    moving.tick(hub)

    told = [one for one in talk.seen(staff=True) if one.event in ("warned", "broken")]
    first = [one for one in told if one.attributes["measure"] == "first"]
    assert [one.attributes["percent"] for one in first] == [50, 75, 90, 100]
    at = datetime.fromisoformat(first[-1].attributes["at"])
    assert abs((at - began).total_seconds() - 15 * 60) < 1
    assert at.tzinfo == UTC or at.utcoffset() == timedelta()


def test_a_late_answer_is_an_event_that_rules_can_read(hub, clock, talk):
    talk.write()
    talk.hand_off()
    clock.pass_by(minutes=20)
    moving.tick(hub)

    with hub.look() as session:
        found = session.scalars(select(Event).where(Event.kind == "answer_late")).one()
    assert found.customer_id == talk.customer_id
    assert found.attributes == {"measure": "first", "percent": 100, "desk": "front"}


def test_a_pause_ends_by_itself_when_it_has_lasted_as_long_as_it_may(hub, clock, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()
    talk.reply(jonas)
    talk.do(conversations.pause, jonas, "customer")
    clock.pass_by(days=2, hours=23)
    moving.tick(hub)
    assert talk.row().pause == "customer"
    assert timers(hub)["resolution", 1] == ("paused", 0)

    clock.pass_by(hours=2)
    moving.tick(hub)

    assert talk.row().pause is None
    assert timers(hub)["resolution", 1][0] == "running"
