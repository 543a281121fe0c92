"""What erasing does to the rows: tombstones and what a tax law wants kept first, then every record set by its verb, and the
person's key at the end.

Each record set is a transaction of its own and asks the holds right before it changes anything; done again, nothing happens."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from compliance import archives
from compliance.counting import count, counts, rows_about
from compliance.registry import KEY_HOLDER, RecordSet, bound_to, by_table, record_sets
from hub import ledger
from hub.core import Hub
from hub.errors import Denied
from hub.flow.identity import tombstone_of
from hub.gate import erase_rows, holds_on
from hub.models import (
    Alias,
    ArchivedInvoice,
    Base,
    Connection,
    Customer,
    DataKey,
    Delivery,
    ErasureRequest,
    Invoice,
    Link,
    Merger,
    Person,
    Tombstone,
    table,
)
from hub.work import Work

TOMBSTONE_YEARS = 3
NOBODY = "nobody"
INVOICES, DELIVERIES = table(Invoice).name, table(Delivery).name
MARKS = ("customer_number", "email", "phone")


def execute(hub: Hub, ref: str) -> list[str]:
    """Work off one approved request; answers the record sets that holds protect, none when all is done."""
    held: list[str] = []
    with hub.begin() as work:
        request = work.session.scalars(select(ErasureRequest).where(ErasureRequest.ref == ref)).one()
        person = work.session.get_one(Person, request.person_id, with_for_update=True)
        customer = work.session.scalars(select(Customer).where(Customer.person_id == person.id)).one()
        person_id, customer_id, branch = person.id, customer.id, customer.branch
        if person.data_key_id is not None:
            archived = archives.keep(hub, work, person, customer.id)
            _raise_tombstones(hub, work, request, customer.ref, person, archived)
            held = [] if _shred_deliveries(work, person) else [DELIVERIES]
    for one in _left(hub, person_id, customer_id):
        with hub.begin() as work:
            if one.name == INVOICES:  # one may have come in behind the first look
                _archive_late(hub, work, ref, person_id, customer_id)
            if not _work_off(work, one, person_id, customer_id, branch):
                held.append(one.name)
    if not held and not _shred_key(hub, ref, person_id):
        held.append(KEY_HOLDER)
    return sorted(set(held))


def _left(hub: Hub, person_id: int, customer_id: int) -> list[RecordSet]:
    """What still has rows, children before their parents. Whatever comes in behind this look keeps the certificate back."""
    sets = [one for one in record_sets() if one.verb != "archive"]
    with hub.look() as session:
        rows = counts(session, by_table(sets), person_id, customer_id)
    return [one for one in sets if rows[one.name]]


def remains(work: Work, person_id: int, customer_id: int) -> list[str]:
    """Record sets that still say something of the person, archives apart: empty after an erasure."""
    sets = [one for one in record_sets() if one.verb != "archive"]
    rows = counts(work.session, by_table(sets), person_id, customer_id)
    return sorted(name for name, number in rows.items() if number)


def end_tombstones(work: Work, kind: str, value: str) -> int:
    short, mark = tombstone_of(work, kind, value)
    lifted = [[short, mark.hex(), work.now.isoformat()]]
    ledger.note(work.region.folder, work.vault, {"kind": "lift", "request": "", "tombstones": lifted})
    ended: Any = work.session.execute(
        update(Tombstone)
        .where(Tombstone.kind == short, Tombstone.hash == mark, Tombstone.expires_at > work.now)
        .values(expires_at=work.now)
    )
    return int(ended.rowcount)


def _work_off(work: Work, one: RecordSet, person_id: int, customer_id: int, branch: str | None) -> bool:
    """False: a hold protects these rows."""
    where = rows_about(one, person_id, customer_id)
    if not count(work, [one], person_id, customer_id):
        return True
    if one.verb == "shred":
        try:
            erase_rows(work.session, _model(one), where, record_set=one.name, persons=[person_id], now=work.now,
                       bound_to=bound_to(one.name))  # fmt: skip
        except Denied:
            return False
        return True
    if holds_on(work.session, one.name, [person_id], work.now, bound_to(one.name)):
        return False
    work.session.execute(update(one.table).where(where).values(nobodys(work, one, branch)))
    return True


def nobodys(work: Work, one: RecordSet, branch: str | None) -> dict[str, Any]:
    """The values that make a row nobody's: what was sealed ends, and so does the vehicle it was about."""
    values: dict[str, Any] = {one.column.name: _nobody(work, branch).id, **dict.fromkeys(one.sealed)}
    if "vehicle_id" in one.table.c and one.table.c.vehicle_id.nullable:
        values["vehicle_id"] = None
    return values


