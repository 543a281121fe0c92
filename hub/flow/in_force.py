"""Journeys in force: which version of each is, what it says, and what its steps read of a customer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import JourneyVersion
from rules import RuleError
from rules.dependencies import Reads, dependencies
from rules.journeys.documents import ByDate, ByEvent, JourneyRule, Wait

IN_FORCE = (
    select(JourneyVersion.id, JourneyVersion.text)
    .where(JourneyVersion.ended_at.is_(None))
    .order_by(JourneyVersion.journey)
)


@dataclass(frozen=True)
class Version:
    id: int
    rule: JourneyRule


def versions_in_force(hub: Hub, session: Session) -> list[Version]:
    """Of every journey the version that lets people in; one that can no longer be read lets nobody in."""
    found = ((version_id, _read(hub, text)) for version_id, text in session.execute(IN_FORCE))
    return [Version(version_id, rule) for version_id, rule in found if rule is not None]


def rules_of(hub: Hub, session: Session, ids: Iterable[int]) -> Mapping[int, JourneyRule | None]:
    """The documents of these versions, whether they are still in force or not; None for one that can no longer be read."""
    rows = select(JourneyVersion.id, JourneyVersion.text).where(JourneyVersion.id.in_(set(ids)))
    return {version_id: _read(hub, text) for version_id, text in session.execute(rows)}


def _read(hub: Hub, text: str) -> JourneyRule | None:
    try:
        return hub.book.journey(text)
    except RuleError:
        return None


def reads_of(rules: Iterable[JourneyRule]) -> Reads:
    """All that any of them may look at."""
    events, vehicles, scores, consents = set[str](), False, set[str](), set[tuple[str, str]]()
    for rule in rules:
        found = [dependencies(condition) for condition in rule.conditions]
        waits = [node.action for node in rule.nodes.values() if isinstance(node.action, Wait)]
        awaited = [*rule.goals, *(one.event for one in rule.exits if one.event), *(e for w in waits for e in w.events)]
        door = rule.entry.door
        if isinstance(door, ByEvent):
            awaited.append(door.awaited)
        anchors = [door.anchor.name] if isinstance(door, ByDate) else []
        anchors += [wait.anchor.name for wait in waits if wait.anchor]
        events |= {one.kind.name for one in awaited} | {name for reads in found for name in reads.events}
        events |= {"visit"} if "vehicle.service_due" in anchors else set()
        vehicles = vehicles or rule.key == "vehicle" or any(reads.vehicles for reads in found)
        vehicles = vehicles or any(split.unit == "fleet" for split in rule.splits)
        scores |= {name for reads in found for name in reads.scores}
        consents |= {pair for reads in found for pair in reads.consents} | {
            (m.purpose, m.channel) for m in rule.messages
        }
    return Reads(events=frozenset(events), vehicles=vehicles, scores=frozenset(scores), consents=frozenset(consents))
