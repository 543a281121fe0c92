"""Questions that are answered once, soon, in the browser that asked: what a passkey signs, what a provider sends back."""

from datetime import timedelta

from sqlalchemy import select

from hub.access.sessions import hash_secret
from hub.models import Challenge
from hub.work import Work

LASTS = timedelta(minutes=5)


def ask(work: Work, value: bytes, browser: str, principal_id: int | None = None, lasts: timedelta = LASTS) -> None:
    ends = work.now + lasts
    work.add(Challenge(value=value, browser_hash=hash_secret(browser), principal_id=principal_id, expires_at=ends))


def answered(work: Work, value: bytes, browser: str, principal_id: int | None = None) -> bool:
    """Is this our own question, asked here, just now and of them? Then it is used up, whether the rest is right or not."""
    row = work.session.scalars(select(Challenge).where(Challenge.value == value).with_for_update()).first()
    if (
        row is None
        or row.used_at is not None
        or row.expires_at <= work.now
        or row.browser_hash != hash_secret(browser)
        or row.principal_id != principal_id
    ):
        return False
    row.used_at = work.now
    return True
