"""The statutory archive on the privacy desk: what lies there by whose law and until when, who opened it why, and one opened."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from compliance import archive_openings, archives
from compliance.archive_law import PROOF, read_terms
from hub.actors import titles_of
from hub.core import Hub
from hub.errors import ProofNeeded, SecondNeeded
from hub.flow.paging import Mark, mark_of
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import PRIVACY
from portal.guard import opens_to
from portal.pages import page
from portal.tables import cut, table

bp = Blueprint("archive_desk", __name__, url_prefix="/desk/privacy/archive")
DONE = ("asked", "allowed")
SHOWN = 50  # of one page


@bp.get("/")
@opens_to(*PRIVACY)
def overview() -> Response:
    return _shown()


@bp.get("/list.csv")
@opens_to(*PRIVACY)
def archive_table() -> Response:
    """All that lies there, or somebody's, streamed; closed as it lies: refs, laws and days."""
    hub, customer = this_hub(), _customer()
    now = hub.clock()

    def read(session: Session, place: Mark | None, most: int) -> list[tuple[Mark, tuple[object, ...]]]:
        return [(one.mark, one.row()) for one in archives.listed(session, now, customer, most, place)]

    return table(hub, "archive", archives.COLUMNS, read)


@bp.post("/<ref>")
@opens_to(*PRIVACY)
def open_one(ref: str) -> Response:
    """Shown once and kept nowhere: whoever wants it again says why again. Where policies want four eyes, somebody else is asked.
    Raises ProofNeeded as config/privacy/archives.yaml says."""
    hub, reason = _proved(), request.form.get("reason", "")
    try:
        invoice = archives.open_one(hub, ref, reason, guard.principal(), guard.roles())
    except SecondNeeded:
        archives.ask(hub, ref, reason, guard.principal())
        return _back("asked")
    return _shown(invoice=invoice, issued_on=date.fromisoformat(invoice["issued_on"]))


@bp.post("/<ref>/wishes/<int:number>")
@opens_to(*PRIVACY)
def allow(ref: str, number: int) -> Response:
    """The second pair of eyes; whoever asked opens it then."""
    archive_openings.allow(_proved(), ref, number, guard.principal(), guard.roles())
    return _back("allowed")


def _proved() -> Hub:
    hub, who = this_hub(), guard.who()
    step = read_terms(hub.settings.config).second_step
    if step == PROOF and who is not None and not who.is_fresh(hub.clock()):
        raise ProofNeeded("Please prove once more that it is you.", "Then go on from where you were.")
    return hub


def _back(done: str) -> Response:
    return make_response(redirect(url_for("portal.archive_desk.overview", done=done), 303))


def _customer() -> str:
    return request.args.get("customer", "").strip()


def _shown(**opened: Any) -> Response:
    """after: the place behind which this page begins. customer: whose alone."""
    hub, customer, done = this_hub(), _customer(), request.args.get("done", "")
    after = mark_of(request.args.get("after", ""))
    with hub.look() as session:
        found, more = cut(
            archives.listed(session, hub.clock(), customer, SHOWN + 1, after), SHOWN, lambda one: one.mark
        )
        count, called = archives.counted(session), titles_of(session, archives.actors_in(found))
    return page(
        "privacy/archive.html", found=found, more=more, first_page=after is None, count=count, customer=customer,
        reasons=archives.REASONS, me=guard.principal(), done=done if done in DONE else "", called=called, **opened,
    )  # fmt: skip
