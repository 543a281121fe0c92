"""Customers who may be one person: listed with their reasons, looked at side by side, proposed by one and decided by another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from compliance import likeness, merging
from compliance.likeness import Likeness
from compliance.merge_plan import Plan, looked_at, planned
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import merges
from hub.flow.finding import find
from hub.flow.sightings import note_seen
from hub.models import Customer
from hub.web.webhooks import this_hub
from portal import guard
from portal.connectors import one_of
from portal.desks import ADVISORS, PRIVACY
from portal.disputes import APART
from portal.guard import opens_to
from portal.pages import page
from portal.scope import scope_of
from portal.tables import cursor_of, table

bp = Blueprint("duplicates", __name__, url_prefix="/desk/duplicates")
SEERS = (*ADVISORS, "privacy")
DONE = ("proposed", "merged", "apart", "back", "over")
SHOWN = 50  # pairs of one page
COLUMNS = ("pair", "customer", "other", "state", "certainty", "why", "the_same", "found_at")
FIELDS = ("name", "email", "phone", "address", "plate", "vin")
# What a person at a desk asks for; all else is counted together.
SETS = (
    "ownerships", "visits", "invoices", "appointments", "recommendations", "estimates", "offers", "documents", "conversations",
    "membership_cards", "memberships", "enrollments", "person_requests", "legal_holds", "links",
)  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A personal value of both, several where it is told of several cars."""

    name: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


@bp.get("/")
@opens_to(*SEERS)
def overview() -> Response:
    """Nobody's values are shown here. after: the pair behind which this page begins; the surest of a page stand first."""
    state, done = _state(), request.args.get("done", "")
    after = cursor_of(request.args.get("after", "")) or 0
    with this_hub().look() as session:
        found = likeness.waiting(session, SHOWN + 1, after=after, state=state, within=scope_of(SEERS).where)
    shown = found[:SHOWN]
    return page(
        "duplicates.html", found=likeness.surest_first(shown), more=shown[-1].id if len(found) > SHOWN else None,
        first_page=not after, state=state, states=likeness.STATES, done=done if done in DONE else "", desk_here="customers",
        may_find=guard.holds(*ADVISORS), may_decide=guard.holds(*PRIVACY),
    )  # fmt: skip


@bp.get("/pairs.csv")
@opens_to(*SEERS)
def pairs_table() -> Response:
    """All that the page's filter finds, streamed: refs and reasons, no value of anybody."""
    hub, state, within = this_hub(), _state(), scope_of(SEERS).where

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[object, ...]]]:
        found = likeness.waiting(session, most, after=place or 0, state=state, within=within)
        return [
            (one.id, (one.id, *one.refs, one.state, one.certainty, one.why, " ".join(one.signs), one.found_at))
            for one in found
        ]

    return table(hub, "pairs", COLUMNS, read)


def _state() -> str:
    given = request.args.get("state", "")
    return given if given in likeness.STATES else ""


@bp.post("/")
@opens_to(*ADVISORS)
def suggest() -> Response:
    """Two that somebody at a desk knows to be one, by what finds each of them. By POST, as in every search."""
    hub, scope = this_hub(), scope_of(ADVISORS)
    refs = []
    with hub.look() as session:
        for said in (request.form.get("one", ""), request.form.get("other", "")):
            match = find(hub, session, said, scope.where(Customer.branch))
            if len(match.ids) != 1:
                raise WrongInput(
                    "This finds nobody, or more than one.", "Say of each what is theirs alone: a customer number."
                )
            refs.append(session.get_one(Customer, match.ids[0]).ref)
    number = merging.suggest(hub, refs[0], refs[1], guard.principal())
    return make_response(redirect(url_for("portal.duplicates.one", number=number), 303))


