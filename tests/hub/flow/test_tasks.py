"""A task that somebody has done takes its journey on at once, one time, and what the next step writes is a fact."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.errors import NotFound, WrongInput
from hub.flow import tasks, waking
from hub.flow.seen import PROFILE
from hub.models import AuditEntry, Task
from walking import PLAIN, applied, happens, rows, trace, ways

CALLED = PLAIN.replace(
    "calendar: workshop_eu}}",
    "calendar: workshop_eu}}\n  - {id: noted, update: {event: complaint}}\n  - {id: rest, wait: 9d}",
)


@pytest.fixture
def called(hub, noting, clock):
    """Somebody whose advisor was asked to call them."""
    applied(hub, CALLED)
    happens(hub, "C-1", "complaint")
    clock.pass_by(days=3)
    waking.tick(hub)
    return rows(hub, Task, Task.id)[0]


def test_what_came_of_it_takes_the_journey_on_and_is_audited(hub, called):
    [(ref, role, *_)] = tasks.open_tasks(hub, "advisor")
    assert (ref, role) == (called.ref, "advisor")

    tasks.close(hub, ref, "reached", "amira")

    assert trace(hub)[-2:] == [("call", "done"), ("noted", "done")]
    assert ways(hub)[0].node == "rest"
    assert tasks.open_tasks(hub) == []
    with hub.look() as session:
        assert session.scalar(select(PROFILE.c.complaints_count)) == 2, "what a step writes is a fact at once"
    assert [row.actor for row in rows(hub, AuditEntry, AuditEntry.id) if row.action == "task_done"] == ["amira"]


def test_it_is_done_once_and_one_that_the_journey_went_on_without_is_over(hub, called, clock):
    with pytest.raises(WrongInput, match="no outcome"):
        tasks.close(hub, called.ref, "two words", "amira")
    tasks.close(hub, called.ref, "reached", "amira")
    with pytest.raises(WrongInput, match="done already"):
        tasks.close(hub, called.ref, "reached", "amira")
    with pytest.raises(NotFound):
        tasks.close(hub, "nothing", "reached", "amira")


def test_nobody_calls_in_time_and_the_clock_writes_the_next_step_as_a_fact(hub, called, clock):
    clock.now = called.due_at + timedelta(seconds=1)
    waking.tick(hub)

    assert trace(hub)[-2:] == [("call", "late"), ("noted", "done")]
    with hub.look() as session:
        assert session.scalar(select(PROFILE.c.complaints_count)) == 2
