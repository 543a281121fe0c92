"""The privacy desk: requests with their clocks, each with its plan and its next steps; holds, and who must look twice."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from compliance import cases, erasure, holds, requests, takeaway
from compliance.cases import HOWS, Asked, Case, Mark
from compliance.coming import AT_THE_DESK, Came
from compliance.papers import files_of
from compliance.registry import by_table, record_sets
from compliance.requests import DELAYS, REFUSALS, Wish
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import PRIVACY
from portal.filing import given_day
from portal.guard import opens_to
from portal.pages import page
from portal.requested import ALL_KINDS, STATES, asked_in, kept, opened_of
from portal.tables import cursor_of, cut, table

bp = Blueprint("privacy_desk", __name__, url_prefix="/desk/privacy")
SHOWN = 50  # requests or holds of one page
HOLDS = ("hold", "customer", "record_set", "purpose", "basis", "owner", "placed_at", "ends_at")
SOON = 7  # days before an answer is due


@bp.get("/")
@opens_to(*PRIVACY)
def console() -> Response:
    """A request that is opened was looked at, which the person is shown. after: the place behind which the list goes on. state,
    kind, since, until: what is listed."""
    hub, ref, place = this_hub(), request.args.get("r", ""), cases.mark_of(request.args.get("after", ""))
    today, asked = hub.clock().date(), asked_in(request.args)
    with hub.look() as session:
        found, after = cut(cases.paged(session, today, place, SHOWN + 1, asked), SHOWN, lambda one: one.mark)
        waiting = cases.open_ones(session, today, SOON)
        held_now = holds.counted(session, hub.clock())
        chosen = next((one for one in found if one.ref == ref), None) or (
            cases.one(session, ref, today) if ref else None
        )
        opened = opened_of(hub, session, chosen) if chosen else None
    if opened is not None and opened.wish:
        with hub.begin() as work:
            work.audit(guard.principal(), "request_read", "person", opened.case.person_id, request=ref)
    return page(
        "privacy/requests.html", found=found, opened=opened, held=held_now, kinds=ALL_KINDS, hows=HOWS, asked=asked,
        came_by=AT_THE_DESK, today=today, kept=kept(asked), states=STATES, late_ones=kept(Asked("open", until=today - timedelta(days=1))),
        soon_ones=kept(Asked("open", since=today, until=today + timedelta(days=SOON))),
        refusals=REFUSALS, delays=DELAYS, open_count=waiting.count, done=request.args.get("done", ""), late=waiting.late,
        soon=waiting.soon, after=after, here=str(place or "") or None,
    )  # fmt: skip


@bp.get("/requests.csv")
@opens_to(*PRIVACY)
def requests_table() -> Response:
    """All that the page's filter leaves, or all there ever were: refs, states and clocks, and no word of what was asked."""
    hub, asked = this_hub(), asked_in(request.args)
    today = hub.clock().date()

    def read(session: Session, place: Mark | None, most: int) -> list[tuple[Mark, tuple[object, ...]]]:
        return [(one.mark, tuple(one.plain().values())) for one in cases.paged(session, today, place, most, asked)]

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
    came = Came(_one_of(form.get("came_by", AT_THE_DESK[0]), AT_THE_DESK), given_day(form.get("came_on", "").strip()))
    if kind == "erasure":
        return _back(erasure.intake(hub, customer, guard.principal(), came))
    scope = form.get("scope", "").strip()
    wish = {name: form[name].strip() for name in ("name", "email", "phone", "address") if form.get(name, "").strip()}
    return _back(requests.intake(hub, Wish(customer, kind, came, scope, wish), guard.principal()))


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
        found, more = cut(
            holds.listed(session, hub.clock(), after or 0, SHOWN + 1, customer), SHOWN, lambda row: row[0].id
        )
    return page(
        "privacy/holds.html", held=found, more=more,
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
    here = kept(asked_in(request.args))
    return make_response(redirect(url_for("portal.privacy_desk.console", r=ref, **here) + "#opened", 303))
