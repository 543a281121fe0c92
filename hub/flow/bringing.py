"""Documents that a connection brings of its customers: found by the connection's own keys, told again without harm, corrected."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import NotFound
from hub.flow import documents
from hub.flow.admission import Admitted
from hub.flow.documents import Paper
from hub.models import Customer, Document, Link, Person, Visit
from hub.own import OWN
from hub.work import Work


@dataclass(frozen=True)
class Brought:
    """In the connection's words. visit: the visit it belongs to, if any, which also names the car."""

    key: str
    customer: str
    kind: str
    title: str
    issued_on: date
    ends_on: date | None = None
    visit: str | None = None


@dataclass
class Outcome:
    """unused: files that nothing stands for after the commit; the caller removes them."""

    verdict: Literal["accepted", "replaced", "duplicate"]
    document: Document
    unused: list[str] = field(default_factory=list)


def bring(work: Work, partner: Partner, told: Brought, admitted: Admitted, by: int) -> Outcome:
    """The same key with the same bytes is a duplicate, with others a correction. Raises NotFound for a customer of whom
    this connection never told, or who was erased."""
    customer = _customer(work, partner, told.customer)
    before = documents.known(work, partner.id, told.key) or _adopted(work, partner, told, customer, admitted)
    if before is None:
        kept = documents.keep(work, partner.id, customer, _paper(work, partner, told, admitted), admitted.stored, by)
        outcome = Outcome("accepted", kept)
    elif before.customer_id != customer.id:
        raise NotFound("There is no such document of this customer.", "This key was used for another customer's.")
    elif before.content_hash == documents.content_hash(work.vault, admitted.sent):
        return Outcome("duplicate", before, [admitted.stored.file])
    else:
        outcome = Outcome("replaced", before, [_replace(work, before, customer, told, admitted)])
    if outcome.document.state == "converting":
        work.ring(OWN)
    return outcome


def _adopted(work: Work, partner: Partner, told: Brought, customer: Customer, admitted: Admitted) -> Document | None:
    """One that the person brought along from another home: from now on it is known by this connection's key."""
    row = documents.came_along(work, customer.id, admitted.sent)
    if row is not None:
        row.connection_id, row.key_hash = partner.id, documents.hash_of(work.vault, partner.id, told.key)
    return row


def _replace(work: Work, row: Document, customer: Customer, told: Brought, admitted: Admitted) -> str:
    person = work.session.get_one(Person, customer.person_id)
    file = documents.fill(work, row, person.data_key_id, admitted.media, admitted.stored)
    documents.mark_sent(work, row, person.data_key_id, admitted.sent)
    row.state, row.reason, row.progress, row.attempts, row.lease_until = admitted.state, admitted.reason, 0, 0, None
    row.kind, row.issued_on, row.ends_on = told.kind, told.issued_on, told.ends_on
    work.audit("documents", "document_replaced", "document", row.id)
    return file


def _paper(work: Work, partner: Partner, told: Brought, admitted: Admitted) -> Paper:
    visit_id, vehicle_id = _visit(work, partner, told.visit)
    return Paper(told.key, told.kind, told.title, admitted.media, told.issued_on, told.ends_on, vehicle_id, visit_id,
                 admitted.state, admitted.reason, admitted.sent)  # fmt: skip


def _customer(work: Work, partner: Partner, key: str) -> Customer:
    blinds = work.vault.blinds(work.session, f"link:{partner.id}:customer", key)
    mine = (Link.connection_id == partner.id, Link.about == "customer", Link.hash.in_(blinds))
    found = work.session.scalars(select(Customer).join(Link, Link.about_id == Customer.id).where(*mine)).first()
    if found is None:
        raise NotFound("There is no such customer.", "Tell the customer first: POST /api/v1/customers")
    return found


def _visit(work: Work, partner: Partner, key: str | None) -> tuple[int | None, int | None]:
    """(visit, vehicle); none for a visit that was not told yet."""
    if not key:
        return None, None
    blind = work.vault.fingerprint("visit", partner.name, key)
    mine = (Visit.connection_id == partner.id, Visit.key_hash == blind)
    found = work.session.execute(select(Visit.id, Visit.vehicle_id).where(*mine)).first()
    return (found[0], found[1]) if found else (None, None)


def clear(hub: Hub, outcome: Outcome) -> None:
    for file in outcome.unused:
        hub.files.remove(file)
