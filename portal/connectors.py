"""The desk of connectors: how each partner's connection stands, what it did last, how its fields are mapped; pause and go on."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from hub.core import Partner
from hub.errors import NotFound, WrongInput
from hub.flow import conflicts, drift, outward, pulls
from hub.flow.sightings import note_seen
from hub.web.webhooks import this_hub
from portal import guard
from portal.connections import last_of, lines, partners_of
from portal.desks import OPERATORS
from portal.guard import opens_to
from portal.mapped import mapped
from portal.pages import page

bp = Blueprint("connectors", __name__, url_prefix="/desk/connectors")
# Chosen, not typed, as with dead letters: everybody sees them.
PAUSES = ("partner_is_mended", "wrong_data", "looked_into", "test")
RESUMES = ("partner_is_back", "key_renewed", "data_is_right", "looked_into")
HOURS = (1, 4, 24)
DONE = ("paused", "resumed")


@bp.get("/")
@opens_to(*OPERATORS)
def overview() -> Response:
    hub = this_hub()
    with hub.look() as session:
        found = lines(hub, session, partners_of(hub))
    return page("connectors.html", lines=found, now=hub.clock())


@bp.get("/<connection>")
@opens_to(*OPERATORS)
def one(connection: str) -> Response:
    hub, partner = this_hub(), partner_named(connection)
    with hub.look() as session:
        (line,) = lines(hub, session, [partner])
        motions = last_of(session, partner)
        mapping = outward.map_of(hub, partner)
        drifted = drift.found(session, partner, mapping) if mapping else []
        disputed = conflicts.counts(session, partner).get("open", 0) if mapping else 0
    return page(
        "connector.html", line=line, motions=motions, drifted=drifted, disputed=disputed, mapping=mapping, pauses=PAUSES,
        resumes=RESUMES, hours=HOURS, now=hub.clock(), done=request.args.get("done", "") if request.args.get("done") in DONE else "",
    )  # fmt: skip


@bp.get("/<connection>/mapping")
@opens_to(*OPERATORS)
def mapping(connection: str) -> Response:
    """With one live record, masked; that it was looked at is written down."""
    hub, partner = this_hub(), partner_named(connection)
    found = mapped(hub, partner)
    if found is not None:
        note_seen(hub, guard.principal(), [partner.id], "mapping", about="connection")
    return page("mapping.html", partner=partner, found=found)


@bp.post("/<connection>/pause")
@opens_to(*OPERATORS)
def pause(connection: str) -> Response:
    hub, partner = this_hub(), partner_named(connection)
    reason, hours = one_of("reason", PAUSES), request.form.get("hours", "")
    with hub.begin() as work:
        until = work.now + timedelta(hours=int(hours)) if hours in map(str, HOURS) else None
        pulls.pause(work, partner, guard.principal(), reason, until)
    return _back(connection, "paused")


@bp.post("/<connection>/resume")
@opens_to(*OPERATORS)
def resume(connection: str) -> Response:
    """Goes on after a pause or a renewed key, or tries again now instead of when the breaker would."""
    hub, partner = this_hub(), partner_named(connection)
    reason = one_of("reason", RESUMES)
    with hub.begin() as work:
        pulls.resume(work, partner, guard.principal(), reason=reason)
    return _back(connection, "resumed")


def partner_named(name: str) -> Partner:
    """Raises NotFound."""
    found = next((one for one in partners_of(this_hub()) if one.name == name), None)
    if found is None:
        raise NotFound("There is no such connection.", "Those of this region stand in the list.")
    return found


def one_of(field: str, known: tuple[str, ...]) -> str:
    word = request.form.get(field, "")
    if word not in known:
        raise WrongInput("This needs a reason.", "Choose one, and try again. Nothing was changed.")
    return word


def _back(connection: str, done: str) -> Response:
    place: Any = url_for("portal.connectors.one", connection=connection, done=done)
    return make_response(redirect(place, 303))
