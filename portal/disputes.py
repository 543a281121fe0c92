"""A connection's conflicts and proposed duplicates, decided by a button and a reason; done twice, it is done once."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Partner
from hub.errors import NotFound, WrongInput
from hub.flow import conflicts, merges, sync
from hub.flow.sightings import note_seen
from hub.models import Conflict, Duplicate
from hub.web.webhooks import this_hub
from portal import guard
from portal.connectors import one_of, partner_named
from portal.desks import ADMINS, OPERATORS
from portal.disputed import SHOWN, Dispute, disputes, likenesses
from portal.guard import opens_to
from portal.pages import page
from portal.tables import cursor_of, cut, table

bp = Blueprint("disputes", __name__, url_prefix="/desk/connectors")
SIDES = ("ours", "theirs")
# Chosen, not typed, as everywhere at this desk: everybody sees them.
REASONS = ("customer_said", "it_is_newer", "other_is_wrong")
APART = ("customer_said", "they_share_it", "namesakes")
COLUMNS = ("conflict", "kind", "field", "customer", "rule", "ours_at", "theirs_at", "made_at")
DONE = ("decided", "apart", "over")


@bp.get("/<connection>/conflicts")
@opens_to(*OPERATORS)
def waiting(connection: str) -> Response:
    """With the values masked; that they were looked at is written down. after, pair: the conflict and the pair behind which this
    page begins."""
    hub, partner, done = this_hub(), partner_named(connection), request.args.get("done", "")
    found = disputes(hub, partner, _place("after"))
    if found:
        note_seen(hub, guard.principal(), [partner.id], "conflicts", about="connection")
    return _page(partner, found, done=done if done in DONE else "")


@bp.get("/<connection>/conflicts.csv")
@opens_to(*OPERATORS)
def waiting_table(connection: str) -> Response:
    """Those that wait, however many: which field of whom, and since when; no value of either side."""
    hub, partner = this_hub(), partner_named(connection)

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[object, ...]]]:
        return [
            (row.id, (row.id, row.kind, row.field, ref, row.rule, row.ours_at, row.theirs_at, row.made_at))
            for row, ref in conflicts.waiting_after(session, partner, place, most)
        ]

    return table(hub, f"conflicts-{partner.name}", COLUMNS, read)


@bp.post("/<connection>/conflicts/<int:number>/open")
@opens_to(*ADMINS)
def unmask(connection: str, number: int) -> Response:
    """The values of one as they are. Written down each time."""
    partner = _of(connection, Conflict, number)
    return _page(partner, disputes(this_hub(), partner, _place("after"), number, guard.principal()), opened=number)


def _page(partner: Partner, found: Sequence[Dispute], *, done: str = "", opened: int = 0) -> Response:
    shown, after = cut(found, SHOWN, lambda one: one.id)
    alike, pair = cut(likenesses(this_hub(), partner, _place("pair")), SHOWN, lambda one: one.id)
    return page(
        "conflicts.html", partner=partner, found=shown, alike=alike, reasons=REASONS, apart=APART, done=done, opened=opened,
        may_open=guard.holds(*ADMINS), here=_here(), after=after, pair=pair,
    )  # fmt: skip


def _here() -> dict[str, Any]:
    """Both places, for the address of this view."""
    return {name: _place(name) for name in ("after", "pair")}


def _place(name: str) -> int | None:
    return cursor_of(request.args.get(name, ""))


@bp.post("/<connection>/conflicts/<int:number>")
@opens_to(*OPERATORS)
def decide(connection: str, number: int) -> Response:
    partner, take = _of(connection, Conflict, number), request.form.get("take", "")
    if take not in SIDES:
        raise WrongInput("This needs a side.", "Choose whose value counts. Nothing was changed.")
    try:
        sync.decide(this_hub(), number, take, guard.principal(), one_of("reason", REASONS))
    except NotFound:
        return _back(partner, "over")
    return _back(partner, "decided")


@bp.post("/<connection>/duplicates/<int:number>")
@opens_to(*OPERATORS)
def keep_apart(connection: str, number: int) -> Response:
    partner = _of(connection, Duplicate, number)
    try:
        with this_hub().begin() as work:
            merges.keep_apart(work, number, guard.principal(), one_of("reason", APART))
    except NotFound:
        return _back(partner, "over")
    return _back(partner, "apart")


def _of(connection: str, model: type[Conflict] | type[Duplicate], number: int) -> Partner:
    """Raises NotFound for a row of another connection, too."""
    partner = partner_named(connection)
    mine = select(model.id).where(model.id == number, model.connection_id == partner.id)
    with this_hub().look() as session:
        known = number < 2**63 and session.scalar(mine) is not None
    if not known:
        raise NotFound("Nothing of this kind waits here.", "Those that wait stand in the list.")
    return partner


def _back(partner: Partner, done: str) -> Response:
    here = _here()
    return make_response(redirect(url_for("portal.disputes.waiting", connection=partner.name, done=done, **here), 303))
