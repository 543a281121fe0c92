"""The privacy desk: requests with their clocks, each with its plan and its next steps; holds, and who must look twice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance import cases, erasure, holds, requests, takeaway
from compliance.cases import HOWS, Case, Mark
from compliance.coming import Came
from compliance.papers import files_of
from compliance.periods import deadline_of
from compliance.probing import THERE
from compliance.registry import by_table, record_sets
from compliance.requests import DELAYS, HANDED_OVER, KINDS, REFUSALS, Wish
from hub.actors import titles_of
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.models import ErasureRequest, Person, PersonRequest
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import PRIVACY
from portal.guard import opens_to
from portal.pages import page
from portal.tables import cursor_of, table

bp = Blueprint("privacy_desk", __name__, url_prefix="/desk/privacy")
SHOWN = 50  # requests or holds of one page
HOLDS = ("hold", "customer", "record_set", "purpose", "basis", "owner", "placed_at", "ends_at")
SOON = 7  # days before an answer is due


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


@bp.get("/")
@opens_to(*PRIVACY)
def console() -> Response:
    """A request that is opened was looked at, which the person is shown. after: the place behind which the list goes on."""
    hub, ref, place = this_hub(), request.args.get("r", ""), cases.mark_of(request.args.get("after", ""))
    today = hub.clock().date()
    with hub.look() as session:
        found = cases.paged(session, today, place, SHOWN + 1)
        waiting = cases.open_ones(session, today, SOON)
        held_now = holds.counted(session, hub.clock())
        chosen = next((one for one in found if one.ref == ref), None) or (
            cases.one(session, ref, today) if ref else None
        )
        opened = _opened(hub, session, chosen) if chosen else None
    if opened is not None and opened.wish:
        with hub.begin() as work:
            work.audit(guard.principal(), "request_read", "person", opened.case.person_id, request=ref)
    return page(
        "privacy/requests.html", found=found[:SHOWN], opened=opened, held=held_now, kinds=("erasure", *KINDS), hows=HOWS,
        refusals=REFUSALS, delays=DELAYS, open_count=waiting.count, done=request.args.get("done", ""), late=waiting.late,
        soon=waiting.soon, after=found[SHOWN - 1].mark if len(found) > SHOWN else None, here=str(place or "") or None,
    )  # fmt: skip


def _opened(hub: Hub, session: Session, case: Case) -> Opened:
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


@bp.get("/requests.csv")
@opens_to(*PRIVACY)
def requests_table() -> Response:
    """All there ever were, as the list has them: refs, states and clocks, and no word of what was asked."""
    hub = this_hub()
    today = hub.clock().date()

    def read(session: Session, place: Mark | None, most: int) -> list[tuple[Mark, tuple[object, ...]]]:
        return [(one.mark, tuple(one.plain().values())) for one in cases.paged(session, today, place, most)]

    return table(hub, "requests", cases.COLUMNS, read)


# --- steps


Deed = Callable[[Hub, str, Mapping[str, str]], object]
OF_ERASURE: Mapping[str, Deed] = {
    "verify": lambda hub, ref, form: erasure.verify(hub, ref, guard.principal(), _one_of(form.get("how", ""), HOWS)),
    "plan": lambda hub, ref, _form: erasure.plan(hub, ref, guard.principal()),
    "approve": lambda hub, ref, _form: erasure.approve(hub, ref, guard.principal(), guard.roles()),
    "refuse": lambda hub, ref, form: erasure.refuse(
        hub, ref, guard.principal(), _one_of(form.get("reason", ""), REFUSALS)
    ),
    "run": lambda hub, ref, _form: erasure.run(hub, ref, guard.principal()),
}
OF_OTHERS: Mapping[str, Deed] = {
    "verify": lambda hub, ref, form: requests.verify(hub, ref, guard.principal(), _one_of(form.get("how", ""), HOWS)),
    "pause": lambda hub, ref, _form: requests.pause(hub, ref, guard.principal()),
    "resume": lambda hub, ref, _form: requests.resume(hub, ref, guard.principal()),
    "extend": lambda hub, ref, form: requests.extend(hub, ref, guard.principal(), form.get("reason", "")),
    "answer": lambda hub, ref, form: requests.answer(
        hub, ref, guard.principal(), verdict=form.get("verdict", ""), text=form.get("text", "")
    ),
    "refuse": lambda hub, ref, form: requests.refuse(
        hub, ref, guard.principal(), form.get("reason", ""), form.get("text", "")
    ),
    "lift": lambda hub, ref, _form: requests.lift(hub, ref, guard.principal()),
}


@bp.post("/requests/<ref>/<deed>")
@opens_to(*PRIVACY)
def do(ref: str, deed: str) -> Response:
    hub = this_hub()
    deeds = OF_ERASURE if _case(hub, ref).kind == "erasure" else OF_OTHERS
    if deed not in deeds:
        raise NotFound("There is no such page.")
    deeds[deed](hub, ref, request.form)
    return _back(ref)


@bp.post("/requests/<ref>/file")
@opens_to(*PRIVACY)
def hand_over(ref: str) -> Response:
    """Everything that is kept about whoever asked; the request is answered with it."""
    hub = this_hub()
    case = _case(hub, ref)
    found = requests.hand_over(hub, ref, guard.principal())
    pieces = takeaway.stream(found, files_of(hub, found.customer), portable=case.kind == "portability")
    response = Response(pieces, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="request-{ref[:8]}.zip"'
    return response


@bp.post("/requests")
@opens_to(*PRIVACY)
def take_in() -> Response:
    """Somebody asks at a counter, by letter or by phone."""
    hub, form = this_hub(), request.form
    customer, kind = form.get("customer", "").strip(), form.get("kind", "")
    if kind == "erasure":
        return _back(erasure.intake(hub, customer, guard.principal(), Came("desk")))
    scope = form.get("scope", "").strip()
    wish = {name: form[name].strip() for name in ("name", "email", "phone", "address") if form.get(name, "").strip()}
    return _back(requests.intake(hub, Wish(customer, kind, Came("desk"), scope, wish), guard.principal()))


# --- holds


@bp.get("/holds")
@opens_to(*PRIVACY)
def held() -> Response:
    """after: the hold behind which this page begins. customer: whose alone."""
    hub, customer, after = (
        this_hub(),
        request.args.get("customer", "").strip(),
        cursor_of(request.args.get("after", "")),
    )
    with hub.look() as session:
        found = holds.listed(session, hub.clock(), after or 0, SHOWN + 1, customer)
    return page(
        "privacy/holds.html", held=found[:SHOWN], more=found[SHOWN - 1][0].id if len(found) > SHOWN else None,
        first_page=after is None, customer=customer, sets=sorted(by_table(record_sets())), done=request.args.get("done", ""),
    )  # fmt: skip


@bp.get("/holds.csv")
@opens_to(*PRIVACY)
def holds_table() -> Response:
    """All that bind now, or somebody's."""
    hub, customer = this_hub(), request.args.get("customer", "").strip()
    now = hub.clock()

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[object, ...]]]:
        return [
            (one.id, (one.id, ref, one.record_set, one.purpose, one.basis, one.owner, one.placed_at, one.ends_at))
            for one, ref in holds.listed(session, now, place or 0, most, customer)
        ]

    return table(hub, "holds", HOLDS, read)


@bp.post("/holds")
@opens_to(*PRIVACY)
def hold() -> Response:
    customer, *said = (
        request.form.get(name, "").strip() for name in ("customer", "record_set", "purpose", "basis", "owner")
    )
    wanted = holds.Wanted(customer, said[0], said[1], said[2], said[3])
    holds.place(this_hub(), wanted, guard.principal())
    return make_response(redirect(url_for("portal.privacy_desk.held", done="placed"), 303))


@bp.post("/holds/<int:number>/release")
@opens_to(*PRIVACY)
def release(number: int) -> Response:
    """What waited for it goes on at the next turn of the clock."""
    holds.release(this_hub(), number, guard.principal())
    return make_response(redirect(url_for("portal.privacy_desk.held", done="released"), 303))


def _case(hub: Hub, ref: str) -> Case:
    with hub.look() as session:
        found = cases.one(session, ref, hub.clock().date())
    if found is None:
        raise NotFound("There is no such request.")
    return found


def _one_of(word: str, known: tuple[str, ...]) -> str:
    if word not in known:
        raise WrongInput("Please choose one from the list.")
    return word


def _back(ref: str) -> Response:
    return make_response(redirect(url_for("portal.privacy_desk.console", r=ref) + "#opened", 303))
