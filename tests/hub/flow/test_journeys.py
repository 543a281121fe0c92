"""Journeys move with what happens and with the clock: in, on, out, each in the transaction that caused it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from hub import clock as moving
from hub.flow import applying, customers, foreseen, pipeline, waking
from hub.models import Customer, Enrollment, Experiment, Exposure, Message, Person, Task
from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord
from partners import drain_all
from walking import HEAD, PLAIN, applied, happens, rows, trace, ways


@pytest.fixture
def running(hub, noting):
    applied(hub)
    return hub


def test_an_event_lets_somebody_in_and_the_first_step_is_done_at_once(running):
    happens(running, "C-1", "complaint")

    way = ways(running)[0]
    message = rows(running, Message, Message.id)[0]
    assert (way.state, way.node, way.entry, way.generation) == ("waiting", "pause", "event", 1)
    assert trace(running) == [("hello", "put")]
    assert (message.topic, message.template, message.effect_key) == (
        "service_notice",
        "hello",
        f"service_notice/j{way.id}:hello:1",
    )
    assert message.refs["purpose"] == "service_notice"


def test_the_same_event_told_again_makes_no_second_way_and_no_second_message(running, clock):
    at = clock()
    happens(running, "C-1", "complaint", at, key="same")
    happens(running, "C-1", "complaint", at, key="same")

    assert len(ways(running)) == 1
    assert len(rows(running, Message, Message.id)) == 1


def test_an_event_of_long_ago_lets_nobody_in(running, clock):
    happens(running, "C-1", "complaint", clock() - timedelta(days=30))

    assert ways(running) == []


def test_the_clock_takes_people_on_when_their_wait_is_over_and_not_before(running, clock):
    happens(running, "C-1", "complaint")
    clock.pass_by(days=2)
    assert waking.tick(running) == 0

    clock.pass_by(days=1)
    waking.tick(running)

    task = rows(running, Task, Task.id)[0]
    assert trace(running) == [("hello", "put"), ("pause", "over")]
    assert (task.role, task.state, task.due_at > clock.now) == ("advisor", "open", True)
    assert ways(running)[0].wake_at == task.due_at


def test_an_exit_inside_a_wait_takes_back_what_has_not_gone(running):
    happens(running, "C-1", "complaint")
    happens(running, "C-1", "visit")

    way, message = ways(running)[0], rows(running, Message, Message.id)[0]
    assert (way.state, way.reason, way.wake_at) == ("exited", "came_back", None)
    assert (message.state, message.reason) == ("cancelled", "journey: came_back")


def test_a_goal_ends_it_and_says_when(running, clock):
    happens(running, "C-1", "complaint")
    happens(running, "C-1", "survey")

    way = ways(running)[0]
    assert (way.state, way.reason, way.goal_at is not None) == ("done", "goal", True)


def test_no_to_every_message_ends_it_at_once(running):
    happens(running, "C-1", "complaint")
    with running.begin() as work:
        record = ConsentRecord(customer=CustomerKey(partner_id="C-1", customer_number="C-1"), purpose="service_notice",
                               channel="sms", state="withdrawn", notice="n", at=work.now)  # fmt: skip
        folded = customers.fold(running, work, running.partners["files"], [record])
        pipeline.follow(running, work, folded.touched, folded.intents)

    assert (ways(running)[0].state, ways(running)[0].reason) == ("exited", "consent_withdrawn")
    assert rows(running, Message, Message.id)[0].state == "cancelled"


def test_whoever_asked_to_be_left_alone_leaves_every_journey(running, clock):
    happens(running, "C-1", "complaint")
    with running.begin() as work:
        work.session.scalars(select(Person)).one().restricted_at = work.now
    clock.pass_by(days=4)
    waking.tick(running)

    assert (ways(running)[0].state, ways(running)[0].reason) == ("exited", "left_alone")


def test_a_step_of_ours_that_fails_stops_one_person_and_no_other(running, clock):
    happens(running, "C-1", "complaint")
    happens(running, "C-2", "complaint")
    with running.begin() as work:
        work.session.scalars(select(Enrollment).order_by(Enrollment.id)).first().node = "no_such_step"
    clock.pass_by(days=3)

    waking.tick(running)

    assert [(way.state, way.reason) for way in ways(running)] == [("parked", "KeyError"), ("waiting", "")]


def test_a_tenth_is_held_and_exposed_before_anything_is_done(hub, noting):
    applied(hub, HEAD.replace("holdout: 0\nexempt_or_not: here", "holdout: 0.5"))
    for number in range(24):
        happens(hub, f"C-{number}", "complaint")

    states = [way.state for way in ways(hub)]
    exposed = {
        (one.customer_id, one.arm) for one in rows(hub, Exposure, Exposure.id) if one.experiment == "holdout:checked"
    }
    assert {"held", "waiting"} == set(states)
    assert len(rows(hub, Message, Message.id)) == states.count("waiting")
    assert len(exposed) >= 20
    assert [(one.experiment, one.arms) for one in rows(hub, Experiment, Experiment.id)] == [
        ("holdout:checked", {"held": 0.5, "treated": 0.5})
    ]


def test_a_full_day_lets_the_others_in_on_the_next(hub, noting, clock):
    applied(
        hub,
        PLAIN.replace("enter: {event: {kind: complaint}}", "enter: {event: {kind: complaint}, at_most: {a_day: 2}}"),
    )
    for number in range(3):
        happens(hub, f"C-{number}", "complaint")
    assert [way.state for way in ways(hub)] == ["waiting", "waiting", "expected"]

    clock.pass_by(days=1)
    waking.tick(hub)

    assert [way.state for way in ways(hub)] == ["waiting", "waiting", "waiting"]


def test_whoever_found_the_day_full_is_not_lost_when_the_day_they_came_for_is_over(hub, noting, clock):
    """All at one moment, in one transaction, by a day; three mornings later the last has come in."""
    dated = PLAIN.replace(
        "enter: {event: {kind: complaint}}", "enter: {date: {day: visits.last_on, after: 6m}, at_most: {a_day: 2}}"
    ).replace("exit: [{name: came_back, event: {kind: visit}}]\n", "")
    for number in range(5):
        happens(hub, f"C-{number}", "visit", datetime(2026, 10, 1, 9, tzinfo=UTC))
    applied(hub, dated)
    came = []
    for day in (1, 2, 3):
        clock.now = datetime(2027, 4, day, 7, 0, 1, tzinfo=UTC)
        waking.tick(hub)
        came.append(sum(way.state == "waiting" for way in ways(hub)))

    assert came == [2, 4, 5]


def test_those_who_go_first_have_the_places_and_the_others_what_is_left(hub, noting, clock):
    capped = "enter: {event: {kind: complaint}, at_most: {a_day: 2, first: {visits.count: {at_least: 1}}}}"
    applied(hub, PLAIN.replace("enter: {event: {kind: complaint}}", capped))
    for number in (3, 4):
        happens(hub, f"C-{number}", "visit")
    for number in range(5):
        happens(hub, f"C-{number}", "complaint")
    guests = [way.state for way in ways(hub)][3:]

    clock.pass_by(minutes=31)
    waking.tick(hub)

    assert guests == ["waiting", "waiting"]
    assert [way.state for way in ways(hub)] == ["expected"] * 3 + ["waiting"] * 2


def test_a_day_that_moves_moves_the_entry_both_ways(hub, noting, clock):
    dated = PLAIN.replace(
        "enter: {event: {kind: complaint}}", "enter: {date: {day: visits.last_on, after: 6m}}"
    ).replace("exit: [{name: came_back, event: {kind: visit}}]\n", "")
    happens(hub, "C-1", "visit", datetime(2026, 10, 1, 9, tzinfo=UTC))
    applied(hub, dated)
    assert ways(hub)[0].wake_at == datetime(2027, 4, 1, 7, tzinfo=UTC)

    happens(hub, "C-1", "visit", datetime(2026, 11, 20, 9, tzinfo=UTC))

    assert [(way.state, way.wake_at) for way in ways(hub)] == [("expected", datetime(2027, 5, 20, 7, tzinfo=UTC))]
    clock.now = datetime(2027, 5, 20, 7, 0, 1, tzinfo=UTC)
    waking.tick(hub)
    assert [(way.state, way.entry) for way in ways(hub)] == [("waiting", "date")]


def test_a_segment_lets_in_whoever_enters_it_and_those_in_it_where_asked(hub, noting):
    moving.turn_segments(hub)
    text = PLAIN.replace("enter: {event: {kind: complaint}}", "enter: {segment: {enters: regulars}}").replace(
        "exit: [{name: came_back, event: {kind: visit}}]\n", ""
    )
    for day in (1, 2, 3):
        happens(hub, "C-1", "visit", datetime(2026, 11, day, 9, tzinfo=UTC))
    applied(hub, text)
    assert ways(hub) == []

    for day in (1, 2, 3):
        happens(hub, "C-2", "visit", datetime(2026, 11, day, 9, tzinfo=UTC))
    assert [way.entry for way in ways(hub)] == ["segment"]

    applied(hub, text, existing=True)
    assert [way.entry for way in ways(hub)] == ["segment", "existing"]


def test_a_schedule_lets_in_at_once_whom_it_is_for_where_asked(hub, noting, clock):
    door = "enter: {every: {year: [3, 1], at: '09:00'}, when: {visits.count: {at_least: 1}}}"
    text = PLAIN.replace("enter: {event: {kind: complaint}}", door).replace(
        "exit: [{name: came_back, event: {kind: visit}}]\n", ""
    )
    happens(hub, "C-1", "visit", clock() - timedelta(days=9))
    happens(hub, "C-2", "complaint")
    assert foreseen.plan(hub, applied(hub, text)[0]).existing == 1
    assert ways(hub) == []

    applied(hub, text, existing=True)

    assert [(way.entry, way.state) for way in ways(hub)] == [("existing", "waiting")]


def test_a_new_version_takes_people_along_or_lets_them_walk_the_old_one(running):
    happens(running, "C-1", "complaint")
    longer = PLAIN.replace("wait: 3d", "wait: 30d")
    rule, _ = applied(running, longer)
    stayed = ways(running)[0]
    plan = foreseen.plan(running, rule, "map")

    applied(running, PLAIN.replace("wait: 3d", "wait: 60d"), fate="map")
    mapped = ways(running)[0]

    assert [(one.node, one.people, one.fate, one.to) for one in plan.standing] == [("pause", 1, "map", "pause")]
    assert mapped.version_id != stayed.version_id
    waking.tick(running)
    assert ways(running)[0].wake_at - stayed.wake_at > timedelta(days=50)


def test_what_was_in_force_before_comes_back_by_a_rollback(running):
    rule, _ = applied(running, PLAIN.replace("wait: 3d", "wait: 30d"))

    mark = applying.rollback(running, "checked", "tester")

    assert mark != rule.hash
    happens(running, "C-1", "complaint")
    way = ways(running)[0]
    assert way.wake_at - way.since == timedelta(days=3)


def test_the_row_of_a_customer_is_enough_to_erase_all_of_it(running):
    happens(running, "C-1", "complaint")

    with running.look() as session:
        customer = session.scalars(select(Customer)).one()
        assert session.scalars(select(Enrollment.customer_id)).all() == [customer.id]


def test_a_message_goes_out_by_its_channel_and_the_policy_is_asked_what_the_journey_means(running, noting):
    with running.begin() as work:
        who = CustomerKey(partner_id="C-1", customer_number="C-1")
        customers.fold(
            running, work, running.partners["files"], [CustomerRecord(customer=who, phone="+491701234567", at=work.now)]
        )
    happens(running, "C-1", "complaint")

    drain_all(running)

    assert [push.topic for push in noting["texts"].told] == ["service_notice"]
    assert [push.topic for push in noting["crm"].told if push.topic == "service_notice"] == []
