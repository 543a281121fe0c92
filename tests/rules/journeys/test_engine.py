"""One person's steps: what comes out, what is wanted, and when to look again."""

from datetime import UTC, datetime, timedelta

import pytest

from journeying import CALENDARS, a_journey, steps
from rules.calendar import start_of
from rules.given import Given
from rules.journeys.engine import Known, deal, start, turn
from rules.journeys.subjects import Subject
from rules.views import EventSeen, VehicleSeen

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def known(**given) -> Known:
    return Known(Given(given), 17, CALENDARS)


def first_turn(rule, now=NOW, **given):
    return turn(rule, start(rule, Subject(17), now, now), known(**given), now)


def event(kind, at, **more):
    return EventSeen(kind, at.date(), at=at, id=more.pop("id", 1), **more)


def test_a_message_is_wanted_once_with_the_visit_that_makes_its_key():
    found = first_turn(a_journey())

    assert [(one.node, one.visit, one.action.template) for one in found.effects] == [("hello", 1, "hello")]
    assert (found.place, found.ended, found.wake_at) == (None, "done", None)


def test_looking_again_at_a_wait_changes_nothing():
    rule = a_journey(steps("- {id: hello, message: {channel: mail, template: hello}}\n- {id: pause, wait: 3d}"))
    found = first_turn(rule)

    again = turn(rule, found.place, known(), NOW + timedelta(days=1))

    assert (again.place, again.wake_at) == (found.place, NOW + timedelta(days=3))
    assert (again.log, again.effects) == ((), ())


def test_the_first_of_several_events_decides_by_its_own_time():
    rule = a_journey(
        steps(
            "- {id: pause, wait: {for: [{kind: visit}, {kind: no_show}], up_to: 3d}, happened: [{id: yes, stop: came}]}"
        )
    )
    here = first_turn(rule).place
    late = event("no_show", NOW + timedelta(hours=2), id=5)
    early = event("visit", NOW + timedelta(hours=1), id=6)

    found = turn(rule, here, known(events=[late, early]), NOW + timedelta(days=1))

    assert found.log[0].detail == {"event": 6, "kind": "visit"}
    assert found.ended == "came"


def test_an_event_after_the_end_of_the_wait_does_not_count_though_we_look_late():
    rule = a_journey(steps("- {id: pause, wait: {for: [{kind: visit}], up_to: 3d}, happened: [{id: yes, stop: came}]}"))
    here = first_turn(rule).place

    found = turn(rule, here, known(events=[event("visit", NOW + timedelta(days=4))]), NOW + timedelta(days=5))

    assert [one.outcome for one in found.log] == ["over"]


def test_an_event_that_is_told_late_but_happened_in_time_counts():
    rule = a_journey(steps("- {id: pause, wait: {for: [{kind: visit}], up_to: 3d}, happened: [{id: yes, stop: came}]}"))
    here = first_turn(rule).place

    found = turn(rule, here, known(events=[event("visit", NOW + timedelta(days=2))]), NOW + timedelta(days=5))

    assert found.ended == "came"


def test_with_look_back_what_came_just_before_the_wait_counts():
    rule = a_journey(
        steps(
            "- {id: pause, wait: {for: [{kind: visit}], up_to: 3d, look_back: 1h}, happened: [{id: yes, stop: came}]}"
        )
    )

    assert first_turn(rule, events=[event("visit", NOW - timedelta(minutes=30))]).ended == "came"
    assert first_turn(rule, events=[event("visit", NOW - timedelta(minutes=90))]).ended == ""


def test_a_day_that_moves_moves_the_end_of_the_wait_both_ways():
    rule = a_journey(steps("- {id: pause, wait: {day: recommendations.due_on, before: 2d}}"))
    due = datetime(2026, 3, 20, tzinfo=UTC).date()
    here = first_turn(rule, **{"recommendations.due_on": due}).place

    wakes = [
        turn(rule, here, known(**{"recommendations.due_on": day}), NOW).wake_at
        for day in (due, due + timedelta(days=5), due - timedelta(days=5), None)
    ]

    nine = timedelta(hours=9)
    assert wakes[:3] == [start_of(due + timedelta(days=n), "Europe/Berlin") + nine for n in (-2, 3, -7)]
    assert wakes[3] is None


def test_the_first_case_that_holds_is_taken_and_the_log_says_why():
    rule = a_journey(
        steps(
            """
- id: which
  branch:
    - {case: often, when: {visits.count: {at_least: 3}}, do: [{id: a, stop: often}]}
    - {case: once, when: {visits.count: {at_least: 1}}, do: [{id: b, stop: once}]}
  else:
    - {id: c, stop: never}
"""
        )
    )

    assert [first_turn(rule, **{"visits.count": n}).ended for n in (5, 2, 0)] == ["often", "once", "never"]
    assert first_turn(rule, **{"visits.count": 5}).log[0].detail == {
        "because": ["yes: visits.count is 5; asked: is at least 3"]
    }


def test_a_goal_ends_it_inside_a_wait_and_an_exit_that_time_brings_wakes_it():
    rule = a_journey(
        ("steps:", "goal: {kind: visit}\nexit: [{name: old, when: {visits.last_on: {older_than: 30d}}}]\nsteps:"),
        steps("- {id: pause, wait: 90d}"),
    )
    given = {"visits.last_on": NOW.date() - timedelta(days=20)}
    found = first_turn(rule, **given)

    later = NOW + timedelta(days=1)
    goal = turn(rule, found.place, known(**given, events=[event("visit", later)]), later)
    gone = turn(rule, found.place, known(**given), found.wake_at)

    assert (goal.ended, goal.place) == ("goal", None)
    assert found.wake_at == start_of(NOW.date() + timedelta(days=10), "Europe/Berlin")
    assert gone.ended == "old"


