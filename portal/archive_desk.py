"""The statutory archive on the privacy desk: what lies there by whose law and until when, who opened it why, and one opened."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from compliance import archive_openings, archives
from compliance.archive_law import PROOF, read_terms
from hub.actors import titles_of
from hub.core import Hub
from hub.errors import ProofNeeded, SecondNeeded
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import PRIVACY
from portal.guard import opens_to
from portal.pages import page

bp = Blueprint("archive_desk", __name__, url_prefix="/desk/privacy/archive")
DONE = ("asked", "allowed")
SHOWN = 100  # of all; a customer's are found by their reference


@bp.get("/")
@opens_to(*PRIVACY)
def overview() -> Response:
    return _shown()


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


def _shown(**opened: Any) -> Response:
    hub, customer, done = this_hub(), request.args.get("customer", "").strip(), request.args.get("done", "")
    with hub.look() as session:
        found, count = archives.listed(session, hub.clock(), customer, SHOWN), archives.counted(session)
        called = titles_of(session, archives.actors_in(found))
    return page(
        "privacy/archive.html", found=found, count=count, customer=customer, reasons=archives.REASONS, me=guard.principal(),
        done=done if done in DONE else "", called=called, **opened,
    )  # fmt: skip
