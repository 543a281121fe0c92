"""How far people came on every journey in force, as one document; the same numbers that its drawing has."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.in_force import versions_in_force
from hub.flow.progress import progress
from hub.models import Message
from rules.journeys.documents import Stop
from rules.journeys.picture import Counts


def standings(hub: Hub) -> dict[str, Any]:
    """journey -> its counts, and how those who came in stand: inside + goal + done + left = entered."""
    with hub.look() as session:
        unsent = _unsent(hub, session)
        return {
            one.rule.name: _told(one.rule.title, one.rule.hash, _stops(one.rule.nodes), progress(session, one.rule))
            | {"unsent": unsent.get(one.rule.name, {})}
            for one in versions_in_force(hub, session)
        }


def _unsent(hub: Hub, session: Session) -> dict[str, dict[str, int]]:
    """journey -> why (one of hub.flow.outbox.WHY) -> messages that did not go, or not yet."""
    journey = Message.refs["journey"].as_string()
    mine = (
        Message.connection_id.in_([one.id for one in hub.partners.values()]),
        Message.why != "",
        Message.state != "sent",
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for name, why, count in session.execute(
        select(journey, Message.why, func.count()).where(*mine).group_by(journey, Message.why)
    ):
        found[name or ""][why] = count
    return found


def _stops(nodes: Mapping[str, Any]) -> set[str]:
    return {node.action.reason for node in nodes.values() if isinstance(node.action, Stop)}


def _told(title: str, version: str, stops: set[str], counts: Counts) -> dict[str, Any]:
    goal = counts.ended.get("goal", 0)
    done = sum(count for reason, count in counts.ended.items() if reason in (*stops, "done"))
    return {
        "title": title, "version": version[:12], "entered": counts.entered, "expected": counts.expected, "held": counts.held,
        "inside": sum(counts.here.values()), "goal": goal, "done": done, "left": sum(counts.ended.values()) - goal - done,
        "here": dict(counts.here), "ended": dict(counts.ended),
        "passed": [[*key, count] for key, count in counts.passed.items()],
        "went": [[*key, count] for key, count in counts.left.items()],
    }  # fmt: skip


def counts_in(told: Mapping[str, Any]) -> Counts:
    """The counts of a journey, as standings told them."""
    passed, left = ({(node, word): count for node, word, count in told[name]} for name in ("passed", "went"))
    return Counts(told["here"], passed, left, told["entered"], told["expected"], told["held"], told["ended"])
