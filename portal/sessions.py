"""The desk of sessions: which staff are signed in, and the end of everything that lets one person in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session as Database

from hub.access import counts, end_access
from hub.core import Hub
from hub.errors import NotFound
from hub.flow.batches import among
from hub.models import Passkey, Principal, Role, Session
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import ADMINS
from portal.filing import theirs
from portal.guard import opens_to
from portal.pages import page
from portal.scope import scope_of

bp = Blueprint("sessions", __name__, url_prefix="/desk/sessions")
MOST = 200  # members of staff on the page


@dataclass(frozen=True)
class Member:
    """Of the staff. seen_at: of the session that was used last, None without one."""

    ref: str
    title: str
    roles: Sequence[str]
    sessions: int
    passkeys: int
    seen_at: datetime | None


@bp.get("/")
@opens_to(*ADMINS)
def overview() -> Response:
    hub = this_hub()
    with hub.look() as session:
        return page("sessions.html", members=members(hub, session), done="done" in request.args)


@bp.post("/<ref>/end")
@opens_to(*ADMINS)
def end(ref: str) -> Response:
    """Of a member of staff. Their streams close within two seconds."""
    with this_hub().begin() as work:
        found = work.session.scalars(_staff().where(Principal.ref == ref)).first()
        if found is None:
            raise NotFound("There is no such member of staff.", "They may work for another branch.")
        end_access(work, found.id, guard.principal())
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


def members(hub: Hub, session: Database) -> list[Member]:
    """By name; customers are found at their own desk."""
    rows = session.scalars(_staff().order_by(Principal.title).limit(MOST)).all()
    ids = [row.id for row in rows]
    roles = session.execute(select(Role.principal_id, Role.role).where(among(Role.principal_id, ids))).all()
    mine = (among(Session.principal_id, ids), counts(hub.clock(), hub.settings.idle))
    open_ones = select(Session.principal_id, func.count(), func.max(Session.seen_at)).where(*mine)
    seen = {key: (number, at) for key, number, at in session.execute(open_ones.group_by(Session.principal_id))}
    theirs_still = (among(Passkey.principal_id, ids), Passkey.revoked_at.is_(None))
    keys = select(Passkey.principal_id, func.count()).where(*theirs_still).group_by(Passkey.principal_id)
    held = {key: number for key, number in session.execute(keys)}
    return [
        Member(
            ref=row.ref,
            title=row.title,
            roles=sorted({role for key, role in roles if key == row.id}),
            sessions=seen.get(row.id, (0, None))[0],
            passkeys=held.get(row.id, 0),
            seen_at=seen.get(row.id, (0, None))[1],
        )
        for row in rows
    ]


def _staff() -> Select[Principal]:
    """Whoever has a desk, in the branches of whoever asks."""
    has_desk = select(Role.principal_id).where(Role.role != guard.CUSTOMER, scope_of(ADMINS).where(Role.branch))
    return select(Principal).where(
        Principal.person_id.is_(None), Principal.ended_at.is_(None), Principal.id.in_(has_desk)
    )
