"""Service levels of a fleet's contract: what is promised, by which business hours, and what a breach is worth."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.models import Fleet, ServiceLevel
from hub.work import Work
from rules.hours import Calendar, load_calendars

# measure -> what is told -> what it does to the timer
MEASURES: Mapping[str, Mapping[str, str]] = {
    "turnaround": {
        "visit_opened": "start",
        "waits_for_customer": "pause",
        "work_goes_on": "resume",
        "visit_closed": "stop",
        "visit_reopened": "reopen",
    },
    "downtime": {"visit_opened": "start", "visit_closed": "stop", "visit_reopened": "reopen"},
    "pick_up": {"pick_up_requested": "start", "picked_up": "stop"},
}
KINDS = {kind for told in MEASURES.values() for kind in told}


def calendars(hub: Hub) -> dict[str, Calendar]:
    folder = hub.settings.config / "calendars"
    stamps = tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.glob("*.yaml")))
    return _read(folder, stamps)


@lru_cache(maxsize=8)
def _read(folder: Path, _stamps: tuple[tuple[str, int], ...]) -> dict[str, Calendar]:
    """Raises RuleError."""
    return load_calendars(folder)


def set_levels(hub: Hub, work: Work, fleet: Fleet, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The contract as it is from now on, with a verdict per row: set, unchanged, rejected, ended. Timers that run keep the
    promise they began under. One wrong row, and nothing is changed: half a contract is none."""
    known = {row.measure: row for row in current_levels(work, fleet)}
    verdicts = _judge(calendars(hub), wanted, known)
    if any(one["verdict"] == "rejected" for one in verdicts):
        return [one if one["verdict"] == "rejected" else {**one, "verdict": "not_set"} for one in verdicts]
    for verdict, row in zip(verdicts, wanted, strict=True):
        before = known.pop(row["measure"], None)
        if verdict["verdict"] == "set":
            if before is not None:
                before.superseded_at = work.now
            work.add(ServiceLevel(fleet_id=fleet.id, recorded_at=work.now, **_terms(row)))
    for ended in known.values():
        ended.superseded_at = work.now
        verdicts.append({"measure": ended.measure, "verdict": "ended"})
    work.audit("api", "service_levels_set", "fleet", fleet.id, measures=[row["measure"] for row in wanted])
    return verdicts


def current_levels(work: Work, fleet: Fleet) -> list[ServiceLevel]:
    mine = (ServiceLevel.fleet_id == fleet.id, ServiceLevel.superseded_at.is_(None))
    return list(work.session.scalars(select(ServiceLevel).where(*mine).order_by(ServiceLevel.id)))


def _judge(
    open_ones: Mapping[str, Calendar], wanted: Sequence[Mapping[str, Any]], known: Mapping[str, ServiceLevel]
) -> list[dict[str, Any]]:
    verdicts: list[dict[str, Any]] = []
    for number, row in enumerate(wanted, 1):
        verdict = {"row": number, "measure": row["measure"], "verdict": "set"}
        before = known.get(row["measure"])
        if any(one["measure"] == row["measure"] for one in verdicts):
            verdict |= {
                "verdict": "rejected",
                "reason": "this measure stands there twice",
                "hint": "State each one once.",
            }
        elif row["calendar"] not in open_ones:
            verdict |= {
                "verdict": "rejected",
                "reason": "there is no such calendar",
                "hint": f"Calendars: {', '.join(open_ones)}.",
            }
        elif (row.get("credit_minor") is None) != (row.get("currency") is None):
            verdict |= {
                "verdict": "rejected",
                "reason": "a credit has an amount and a currency",
                "hint": "Give both, or none.",
            }
        elif before is not None and all(getattr(before, name) == value for name, value in _terms(row).items()):
            verdict["verdict"] = "unchanged"
        verdicts.append(verdict)
    return verdicts


def _terms(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in ("measure", "minutes", "calendar", "credit_minor", "currency")}
