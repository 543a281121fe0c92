"""Principals, links that work once, and sessions: secrets are shown once and kept as hashes."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, orm, select, update
from sqlalchemy.orm import aliased

from hub.access.devices import UNKNOWN, Device
from hub.errors import NotFound
from hub.models import Customer, Identity, Passkey, Person, Principal, Role, Session, SignInLink, called, new_ref
from hub.providers import STAFF_ROLES
from hub.settings import Idle
from hub.work import Work

ROLES = (*STAFF_ROLES, "customer")
SESSION_LASTS = timedelta(hours=12)
FRESH = timedelta(minutes=10)  # so long a proof of who one is carries what can do harm
SEEN_EVERY = timedelta(minutes=5)  # a session's last sight is not written at each request
MOST = 10  # sessions of one principal at once: with one more, the one that was longest away ends


@dataclass(frozen=True)
class SignedIn:
    """Who asks: the principal, its roles, and the session that proves it. person_id: whose data is theirs, for a customer;
    customer_id: as whom they are one, while they are not forgotten.
    grants: each role with the branch it is for, None for all. began_at: when they proved who they are; seen_at: at most so long
    ago they were last here."""

    principal_id: int
    title: str
    grants: frozenset[tuple[str, str | None]]
    session_id: int
    began_at: datetime
    seen_at: datetime
    person_id: int | None = None
    customer_id: int | None = None

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role for role, _ in self.grants)

    def is_fresh(self, now: datetime) -> bool:
        return now - self.began_at < FRESH


def hash_secret(secret: str) -> bytes:
    """Secrets have 256 random bits: a plain hash is enough, no slow one is needed."""
    return hashlib.sha256(secret.encode()).digest()


def principal_named(work: Work, title: str, roles: Sequence[str]) -> Principal:
    """The principal with this title, made if need be, holding at least these roles. Never one of a provider: people may choose
    there what they are called."""
    named = select(Principal).where(Principal.title == title, Principal.ended_at.is_(None))
    found = work.session.scalars(named.where(Principal.id.not_in(select(Identity.principal_id)))).first()
    principal = found or work.add(Principal(ref=new_ref(), title=title, made_at=work.now))
    work.session.flush()
    held = set(work.session.scalars(select(Role.role).where(Role.principal_id == principal.id)))
    for role in sorted(set(roles) - held):
        work.add(Role(principal_id=principal.id, role=role, branch=None, granted_at=work.now))
    return principal


def comes_by_provider(session: orm.Session, principal_id: int) -> bool:
    """Whose roles a provider tells at each sign-in comes in by no other way, or would keep what was taken away there."""
    return session.scalar(select(Identity.id).where(Identity.principal_id == principal_id)) is not None


def principal_of(work: Work, customer_ref: str) -> Principal:
    """The customer's own principal, made if need be; its title names nobody. Raises NotFound."""
    person = select(Person).join(Customer, Customer.person_id == Person.id).where(called(customer_ref))
    found = work.session.scalars(person.with_for_update()).first()
    if found is None or found.data_key_id is None:
        raise NotFound(f"There is no customer {customer_ref} in {work.region.code}.")
    mine = select(Principal).where(Principal.person_id == found.id, Principal.ended_at.is_(None))
    known = work.session.scalars(mine).first()
    if known is not None:
        return known
    principal = work.add(Principal(ref=new_ref(), title="customer", person_id=found.id, made_at=work.now))
    work.session.flush()
    work.add(Role(principal_id=principal.id, role="customer", branch=None, granted_at=work.now))
    return principal


def make_sign_in_link(work: Work, principal: Principal, lasts: timedelta) -> str:
    """Answers the secret; whoever presents it by POST, once, is signed in."""
    secret = secrets.token_urlsafe(32)
    link = SignInLink(
        secret_hash=hash_secret(secret), principal_id=principal.id, made_at=work.now, expires_at=work.now + lasts
    )
    work.add(link)
    work.audit("cli", "sign_in_link_made", "principal", principal.id)
    return secret


def use_sign_in_link(work: Work, secret: str, browser: str = "", device: Device = UNKNOWN) -> str | None:
    """The secret of a new session; None when the link is unknown, used, has ended, or was asked for by another browser."""
    wanted = select(SignInLink).where(SignInLink.secret_hash == hash_secret(secret)).with_for_update()
    link = work.session.scalars(wanted).first()
    if link is None or not is_open(link, work.now) or link.browser_hash not in {None, hash_secret(browser)}:
        return None
    return use(work, link, "mail" if link.browser_hash else "link", device)


def is_open(link: SignInLink, now: datetime) -> bool:
    return link.used_at is None and link.expires_at > now


def use(work: Work, link: SignInLink, via: str, device: Device) -> str:
    link.used_at, link.sealed = work.now, None
    return begin_session(work, link.principal_id, via, device)


