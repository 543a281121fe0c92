"""The desk of sessions: which staff are signed in, and the end of everything that lets one person in."""

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import Select, select

from hub.access import end_access, end_access_of, members, staff_where
from hub.models import Principal, Role
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import ADMINS
from portal.filing import theirs
from portal.guard import opens_to
from portal.pages import page
from portal.scope import scope_of

bp = Blueprint("sessions", __name__, url_prefix="/desk/sessions")


@bp.get("/")
@opens_to(*ADMINS)
def overview() -> Response:
    hub = this_hub()
    with hub.look() as session:
        found = members(session, _staff(), hub.clock(), hub.settings.idle)
        return page("sessions.html", members=found, done="done" in request.args)


@bp.post("/<ref>/end")
@opens_to(*ADMINS)
def end(ref: str) -> Response:
    """Of a member of staff. Their streams close within two seconds."""
    with this_hub().begin() as work:
        end_access_of(work, _staff(), ref, guard.principal())
    return redirect(url_for("portal.sessions.overview", done=1), 303)  # type: ignore[return-value]


@bp.post("/customers/<ref>/end")
@opens_to(*ADMINS)
def end_of_customer(ref: str) -> Response:
    with this_hub().begin() as work:
        customer = theirs(work.session, ref)
        signs_in = select(Principal.id).where(Principal.person_id == customer.person_id)
        for principal_id in work.session.scalars(signs_in).all():
            end_access(work, principal_id, guard.principal())
    return redirect(url_for("portal.customers.overview", ref=ref, done=1), 303)  # type: ignore[return-value]


def _staff() -> Select[Principal]:
    """In the branches of whoever asks."""
    return staff_where(scope_of(ADMINS).where(Role.branch))