def _nobody(work: Work, branch: str | None) -> Customer:
    """Who holds the branch's anonymous history: one for all who were erased there, without a profile, a name or a key."""
    ref = f"{NOBODY}-{branch or ''}"[:32]
    found = work.session.scalar(select(Customer).where(Customer.ref == ref))
    if found is not None:
        return found
    person = work.add(Person(ref=ref, jurisdiction="", made_at=work.now, erased_at=work.now))
    return work.add(Customer(ref=ref, person_id=person.id, branch=branch, version=0, made_at=work.now))


def _raise_tombstones(
    hub: Hub,
    work: Work,
    request: ErasureRequest,
    customer_ref: str,
    person: Person,
    archived: Sequence[ArchivedInvoice],
) -> None:
    """One for each name the person could come back by, read while their key still opens them; and a line in the ledger, from
    which a restored database learns of both, and of what was archived."""
    key = work.key(person.data_key_id)
    marks = []
    for alias in work.session.scalars(select(Alias).where(Alias.person_id == person.id, Alias.kind.in_(MARKS))):
        value = work.vault.unseal(key, alias.sealed, f"alias:{alias.kind}:{person.id}").decode()
        marks.append(tombstone_of(work, alias.kind, value))
    for link in work.session.scalars(select(Link).where(Link.person_id == person.id, Link.about == "customer")):
        value = work.vault.unseal(key, link.sealed, f"link:customer:{person.id}").decode()
        marks.append(tombstone_of(work, f"link:{link.connection_id}:customer", value))
    mine = Tombstone.hash.in_({mark for _, mark in marks})
    alive = select(Tombstone.kind, Tombstone.hash, Tombstone.expires_at).where(mine, Tombstone.expires_at > work.now)
    known = {(row.kind, row.hash): row.expires_at for row in work.session.execute(alive)}
    expires = work.now + timedelta(days=365 * TOMBSTONE_YEARS)
    new = sorted(set(marks) - known.keys())
    _tell_tombstones(request, [(kind, known.get((kind, mark), expires)) for kind, mark in marks])
    for kind, mark in new:
        work.add(Tombstone(kind=kind, hash=mark, made_at=work.now, expires_at=expires))
    if new or archived or not marks:
        _note(
            hub,
            request,
            customer_ref,
            person,
            [[kind, mark.hex(), expires.isoformat()] for kind, mark in new],
            archived,
        )
        _note_lost(hub, work, request, person)


def _tell_tombstones(request: ErasureRequest, raised: Sequence[tuple[str, datetime]]) -> None:
    """For the certificate, by kind and day. Done again, some names are gone already, and what they raised still stands."""
    before = {(one["kind"], one["expires_on"]): one["marks"] for one in (request.plan or {}).get("tombstones", ())}
    now = Counter((kind, expires.date().isoformat()) for kind, expires in raised)
    found = [
        {"kind": kind, "expires_on": day, "marks": max(before.get((kind, day), 0), now[kind, day])}
        for kind, day in sorted(before.keys() | now)
    ]
    request.plan = {**(request.plan or {"items": []}), "tombstones": found}


