"""Members of staff who come in by the chain's provider: known by its subject, with the roles that it tells each time."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hub.access import challenges
from hub.access.devices import Device
from hub.access.sessions import begin_session, hash_secret, revoke, sessions_of
from hub.gate import erase_rows
from hub.models import Identity, Principal, Role, new_ref
from hub.providers import Grants, ProviderSettings
from hub.work import Work

LASTS = timedelta(minutes=10)  # to type a password and a second factor there
LONGEST = 80  # signs of a title
STATE = 43  # signs of the part that is nobody's to guess


@dataclass(frozen=True)
class Asked:
    """One way there and back. state: goes along, and says at its end where somebody wanted to go. Nonce and verifier are made of
    it and of what only the asking browser holds, so they lie nowhere."""

    state: str
    browser: str

    @property
    def nonce(self) -> str:
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        return self._made("verifier")

    @property
    def to(self) -> str:
        return self.state[STATE:]

    def _made(self, what: str) -> str:
        return hmac.new(self.browser.encode(), f"{what}\0{self.state}".encode(), hashlib.sha256).hexdigest()


def ask(work: Work, browser: str, to: str) -> Asked:
    """to: a page of ours."""
    asked = Asked(f"{secrets.token_urlsafe(32)}{to}", browser)
    challenges.ask(work, hash_secret(asked.state), browser, lasts=LASTS)
    return asked


def answered(work: Work, state: str, browser: str) -> Asked | None:
    """None for a state that was not asked for in this browser, has ended, or came back before."""
    return Asked(state, browser) if challenges.answered(work, hash_secret(state), browser) else None


def come_in(work: Work, settings: ProviderSettings, claims: Mapping[str, Any], device: Device) -> str | None:
    """The secret of a new session; None for somebody who may do nothing here, whose sessions end then."""
    grants = settings.grants(_listed(claims.get(settings.claim))) if _at_home(settings, claims) else Grants()
    identity = _known(work, settings, claims)
    if identity is None and not grants:
        return None
    identity = identity or _new(work, settings, claims)
    principal = work.session.get_one(Principal, identity.principal_id)
    if principal.ended_at is not None:
        return None
    principal.title, identity.seen_at = _title(claims), work.now
    _grant(work, principal.id, grants)
    if not grants:
        for one in sessions_of(work.session, principal.id, work.now):
            revoke(work, one.id)
        return None
    return begin_session(work, principal.id, "provider", device)


def _listed(groups: Any) -> list[Any]:
    """Some providers write one group as a text."""
    return groups if isinstance(groups, list) else [groups]


def _at_home(settings: ProviderSettings, claims: Mapping[str, Any]) -> bool:
    """An address that nobody verified may be anybody's."""
    if not settings.domains:
        return True
    domain = str(claims.get("email", "")).rpartition("@")[2].casefold()
    return claims.get("email_verified") is True and domain in settings.domains


def _known(work: Work, settings: ProviderSettings, claims: Mapping[str, Any]) -> Identity | None:
    known = select(Identity).where(Identity.issuer == settings.issuer, Identity.subject == claims["sub"])
    return work.session.scalars(known.with_for_update()).first()


def _new(work: Work, settings: ProviderSettings, claims: Mapping[str, Any]) -> Identity:
    """With a principal of its own, whatever others are called: a title proves nothing. Who comes in by two tabs at one moment is
    one: the second finds what the first has made."""
    try:
        with work.savepoint():
            principal = work.add(Principal(ref=new_ref(), title=_title(claims), made_at=work.now))
            work.session.flush()
            made = {"issuer": settings.issuer, "subject": claims["sub"], "principal_id": principal.id}
            identity = work.add(Identity(**made, made_at=work.now, seen_at=work.now))
            work.session.flush()
    except IntegrityError:
        found = _known(work, settings, claims)
        if found is None:
            raise
        return found
    return identity


def _title(claims: Mapping[str, Any]) -> str:
    names = (claims.get(name) for name in ("name", "preferred_username", "email", "sub"))
    return next(name for name in names if isinstance(name, str) and name.strip())[:LONGEST]


def _grant(work: Work, principal_id: int, grants: Grants) -> None:
    """Exactly these: a role that was taken away there is taken away here."""
    rows = {
        (one.role, one.branch): one.id
        for one in work.session.scalars(select(Role).where(Role.principal_id == principal_id))
    }
    gone = [row_id for grant, row_id in rows.items() if grant not in grants]
    new = grants - set(rows)
    if gone:
        erase_rows(work.session, Role, Role.id.in_(gone), record_set="roles", persons=(), now=work.now)
    for role, branch in sorted(new, key=str):
        work.add(Role(principal_id=principal_id, role=role, branch=branch, granted_at=work.now))
    if gone or new:
        told = sorted(f"{role}:{branch}" if branch else role for role, branch in grants)
        work.audit("provider", "roles_told", "principal", principal_id, roles=told)
