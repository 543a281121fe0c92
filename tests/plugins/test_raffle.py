"""A third party's step of a journey: checked when it is published, played in tests, at work in a hub, told by the outbox once."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hub.catalogue import catalogue
from hub.core import Hub
from hub.errors import ConfigError
from hub.models import Message, StepLog
from hub.sdk import EffectClass, StepAnswer, Topic
from partners import drain_all
from rules.errors import RuleError
from rules.journeys.picture import draw
from rules.journeys.read import read_journey
from rules.parse import read_text
from rules.schema import schema_of
from walking import applied, happens, rows, trace, ways

SOURCE = Path(__file__).parent / "hub-raffle"
DOCUMENT = """
journey: checked
title: A raffle
zone: Europe/Berlin
purpose: service_notice
exempt: booking
again: always
enter: {event: {kind: complaint}}
steps:
  - id: draw
    plugin: {step: raffle, with: {prize: a wash, odds: 1.0}}
    ways:
      won: [{id: wait, wait: 1d}]
      lost: [{id: sad, stop: had_no_luck}]
tests:
  - name: with a ticket for each ball
    given: {visits.count: 3}
    from: 2026-03-01
    when: [{kind: complaint, on: 2026-03-02}]
    then: [{on: 2026-03-02, step: draw, is: won}, {on: 2026-03-03, step: wait, is: over}]
    ends: done
  - name: who never came draws nothing
    from: 2026-03-01
    when: [{kind: complaint, on: 2026-03-02}]
    then: [{on: 2026-03-02, step: draw, is: not_yet}]
    ends: done
"""


@pytest.fixture
def raffle(monkeypatch):
    monkeypatch.syspath_prepend(str(SOURCE))
    import hub_raffle

    yield hub_raffle
    sys.modules.pop("hub_raffle", None)


@pytest.fixture
def running(hub, noting, raffle) -> Hub:
    hub.plugins.register(raffle, "raffle")
    hub.book.catalogue = catalogue(hub.plugins)
    club = hub.partners["club"]
    heard = replace(club.settings, hears={**club.settings.hears, "raffle_won": ["won"]})
    real = type("Told", (), {"topics": (*noting["club"].real.topics, Topic("won", EffectClass.KEYED, "loyalty")),
                             "kind": "loyalty", "name": "noting"})()  # fmt: skip
    noting["club"].real = real
    hub.partners["club"] = replace(club, settings=heard)
    return hub


def read(hub, text=DOCUMENT):
    return read_journey(read_text(text.encode(), "checked.yaml"), hub.book.catalogue, {})


def test_its_own_tests_are_played_and_the_picture_and_the_schema_know_it(running):
    rule = read(running)
    assert rule.nodes["draw"].ways == {"won": "wait", "lost": "sad", "not_yet": None}
    assert "raffle" in draw(rule)
    steps = schema_of("journey", running.book.catalogue)["$defs"]["step"]["properties"]
    assert steps["plugin"]["properties"]["step"] == {"enum": ["raffle"]}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "step: raffle,",
            "step: rafle,",
            "checked.yaml:11:14: No active plugin brings a step “rafle”. Did you mean “raffle”?",
        ),
        (", odds: 1.0", "", "“raffle” needs “odds”."),
        ("odds: 1.0", "odds: many", "“many” is no number."),
        ("odds: 1.0", "odds: 1.0, ods: 2", "“ods” is no key here. Did you mean “odds”?"),
        ("lost:", "lots:", "“lots” is no key here. Did you mean “lost”?"),
        ("is: won", "is: lost", "with a ticket for each ball"),
    ],
)
def test_what_is_wrong_with_it_is_told_before_it_is_published(running, old, new, problem):
    with pytest.raises(RuleError) as told:
        read(running, DOCUMENT.replace(old, new, 1))
    assert problem in str(told.value)


def test_without_the_plugin_its_journeys_are_not_taken(hub):
    with pytest.raises(RuleError, match="No active plugin brings a step “raffle”"):
        read(hub)


def test_two_plugins_do_not_bring_the_same_step(hub, raffle):
    for name in ("one", "another"):
        hub.plugins.register(type(name, (), {"register_steps": staticmethod(raffle.register_steps)})(), name)
    with pytest.raises(ConfigError, match="Two plugins bring a step “raffle”"):
        catalogue(hub.plugins)


def test_at_work_it_decides_by_the_facts_it_named_and_the_winner_is_told_once(running, noting):
    applied(running, DOCUMENT)
    happens(running, "C-1", "visit", key="v")
    happens(running, "C-1", "complaint", key="c")
    drain_all(running)

    assert trace(running) == [("draw", "won")]
    (message,) = [one for one in rows(running, Message, Message.id) if one.topic == "won"]
    assert (message.state, message.refs["words"]) == ("sent", {"prize": "a wash", "tickets": 1})
    assert [one.body["words"] for one in noting["club"].told if one.topic == "won"] == [
        {"prize": "a wash", "tickets": 1}
    ]
    assert rows(running, StepLog)[0].detail["plugin"] == "raffle"


def test_an_answer_that_it_never_declared_parks_that_person_and_nobody_else(running, raffle, monkeypatch):
    applied(running, DOCUMENT)
    monkeypatch.setattr(raffle.Raffle, "advance", lambda self, given, facts, now: StepAnswer("tied"))
    happens(running, "C-1", "complaint", key="c")
    assert [(one.state, one.reason) for one in ways(running)] == [("parked", "ValueError")]
