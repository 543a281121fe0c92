"""The desk of sessions: which staff are signed in, and the end of everything that lets one person in."""

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hub.access import end_access, end_access_of, members, members_after, staff_where
from hub.models import Principal, Role
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import ADMINS
from portal.filing import theirs
from portal.guard import opens_to
from portal.pages import page
from portal.scope import scope_of
from portal.tables import table

COLUMNS = ("ref", "name", "roles", "sessions", "passkeys", "seen_at")

bp = Blueprint("sessions", __name__, url_prefix="/desk/sessions")


@bp.get("/")
@opens_to(*ADMINS)
def overview() -> Response:
    hub = this_hub()
    with hub.look() as session:
        found = members(session, _staff(), hub.clock(), hub.settings.idle)
        return page("sessions.html", members=found, done="done" in request.args)


@bp.get("/list.csv")
@opens_to(*ADMINS)
def members_table() -> Response:
    """The staff of the page, however many. Names people, so that it was taken along is written down."""
    hub, staff, now = this_hub(), _staff(), this_hub().clock()
    with hub.begin() as work:
        work.audit(guard.principal(), "staff_table_taken", "principal")

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[object, ...]]]:
        return [
            (one.id, (one.ref, one.title, " ".join(one.roles), one.sessions, one.passkeys, one.seen_at))
            for one in members_after(session, staff, now, hub.settings.idle, place, most)
        ]

    return table(hub, "sessions", COLUMNS, read)


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