def test_a_task_waits_for_open_hours_and_for_whoever_does_it():
    rule = a_journey(
        steps(
            "- {id: call, task: {role: advisor, title: Call, within: 8h, calendar: workshop_eu}, done: [{id: ok, stop: called}]}"
        )
    )
    friday = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)  # 16:00 in Berlin; two hours are left, five on Saturday
    found = first_turn(rule, now=friday)

    assert found.wake_at == datetime(2026, 3, 9, 7, 30, tzinfo=UTC)
    done = turn(rule, found.place, Known(Given({}), 17, CALENDARS, tasks={("call", 1): "reached"}), friday)
    assert done.ended == "called"
    assert turn(rule, found.place, known(), found.wake_at).log[0].outcome == "late"


def test_a_jump_goes_back_as_often_as_it_says_and_then_on():
    rule = a_journey(
        steps(
            """
- {id: hello, message: {channel: mail, template: hello}}
- {id: pause, wait: 1d}
- {id: again, jump: {to: hello, at_most: 2}}
"""
        )
    )
    now, found = NOW, first_turn(rule)
    sent = list(found.effects)
    while found.place is not None:
        now = found.wake_at
        found = turn(rule, found.place, known(), now)
        sent += found.effects

    assert [one.visit for one in sent] == [1, 2, 3]
    assert now == NOW + timedelta(days=3)


def test_whoever_was_dealt_an_arm_keeps_it_when_the_weights_change():
    text = "- {{id: how, split: {{experiment: e}}, arms: {{a: {{share: {0}}}, b: {{share: {1}}}}}}}"
    even, all_b = a_journey(steps(text.format(0.5, 0.5))), a_journey(steps(text.format(0.0, 1.0)))
    dealt = {}
    for customer in range(200):
        place, known_ = start(even, Subject(customer), NOW, NOW), Known(Given({}), customer, {})
        dealt |= {(one.experiment, one.unit): one.arm for one in turn(even, place, known_, NOW).dealt}

    kept = {}
    for customer in range(200):
        place, known_ = start(all_b, Subject(customer), NOW, NOW), Known(Given({}), customer, {}, arms=dealt)
        kept |= {(one.experiment, one.unit): one.arm for one in turn(all_b, place, known_, NOW).dealt}

    assert kept == dealt
    assert set(dealt.values()) == {"a", "b"}


def test_a_fleet_is_drawn_as_one_whichever_of_its_cars_and_drivers_come():
    rule = a_journey(
        steps("- {id: how, split: {experiment: e, unit: fleet}, arms: {a: {share: 0.5}, b: {share: 0.5}}}")
    )
    cars = {car: Given({"vehicles": [VehicleSeen(car, NOW.date(), None, {}, "")]}) for car in range(40)}
    fleets = {car: car % 2 for car in range(30)}

    dealt = [
        one
        for car, view in cars.items()
        for one in turn(rule, start(rule, Subject(car), NOW, NOW), Known(view, car, {}, fleets=fleets), NOW).dealt
    ]

    assert {one.unit for one in dealt} == {"fleet:0", "fleet:1", *(f"customer:{car}" for car in range(30, 40))}
    assert len({(one.unit, one.arm) for one in dealt if one.unit.startswith("fleet")}) == 2


def test_what_a_split_has_learned_is_how_others_are_dealt_and_nobody_moves():
    rule = a_journey(
        steps(
            "- {id: how, split: {experiment: e, bandit: {floor: 0.05}}, arms: {a: {share: 0.3}, b: {share: 0.3}, c: {share: 0.4}}}"
        )
    )
    learned = {"e": {"a": 0.05, "b": 0.9, "c": 0.05}}

    def arms(customers, **more):
        found = [
            turn(rule, start(rule, Subject(one), NOW, NOW), Known(Given({}), one, {}, **more), NOW).dealt
            for one in customers
        ]
        return {one.unit: one.arm for (one,) in found}

    before = arms(range(200))
    kept = arms(range(200), shares=learned, arms={("e", unit): arm for unit, arm in before.items()})
    others = list(arms(range(200, 600), shares=learned).values())

    assert kept == before
    assert set(before.values()) == {"a", "b", "c"}
    assert others.count("b") / 400 == pytest.approx(0.9, abs=0.05)
    assert set(arms(range(50), shares={"e": {"x": 1.0}}).values()) == {"a", "b", "c"}, (
        "of other arms nothing was learned"
    )


def test_arms_are_dealt_by_their_shares_and_anew_for_each_experiment():
    drawn = [deal("e", f"customer:{n}", {"a": 0.2, "b": 0.8}) for n in range(20_000)]
    other = [deal("f", f"customer:{n}", {"a": 0.2, "b": 0.8}) for n in range(20_000)]
    both = sum(x == y == "a" for x, y in zip(drawn, other, strict=True))

    assert abs(drawn.count("a") / 20_000 - 0.2) < 0.01
    assert abs(both / 20_000 - 0.04) < 0.006


def test_a_withdrawn_consent_to_all_that_could_come_ends_it():
    rule = a_journey(steps("- {id: pause, wait: 3d}\n- {id: hello, message: {channel: mail, template: hello}}"))

    withdrawn = first_turn(rule, consents={("marketing", "mail"): "withdrawn"})
    never_asked = first_turn(rule)

    assert withdrawn.ended == "consent_withdrawn"
    assert never_asked.ended == ""
