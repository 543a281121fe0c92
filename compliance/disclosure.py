"""All that is kept about a person, opened with their key: what they may see and take with them (GDPR Art. 15 and 20).

Keys of rows, hashes and wrapped keys say nothing to a person and are left out; whoever else a row points at is left out, too."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, func, select

from compliance.counting import rows_of
from compliance.registry import RecordSet, by_table, readable_sets
from compliance.traces import done_to
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.models import AuditEntry, Connection, Customer, Link, Message, Person, Vehicle, called
from hub.vault import OpenKey
from hub.work import Work

Row = dict[str, Any]

# Access to our own doors: the person has it before their eyes, and a copy of it would be a map for a thief.
KEPT_BACK = frozenset({"sessions", "sign_in_links", "tokens", "roles", "endpoints", "attempts"})
OF_OURS = frozenset({"id", "region", "version", "epoch", "seq"})

# What a sealed value was bound to; all others by the house's rule `table.column:row`.
CONTEXTS: Mapping[str, Callable[[Any, int], str]] = {
    "personal_values": lambda row, person: f"value:{person}:{row.field}:{row.about_id}",
    "aliases": lambda row, person: f"alias:{row.kind}:{person}",
    "links": lambda row, person: f"link:{row.about}:{person}",
    "agreements": lambda row, _: f"agreement:{row.connection_id}:{row.kind}:{row.customer_id}",
    "conflicts": lambda row, _: f"conflict:{row.id}",
}


@dataclass(frozen=True)
class Section:
    """The rows of one record set, in the words of its columns. purpose, retention: why it is kept and for how long."""

    name: str
    purpose: str
    retention: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Disclosure:
    """told: which partners know the person and how many messages about them each was sent. looks: who looked, and when."""

    customer: str
    region: str
    jurisdiction: str
    made_at: datetime
    known_since: datetime
    sections: tuple[Section, ...]
    told: tuple[Row, ...]
    looks: tuple[Row, ...]

    def plain(self) -> dict[str, Any]:
        """Ready for JSON: days and moments as ISO 8601, money in minor units beside its currency."""
        return {
            "customer": self.customer,
            "region": self.region,
            "jurisdiction": self.jurisdiction,
            "made_at": _plain(self.made_at),
            "known_since": _plain(self.known_since),
            "records": {
                one.name: {"purpose": one.purpose, "retention": one.retention, "rows": [_plain_row(row) for row in one.rows]}
                for one in self.sections
            },
            "partners": [_plain_row(row) for row in self.told],
            "looks": [_plain_row(row) for row in self.looks],
        }  # fmt: skip


def disclose(hub: Hub, customer_ref: str, actor: str) -> Disclosure:
    """Read everything in one transaction, which is audited. Raises NotFound; WrongInput for somebody who was erased."""
    with hub.begin() as work:
        customer, person = _subject(work, customer_ref)
        looks = tuple(_looks(work, customer, person))
        work.audit(actor, "person_disclosed", "person", person.id)
        reader = _Reader(work, person, customer)
        return Disclosure(
            customer=customer.ref,
            region=hub.region_code,
            jurisdiction=person.jurisdiction,
            made_at=work.now,
            known_since=person.made_at,
            sections=tuple(reader.sections()),
            told=tuple(_told(work, customer, person)),
            looks=looks,
        )


class _Reader:
    """Walks the record sets of one person inside one transaction."""

    def __init__(self, work: Work, person: Person, customer: Customer) -> None:
        self.work, self.person, self.customer = work, person, customer
        self.key: OpenKey = work.key(person.data_key_id)
        rows = work.session.execute(select(Connection.id, Connection.name))
        self.connections = {row.id: row.name for row in rows}

    def sections(self) -> Iterator[Section]:
        """One per table that holds something; a table that points at the person twice is read by either way, once a row."""
        for name, sets in by_table(readable_sets()).items():
            if name not in KEPT_BACK and (section := self._section(sets)) is not None:
                yield section

    def _section(self, sets: Sequence[RecordSet]) -> Section | None:
        table = sets[0].table
        where = rows_of(sets, self.person.id, self.customer.id)
        found = self.work.session.execute(select(table).where(where).order_by(*table.primary_key.columns)).all()
        shown = [column for column in table.columns if _is_shown(column)]
        sealed = [column for column in table.columns if column.info["personal"] == "sealed"]
        if not found or not (shown or sealed):
            return None
        vehicles = self._vehicles(found) if "vehicle_id" in table.c else {}
        rows = tuple(self._row(row, shown, sealed, vehicles) for row in found)
        about = sets[0].column.info
        return Section(table.name, about["purpose"], about["retention"], tuple(rows[0]), rows)

    def _row(
        self, row: Any, shown: Sequence[Column[Any]], sealed: Sequence[Column[Any]], vehicles: Mapping[int, str]
    ) -> Row:
        values: Row = {column.name: getattr(row, column.name) for column in shown}
        if vehicles:
            values["vehicle"] = vehicles.get(row.vehicle_id)
        if (source := getattr(row, "connection_id", None)) is not None:
            values["source"] = self.connections.get(source)
        for column in sealed:
            values["value" if column.name == "sealed" else column.name] = self._opened(row, column)
        return values

    def _opened(self, row: Any, column: Column[Any]) -> Any:
        sealed = getattr(row, column.name)
        if sealed is None:
            return None
        by_place = CONTEXTS.get(column.table.name)
        context = by_place(row, self.person.id) if by_place else f"{column.table.name}.{column.name}:{row.id}"
        own = getattr(row, "data_key_id", None)  # what is archived opens with its own key, and not with the person's
        return _read(self.work.vault.unseal(self.work.key(own) if own else self.key, sealed, context).decode())

    def _vehicles(self, rows: Sequence[Any]) -> dict[int, str]:
        wanted = {row.vehicle_id for row in rows if row.vehicle_id is not None}
        found = self.work.session.execute(select(Vehicle.id, Vehicle.ref).where(Vehicle.id.in_(wanted)))
        return {row.id: row.ref for row in found}


def _subject(work: Work, customer_ref: str) -> tuple[Customer, Person]:
    row = work.session.execute(
        select(Customer, Person).join(Person, Person.id == Customer.person_id).where(called(customer_ref))
    ).first()
    if row is None:
        raise NotFound(f"There is no customer {customer_ref} in {work.region.code}.")
    if row[1].data_key_id is None:
        raise WrongInput("This person has been erased: nothing is kept that names them.", "See: hub privacy list")
    return row[0], row[1]


def _told(work: Work, customer: Customer, person: Person) -> Iterator[Row]:
    counted = select(Message.connection_id, func.count().label("messages")).where(
        Message.entity == customer.ref, Message.state == "sent"
    )
    sent = {row.connection_id: row.messages for row in work.session.execute(counted.group_by(Message.connection_id))}
    known = set(work.session.scalars(select(Link.connection_id).where(Link.person_id == person.id)))
    rows = work.session.execute(select(Connection.id, Connection.name, Connection.connector).order_by(Connection.name))
    for row in rows:
        if row.id in known or row.id in sent:
            yield {
                "partner": row.name,
                "kind": row.connector,
                "messages": sent.get(row.id, 0),
                "knows_them": row.id in known,
            }


def _looks(work: Work, customer: Customer, person: Person) -> Iterator[Row]:
    """What was done with their data. Who did it is our staff's own business; that it was done, and when, is theirs."""
    mine = done_to(person.id, customer.id)
    theirs = (AuditEntry.about == mine.c.about) & (AuditEntry.about_id == mine.c.about_id)
    wanted = select(AuditEntry.at, AuditEntry.action).select_from(AuditEntry).join(mine, theirs)
    for row in work.session.execute(wanted.order_by(AuditEntry.id)):
        yield {"at": row.at, "action": row.action}


def _is_shown(column: Column[Any]) -> bool:
    return (
        column.name not in OF_OURS
        and not column.foreign_keys
        and not isinstance(column.type, LargeBinary)
        and column.name != "about_id"
    )


def _read(text: str) -> Any:
    """Several fields sealed together are JSON objects; everything else is a text as it came."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain_row(row: Row) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
