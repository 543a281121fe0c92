"""Journeys for a test: a small document that parts can be put into, read, and played on a virtual clock."""

from pathlib import Path

import pytest

from hub.catalogue import CHANNELS, CORE_EVENTS, CORE_FACTS, CORE_SCORES, PURPOSES, VEHICLE_FACTS
from rules import RuleError
from rules.catalogue import Catalogue
from rules.hours import load_calendars
from rules.journeys.documents import JourneyRule
from rules.journeys.read import read_journey
from rules.parse import read_text

CONFIG = Path(__file__).parents[2] / "config"
CATALOGUE = Catalogue(
    CORE_FACTS,
    CORE_EVENTS,
    vehicle=VEHICLE_FACTS,
    scores=CORE_SCORES,
    purposes=PURPOSES,
    channels=CHANNELS,
    segments=True,
    buckets=True,
)
CALENDARS = load_calendars(CONFIG / "calendars")

WHOLE = """
journey: checked
title: A journey for a test
zone: Europe/Berlin
purpose: marketing
enter: {event: {kind: complaint}}
steps:
  - {id: hello, message: {channel: mail, template: hello}}
tests:
  - name: somebody complains
    from: 2026-03-01
    when: [{kind: complaint, on: 2026-03-02}]
    then: [{on: 2026-03-02, step: hello, is: put}]
    ends: done
"""


def a_journey(*changes: tuple[str, str], believed: bool = True) -> JourneyRule:
    """WHOLE with texts replaced. Raises RuleError."""
    text = WHOLE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    source = read_text(text.encode(), "checked.yaml")
    return read_journey(source, CATALOGUE, {}, templates={"hello", "again"}, calendars=CALENDARS, believed=believed)


def steps(text: str) -> tuple[str, str]:
    """A change that puts these steps in place of the one."""
    body = "\n".join(f"  {line}" for line in text.strip("\n").splitlines())
    return "  - {id: hello, message: {channel: mail, template: hello}}", body


def wrong_with(*changes: tuple[str, str], believed: bool = True) -> list[str]:
    """Every problem, without its place."""
    with pytest.raises(RuleError) as caught:
        a_journey(*changes, believed=believed)
    assert all(problem.mark.line and problem.hint for problem in caught.value.problems)
    return [problem.what for problem in caught.value.problems]
