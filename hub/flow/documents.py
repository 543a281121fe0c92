"""Documents: a file of its own key first, then the row that wraps the key under the person's; opened at any place, swept when nobody's."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, Unreadable, WrongInput
from hub.files import PART
from hub.flow.batches import batches
from hub.flow.drafts import Stored
from hub.models import Customer, Document, Person, new_ref
from hub.vault import FrameReader, OpenKey, Vault
from hub.work import Work

KINDS = ("invoice", "warranty", "photo", "video", "paper")
SHELVES = 256
TURN = 60  # minutes in which every shelf is looked at once
ORPHAN = 3600.0  # seconds after which a file without a row is nobody's: its row would have followed it at once
MOST_TITLE = 120


@dataclass(frozen=True)
class Paper:
    """What a document is, apart from its bytes. key: the connection's own name of it; media: a MIME type. sent: SHA-256 of
    what was sent, where something else is kept."""

    key: str
    kind: str
    title: str
    media: str
    issued_on: date
    ends_on: date | None = None
    vehicle_id: int | None = None
    visit_id: int | None = None
    state: str = "released"
    reason: str = ""
    sent: bytes = b""


def keep(work: Work, connection_id: int, customer: Customer, paper: Paper, stored: Stored, by: int | None) -> Document:
    """The row of a stored file; by: the principal who brought it. Raises NotFound for somebody who was erased."""
    if paper.kind not in KINDS:
        raise WrongInput(f"There is no kind of document “{paper.kind[:20]}”.", f"One of: {', '.join(KINDS)}.")
    person = work.session.get_one(Person, customer.person_id)
    if person.erased_at is not None:
        raise NotFound("There is no such customer.")
    row = Document(id=work.ids.next(), ref=new_ref(), customer_id=customer.id, connection_id=connection_id, brought_by=by,
                   key_hash=hash_of(work.vault, connection_id, paper.key), made_at=work.now, kind=paper.kind,
                   issued_on=paper.issued_on, ends_on=paper.ends_on, vehicle_id=paper.vehicle_id, visit_id=paper.visit_id,
                   state=paper.state, reason=paper.reason, progress=0, attempts=0)  # fmt: skip
    title = paper.title.strip()[:MOST_TITLE].encode()
    row.title = work.vault.seal(work.key(person.data_key_id), title, f"documents.title:{row.id}") if title else None
    fill(work, row, person.data_key_id, paper.media, stored)
    mark_sent(work, row, person.data_key_id, paper.sent or stored.digest)
    return work.add(row)


def mark_sent(work: Work, row: Document, data_key_id: int | None, digest: bytes) -> None:
    """Of what was sent, by which it is known when it is sent again: here, and at another home of the person."""
    row.content_hash = content_hash(work.vault, digest)
    row.sent = work.vault.seal(work.key(data_key_id), digest, sent_context(row.id))


def sent_context(document_id: int) -> str:
    return f"documents.sent:{document_id}"


def fill(work: Work, row: Document, data_key_id: int | None, media: str, stored: Stored) -> str:
    """Let a row stand for these bytes; answers the file it stood for before, which is nobody's after the commit."""
    before, row.file, row.media, row.size = row.file or "", stored.file, media, stored.size
    row.key = work.vault.seal(work.key(data_key_id), stored.key, key_context(row.id, stored.file))
    return before


def key_context(document_id: int, file: str) -> str:
    """What a document's key is bound to."""
    return f"documents.key:{document_id}:{file}"


def content_hash(vault: Vault, digest: bytes) -> bytes:
    """Keyed hash of what was sent."""
    return vault.fingerprint("document", digest.hex())


def hash_of(vault: Vault, connection_id: int, key: str) -> bytes:
    return vault.fingerprint("document_key", str(connection_id), key)


def known(work: Work, connection_id: int, key: str) -> Document | None:
    """What this connection told under this key before."""
    mine = (Document.connection_id == connection_id, Document.key_hash == hash_of(work.vault, connection_id, key))
    return work.session.scalars(select(Document).where(*mine).with_for_update()).first()


def came_along(work: Work, customer_id: int, digest: bytes) -> Document | None:
    """The same bytes among what came along when the person's home moved here; nobody here has told of it yet."""
    same = (Document.customer_id == customer_id, Document.content_hash == content_hash(work.vault, digest))
    rows = work.session.scalars(select(Document).where(*same).with_for_update())
    return next((row for row in rows if row.key_hash == moved_hash(work.vault, row.id)), None)


def moved_hash(vault: Vault, document_id: int) -> bytes:
    """In place of a key that a connection of another home had for it."""
    return vault.fingerprint("moved_document", str(document_id))


# --- reading -------------------------------------------------------------------------------------------------------


def of_customer(customer_id: int, kinds: Sequence[str] = ()) -> Select[Document]:
    """Their documents, the latest first; whatever is refused is no document."""
    mine = select(Document).where(Document.customer_id == customer_id, Document.state != "refused")
    mine = mine.where(Document.kind.in_(kinds)) if kinds else mine
    return mine.order_by(Document.issued_on.desc(), Document.id.desc())


def find(session: Session, customer_id: int, ref: str) -> Document:
    """Theirs, or nobody's: another's document and none at all are the same. Raises NotFound."""
    row = session.scalars(of_customer(customer_id).where(Document.ref == ref)).first()
    if row is None:
        raise NotFound("There is no such document.", "Look into the list of your documents.")
    return row


def titles(
    hub: Hub, session: Session, customer_id: int, rows: Sequence[Document], key: OpenKey | None = None
) -> dict[int, str]:
    """By id; rows of one customer, so one key opens them all. key: theirs, where it is open already."""
    if not any(row.title for row in rows):
        return {}
    key = key or hub.vault.open_key(session, _data_key(session, customer_id))
    return {row.id: hub.vault.unseal(key, row.title, f"documents.title:{row.id}").decode() for row in rows if row.title}


def open_file(hub: Hub, session: Session, row: Document) -> BinaryIO:
    """Seekable, one frame of 64 KiB in memory. Raises Unreadable where the person, or the file, is gone."""
    key = hub.vault.open_key(session, _data_key(session, row.customer_id))
    own = hub.vault.unseal(key, row.key, key_context(row.id, row.file))
    file = hub.files.open(row.file)
    try:
        reader = FrameReader(file, own, hub.region_code)
        if reader.size != row.size:
            raise Unreadable("The file of this document has another length than it was stored with.")
    except Unreadable:
        file.close()
        raise
    return cast(BinaryIO, io.BufferedReader(reader))


def _data_key(session: Session, customer_id: int) -> int | None:
    return session.scalar(select(Person.data_key_id).join(Customer).where(Customer.id == customer_id))


# --- sweeping ------------------------------------------------------------------------------------------------------


def sweep(hub: Hub, now: datetime) -> int:
    """Remove files that no row knows: their upload broke off, they were replaced, or their person was erased and they
    are unreadable since. Called once a minute, looks at every shelf within the hour; answers how many went."""
    turn = int(now.timestamp()) // 60 % TURN
    return sum(_sweep_shelf(hub, number) for number in range(turn, SHELVES, TURN))


def _sweep_shelf(hub: Hub, number: int) -> int:
    old = [name for name, age in hub.files.shelf(number) if age > ORPHAN]
    with hub.look() as session:
        alive = {
            name
            for batch in batches([name for name in old if not name.endswith(PART)])
            for name in session.scalars(select(Document.file).where(Document.file.in_(batch)))
        }
    gone = [name for name in old if name not in alive]
    for name in gone:
        hub.files.remove(name)
    return len(gone)