def begin_session(work: Work, principal_id: int, via: str, device: Device = UNKNOWN) -> str:
    """Answers the secret of a new session."""
    for one in sessions_of(work.session, principal_id, work.now)[MOST - 1 :]:
        revoke(work, one.id)
    secret = secrets.token_urlsafe(32)
    work.add(
        Session(
            secret_hash=hash_secret(secret),
            principal_id=principal_id,
            began_at=work.now,
            seen_at=work.now,
            expires_at=work.now + SESSION_LASTS,
            via=via,
            device=device.label,
            mark=device.mark,
        )
    )
    work.audit("portal", "signed_in", "principal", principal_id, via=via)
    return secret


def _counts() -> ColumnElement[bool]:
    """Of a Session: does it still let somebody in? Who has any role beside a customer's is staff."""
    desk = aliased(Role)
    is_staff = exists().where(desk.principal_id == Session.principal_id, desk.role != "customer").correlate(Session)
    of_staff = is_staff & (Session.seen_at > bindparam("staff_since"))
    of_customers = ~is_staff & (Session.seen_at > bindparam("customers_since"))
    return Session.revoked_at.is_(None) & (Session.expires_at > bindparam("now")) & (of_staff | of_customers)


COUNTS = _counts()
SIGNED_IN = (
    select(Session, Principal, Role.role, Role.branch, Customer.id)
    .join(Principal, Principal.id == Session.principal_id)
    .outerjoin(Role, Role.principal_id == Principal.id)
    .outerjoin(Person, (Person.id == Principal.person_id) & Person.data_key_id.is_not(None))
    .outerjoin(Customer, Customer.person_id == Person.id)
    .where(Session.secret_hash == bindparam("secret"), Principal.ended_at.is_(None), COUNTS)
)


def since(now: datetime, idle: Idle) -> dict[str, datetime]:
    """What COUNTS is asked with: who was not seen since then was away for too long."""
    return {
        "now": now,
        "staff_since": now - timedelta(minutes=idle.staff),
        "customers_since": now - timedelta(minutes=idle.customers),
    }


def signed_in(session: orm.Session, secret: str, now: datetime, idle: Idle) -> SignedIn | None:
    """Who holds this session secret, if it still counts. One query, as it stands before every page, and put together once."""
    rows = session.execute(SIGNED_IN, {"secret": hash_secret(secret), **since(now, idle)}).all()
    if not rows:
        return None
    row, principal, _, _, customer_id = rows[0]
    grants = frozenset((role, branch) for _, _, role, branch, _ in rows if role)
    return SignedIn(
        principal.id, principal.title, grants, row.id, row.began_at, row.seen_at, principal.person_id, customer_id
    )


def still_in(session: orm.Session, ids: Sequence[int], now: datetime, idle: Idle) -> set[tuple[int, str]]:
    """Of these sessions those that still let somebody in, each with every role it has: (session id, role)."""
    rows = session.execute(
        select(Session.id, Role.role)
        .join(Principal, Principal.id == Session.principal_id)
        .join(Role, Role.principal_id == Principal.id)
        .where(Session.id.in_(ids), Principal.ended_at.is_(None), COUNTS),
        since(now, idle),
    )
    return {(session_id, role) for session_id, role in rows}


def seen_now(work: Work, person: SignedIn) -> None:
    work.session.execute(update(Session).where(Session.id == person.session_id).values(seen_at=work.now))


def sessions_of(session: orm.Session, principal_id: int, now: datetime, idle: Idle | None = None) -> list[Session]:
    """Those that have not ended, the one that was seen last first. idle: without those who were away for longer."""
    alive = COUNTS if idle else Session.revoked_at.is_(None) & (Session.expires_at > now)
    rows = select(Session).where(Session.principal_id == principal_id, alive)
    asked = since(now, idle) if idle else {}
    return list(session.scalars(rows.order_by(Session.seen_at.desc(), Session.id.desc()), asked))


def revoke(work: Work, session_id: int, actor: str = "portal") -> None:
    work.session.get_one(Session, session_id).revoked_at = work.now
    work.audit(actor, "signed_out", "session", session_id)


def revoke_others(work: Work, person: SignedIn) -> int:
    """All sessions of the principal but this one; answers how many."""
    others = [one for one in sessions_of(work.session, person.principal_id, work.now) if one.id != person.session_id]
    for one in others:
        revoke(work, one.id)
    return len(others)


def end_access(work: Work, principal_id: int, by: str) -> None:
    """Whatever lets this principal in ends at once: sessions, passkeys, and links that nobody has used. They come in again by a
    new link or their provider, as a customer by their own mail."""
    open_ones = sessions_of(work.session, principal_id, work.now)
    for one in open_ones:
        revoke(work, one.id, by)
    keys: Any = work.session.execute(
        update(Passkey)
        .where(Passkey.principal_id == principal_id, Passkey.revoked_at.is_(None))
        .values(revoked_at=work.now)
    )
    links: Any = work.session.execute(
        update(SignInLink)
        .where(SignInLink.principal_id == principal_id, SignInLink.used_at.is_(None), SignInLink.expires_at > work.now)
        .values(used_at=work.now, sealed=None)
    )
    work.audit(by, "access_ended", "principal", principal_id, sessions=len(open_ones), passkeys=keys.rowcount,
               links=links.rowcount)  # fmt: skip
