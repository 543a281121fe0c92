"""Keys that go to their owner by mail: a link and a code, good once, for ten minutes, in the browser that asked."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, orm, select

from hub.access.devices import Device
from hub.access.sessions import hash_secret, is_open, use
from hub.models import Person, Principal, SignInLink
from hub.work import Work

LASTS = timedelta(minutes=10)
MOST = 3  # to one person within LASTS; more would only fill their mailbox
TRIES = 5  # at a code of six digits: one in 200,000 guesses it
SECRET, CODE = 43, 6  # signs of each


def invite(work: Work, principal: Principal, person: Person, browser: str) -> SignInLink | None:
    """A link and a code, sealed for the mail that carries them. None for somebody who got enough of them just now."""
    recent = select(func.count()).where(SignInLink.principal_id == principal.id, SignInLink.made_at > work.now - LASTS)
    if (work.session.scalar(recent) or 0) >= MOST or person.data_key_id is None:
        return None
    secret, code = secrets.token_urlsafe(32), f"{secrets.randbelow(10**CODE):0{CODE}}"
    link = work.add(
        SignInLink(
            secret_hash=hash_secret(secret),
            principal_id=principal.id,
            made_at=work.now,
            expires_at=work.now + LASTS,
            browser_hash=hash_secret(browser),
            code_hash=_code_hash(browser, code),
            tries=0,
        )
    )
    work.session.flush()
    link.sealed = work.vault.seal(work.key(person.data_key_id), f"{secret}{code}".encode(), _context(link.id))
    work.audit("portal", "sign_in_asked", "principal", principal.id)
    return link


def opened(work: Work, link_ids: Iterable[int]) -> Mapping[int, Mapping[str, str]]:
    """link id -> its secret and code, of those that still open something: what the mail says."""
    rows = work.session.execute(
        select(SignInLink, Person.data_key_id)
        .join(Principal, Principal.id == SignInLink.principal_id)
        .join(Person, Person.id == Principal.person_id)
        .where(SignInLink.id.in_(list(link_ids)), Person.data_key_id.is_not(None))
    )
    found = {}
    for link, key_id in rows:
        if link.sealed and key_id and is_open(link, work.now):
            told = work.vault.unseal(work.key(key_id), link.sealed, _context(link.id)).decode()
            found[link.id] = {"secret": told[:SECRET], "code": told[SECRET:]}
    return found


def use_code(work: Work, browser: str, code: str, device: Device) -> str | None:
    """The secret of a new session; None when this browser asked for no such code, or has guessed too often."""
    digits = "".join(one for one in code if one.isdigit())
    mine = select(SignInLink).where(SignInLink.browser_hash == hash_secret(browser)).with_for_update()
    for link in work.session.scalars(mine.order_by(SignInLink.id.desc())):
        if not is_open(link, work.now) or link.tries >= TRIES or link.code_hash is None:
            continue
        link.tries += 1
        if hmac.compare_digest(link.code_hash, _code_hash(browser, digits)):
            return use(work, link, "mail", device)
    return None


def was_asked_here(session: orm.Session, secret: str, browser: str, now: datetime) -> bool:
    """May this link be used in this browser, as far as the link itself says? True for one that nobody knows: whoever looks
    at a page about a link learns nothing of it."""
    link = session.scalars(select(SignInLink).where(SignInLink.secret_hash == hash_secret(secret))).first()
    return link is None or not is_open(link, now) or link.browser_hash in {None, hash_secret(browser)}


def _code_hash(browser: str, code: str) -> bytes:
    """Of the code with what only the asking browser holds: whoever reads the table cannot try all codes."""
    return hashlib.sha256(f"{browser}\0{code}".encode()).digest()


def _context(link_id: int) -> str:
    return f"sign_in_links.sealed:{link_id}"