@bp.get("/<int:number>")
@opens_to(*SEERS)
def one(number: int) -> Response:
    """Both side by side, with what would become of them. keep: the ref of the one that would stay."""
    hub, asked = this_hub(), request.args.get("keep", "")
    with hub.begin() as work:
        row = _seen(hub, number)
        keep, lose = _both(row.refs, row.keep or asked)
        pair = looked_at(work, keep, lose)
        plan = planned(hub, work, pair)
        ids = [pair.keep.id, pair.lose.id]
    note_seen(hub, guard.principal(), ids, "duplicate")
    rows, others = _counted(plan.rows)
    return page(
        "duplicate.html", row=row, plan=plan, keep=pair.keep, lose=pair.lose, fields=_fields(plan), rows=rows, others=others,
        apart=APART, may_decide=guard.holds(*PRIVACY), mine=row.asked_by == guard.principal(), may_find=guard.holds(*ADVISORS),
        desk_here="customers",
    )  # fmt: skip


@bp.post("/<int:number>/propose")
@opens_to(*SEERS)
def propose(number: int) -> Response:
    row = _seen(this_hub(), number)
    keep, _ = _both(row.refs, request.form.get("keep", ""))
    return _after(number, lambda hub: merging.propose(hub, number, keep, guard.principal()), "proposed")


@bp.post("/<int:number>/take-back")
@opens_to(*SEERS)
def take_back(number: int) -> Response:
    _seen(this_hub(), number)
    return _after(number, lambda hub: merging.take_back(hub, number, guard.principal()), "back")


@bp.post("/<int:number>/merge")
@opens_to(*PRIVACY)
def merge(number: int) -> Response:
    """By whom the policies of approval let say so: as shipped, somebody else than who proposed it."""
    _seen(this_hub(), number)
    return _after(number, lambda hub: merging.approve(hub, number, guard.principal(), guard.roles()), "merged")


@bp.post("/<int:number>/keep-apart")
@opens_to(*SEERS)
def keep_apart(number: int) -> Response:
    _seen(this_hub(), number)
    reason = one_of("reason", APART)

    def deed(hub: Hub) -> None:
        with hub.begin() as work:
            merges.keep_apart(work, number, guard.principal(), reason)

    return _after(number, deed, "apart")


def _seen(hub: Hub, number: int) -> Likeness:
    """A pair of which both are of branches that this reader works for. Raises NotFound, for all others alike."""
    with hub.look() as session:
        found = likeness.one_of(session, number) if number < 2**63 else None
    scope = scope_of(SEERS)
    if found is None or not all(scope.holds(branch) for branch in found.branches):
        raise NotFound("There is no such pair.", "They may belong to another branch.")
    return found


def _both(refs: tuple[str, str], keep: str) -> tuple[str, str]:
    """(who stays, who becomes part of them); without a word the record that is older stays."""
    return (refs[1], refs[0]) if keep == refs[1] else refs


def _after(number: int, deed: Callable[[Hub], object], done: str) -> Response:
    try:
        deed(this_hub())
    except NotFound:
        done = "over"
    return make_response(redirect(url_for("portal.duplicates.overview", done=done), 303))


def _fields(plan: Plan) -> list[Field]:
    names = sorted({name for name, _ in [*plan.ours, *plan.theirs]}, key=lambda one: (one not in FIELDS, one))
    names.sort(key=lambda one: FIELDS.index(one) if one in FIELDS else len(FIELDS))
    return [
        Field(name, *(tuple(sorted(value for (one, _), value in side.items() if one == name)) for side in (plan.ours, plan.theirs)))
        for name in names
    ]  # fmt: skip


def _counted(rows: Mapping[str, tuple[int, int]]) -> tuple[list[tuple[str, int, int]], tuple[int, int]]:
    """(record set, rows here, rows there) of those that are shown, and the sums of all others."""
    shown = [(name, *rows[name]) for name in SETS if name in rows]
    rest = [both for name, both in rows.items() if name not in SETS]
    return shown, (sum(mine for mine, _ in rest), sum(other for _, other in rest))