def _archive_late(hub: Hub, work: Work, ref: str, person_id: int, customer_id: int) -> None:
    person = work.session.get_one(Person, person_id, with_for_update=True)
    archived = archives.keep(hub, work, person, customer_id) if person.data_key_id is not None else []
    if archived:
        request = work.session.scalars(select(ErasureRequest).where(ErasureRequest.ref == ref)).one()
        customer = work.session.get_one(Customer, customer_id)
        _note(hub, request, customer.ref, person, [], archived)


def _note(
    hub: Hub,
    request: ErasureRequest,
    customer_ref: str,
    person: Person,
    marks: list[Any],
    archived: Sequence[ArchivedInvoice],
) -> None:
    ledger.note(hub.region.folder, hub.vault, {
        "kind": "erasure", "request": request.ref, "person": person.ref, "customer": customer_ref, "law": request.jurisdiction,
        "cause": request.cause, "asked_at": request.asked_at.isoformat(), "due_on": request.due_on.isoformat(),
        "tombstones": marks, "archived": archives.written(archived),
    })  # fmt: skip


def _note_lost(hub: Hub, work: Work, request: ErasureRequest, person: Person) -> None:
    """A backup from before a merger knows the lost one as somebody of their own: they are forgotten there, too."""
    lost = aliased(Customer)
    led = select(lost.ref, Person.ref).join(Merger, Merger.lost_id == lost.id).join(Person, Person.id == lost.person_id)
    mine = led.join(Customer, Customer.id == Merger.kept_id).where(Customer.person_id == person.id)
    for customer_ref, person_ref in work.session.execute(mine).all():
        ledger.note(hub.region.folder, hub.vault, {"kind": "merged", "request": request.ref, "person": person_ref,
                                                   "customer": customer_ref, "tombstones": []})  # fmt: skip


def _shred_deliveries(work: Work, person: Person) -> bool:
    """Payloads that wait, or were put aside, and that partners sent about this person. False: a hold protects them."""
    if holds_on(work.session, DELIVERIES, [person.id], work.now):
        return False
    key = work.key(person.data_key_id)
    names = {row.id: row.name for row in work.session.execute(select(Connection.id, Connection.name))}
    for link in work.session.scalars(select(Link).where(Link.person_id == person.id, Link.about == "customer")):
        partner_id = work.vault.unseal(key, link.sealed, f"link:customer:{person.id}").decode()
        entity = work.vault.fingerprint("entity", names[link.connection_id], partner_id)
        about = (
            Delivery.connection_id == link.connection_id,
            Delivery.entity == entity,
            Delivery.data_key_id.is_not(None),
        )
        for delivery in work.session.scalars(select(Delivery).where(*about)):
            key_id, delivery.data_key_id, delivery.payload = delivery.data_key_id, None, None
            delivery.state, delivery.reason, delivery.settled_at = "done", "the person was erased", work.now
            work.session.flush()
            gone = DataKey.id == key_id
            erase_rows(work.session, DataKey, gone, record_set=DELIVERIES, persons=[person.id], now=work.now)
    return True


def _shred_key(hub: Hub, ref: str, person_id: int) -> bool:
    """The end of every ciphertext of the person, in backups too; the shell that stays says nothing. False: a hold protects it."""
    with hub.begin() as work:
        person = work.session.get_one(Person, person_id, with_for_update=True)
        if holds_on(work.session, KEY_HOLDER, [person_id], work.now):
            return False
        ledger.note(hub.region.folder, hub.vault, {"kind": "done", "request": ref, "tombstones": []})
        customer = work.session.scalars(select(Customer).where(Customer.person_id == person_id)).one()
        key_id, person.data_key_id = person.data_key_id, None
        person.erased_at, person.restricted_at = person.erased_at or work.now, None
        customer.branch = customer.language = customer.joined_on = None
        work.session.flush()
        if key_id is not None:
            work.open_keys.pop(key_id, None)
            gone = DataKey.id == key_id
            erase_rows(work.session, DataKey, gone, record_set=KEY_HOLDER, persons=[person_id], now=work.now)
        return True


def _model(one: RecordSet) -> type[Base]:
    return next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is one.table)
