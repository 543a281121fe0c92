"""One document shown to one recipient who has no account: for a short time, a few times, counted, and ended at will."""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import viewing
from hub.flow.viewing import Look
from hub.models import Customer, Document, DocumentShare, Person, new_ref
from hub.vault import OpenKey, Vault
from hub.work import Work

SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another
LENGTH = 8  # 39 bits; after WRONG guesses the share has ended
WRONG = 5
OPENS = 3
LASTS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
SITTING = timedelta(minutes=30)  # how long what was opened stays open
MOST_RECIPIENT = 80
CODE = re.compile(r"[^0-9A-Z]")


@dataclass(frozen=True)
class Opened:
    """A share that was opened: whose document, the number of this opening, and what the browser keeps of it."""

    share_id: int
    document: Document
    number: int
    token: str = field(repr=False)


def share(work: Work, document: Document, recipient: str, lasts: timedelta, by: str) -> tuple[DocumentShare, str]:
    """The share and its code, which is told to the recipient by another way than the address and is kept nowhere.

    Raises WrongInput."""
    name = recipient.strip()[:MOST_RECIPIENT]
    if not name:
        raise WrongInput("Say for whom it is.", "Their name is shown to you when they have opened it.")
    if lasts not in LASTS or document.state != "released":
        raise WrongInput("This cannot be shared.", "Choose one of the times, and a document that is ready.")
    code = "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
    row = DocumentShare(id=work.ids.next(), ref=new_ref(), document_id=document.id, made_at=work.now, most_opens=OPENS,
                        expires_at=work.now + lasts, opens=0, wrong=0)  # fmt: skip
    row.code_hash = _hash(work.vault, row.ref, code)
    key = work.session.scalar(select(Person.data_key_id).join(Customer).where(Customer.id == document.customer_id))
    row.recipient = work.vault.seal(work.key(key), name.encode(), f"document_shares.recipient:{row.id}")
    work.audit(by, "document_shared", "document", document.id, share=row.id, until=row.expires_at.isoformat())
    return work.add(row), f"{code[:4]}-{code[4:]}"


def open_share(work: Work, ref: str, code: str) -> Opened | None:
    """None: no such share, ended, used up, or the wrong code, which is all the same to whoever asks."""
    found = work.session.execute(_with_document(ref).with_for_update(of=DocumentShare)).first()
    if found is None or not stands(found[0], work.now) or found[0].opens >= found[0].most_opens:
        return None
    row: DocumentShare = found[0]
    if not hmac.compare_digest(row.code_hash, _hash(work.vault, ref, CODE.sub("", code.upper()))):
        row.wrong += 1
        return None
    row.opens += 1
    row.opened_at = work.now
    viewing.write(work, row.document_id, Look("share", row.id, row.opens))
    until = min(row.expires_at, work.now + SITTING)
    return Opened(row.id, found[1], row.opens, _token(work.vault, ref, row.opens, int(until.timestamp())))


def opened_before(hub: Hub, session: Session, ref: str, token: str) -> Opened | None:
    """What a browser shows that has opened it: good until it ends, the share is ended, or the person is erased."""
    number, _, rest = token.partition(".")
    until, _, _ = rest.partition(".")
    if not (number.isdecimal() and until.isdecimal() and len(token) < 100) or int(until) <= hub.clock().timestamp():
        return None
    if not hmac.compare_digest(token.encode(), _token(hub.vault, ref, int(number), int(until)).encode()):
        return None
    found = session.execute(_with_document(ref)).first()
    return Opened(found[0].id, found[1], int(number), token) if found and stands(found[0], hub.clock()) else None


def stands(row: DocumentShare, now: datetime) -> bool:
    return row.revoked_at is None and row.expires_at > now and row.wrong < WRONG


def revoke(work: Work, customer_id: int, ref: str, by: str) -> Document:
    """Raises NotFound for another's share."""
    mine = _with_document(ref).where(Document.customer_id == customer_id)
    found = work.session.execute(mine).first()
    if found is None:
        raise NotFound("There is no such share.")
    if found[0].revoked_at is None:
        found[0].revoked_at = work.now
        work.audit(by, "document_share_ended", "document", found[1].id, share=found[0].id)
    document: Document = found[1]
    return document


def shares_of(session: Session, document_ids: Sequence[int]) -> list[DocumentShare]:
    """The latest first, ended ones too: who looked by them can still be told."""
    mine = select(DocumentShare).where(DocumentShare.document_id.in_(document_ids))
    return list(session.scalars(mine.order_by(DocumentShare.id.desc())))


def recipients(
    hub: Hub, session: Session, customer_id: int, rows: Sequence[DocumentShare], key: OpenKey | None = None
) -> dict[int, str]:
    """Their names by the share's id. key: the customer's, where it is open already."""
    if not rows:
        return {}
    if key is None:
        key_id = session.scalar(select(Person.data_key_id).join(Customer).where(Customer.id == customer_id))
        key = hub.vault.open_key(session, key_id)
    return {
        row.id: hub.vault.unseal(key, row.recipient, f"document_shares.recipient:{row.id}").decode()
        for row in rows
        if row.recipient
    }


def _with_document(ref: str) -> Select[DocumentShare, Document]:
    shared = select(DocumentShare, Document).join(Document, Document.id == DocumentShare.document_id)
    return shared.where(DocumentShare.ref == ref, Document.state == "released")


def _hash(vault: Vault, ref: str, code: str) -> bytes:
    return vault.fingerprint("share_code", ref, code)


def _token(vault: Vault, ref: str, number: int, until: int) -> str:
    return f"{number}.{until}.{vault.fingerprint('share_opened', ref, str(number), str(until)).hex()}"
