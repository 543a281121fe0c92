"""What the privacy desk shows of requests: which of them an address asks for, and one with all that is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance import requests
from compliance.cases import CLOSED, OPEN, Asked, Case
from compliance.periods import deadline_of
from compliance.probing import THERE
from compliance.requests import HANDED_OVER, KINDS
from hub.actors import titles_of
from hub.core import Hub
from hub.models import ErasureRequest, Person, PersonRequest

ALL_KINDS = ("erasure", *KINDS)
STATES = ("open", *OPEN, "settled", *CLOSED)


@dataclass(frozen=True)
class Opened:
    """One request with all that is known of it. steps: what may be done next, the likeliest first. keepers: partners that said
    they had forgotten somebody, and have not."""

    case: Case
    wish: Mapping[str, Any]
    verified: str
    items: tuple[Mapping[str, Any], ...]
    certificate: bool
    source: str
    is_stale: bool
    unverified: str
    steps: tuple[str, ...]
    keepers: tuple[str, ...] = ()


def asked_in(args: Mapping[str, str]) -> Asked:
    """An unknown word of an address filters nothing: old links go on working."""
    state, kind = args.get("state", ""), args.get("kind", "")
    return Asked(
        state if state in STATES else "", kind if kind in ALL_KINDS else "", _day(args.get("since", "")),
        _day(args.get("until", "")),
    )  # fmt: skip


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


def kept(asked: Asked) -> dict[str, Any]:
    """For the address of a view."""
    return {name: str(value) for name, value in vars(asked).items() if value}


def opened_of(hub: Hub, session: Session, case: Case) -> Opened:
    law = deadline_of(hub.settings.config, case.jurisdiction)
    is_stale = law.is_stale(hub.clock().date())
    key_id = session.scalar(select(Person.data_key_id).where(Person.id == case.person_id))
    if case.kind == "erasure":
        row = session.scalars(select(ErasureRequest).where(ErasureRequest.ref == case.ref)).one()
        items = tuple((row.plan or {}).get("items", ()))
        steps = ERASURE_STEPS.get(row.state, ())
        probes = (row.plan or {}).get("probes", {})
        keepers = tuple(sorted(name for name, said in probes.items() if said == THERE))
        signed = row.certificate is not None
        return Opened(
            case,
            {},
            _called(session, row.verified_by),
            items,
            signed,
            law.source,
            is_stale,
            law.unverified,
            steps,
            keepers,
        )
    other = session.scalars(select(PersonRequest).where(PersonRequest.ref == case.ref)).one()
    wish = requests.wish_of(hub, session, case.ref, key_id)
    steps = _steps(other, law.clock_stops, law.extended(other.due_on) > other.due_on)
    return Opened(
        case, wish, _called(session, other.verified_by), (), False, law.source, is_stale, law.unverified, steps
    )


def _called(session: Session, actor: str | None) -> str:
    return titles_of(session, [actor])[actor] if actor else ""


def _steps(row: PersonRequest, clock_stops: bool, may_wait: bool) -> tuple[str, ...]:
    if row.state == "answered":
        return ("lift",) if row.kind in requests.STANDING and row.ended_at is None else ()
    if row.state not in requests.OPEN:
        return ()
    last = "hand-over" if row.kind in HANDED_OVER else "answer"
    first = ("verify",) if row.state == "received" else (last,)
    clock = ("resume",) if row.paused_at else ("pause",) if clock_stops and row.state == "received" else ()
    later = ("extend",) if may_wait and row.extended_at is None else ()
    return (*first, *clock, *later, "refuse")


ERASURE_STEPS: Mapping[str, tuple[str, ...]] = {
    "received": ("verify", "refuse"), "verified": ("plan", "refuse"), "planned": ("approve", "plan", "refuse"),
    "approved": ("run", "refuse"), "telling": ("run",), "held": ("run",),
}  # fmt: skip
