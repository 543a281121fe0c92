"""Measures that must not get worse: judged beside the result, an alarm where one is proved to, and no more people to that arm where
its document says so. Nobody who was dealt an arm is moved."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.bandits import without
from hub.flow.in_force import versions_in_force
from hub.flow.ledger import SPLIT
from hub.flow.tallies import CONTROL, Tally
from hub.models import Experiment
from hub.sdk import Rail
from rules.journeys.measures import MEASURES, Guardrail

log = logging.getLogger(__name__)
RED = "red"


def guardrails(hub: Hub, session: Session) -> dict[str, tuple[Guardrail, ...]]:
    """campaign, or experiment:<split> -> what its document in force asks for; nothing of those that ask for nothing."""
    found: dict[str, tuple[Guardrail, ...]] = {}
    for version in versions_in_force(hub, session):
        found[version.rule.name] = version.rule.guardrails
        found |= {SPLIT + split.experiment: split.guardrails for split in version.rule.splits}
    return {name: rails for name, rails in found.items() if rails}


def judged(
    analyses: Mapping[str, Any], tally: Tally, rails: Sequence[Guardrail], control: str = CONTROL, unit: str = ""
) -> list[dict[str, Any]]:
    """Of each arm beside the control, as the analysis tells it, and whether the document wants it stopped. [] before anybody
    was dealt an arm."""
    if not rails or not tally.arms:
        return []
    names = [one.measure for one in rails]
    wanted = [
        Rail(one.measure, one.bound, MEASURES[one.measure].more_is_worse, MEASURES[one.measure].kind == "share")
        for one in rails
    ]
    stops = {one.measure for one in rails if one.stop}
    found = analyses["trial"].guard(tally.watched(names, control, unit), wanted)
    return [{**one, "stop": one["measure"] in stops} for one in found]


def broken(told: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """told: of roi. (journey or split, measure, arm) of guardrails that are proved to be broken."""
    named = [*told.get("campaigns", {}).items(), *told.get("experiments", {}).items()]
    return {
        (name, rail["measure"], rail["arm"])
        for name, one in named
        for rail in one.get("guardrails", ())
        if rail["state"] == RED
    }


def heed(hub: Hub, told: Mapping[str, Any], before: Mapping[str, Any]) -> int:
    """Tells of those that broke since the count before, and stops arms that are to be stopped. Answers how many it stopped."""
    for name, measure, _ in sorted(broken(told) - broken(before)):
        log.error("guardrail broken", extra={"experiment": name, "measure": measure})
    wanted = {
        name: arms
        for name, one in told.get("experiments", {}).items()
        if (arms := {rail["arm"] for rail in one.get("guardrails", ()) if rail["stop"] and rail["state"] == RED})
    }
    return _stop(hub, wanted) if wanted else 0


def _stop(hub: Hub, wanted: Mapping[str, set[str]]) -> int:
    """As a dated row like every edit of weights, so that sizes are still judged by what was meant at each moment."""
    stopped = 0
    with hub.begin() as work:
        open_rows = select(Experiment).where(Experiment.experiment.in_(sorted(wanted)), Experiment.closed_at.is_(None))
        for row in work.session.scalars(open_rows.with_for_update()).all():
            arms = {arm for arm in wanted[row.experiment] if row.arms.get(arm, 0) > 0}
            if not arms:
                continue
            shares = without(row.arms, wanted[row.experiment])
            row.closed_at = work.now
            work.session.flush()
            same = {"experiment": row.experiment, "journey": row.journey, "unit": row.unit}
            work.add(Experiment(**same, arms=shares, opened_at=work.now))
            for arm in sorted(arms):
                work.audit("clock", "arm_stopped", "experiment", row.id, experiment=row.experiment, arm=arm)
            stopped += len(arms)
    return stopped
