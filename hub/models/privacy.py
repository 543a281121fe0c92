"""What the law asks us to be able to show: consent, holds, tombstones, transfer questions, requests. Refs only."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.models.base import Base, Regional, points_at
from hub.models.classify import INDEX, PLAIN, PROOF, SEALED, STATUTORY, STATUTORY_SEALED

# Requests that wait for an answer are read in the order of their days. Spelled out, as a plan goes by an index of some rows only where
# it can see that these are the ones.
SETTLED = ("certified", "refused", "answered", "withdrawn")
_SETTLED = [f"'{state}'" for state in SETTLED]
_UNSETTLED = text(f"state NOT IN ({', '.join(_SETTLED)})")


def unsettled(of: type["ErasureRequest"] | type["PersonRequest"]) -> ColumnElement[bool]:
    """Those that nobody has answered yet."""
    return of.state.not_in([literal_column(state) for state in _SETTLED])


class Notice(Base):
    """A version of a consent text: hash of purpose, text, language and layout. material: raised by a person when a change
    means something new; a consent given under a lower one is asked for again."""

    __tablename__ = "notices"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True, info=PLAIN)
    purpose: Mapped[str] = mapped_column(String(40), info=PLAIN)
    language: Mapped[str] = mapped_column(String(8), info=PLAIN)
    text: Mapped[str] = mapped_column(info=PLAIN)
    layout: Mapped[str] = mapped_column(String(40), default="", info=PLAIN)
    material: Mapped[int] = mapped_column(default=1, info=PLAIN)
    made_at: Mapped[datetime] = mapped_column(info=PLAIN)


class Consent(Regional, Base):
    """Append-only: the latest row per person, purpose and channel stands. state: granted or withdrawn. how: portal,
    double_opt_in, signal (the browser's), desk, objection, or empty where a partner told us. language: of the text they saw."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(None, "person_id", "purpose", "channel", "at"),
        UniqueConstraint("connection_id", "source_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=PROOF)
    purpose: Mapped[str] = mapped_column(String(40), info=PROOF)
    channel: Mapped[str] = mapped_column(String(16), info=PROOF)
    state: Mapped[str] = mapped_column(String(16), info=PROOF)
    notice: Mapped[str] = mapped_column(String(64), info=PROOF)
    at: Mapped[datetime] = mapped_column(info=PROOF)
    received_at: Mapped[datetime] = mapped_column(info=PROOF)
    connection_id: Mapped[int] = mapped_column(points_at("connections.id"), info=PROOF)
    source_hash: Mapped[bytes] = mapped_column(info=PROOF)
    how: Mapped[str] = mapped_column(String(24), default="", info=PROOF)
    language: Mapped[str] = mapped_column(String(8), default="", info=PROOF)


class ConsentAsk(Regional, Base):
    """The first step of a double opt-in: given on a page, waiting for the word from the mailbox. ref: in the mail's link."""

    __tablename__ = "consent_asks"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PROOF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=PROOF)
    purpose: Mapped[str] = mapped_column(String(40), info=PROOF)
    channel: Mapped[str] = mapped_column(String(16), info=PROOF)
    notice: Mapped[str] = mapped_column(String(64), info=PROOF)
    language: Mapped[str] = mapped_column(String(8), info=PROOF)
    asked_at: Mapped[datetime] = mapped_column(info=PROOF)
    expires_at: Mapped[datetime] = mapped_column(info=PROOF)
    settled_at: Mapped[datetime | None] = mapped_column(info=PROOF)


class Tombstone(Regional, Base):
    """An alias of somebody who was erased: whoever comes in with it is not made anew. Keyed hash, and it expires."""

    __tablename__ = "tombstones"
    __table_args__ = (Index(None, "kind", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    kind: Mapped[str] = mapped_column(String(24), info=PROOF)
    hash: Mapped[bytes] = mapped_column(info=INDEX)
    made_at: Mapped[datetime] = mapped_column(info=PROOF)
    expires_at: Mapped[datetime] = mapped_column(info=PROOF)


class LegalHold(Regional, Base):
    """Nothing of this record set of this person may be deleted until it is released or ends."""

    __tablename__ = "legal_holds"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=PROOF)
    record_set: Mapped[str] = mapped_column(String(40), info=PROOF)
    purpose: Mapped[str] = mapped_column(String(80), info=PROOF)
    basis: Mapped[str] = mapped_column(String(200), info=PROOF)
    owner: Mapped[str] = mapped_column(String(80), info=PROOF)
    placed_at: Mapped[datetime] = mapped_column(info=PROOF)
    ends_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    released_at: Mapped[datetime | None] = mapped_column(info=PROOF)


class TransferQuestion(Regional, Base):
    """A delivery whose record declares residence elsewhere; it waits, quarantined, for a person's word."""

    __tablename__ = "transfer_questions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    delivery_id: Mapped[int] = mapped_column(points_at("deliveries.id"), unique=True, info=PROOF)
    declared: Mapped[str] = mapped_column(String(8), info=PROOF)
    asked_at: Mapped[datetime] = mapped_column(info=PROOF)
    answered_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    answer: Mapped[str | None] = mapped_column(String(40), info=PROOF)


class ErasureRequest(Regional, Base):
    """Somebody is to be forgotten. state: received, verified, planned, approved, telling, held, certified or refused.

    cause: `wish` of the person, or `move` of their home and `retention` of a stranger's words, which nobody asked for. came_by: how the
    wish came in (compliance.coming), empty for no wish and for those of before.
    plan: one item per record set, with its verb and reason, as decided under `policy` (hash of the rules in force)."""

    __tablename__ = "erasure_requests"
    __table_args__ = (
        Index(None, "person_id"),
        Index(None, "state"),
        Index(None, "due_on", "id", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PROOF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=PROOF)
    jurisdiction: Mapped[str] = mapped_column(String(8), info=PROOF)
    came_by: Mapped[str] = mapped_column(String(16), default="", server_default="", info=PROOF)
    cause: Mapped[str] = mapped_column(String(12), default="wish", server_default="wish", info=PROOF)
    state: Mapped[str] = mapped_column(String(16), info=PROOF)
    asked_at: Mapped[datetime] = mapped_column(info=PROOF)
    due_on: Mapped[date] = mapped_column(info=PROOF)
    asked_by: Mapped[str] = mapped_column(String(80), info=PROOF)
    verified_by: Mapped[str | None] = mapped_column(String(80), info=PROOF)
    approved_by: Mapped[str | None] = mapped_column(String(80), info=PROOF)
    policy: Mapped[str | None] = mapped_column(String(64), info=PROOF)
    plan: Mapped[dict[str, Any] | None] = mapped_column(info=PROOF)
    finished_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    certificate: Mapped[dict[str, Any] | None] = mapped_column(info=PROOF)


class ArchivedInvoice(Regional, Base):
    """What a tax law wants kept of an invoice whose person was erased; nothing of the house reads it but the archive itself.

    law, source: whose law, and the place of it, as they were when it was put away. ends_at: when its own key is shredded. sealed:
    JSON under that key (compliance.archives). made_of: keyed hash of the row it was made of, so that it is put away once."""

    __tablename__ = "archived_invoices"
    __table_args__ = (Index(None, "person_id"), Index(None, "ends_at", "id"), Index(None, "data_key_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=STATUTORY)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=STATUTORY)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=STATUTORY)
    law: Mapped[str] = mapped_column(String(8), info=STATUTORY)
    source: Mapped[str] = mapped_column(String(200), info=STATUTORY)
    archived_at: Mapped[datetime] = mapped_column(info=STATUTORY)
    ends_at: Mapped[datetime] = mapped_column(info=STATUTORY)
    data_key_id: Mapped[int] = mapped_column(points_at("data_keys.id"), info=STATUTORY)
    sealed: Mapped[bytes] = mapped_column(info=STATUTORY_SEALED)
    made_of: Mapped[bytes] = mapped_column(unique=True, info=INDEX)


class Move(Regional, Base):
    """A person's home moves to another region. state: planned, copied, switched, leaving (the erasure here is under way) or
    certified. erasure: the request by which this home forgets. certificate: signed by both regions, kept in both."""

    __tablename__ = "moves"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PROOF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=PROOF)
    from_region: Mapped[str] = mapped_column(String(8), info=PROOF)
    to_region: Mapped[str] = mapped_column(String(8), info=PROOF)
    reason: Mapped[str] = mapped_column(String(200), info=PROOF)
    state: Mapped[str] = mapped_column(String(16), info=PROOF)
    asked_by: Mapped[str] = mapped_column(String(80), info=PROOF)
    asked_at: Mapped[datetime] = mapped_column(info=PROOF)
    plan: Mapped[dict[str, Any]] = mapped_column(info=PROOF)
    erasure: Mapped[str | None] = mapped_column(String(32), info=PROOF)
    switched_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    finished_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    certificate: Mapped[dict[str, Any] | None] = mapped_column(info=PROOF)


class PersonRequest(Regional, Base):
    """What a person asks beside being forgotten. kind: access, portability, rectification, restriction, objection, review.
    scope: of an objection marketing or profiling, of a review the decision it is about (`segment:regulars`), else empty.
    state: received, verified, answered, refused or withdrawn.

    came_by: how it came in (compliance.coming). wish, answer: JSON under the person's key. due_on: the day by which they must be
    answered, as moved by the one extension and by the days the clock stood. outcome: what became of it, in one word.
    ended_at: of a restriction or objection, when it ceased to bind."""

    __tablename__ = "person_requests"
    __table_args__ = (
        Index(None, "person_id", "kind"),
        Index(None, "state", "due_on"),
        Index(None, "due_on", "id", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PROOF)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PROOF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), info=PROOF)
    kind: Mapped[str] = mapped_column(String(16), info=PROOF)
    scope: Mapped[str] = mapped_column(String(80), default="", info=PROOF)
    jurisdiction: Mapped[str] = mapped_column(String(8), info=PROOF)
    state: Mapped[str] = mapped_column(String(16), info=PROOF)
    came_by: Mapped[str] = mapped_column(String(16), info=PROOF)
    asked_by: Mapped[str] = mapped_column(String(80), info=PROOF)
    asked_at: Mapped[datetime] = mapped_column(info=PROOF)
    due_on: Mapped[date] = mapped_column(info=PROOF)
    wish: Mapped[bytes | None] = mapped_column(info=SEALED)
    verified_by: Mapped[str | None] = mapped_column(String(80), info=PROOF)
    verified_how: Mapped[str | None] = mapped_column(String(40), info=PROOF)
    paused_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    extended_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    extended_for: Mapped[str | None] = mapped_column(String(40), info=PROOF)
    settled_by: Mapped[str | None] = mapped_column(String(80), info=PROOF)
    settled_at: Mapped[datetime | None] = mapped_column(info=PROOF)
    outcome: Mapped[str | None] = mapped_column(String(40), info=PROOF)
    answer: Mapped[bytes | None] = mapped_column(info=SEALED)
    ended_at: Mapped[datetime | None] = mapped_column(info=PROOF)


class Breach(Regional, Base):
    """Personal data got lost, altered or seen by whom it should not. kind: confidentiality, integrity or availability. risk:
    unknown, none, risk or high. began_at, ended_at: of what happened; noticed_at: since when we know. source: by which traces who
    is affected was found (`actor`, `connection` or `everybody`, and its name). summary, measures: no names."""

    __tablename__ = "breaches"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=PLAIN)
    ref: Mapped[str] = mapped_column(String(32), unique=True, info=PLAIN)
    kind: Mapped[str] = mapped_column(String(16), info=PLAIN)
    risk: Mapped[str] = mapped_column(String(8), info=PLAIN)
    summary: Mapped[str] = mapped_column(String(400), info=PLAIN)
    measures: Mapped[str] = mapped_column(String(400), default="", info=PLAIN)
    began_at: Mapped[datetime] = mapped_column(info=PLAIN)
    ended_at: Mapped[datetime] = mapped_column(info=PLAIN)
    noticed_at: Mapped[datetime] = mapped_column(info=PLAIN)
    noted_by: Mapped[str] = mapped_column(String(80), info=PLAIN)
    source: Mapped[str] = mapped_column(String(80), default="", info=PLAIN)
    assessed_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    closed_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class BreachClock(Regional, Base):
    """The clock of one law. people: of theirs who are affected. due_at: by when the authority must know."""

    __tablename__ = "breach_clocks"

    breach_id: Mapped[int] = mapped_column(points_at("breaches.id"), primary_key=True, info=PLAIN)
    law: Mapped[str] = mapped_column(String(8), primary_key=True, info=PLAIN)
    people: Mapped[int] = mapped_column(default=0, info=PLAIN)
    due_at: Mapped[datetime] = mapped_column(info=PLAIN)
    authority_told_at: Mapped[datetime | None] = mapped_column(info=PLAIN)
    people_told_at: Mapped[datetime | None] = mapped_column(info=PLAIN)


class BreachPerson(Regional, Base):
    """Somebody who is affected."""

    __tablename__ = "breach_people"
    __table_args__ = (Index(None, "person_id"),)

    breach_id: Mapped[int] = mapped_column(points_at("breaches.id"), primary_key=True, info=PROOF)
    person_id: Mapped[int] = mapped_column(points_at("persons.id"), primary_key=True, info=PROOF)
