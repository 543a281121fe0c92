"""When somebody leaves a journey before its end: what brought them in is no more, a goal, an exit, or a withdrawn consent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rules.journeys.documents import ByEvent, JourneyRule
from rules.journeys.subjects import Subject, entry_event, matching
from rules.predicate import holds
from rules.views import View

GOAL, WITHDRAWN, NO_CONSENT, SOLD = "goal", "entry_withdrawn", "consent_withdrawn", "vehicle_gone"


@dataclass(frozen=True)
class Left:
    reason: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def leaving(rule: JourneyRule, view: View, subject: Subject, began: datetime, now: datetime) -> Left | None:
    """view: as the journey sees it (`seen_by`). began: goals and exits count from then on."""
    if isinstance(rule.entry.door, ByEvent) and subject.event_id and entry_event(rule, view, subject) is None:
        return Left(WITHDRAWN, {"event": subject.event_id})
    if rule.key == "vehicle" and not any(car.until is None for car in view.vehicles()):
        return Left(SOLD)
    event = matching(rule, rule.goals, view, subject, began, now) if rule.goals else None
    if event is not None:
        return Left(GOAL, {"event": event.id, "kind": event.kind})
    return _exit(rule, view, subject, began, now) or _unwanted(rule, view)


def _exit(rule: JourneyRule, view: View, subject: Subject, began: datetime, now: datetime) -> Left | None:
    for one in rule.exits:
        if one.event is not None:
            event = matching(rule, [one.event], view, subject, began, now)
            if event is not None:
                return Left(one.name, {"event": event.id, "kind": event.kind})
        elif one.when is not None and holds(one.when, view, now, rule.zone):
            return Left(one.name)
    return None


def _unwanted(rule: JourneyRule, view: View) -> Left | None:
    """They said no to every message that the journey could still bring."""
    asked = {(one.purpose, one.channel) for one in rule.messages}
    if asked and all(view.consent(purpose, channel) == "withdrawn" for purpose, channel in asked):
        return Left(NO_CONSENT)
    return None
