"""The staff: who may come in, with which roles, and where each is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session as Database

from hub.access.sessions import COUNTS, end_access, since
from hub.errors import NotFound
from hub.models import Passkey, Principal, Role, Session
from hub.settings import Idle
from hub.work import Work

MOST = 200  # in one list


@dataclass(frozen=True)
class Member:
    """Of the staff. seen_at: of the session that was used last, None without one."""

    id: int
    ref: str
    title: str
    roles: Sequence[str]
    sessions: int
    passkeys: int
    seen_at: datetime | None


def staff_where(role: ColumnElement[bool] | None = None) -> Select[Principal]:
    """Whoever has a desk by such a role; a customer has none."""
    has_desk = select(Role.principal_id).where(Role.role != "customer", true() if role is None else role)
    return select(Principal).where(
        Principal.person_id.is_(None), Principal.ended_at.is_(None), Principal.id.in_(has_desk)
    )


def members(session: Database, staff: Select[Principal], now: datetime, idle: Idle) -> list[Member]:
    """By name; several may be called alike, so it is the ref that tells them apart."""
    return _told(session, session.scalars(staff.order_by(Principal.title, Principal.id).limit(MOST)).all(), now, idle)


def members_after(
    session: Database, staff: Select[Principal], now: datetime, idle: Idle, place: int | None, most: int
) -> list[Member]:
    """Page by page in the order of their numbers. place: the number of the last one of the page before."""
    rows = session.scalars(staff.where(Principal.id > (place or 0)).order_by(Principal.id).limit(most)).all()
    return _told(session, rows, now, idle)


def _told(session: Database, rows: Sequence[Principal], now: datetime, idle: Idle) -> list[Member]:
    ids = [row.id for row in rows]
    roles = session.execute(select(Role.principal_id, Role.role).where(Role.principal_id.in_(ids))).all()
    mine = (Session.principal_id.in_(ids), COUNTS)
    open_ones = select(Session.principal_id, func.count(), func.max(Session.seen_at)).where(*mine)
    seen = {
        key: (number, at)
        for key, number, at in session.execute(open_ones.group_by(Session.principal_id), since(now, idle))
    }
    still = (Passkey.principal_id.in_(ids), Passkey.revoked_at.is_(None))
    keys = select(Passkey.principal_id, func.count()).where(*still).group_by(Passkey.principal_id)
    held = {key: number for key, number in session.execute(keys)}
    return [
        Member(
            id=row.id,
            ref=row.ref,
            title=row.title,
            roles=sorted({role for key, role in roles if key == row.id}),
            sessions=seen.get(row.id, (0, None))[0],
            passkeys=held.get(row.id, 0),
            seen_at=seen.get(row.id, (0, None))[1],
        )
        for row in rows
    ]


def end_access_of(work: Work, staff: Select[Principal], ref: str, by: str) -> str:
    """Whatever lets this member in ends; answers their title. Raises NotFound."""
    found = work.session.scalars(staff.where(Principal.ref == ref)).first()
    if found is None:
        raise NotFound("There is no such member of staff.", "They may work for another branch.")
    end_access(work, found.id, by)
    return found.title
