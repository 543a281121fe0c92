"""The statutory archive on the privacy desk: what lies there by whose law and until when, who opened it why, and one opened."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from compliance import archives
from compliance.archive_law import PROOF, read_terms
from hub.errors import ProofNeeded
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import PRIVACY
from portal.guard import opens_to
from portal.pages import page

bp = Blueprint("archive_desk", __name__, url_prefix="/desk/privacy/archive")
SHOWN = 100  # of all; a customer's are found by their reference


@bp.get("/")
@opens_to(*PRIVACY)
def overview() -> Response:
    return _shown()


@bp.post("/<ref>")
@opens_to(*PRIVACY)
def open_one(ref: str) -> Response:
    """Shown once and kept nowhere: whoever wants it again says why again. Raises ProofNeeded as config/privacy/archives.yaml says."""
    hub, who = this_hub(), guard.who()
    step = read_terms(hub.settings.config).second_step
    if step == PROOF and who is not None and not who.is_fresh(hub.clock()):
        raise ProofNeeded("Please prove once more that it is you.", "Then go on from where you were.")
    invoice = archives.open_one(hub, ref, request.form.get("reason", ""), guard.actor())
    return _shown(invoice=invoice, issued_on=date.fromisoformat(invoice["issued_on"]))


def _shown(**opened: Any) -> Response:
    hub, customer = this_hub(), request.args.get("customer", "").strip()
    with hub.look() as session:
        found, count = archives.listed(session, customer, SHOWN), archives.counted(session)
    return page("privacy/archive.html", found=found, count=count, customer=customer, reasons=archives.REASONS, **opened)
