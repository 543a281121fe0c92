"""The statutory archive: invoices of somebody who is erased, with what must stand on them, as far and as long as a tax law wants it.

Kept apart: no other part of the house reads it, each has a key of its own that dies with its term, and whoever opens one says why."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from compliance import archive_openings
from compliance.archive_law import Term, Terms, read_terms
from compliance.archive_openings import OPENED, Opening, Told, Wish
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow.paging import Mark, behind
from hub.flow.values import open_text, value_context
from hub.models import (
    ArchivedInvoice,
    Customer,
    DataKey,
    Invoice,
    Line,
    Person,
    PersonalValue,
    Visit,
    called,
    new_ref,
    table,
)
from hub.policy import expect_approval
from hub.work import Work

REASONS = ("tax_audit", "legal_claim", "person_asked", "court_order")
PLACE = "archived_invoices.sealed"
RECORD_SET = table(Invoice).name
COLUMNS = ("archived", "customer", "record_set", "law", "source", "archived_at", "ends_at", "times_opened", "wishes")


@dataclass(frozen=True)
class Kept:
    """One that lies in the archive, closed; opened: the looks into it, the oldest first; wishes: whoever waits for a second yes.
    number: of its row."""

    number: int
    ref: str
    customer: str
    law: str
    source: str
    archived_at: datetime
    ends_at: datetime
    opened: tuple[Opening, ...] = ()
    wishes: tuple[Wish, ...] = ()

    @property
    def mark(self) -> Mark:
        return Mark(self.ends_at, self.number)

    def plain(self) -> dict[str, Any]:
        days = {"archived_at": self.archived_at.isoformat(), "ends_at": self.ends_at.isoformat()}
        wishes = [{"number": one.number, "actor": one.actor, "reason": one.reason, "at": one.at.isoformat(),
                   "allowed_by": one.allowed_by} for one in self.wishes]  # fmt: skip
        opened = [one.plain() for one in self.opened]
        said = {name: value for name, value in vars(self).items() if name != "number"}
        return {**said, **days, "record_set": RECORD_SET, "opened": opened, "wishes": wishes}

    def row(self) -> tuple[object, ...]:
        """In the order of COLUMNS."""
        return (self.ref, self.customer, RECORD_SET, self.law, self.source, self.archived_at, self.ends_at, len(self.opened),
                len(self.wishes))  # fmt: skip


def keep(hub: Hub, work: Work, person: Person, customer_id: int) -> list[ArchivedInvoice]:
    """Put away, while their key still opens it, what has to stay and is not there yet; answers what is new. Raises ConfigError."""
    rows = _invoices(work.session, customer_id)
    if not rows:
        return []
    terms = read_terms(hub.settings.config)
    made_of = {work.vault.fingerprint("archived_invoice", str(row.id)): row for row in rows}
    known = set(work.session.scalars(select(ArchivedInvoice.made_of).where(ArchivedInvoice.made_of.in_(made_of))))
    recipient = _recipient(work, terms, person)
    new = []
    for mark, row in made_of.items():
        ends_at = terms.of(person.jurisdiction).ends_at(row.issued_on, hub.here.zone)
        if mark not in known and ends_at > work.now:
            said = {**_invoice(work, person, row), "recipient": recipient, "lines": list(_lines(work, person, row))}
            new.append(_put(work, person, terms.of(person.jurisdiction), ends_at, mark, said))
    return new


def expected(hub: Hub, work: Work, person: Person, customer_id: int) -> list[dict[str, Any]]:
    """What `keep` would put away, by law and day: rows, law, source, until. Empty where there is nothing to keep."""
    rows = _invoices(work.session, customer_id)
    if not rows:
        return []
    term = read_terms(hub.settings.config).of(person.jurisdiction)
    ends = (term.ends_at(row.issued_on, hub.here.zone) for row in rows)
    return _summed((person.jurisdiction, term.source, one) for one in ends if one > work.now)


def told(session: Session, person_id: int) -> list[dict[str, Any]]:
    """What lies there of somebody, for their certificate: rows, law, source, until."""
    columns = (ArchivedInvoice.law, ArchivedInvoice.source, ArchivedInvoice.ends_at)
    return _summed(
        tuple(row) for row in session.execute(select(*columns).where(ArchivedInvoice.person_id == person_id))
    )


def listed(
    session: Session, now: datetime, customer_ref: str = "", most: int | None = None, after: Mark | None = None
) -> list[Kept]:
    """All of them, or somebody's; what ends first comes first. Nothing is opened. most: how many at most; after: the last one of
    the page before."""
    columns = (
        ArchivedInvoice.id, ArchivedInvoice.ref, Customer.ref, ArchivedInvoice.law, ArchivedInvoice.source,
        ArchivedInvoice.archived_at, ArchivedInvoice.ends_at, ArchivedInvoice.person_id,
    )  # fmt: skip
    found = select(*columns).join(Customer, Customer.person_id == ArchivedInvoice.person_id)
    if customer_ref:
        found = found.where(called(customer_ref))
    if after is not None:
        found = found.where(behind(ArchivedInvoice.ends_at, ArchivedInvoice.id, after))
    rows = session.execute(found.order_by(ArchivedInvoice.ends_at, ArchivedInvoice.id).limit(most)).all()
    known, nothing = archive_openings.told(session, {row[-1] for row in rows}, now), Told()
    each = ((row, known.get(row[1], nothing)) for row in rows)
    return [Kept(*row[:-1], one.looks, one.wishes) for row, one in each]


def actors_in(found: Sequence[Kept]) -> set[str]:
    """Whoever looked into one, asked to, or said yes to it, as audited."""
    looks = ((one.actor, one.allowed_by) for kept in found for one in kept.opened)
    wishes = ((one.actor, one.allowed_by) for kept in found for one in kept.wishes)
    return {actor for pair in (*looks, *wishes) for actor in pair if actor}


def counted(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(ArchivedInvoice)) or 0


def open_one(hub: Hub, ref: str, reason: str, actor: str, roles: Collection[str] = ()) -> Mapping[str, Any]:
    """What is sealed in one; audited with its reason in the same transaction. Raises WrongInput without a reason, NotFound,
    SecondNeeded where policies want a yes of somebody else, and Denied."""
    with hub.begin() as work:
        row = _one(work, ref, reason)
        wish = archive_openings.allowed(work, row, reason, actor)
        if wish is None:
            asked = archive_openings.question(hub, work, row, reason, actor, actor, roles)
            said = expect_approval(hub, asked)
        else:
            said = {"wish": wish.number, "allowed_by": wish.allowed_by}
        work.audit(actor, OPENED, "person", row.person_id, invoice=ref, reason=reason, **said)
        return json.loads(work.vault.unseal(work.key(row.data_key_id), row.sealed, f"{PLACE}:{row.id}"))  # type: ignore[no-any-return]


def ask(hub: Hub, ref: str, reason: str, actor: str) -> None:
    """Ask for somebody else's yes to a look. Raises WrongInput without a reason, NotFound."""
    with hub.begin() as work:
        archive_openings.ask(work, _one(work, ref, reason), reason, actor)


