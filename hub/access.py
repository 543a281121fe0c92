"""Principals, sign-in links and sessions: secrets are shown once and kept as hashes."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import orm, select

from hub.errors import NotFound
from hub.models import Customer, Person, Principal, Role, Session, SignInLink, new_ref
from hub.work import Work

ROLES = ("advisor", "marketer", "admin", "privacy", "operator", "auditor", "customer")
SESSION_LASTS = timedelta(hours=12)


@dataclass(frozen=True)
class SignedIn:
    """Who asks: the principal, its roles, and the session that proves it. person_id: whose data is theirs, for a customer."""

    principal_id: int
    title: str
    roles: frozenset[str]
    session_id: int
    person_id: int | None = None


def hash_secret(secret: str) -> bytes:
    """Secrets have 256 random bits: a plain hash is enough, no slow one is needed."""
    return hashlib.sha256(secret.encode()).digest()


def principal_named(work: Work, title: str, roles: Sequence[str]) -> Principal:
    """The principal with this title, made if need be, holding at least these roles."""
    found = work.session.scalars(
        select(Principal).where(Principal.title == title, Principal.ended_at.is_(None))
    ).first()
    principal = found or work.add(Principal(ref=new_ref(), title=title, made_at=work.now))
    work.session.flush()
    held = set(work.session.scalars(select(Role.role).where(Role.principal_id == principal.id)))
    for role in sorted(set(roles) - held):
        work.add(Role(principal_id=principal.id, role=role, branch=None, granted_at=work.now))
    return principal


def principal_of(work: Work, customer_ref: str) -> Principal:
    """The customer's own principal, made if need be; its title names nobody. Raises NotFound."""
    person = select(Person).join(Customer, Customer.person_id == Person.id).where(Customer.ref == customer_ref)
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


def use_sign_in_link(work: Work, secret: str) -> str | None:
    """The secret of a new session; None when the link is unknown, used or has ended."""
    wanted = select(SignInLink).where(SignInLink.secret_hash == hash_secret(secret)).with_for_update()
    link = work.session.scalars(wanted).first()
    if link is None or link.used_at is not None or link.expires_at <= work.now:
        return None
    link.used_at = work.now
    session_secret = secrets.token_urlsafe(32)
    work.add(
        Session(
            secret_hash=hash_secret(session_secret),
            principal_id=link.principal_id,
            began_at=work.now,
            seen_at=work.now,
            expires_at=work.now + SESSION_LASTS,
        )
    )
    work.audit("portal", "signed_in", "principal", link.principal_id)
    return session_secret


def signed_in(session: orm.Session, secret: str, now: datetime) -> SignedIn | None:
    """Who holds this session secret, if it still counts."""
    row = session.scalars(select(Session).where(Session.secret_hash == hash_secret(secret))).first()
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    principal = session.get(Principal, row.principal_id)
    if principal is None or principal.ended_at is not None:
        return None
    roles = session.scalars(select(Role.role).where(Role.principal_id == principal.id))
    return SignedIn(principal.id, principal.title, frozenset(roles), row.id, principal.person_id)


def revoke(work: Work, session_id: int) -> None:
    work.session.get_one(Session, session_id).revoked_at = work.now
    work.audit("portal", "signed_out", "session", session_id)
