"""Documents of a customer, who looked at them, and with whom they were shared; the bytes themselves lie in the region's files."""

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import ACCESS, DOCUMENT, DOCUMENT_REF, KEY, SEALED


class Document(Regional, Base):
    """kind: invoice, warranty, photo, video or paper. state: released, checking (waits for a scanner), converting (is made
    playable) or refused, with a `reason` in one word; only what is released is served.

    key_hash: keyed hash of the connection's own key, so that what is told twice is one. content_hash: keyed hash of the
    bytes that were sent; sent: their SHA-256 under the person's key, from which another home makes its own keyed hash (None: from
    before it was kept). file: its name in the region's files; key: the document's own key, sealed under the person's: erasing the
    person shreds every copy of the file. size: bytes. progress: of `converting`, in percent. issued_on, ends_on: of a
    paper; a warranty ends. lease_until: until when a worker is at it."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("connection_id", "key_hash"),
        Index(None, "customer_id", "state", "issued_on"),
        Index(None, "vehicle_id"),
        Index(None, "visit_id"),
        Index(None, "file", unique=True),
        Index(None, "state", "lease_until"),
        Index(None, "kind", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=DOCUMENT)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=DOCUMENT_REF)
    customer_id: Mapped[int] = mapped_column(points_at("customers.id"), info=DOCUMENT_REF)
    vehicle_id: Mapped[int | None] = mapped_column(points_at("vehicles.id"), info=DOCUMENT_REF)
    visit_id: Mapped[int | None] = mapped_column(points_at("visits.id"), info=DOCUMENT_REF)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=DOCUMENT)
    key_hash: Mapped[bytes] = mapped_column(info=DOCUMENT_REF)
    content_hash: Mapped[bytes] = mapped_column(info=DOCUMENT_REF)
    sent: Mapped[bytes | None] = mapped_column(info=DOCUMENT_REF)
    kind: Mapped[str] = mapped_column(String(16), info=DOCUMENT)
    title: Mapped[bytes | None] = mapped_column(info=SEALED)
    media: Mapped[str] = mapped_column(String(80), info=DOCUMENT)
    size: Mapped[int] = mapped_column(info=DOCUMENT)
    file: Mapped[str] = mapped_column(String(32), info=DOCUMENT)
    key: Mapped[bytes] = mapped_column(info=KEY)
    state: Mapped[str] = mapped_column(String(16), info=DOCUMENT)
    reason: Mapped[str] = mapped_column(String(40), default="", info=DOCUMENT)
    progress: Mapped[int] = mapped_column(default=0, info=DOCUMENT)
    attempts: Mapped[int] = mapped_column(default=0, info=DOCUMENT)
    lease_until: Mapped[datetime | None] = mapped_column(info=DOCUMENT)
    issued_on: Mapped[date] = mapped_column(info=DOCUMENT)
    ends_on: Mapped[date | None] = mapped_column(info=DOCUMENT)
    brought_by: Mapped[int | None] = mapped_column(info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=DOCUMENT)


class DocumentShare(Regional, Base):
    """One document for one recipient, for a short time. The address holds `ref`, which is no secret; the code is told by
    another way and only its hash is kept. opens: how often it was opened with the code; wrong: how often with another."""

    __tablename__ = "document_shares"
    __table_args__ = (Index(None, "document_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=DOCUMENT)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=DOCUMENT_REF)
    document_id: Mapped[int] = mapped_column(points_at("documents.id"), info=DOCUMENT_REF)
    recipient: Mapped[bytes | None] = mapped_column(info=SEALED)
    code_hash: Mapped[bytes] = mapped_column(info=ACCESS)
    made_at: Mapped[datetime] = mapped_column(info=DOCUMENT)
    expires_at: Mapped[datetime] = mapped_column(info=DOCUMENT)
    most_opens: Mapped[int] = mapped_column(info=DOCUMENT)
    opens: Mapped[int] = mapped_column(default=0, info=DOCUMENT)
    wrong: Mapped[int] = mapped_column(default=0, info=DOCUMENT)
    opened_at: Mapped[datetime | None] = mapped_column(info=DOCUMENT)
    revoked_at: Mapped[datetime | None] = mapped_column(info=DOCUMENT)


class DocumentView(Regional, Base):
    """Somebody looked, once per sitting however many stretches were fetched. viewer: customer, staff or share; viewer_id:
    the principal or the share; sitting: the session, or the opening of the share. how: seen or downloaded."""

    __tablename__ = "document_views"
    __table_args__ = (
        UniqueConstraint("document_id", "viewer", "viewer_id", "sitting", "how"),
        Index(None, "document_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=DOCUMENT)
    document_id: Mapped[int] = mapped_column(points_at("documents.id"), info=DOCUMENT_REF)
    viewer: Mapped[str] = mapped_column(String(16), info=ACCESS)
    viewer_id: Mapped[int] = mapped_column(info=ACCESS)
    sitting: Mapped[int] = mapped_column(info=ACCESS)
    how: Mapped[str] = mapped_column(String(16), info=DOCUMENT)
    at: Mapped[datetime] = mapped_column(info=DOCUMENT)
