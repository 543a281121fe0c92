"""A journey that is wrong says where, what, and how to mend it."""

import pytest

from journeying import CATALOGUE, WHOLE, a_journey, steps, wrong_with
from rules import RuleError
from rules.calendar import Span
from rules.journeys.documents import ByDate, BySchedule, Message, Split, Worth
from rules.journeys.measures import Guardrail
from rules.journeys.read import read_journey
from rules.parse import read_text

WAIT = "- {id: pause, wait: 3d}"
HELLO = "- {id: hello, message: {channel: mail, template: hello}}"

MARKETING = "purpose: marketing"
BAD = {
    "a worth without a chance": ([(MARKETING, MARKETING + "\nworth: {margin: 60 EUR}")], "“worth” has no “chance”."),
    "a worth of nothing": (
        [(MARKETING, MARKETING + "\nworth: {margin: 0, chance: 0.1}")],
        "A margin of nothing is worth nothing.",
    ),
    "a worth that is no money": (
        [(MARKETING, MARKETING + "\nworth: {margin: much, chance: 0.1}")],
        "“much” is no amount of money.",
    ),
    "a worth of no service": (
        [(MARKETING, MARKETING + "\nworth: {margin: 60 EUR, chance: 0.1, service: 7}")],
        "“7” is no service.",
    ),
    "a bandit of two arms": (
        [steps("- {id: how, split: {experiment: e, bandit: {floor: 0.1}}, arms: {a: {share: 0.5}, b: {share: 0.5}}}")],
        "A bandit needs three arms or more.",
    ),
    "a floor that takes all": (
        [
            steps(
                "- {id: how, split: {experiment: e, bandit: {floor: 0.4}}, arms: {a: {share: 0.5}, b: {share: 0.2}, c: {share: 0.3}}}"
            )
        ],
        "A floor of 0.4 under 3 arms leaves nothing to share out.",
    ),
    "a guardrail of nothing known": (
        [(MARKETING, MARKETING + "\nguardrails: [{measure: optouts, bound: 0.01}]")],
        "There is no measure “optouts”.",
    ),
    "a guardrail without a bound": (
        [(MARKETING, MARKETING + "\nguardrails: [{measure: opt_outs}]")],
        "“None” does not say how much worse “opt_outs” may get.",
    ),
    "a share that may get worse by more than all": (
        [(MARKETING, MARKETING + "\nguardrails: [{measure: opt_outs, bound: 5}]")],
        "“5” does not say how much worse “opt_outs” may get.",
    ),
    "a guardrail twice": (
        [(MARKETING, MARKETING + "\nguardrails: [{measure: nps, bound: 5}, {measure: nps, bound: 8}]")],
        "“nps” stands twice.",
    ),
    "a stop where there is no arm": (
        [(MARKETING, MARKETING + "\nguardrails: [{measure: nps, bound: 5, stop: true}]")],
        "Only an arm of a split can be stopped.",
    ),
    "a guardrail with nobody to compare with": (
        [(MARKETING, MARKETING + "\nholdout: 0\nguardrails: [{measure: nps, bound: 5}]")],
        "Nobody is held back, so there is nobody to compare with.",
    ),
    "guardrails that are no list": (
        [
            steps(
                "- {id: how, split: {experiment: e, guardrails: {measure: nps}}, arms: {a: {share: 0.5}, b: {share: 0.5}}}"
            )
        ],
        "“guardrails” is a list of one to 8 measures.",
    ),
    "a purpose nobody has": ([("purpose: marketing", "purpose: fun")], "There is no purpose “fun”."),
    "no purpose": ([("purpose: marketing\n", "")], "There is no purpose “None”."),
    "an unknown key": ([("title:", "titel: x\ntitle:")], "“titel” is no key here."),
    "an unknown event": (
        [("enter: {event: {kind: complaint}}", "enter: {event: {kind: song}}")],
        "There is no event “song”.",
    ),
    "two doors": (
        [("enter: {event: {kind: complaint}}", "enter: {event: {kind: visit}, date: {day: visits.last_on}}")],
        "“enter” needs one door.",
    ),
    "a segment that is not there": (
        [("enter: {event: {kind: complaint}}", "enter: {segment: {enters: nobody}}")],
        "There is no segment “nobody”.",
    ),
    "a day of another key": (
        [("enter: {event: {kind: complaint}}", "enter: {date: {day: vehicle.service_due}}")],
        "A journey of a customer knows no day “vehicle.service_due”.",
    ),
    "a schedule for everybody": (
        [("enter: {event: {kind: complaint}}", "enter: {every: {month: 1}}")],
        "A schedule lets everybody in.",
    ),
    "a schedule on no day": (
        [("enter: {event: {kind: complaint}}", "enter: {every: {month: 31}, when: {visits.count: {at_least: 1}}}")],
        "“31” is no day of a month.",
    ),
    "a cap of nobody": (
        [("enter: {event: {kind: complaint}}", "enter: {event: {kind: complaint}, at_most: {a_day: 0}}")],
        "“0” is no number of people.",
    ),
    "again when": ([("zone:", "again: soon\nzone:")], "“soon” does not say when again."),
    "a holdout of most": ([("zone:", "holdout: 0.9\nzone:")], "A holdout of 0.9 leaves most of them out."),
    "marketing that is exempt": ([("zone:", "exempt: legal\nzone:")], "Marketing is never exempt from the holdout."),
    "no tests": ([("tests:\n  - name", "#\n  - name")], None),
    "a step without an id": ([steps("- {message: {channel: mail, template: hello}}")], "A step needs an id."),
    "an id twice": ([steps(f"{HELLO}\n{WAIT}\n{HELLO}")], "The id “hello” stands twice."),
    "an unknown step": ([steps("- {id: hello, mesage: {channel: mail}}")], None),
    "two things at once": ([steps("- {id: hello, wait: 3d, stop: over}")], "A step does one thing."),
    "an unknown template": (
        [steps("- {id: hello, message: {channel: mail, template: hallo}}")],
        "There is no template “hallo”.",
    ),
    "an unknown channel": (
        [steps("- {id: hello, message: {channel: pigeon, template: hello}}")],
        "There is no channel “pigeon”.",
    ),
    "a wait for nothing": ([steps('- {id: pause, wait: {at: "09:00"}}')], "“wait” waits for nothing."),
    "a wait of no length": ([steps("- {id: pause, wait: soon}")], "“soon” is no span of time."),
    "a wait that may last for ever": (
        [steps("- {id: pause, wait: {for: {kind: visit}}}")],
        "“pause” may wait for ever.",
    ),
    "a way that no outcome takes": (
        [steps("- {id: pause, wait: {up_to: 3d}, happened: [{id: a, stop: b}]}")],
        "This wait is for no event.",
    ),
    "a branch without else": (
        [steps("- {id: which, branch: [{case: one, when: {visits.count: {at_least: 1}}}]}")],
        "A branch without else.",
    ),
    "shares that do not add up": (
        [steps("- {id: how, split: {experiment: e}, arms: {a: {share: 0.5}, b: {share: 0.4}}}")],
        "The shares come to 0.9, not to 1.",
    ),
    "one arm": (
        [steps("- {id: how, split: {experiment: e}, arms: {a: {share: 1}}}")],
        "“split” needs two arms or more.",
    ),
    "one experiment twice": (
        [
            steps(
                "- {id: how, split: {experiment: e}, arms: {a: {share: 0.5}, b: {share: 0.5}}}\n"
                "- {id: then, split: {experiment: e}, arms: {a: {share: 0.5}, b: {share: 0.5}}}"
            )
        ],
        "“how” and “then” are splits of one experiment.",
    ),
    "a jump without a bound": (
        [steps(f"{HELLO}\n{WAIT}\n- {{id: again, jump: {{to: hello}}}}")],
        "A jump without a bound would go round for ever.",
    ),
    "a jump to nowhere": (
        [steps(f"{WAIT}\n- {{id: again, jump: {{to: home, at_most: 2}}}}")],
        "“again” jumps to “home”, which is no step.",
    ),
    "a loop without a wait": (
        [steps(f"{HELLO}\n- {{id: again, jump: {{to: hello, at_most: 2}}}}")],
        "“again” goes round without a wait.",
    ),
    "steps nobody gets to": ([steps(f"- {{id: out, stop: over}}\n{WAIT}")], None),
    "a task in no calendar": (
        [steps("- {id: call, task: {role: advisor, title: Call, within: 4h, calendar: moon}}")],
        "There is no calendar “moon”.",
    ),
    "a wait until nobody opens": (
        [steps("- {id: pause, wait: {up_to: 3d, opens: moon}}")],
        "There is no calendar “moon”.",
    ),
    "a wait that opens and is never over": (
        [
            ("steps:", "goal: {kind: visit}\nsteps:"),
            steps("- {id: pause, wait: {for: {kind: booking_made}, opens: workshop_eu}}"),
        ],
        "A wait that is never over opens nothing.",
    ),
    "an exit by nothing": ([("steps:", "exit: [{name: out}]\nsteps:")], "An exit has a name and an event or a when."),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_document_is_told_with_its_place_and_mend(name):
    changes, what = BAD[name]

    found = wrong_with(*changes)

    assert found
    assert what is None or what in found


def test_all_problems_of_a_document_are_told_at_once():
    found = wrong_with(("purpose: marketing", "purpose: fun"), steps("- {id: a, wait: soon}\n- {id: a, stop: x}"))

    assert len(found) == 3


def test_a_test_that_fails_says_which_step_came_out_otherwise():
    found = wrong_with(("is: put", "is: over"), believed=False)

    assert found == [
        "In the test “somebody complains” step 1 is 2026-03-02 hello: put, and should be 2026-03-02 hello: over."
    ]


def test_a_test_that_ends_otherwise_is_a_mistake():
    assert wrong_with(("ends: done", "ends: goal"), believed=False) == [
        "The test “somebody complains” ends with done, and should with goal."
    ]


def test_ways_join_again_behind_the_step_that_they_left():
    rule = a_journey(
        steps(
            """
- id: how
  split: {experiment: e, unit: customer}
  arms:
    a: {share: 0.25, do: [{id: mail, message: {channel: mail, template: hello}}]}
    b: {share: 0.75}
- {id: pause, wait: 3d}
- {id: last, message: {channel: sms, template: again, purpose: service_notice}}
"""
        )
    )

    assert rule.first == "how"
    assert {name: dict(node.ways) for name, node in rule.nodes.items()} == {
        "how": {"a": "mail", "b": "pause"},
        "mail": {"put": "pause"},
        "pause": {"over": "last"},
        "last": {"put": None},
    }
    assert rule.nodes["last"].action == Message("sms", "again", "service_notice")
    assert rule.nodes["how"].action == Split("e", "customer", {"a": 0.25, "b": 0.75})


def test_doors_are_read_with_their_times():
    dated = a_journey(
        (
            "enter: {event: {kind: complaint}}",
            'enter: {date: {day: visits.last_on, after: 17m, at: "08:30", every: 1y}}',
        )
    )
    planned = a_journey(
        ("enter: {event: {kind: complaint}}", "enter: {every: {week: mon}, when: {visits.count: {at_least: 1}}}")
    )

    assert isinstance(dated.entry.door, ByDate)
    assert (dated.entry.door.anchor.shift, dated.entry.door.anchor.back) == (Span(17, "m"), False)
    assert isinstance(planned.entry.door, BySchedule)
    assert planned.entry.door.on == (1,)


def test_comments_and_the_order_of_keys_do_not_change_the_hash():
    plain = a_journey()
    same = a_journey(
        (
            "title: A journey for a test\nzone: Europe/Berlin",
            "# a word\nzone: Europe/Berlin\ntitle: A journey for a test",
        )
    )
    other = a_journey(("template: hello", "template: again"))

    assert plain.hash == same.hash
    assert plain.hash != other.hash


def test_what_a_message_is_worth_is_read_with_the_usual_uplift():
    rule = a_journey((MARKETING, MARKETING + "\nworth: {margin: 60 EUR, chance: 0.1, service: brakes}"))

    assert rule.worth == Worth(0.1, 0.25, 6_000, "EUR", "brakes")
    assert a_journey().worth is None


def test_a_service_that_nobody_sells_is_told_at_its_line_with_the_nearest_that_is():
    text = WHOLE.replace(MARKETING, MARKETING + "\nworth: {margin: 60 EUR, chance: 0.1, service: braks}")

    with pytest.raises(RuleError) as wrong:
        read_journey(read_text(text.encode(), "checked.yaml"), CATALOGUE, {}, services={"brakes", "tyres"})

    [problem] = wrong.value.problems
    assert str(problem).startswith("checked.yaml:6:")
    assert (problem.what, problem.hint) == ("There is no service “braks”.", "Did you mean “brakes”?")


def test_where_nobody_knows_the_calendars_those_that_its_tests_need_are_always_open():
    task = "{id: hello, task: {role: advisor, title: Call, within: 4h, calendar: somewhere}}"
    text = WHOLE.replace("{id: hello, message: {channel: mail, template: hello}}", task)
    text = text.replace("is: put}", "is: late}")

    rule = read_journey(read_text(text.encode(), "checked.yaml"), CATALOGUE, {})

    assert rule.trials


def test_a_journey_and_each_of_its_splits_say_what_must_not_get_worse():
    split = "- {id: how, split: {experiment: e, guardrails: [{measure: complaints, bound: 0.02, stop: true}]}, "
    arms = "arms: {a: {share: 0.5}, b: {share: 0.5}}}"

    rule = a_journey(
        (MARKETING, MARKETING + "\nguardrails: [{measure: nps, bound: 5}]"), steps(split + arms), believed=True
    )

    assert rule.guardrails == (Guardrail("nps", 5.0),)
    assert rule.splits[0].guardrails == (Guardrail("complaints", 0.02, stop=True),)
