"""A measure that must not get worse, in a garage: told beside the result, an alarm, and no more people to that arm."""

import logging
from collections import Counter
from datetime import timedelta

import pytest

import scoring
from hub.flow import bandits, customers, guarding, pipeline, reports
from hub.flow.comparisons import rails_of
from hub.models import AuditEntry, Event, Experiment, Exposure
from hub.sdk import CustomerKey, EventRecord
from walking import HEAD, applied, rows

TEXT = (
    HEAD.replace("holdout: 0\nexempt_or_not: here", "holdout: 0\nagain: always").partition("steps:")[0]
    + """
steps:
  - id: how
    split:
      experiment: offers
      guardrails: [{measure: no_shows, bound: 0.05, stop: true}, {measure: nps, bound: 20}]
    arms: {call: {share: 0.4}, letter: {share: 0.3}, none: {share: 0.3}}
  - {id: pause, wait: 3d}
tests: [{name: t, from: 2026-03-01, ends: never}]
"""
)


@pytest.fixture
def annoyed(hub, noting, clock):
    """200 people met the split; whoever was called did not come to their appointment afterwards."""
    hub.plugins.register(scoring, "scoring")
    applied(hub, TEXT)
    clock.pass_by(days=1)
    complain(hub, range(200))
    arms = dealt(hub)
    with hub.begin() as work:
        for customer, arm in arms.items():
            if arm == "call" or customer % 29 == 0:
                _no_show(hub, work, customer)
    clock.pass_by(days=2)
    return hub


def complain(hub, numbers):
    """All of them in one fold."""
    with hub.begin() as work:
        records = [
            EventRecord(customer=CustomerKey(partner_id=f"C-{n}", customer_number=f"C-{n}"), kind="complaint", key=f"{n}",
                        at=work.now, zone="Europe/Berlin")
            for n in numbers
        ]  # fmt: skip
        folded = customers.fold(hub, work, hub.partners["files"], records)
        pipeline.follow(hub, work, folded.touched, folded.intents)


def _no_show(hub, work, customer):
    at = work.now + timedelta(hours=1)
    work.add(
        Event(kind="no_show", customer_id=customer, at_utc=at, local_day=at.date(), zone="Europe/Berlin", attributes={},
              received_at=at, connection_id=hub.partner("shop").id, source_hash=str(customer).encode())
    )  # fmt: skip


def dealt(hub):
    found = rows(hub, Exposure, Exposure.id)
    return {one.customer_id: one.arm for one in found if one.experiment == "offers"}


def shares(hub):
    return [one.arms for one in rows(hub, Experiment, Experiment.id) if one.experiment == "offers"]


def test_what_is_proved_to_be_worse_is_told_beside_the_result_raises_an_alarm_and_is_dealt_to_nobody_more(
    annoyed, caplog
):
    hub, before = annoyed, dealt(annoyed)

    with caplog.at_level(logging.ERROR):
        reports.count(hub, reports.USUAL)
        reports.count(hub, reports.USUAL)

    report = reports.latest(hub)
    rails = {(one.measure, one.arm): one for one in rails_of(report.document["experiments"]["offers"])}
    assert {key: one.state for key, one in rails.items()} == {
        ("no_shows", "call"): "red", ("no_shows", "letter"): "open", ("nps", "call"): "open", ("nps", "letter"): "open",
    }  # fmt: skip
    assert rails["no_shows", "call"].treated == 1
    assert rails["no_shows", "call"].stopped
    assert [record.message for record in caplog.records].count("guardrail broken") == 1, "once, not at each count"
    assert shares(hub)[-1] == {"call": 0, "letter": pytest.approx(0.5), "none": pytest.approx(0.5)}
    assert [one.action for one in rows(hub, AuditEntry, AuditEntry.id)].count("arm_stopped") == 1

    complain(hub, range(200, 240))
    after = dealt(hub)
    assert {customer: after[customer] for customer in before} == before, "nobody moves"
    assert Counter(arm for customer, arm in after.items() if customer not in before)["call"] == 0


def test_a_guardrail_that_does_not_say_stop_raises_the_alarm_alone(annoyed):
    hub = annoyed
    applied(hub, TEXT.replace(", stop: true", ""))

    reports.count(hub, reports.USUAL)

    assert guarding.broken(reports.latest(hub).document) == {("offers", "no_shows", "call")}
    assert shares(hub)[-1]["call"] == 0.4


def test_success_brings_no_stopped_arm_back(hub, noting, clock):
    applied(hub, TEXT.replace("experiment: offers\n", "experiment: offers\n      bandit: {floor: 0.1}\n"))
    red = {"measure": "no_shows", "arm": "call", "stop": True, "state": "red"}
    guarding.heed(hub, {"experiments": {"offers": {"guardrails": [red]}}}, {})
    clock.pass_by(days=1)

    bandits.weigh(hub, {"experiments": {"offers": {"shares": {"call": 0.6, "letter": 0.3, "none": 0.1}}}})

    assert shares(hub)[-1] == {"call": 0.0, "letter": pytest.approx(0.75), "none": pytest.approx(0.25)}


def test_where_all_arms_but_the_one_to_compare_with_are_stopped_it_gets_everybody(hub, noting):
    applied(hub, TEXT)
    red = [{"measure": "nps", "arm": arm, "stop": True, "state": "red"} for arm in ("call", "letter")]

    assert guarding.heed(hub, {"experiments": {"offers": {"guardrails": red}}}, {}) == 2
    assert shares(hub)[-1] == {"call": 0.0, "letter": 0.0, "none": 1.0}


def test_a_new_version_deals_no_stopped_arm_until_it_is_no_longer_to_be_stopped(hub, noting):
    applied(hub, TEXT)
    red = {"measure": "no_shows", "arm": "call", "stop": True, "state": "red"}
    guarding.heed(hub, {"experiments": {"offers": {"guardrails": [red]}}}, {})

    applied(hub, TEXT.replace("{share: 0.4}", "{share: 0.2}").replace("letter: {share: 0.3}", "letter: {share: 0.5}"))
    assert shares(hub)[-1] == {"call": 0, "letter": pytest.approx(0.625), "none": pytest.approx(0.375)}
    applied(hub, TEXT)
    assert shares(hub)[-1] == {"call": 0, "letter": pytest.approx(0.5), "none": pytest.approx(0.5)}

    applied(hub, TEXT.replace(", stop: true", ""))
    assert shares(hub)[-1] == {"call": 0.4, "letter": 0.3, "none": 0.3}


def test_an_arm_that_its_document_dealt_to_nobody_is_dealt_by_the_next_one_that_wants_it(hub, noting):
    applied(hub, TEXT.replace("{share: 0.4}", "{share: 0}").replace("letter: {share: 0.3}", "letter: {share: 0.7}"))

    applied(hub, TEXT)

    assert shares(hub)[-1] == {"call": 0.4, "letter": 0.3, "none": 0.3}


def test_a_new_version_that_draws_by_another_unit_does_so_whatever_was_stopped(hub, noting):
    applied(hub, TEXT)
    red = {"measure": "no_shows", "arm": "call", "stop": True, "state": "red"}
    guarding.heed(hub, {"experiments": {"offers": {"guardrails": [red]}}}, {})

    applied(hub, TEXT.replace("experiment: offers\n", "experiment: offers\n      unit: fleet\n"))

    last = [one for one in rows(hub, Experiment, Experiment.id) if one.experiment == "offers"][-1]
    assert (last.unit, last.arms["call"]) == ("fleet", 0)
