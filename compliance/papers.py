"""The files among what is handed over: a person's documents, opened one after the other while the pack is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select

from hub.core import Hub
from hub.errors import Unreadable
from hub.flow import documents
from hub.models import Customer, Document, called

ENDINGS = {
    "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4",
    "video/webm": "webm", "video/quicktime": "mov",
}  # fmt: skip


@dataclass(frozen=True)
class File:
    """name: in the pack, `files/2026-05-04-invoice-1.pdf`; no title, as titles may be no name of a file."""

    hub: Hub
    document_id: int
    name: str

    def open(self) -> BinaryIO | None:
        """None: the person was erased, or the file has gone, since the list was made."""
        with self.hub.look() as session:
            row = session.get(Document, self.document_id)
            try:
                return documents.open_file(self.hub, session, row) if row else None
            except (OSError, Unreadable):
                return None


def files_of(hub: Hub, customer_ref: str) -> Iterator[File]:
    """Those that were released: what waits for a scanner could harm whoever opens it, and is in the tables."""
    mine = select(Document).join(Customer, Customer.id == Document.customer_id)
    released = mine.where(called(customer_ref), Document.state == "released")
    with hub.look() as session:
        rows = list(session.scalars(released.order_by(Document.issued_on, Document.id)))
    for number, row in enumerate(rows, 1):
        ending = ENDINGS.get(row.media, "bin")
        yield File(hub, row.id, f"files/{row.issued_on:%Y-%m-%d}-{row.kind}-{number}.{ending}")