def _one(work: Work, ref: str, reason: str) -> ArchivedInvoice:
    """Locked, so that a yes is used once."""
    if reason not in REASONS:
        raise WrongInput("The archive opens for a reason only.", f"One of: {', '.join(REASONS)}.")
    row = work.session.scalars(select(ArchivedInvoice).where(ArchivedInvoice.ref == ref).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no archived invoice {ref} in {work.region.code}.", "See: hub privacy archive list")
    return row


# --- a restored database


def written(rows: Iterable[ArchivedInvoice]) -> list[dict[str, Any]]:
    """For the ledger beside the database: what a backup from before the erasure lacks. It opens with its own key only."""
    return [
        {"ref": row.ref, "id": row.id, "law": row.law, "source": row.source, "archived_at": row.archived_at.isoformat(),
         "ends_at": row.ends_at.isoformat(), "data_key_id": row.data_key_id, "sealed": row.sealed.hex(), "made_of": row.made_of.hex()}
        for row in rows
    ]  # fmt: skip


def put_back(work: Work, person_id: int, several: Sequence[Mapping[str, Any]]) -> int:
    """Those whose key is still there, and that this database lacks; answers how many."""
    keys = set(work.session.scalars(select(DataKey.id).where(DataKey.id.in_([one["data_key_id"] for one in several]))))
    refs = set(work.session.scalars(select(ArchivedInvoice.ref).where(ArchivedInvoice.person_id == person_id)))
    new = {one["ref"]: one for one in several if one["data_key_id"] in keys and one["ref"] not in refs}
    rows = [
        {**one, "person_id": person_id, **{name: datetime.fromisoformat(one[name]) for name in ("archived_at", "ends_at")},
         **{name: bytes.fromhex(one[name]) for name in ("sealed", "made_of")}}
        for one in new.values()
    ]  # fmt: skip
    return work.insert_all(ArchivedInvoice, rows)


# --- what is put away


def _invoices(session: Session, customer_id: int) -> Sequence[Invoice]:
    return session.scalars(select(Invoice).where(Invoice.customer_id == customer_id).order_by(Invoice.id)).all()


def _put(
    work: Work, person: Person, term: Term, ends_at: datetime, mark: bytes, said: Mapping[str, Any]
) -> ArchivedInvoice:
    key, number = work.new_key("archive"), work.ids.next()
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return work.add(ArchivedInvoice(
        id=number, ref=new_ref(), person_id=person.id, law=person.jurisdiction, source=term.source[:200], archived_at=work.now,
        ends_at=ends_at, data_key_id=key.id, sealed=work.vault.seal(key, text.encode(), f"{PLACE}:{number}"), made_of=mark,
    ))  # fmt: skip


def _recipient(work: Work, terms: Terms, person: Person) -> dict[str, str]:
    mine = (PersonalValue.person_id == person.id, PersonalValue.field.in_(terms.keeps), PersonalValue.about_id == 0)
    key = work.key(person.data_key_id)
    return {
        row.field: work.vault.unseal(key, row.sealed, value_context(person.id, row.field, 0)).decode()
        for row in work.session.scalars(select(PersonalValue).where(*mine))
    }


def _invoice(work: Work, person: Person, row: Invoice) -> dict[str, Any]:
    """Money in minor units of its currency."""
    return {
        "number": open_text(work, person.data_key_id, "invoices.number", row.id, row.number), "issued_on": row.issued_on.isoformat(),
        "branch": row.branch, "net_minor": row.net_minor, "tax_minor": row.tax_minor, "total_minor": row.total_minor,
        "currency": row.currency, "cancelled_at": row.cancelled_at.isoformat() if row.cancelled_at else None,
    }  # fmt: skip


def _lines(work: Work, person: Person, row: Invoice) -> Iterator[dict[str, Any]]:
    """What was done and sold. Words about a visit that was somebody else's are under that one's key, and stay theirs."""
    if row.visit_id is None:
        return
    owner = select(Customer.person_id).join(Visit, Visit.customer_id == Customer.id).where(Visit.id == row.visit_id)
    is_theirs = work.session.scalar(owner) == person.id
    lines = select(Line).where(Line.visit_id == row.visit_id, Line.withdrawn_at.is_(None)).order_by(Line.number)
    for one in work.session.scalars(lines):
        title = open_text(work, person.data_key_id, "lines.title", one.id, one.title) if is_theirs else ""
        yield {"kind": one.kind, "code": one.code, "title": title, "quantity_milli": one.quantity_milli,
               "price_minor": one.price_minor}  # fmt: skip


def _summed(several: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [
        {"record_set": RECORD_SET, "rows": rows, "law": law, "source": source, "until": ends_at.isoformat()}
        for (law, source, ends_at), rows in sorted(Counter(several).items())
    ]
