"""One estimate, and how far its order is, shown to somebody without an account: by an address that opens once, for a time."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.models import Customer, Estimate, GuestLink, Person, new_ref
from hub.vault import Vault
from hub.work import Work

LASTS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
SITTING = timedelta(minutes=30)  # how long what was opened stays open
SEES = ("driver", "payer")
MOST = 5  # of an estimate that stand at once


@dataclass(frozen=True)
class Came:
    """A link that was opened, and what the browser keeps of it."""

    link: GuestLink
    estimate: Estimate
    token: str = field(repr=False)


def invite(work: Work, customer_id: int, estimate_ref: str, sees: str, lasts: timedelta, by: str) -> str:
    """The secret of a new link, for its address; shown this once. Raises NotFound, WrongInput."""
    mine = (Estimate.ref == estimate_ref, Estimate.customer_id == customer_id, Estimate.state != "withdrawn")
    estimate = work.session.scalars(select(Estimate).where(*mine)).first()
    if estimate is None:
        raise NotFound("There is no such estimate among yours.", "Those that wait stand under Estimates.")
    if sees not in SEES or lasts not in LASTS:
        raise WrongInput("This cannot be shown like that.", "Choose what they see and one of the times.")
    standing = select(GuestLink.id).where(GuestLink.estimate_id == estimate.id, _stands(work.now))
    if len(work.session.scalars(standing).all()) >= MOST:
        raise WrongInput("Five addresses of this estimate wait already.", "End one of them first.")
    secret = secrets.token_urlsafe(32)
    row = GuestLink(id=work.ids.next(), ref=new_ref(), secret_hash=_hash(work.vault, secret), customer_id=customer_id,
                    estimate_id=estimate.id, sees=sees, made_at=work.now, expires_at=work.now + lasts, opens=0)  # fmt: skip
    work.add(row)
    work.audit(
        by, "guest_link_made", "estimate", estimate.id, link=row.ref, sees=sees, until=row.expires_at.isoformat()
    )
    return secret


def come(work: Work, secret: str) -> Came | None:
    """None: no such link, used, ended or over, which is all the same to whoever asks."""
    wanted = _whole().where(GuestLink.secret_hash == _hash(work.vault, secret), _stands(work.now))
    found = work.session.execute(wanted.with_for_update(of=GuestLink)).first()
    if found is None:
        return None
    row, estimate = found
    row.opens, row.opened_at = row.opens + 1, work.now
    work.audit(f"guest:{row.ref}", "guest_link_opened", "estimate", estimate.id, link=row.ref)
    until = int(min(row.expires_at, work.now + SITTING).timestamp())
    return Came(row, estimate, f"{row.ref}.{until}.{_proof(work.vault, row.ref, until)}")


def came_before(hub: Hub, session: Session, token: str) -> Came | None:
    """What a browser shows that has opened it: good until it ends, the link is ended, or the person is erased."""
    ref, _, rest = token.partition(".")
    until, _, proof = rest.partition(".")
    if len(token) > 200 or not until.isdecimal() or int(until) <= hub.clock().timestamp():
        return None
    if not hmac.compare_digest(proof.encode(), _proof(hub.vault, ref, int(until)).encode()):
        return None
    found = session.execute(_whole().where(GuestLink.ref == ref, GuestLink.revoked_at.is_(None))).first()
    return Came(found[0], found[1], token) if found else None


def end(work: Work, customer_id: int, ref: str, by: str) -> str:
    """The ref of the estimate it showed. Raises NotFound for another's link."""
    found = work.session.execute(_whole().where(GuestLink.ref == ref, GuestLink.customer_id == customer_id)).first()
    if found is None:
        raise NotFound("There is no such address.")
    row, estimate = found
    if row.revoked_at is None:
        row.revoked_at = work.now
        work.audit(by, "guest_link_ended", "estimate", estimate.id, link=row.ref)
    return str(estimate.ref)


def links_of(session: Session, customer_id: int, estimate_ref: str) -> Sequence[GuestLink]:
    """The latest first, ended ones too: whether they were opened can still be told."""
    mine = (GuestLink.customer_id == customer_id, Estimate.ref == estimate_ref)
    wanted = select(GuestLink).join(Estimate, Estimate.id == GuestLink.estimate_id).where(*mine)
    return session.scalars(wanted.order_by(GuestLink.id.desc()).limit(2 * MOST)).all()


def _stands(now: datetime) -> ColumnElement[bool]:
    return (GuestLink.opens == 0) & GuestLink.revoked_at.is_(None) & (GuestLink.expires_at > now)


def _whole() -> Select[GuestLink, Estimate]:
    """With the estimate while it is still that customer's, and their data may be used."""
    return (
        select(GuestLink, Estimate)
        .join(Estimate, (Estimate.id == GuestLink.estimate_id) & (Estimate.customer_id == GuestLink.customer_id))
        .join(Customer, Customer.id == GuestLink.customer_id)
        .join(Person, Person.id == Customer.person_id)
        .where(Estimate.state != "withdrawn", Person.data_key_id.is_not(None), Person.restricted_at.is_(None))
    )


def _hash(vault: Vault, secret: str) -> bytes:
    return vault.fingerprint("guest_link", secret)


def _proof(vault: Vault, ref: str, until: int) -> str:
    return vault.fingerprint("guest_came", ref, str(until)).hex()
