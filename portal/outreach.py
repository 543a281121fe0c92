"""Today's calls of a branch: who first, why in a sentence, what to propose, how often such lists were right, what came of it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound
from hub.flow import outreach
from hub.flow.insights import Reason
from hub.flow.sightings import note_seen
from hub.models import Branch, Customer, Outreach
from hub.services import read_services
from hub.web.webhooks import this_hub
from hub.wording import wording
from portal import guard
from portal.desks import ADVISORS
from portal.guard import opens_to
from portal.me import opened
from portal.pages import page, tongue
from portal.scope import scope_of

bp = Blueprint("outreach", __name__, url_prefix="/desk/outreach")
CALLS = 20  # that a branch can make in a day


@bp.get("/")
@opens_to(*ADVISORS)
def today() -> Response:
    hub = this_hub()
    with hub.look() as session:
        branches = _branches(session)
    chosen = request.args.get("branch") or next(iter(branches), "")
    if chosen and chosen not in branches:
        raise NotFound("There is no such list.", "It may belong to another branch.")
    seen = _seen(hub, chosen) if chosen else {"found": None}
    return page("outreach.html", branches=branches, chosen=chosen, outcomes=outreach.OUTCOMES, **seen)


def _seen(hub: Hub, branch: str) -> dict[str, Any]:
    found, language = outreach.listed(hub, branch, CALLS), tongue().code
    words, services = wording(language), read_services(hub.settings.config)
    whys = {one.id: [words.reason(why.fact, why.value, why.direction) for why in map(Reason.of, one.reasons)]
            for one in found.entries}  # fmt: skip
    titles = {one.service: services.of(one.service).title(language) for one in found.entries}
    with hub.look() as session:
        people = opened(hub, session, Customer.ref.in_([one.customer_ref for one in found.entries]))
    note_seen(hub, guard.principal(), [one.customer_id for one in people], "outreach")
    return {"found": found, "whys": whys, "titles": titles, "people": {one.ref: one for one in people}}


@bp.post("/<int:entry>")
@opens_to(*ADVISORS)
def note(entry: int) -> Response:
    """A second click on the same outcome changes nothing, and nothing is audited twice."""
    hub, outcome = this_hub(), request.form.get("outcome", "")
    with hub.begin() as work:
        row = work.session.get(Outreach, entry, with_for_update=True)
        if row is None or row.control or row.branch not in _branches(work.session):
            raise NotFound("There is no such list.", "It may belong to another branch.")
        if row.outcome != outcome:
            outreach.note(work, entry, outcome, guard.principal())
        branch = row.branch
    return make_response(redirect(url_for("portal.outreach.today", branch=branch, _anchor=f"call-{entry}"), 303))


def _branches(session: Session) -> Mapping[str, str]:
    """code -> title of those this advisor works for."""
    scope = scope_of(ADVISORS)
    rows = session.execute(select(Branch.code, Branch.title).order_by(Branch.code)).all()
    return {code: title for code, title in rows if scope.holds(code)}
