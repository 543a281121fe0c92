"""Every row of one customer becomes another's: found by the classified columns, so that a new table comes along by itself, or a test
says that it cannot. Two rows of which only one may stand are settled first, each table by its own rule."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, ColumnElement, LargeBinary, Row, Table, and_, func, select, update

from compliance.counting import rows_of
from compliance.disclosure import CONTEXTS
from compliance.registry import SHELLS, RecordSet, by_table, readable_sets
from hub.flow import documents
from hub.models import (
    Base,
    Connection,
    Customer,
    Enrollment,
    Exposure,
    Link,
    Message,
    Person,
    table,
)
from hub.vault import OpenKey, read_header
from hub.vault.cipher import MAGIC
from hub.work import Work

# Say that they were two; moved along, they would say nothing.
STAY = ("duplicates", "mergers")
# What a value that is no column "sealed" was bound to; all others stand in CONTEXTS, or follow the house's rule.
PLACES: Mapping[tuple[str, str], Callable[[Any], str]] = {
    ("documents", "key"): lambda row: documents.key_context(row.id, row.file),
    ("documents", "sent"): lambda row: documents.sent_context(row.id),
}


@dataclass(frozen=True)
class Pair:
    """Both are locked. Who is lost ends as a shell; who is kept has all that was theirs."""

    keep: Customer
    kept: Person
    lose: Customer
    lost: Person

    @property
    def persons(self) -> list[int]:
        return [self.kept.id, self.lost.id]


def pointing() -> Iterator[tuple[Table, Column[Any], str]]:
    """Every column that points at a customer or a person, and at which of both."""
    for one in Base.metadata.sorted_tables:
        if one.name in SHELLS or one.name in STAY:
            continue
        for column in one.columns:
            for key in column.foreign_keys:
                if (target := key.column.table.name) in ("persons", "customers"):
                    yield one, column, target


def move(work: Work, pair: Pair) -> Mapping[str, int]:
    """Answers record set -> rows that were moved. The caller has settled whatever may stand only once (compliance.merge_rules)."""
    work.session.flush()
    _seal_anew(work, pair)
    _rename(work, pair)
    moved: Counter[str] = Counter()
    for one, column, target in pointing():
        old, new = (pair.lost.id, pair.kept.id) if target == "persons" else (pair.lose.id, pair.keep.id)
        outcome: Any = work.session.execute(update(one).where(column == old).values({column.name: new}))
        if outcome.rowcount:
            moved[one.name] = max(moved[one.name], outcome.rowcount)
    moved["messages"] = _readdress(work, pair)
    work.session.expire_all()
    return {name: number for name, number in sorted(moved.items()) if number}


def rows_below(ways: Sequence[RecordSet], pair: Pair) -> ColumnElement[bool]:
    return rows_of(ways, pair.lost.id, pair.lose.id)


def _seal_anew(work: Work, pair: Pair) -> None:
    """Whatever opens with the lost one's key, in any column of any table that hangs on them, opens with the kept one's afterwards.
    One whose place nobody knows does not open: then nothing is merged, and nothing is lost."""
    old, new = work.key(pair.lost.data_key_id), work.key(pair.kept.data_key_id)
    for name, ways in by_table(readable_sets()).items():
        target = ways[0].table
        binary = [column for column in target.columns if isinstance(column.type, LargeBinary)]
        if name in STAY or not binary:
            continue
        for row in work.session.execute(select(target).where(rows_below(ways, pair))).all():
            fresh = {
                column.name: _sealed_anew(work, pair, row, column, old, new)
                for column in binary
                if _is_under(getattr(row, column.name), old)
            }
            if fresh:
                mine = and_(*(key == getattr(row, key.name) for key in target.primary_key.columns))
                work.session.execute(update(target).where(mine).values(fresh))


def _is_under(value: bytes | None, key: OpenKey) -> bool:
    return value is not None and value.startswith(MAGIC) and read_header(value).key_id == key.id


def _sealed_anew(work: Work, pair: Pair, row: Row[Any], column: Column[Any], old: OpenKey, new: OpenKey) -> bytes:
    value: bytes = getattr(row, column.name)
    after = SimpleNamespace(**row._mapping)
    for other in column.table.columns:
        targets = {key.column.table.name for key in other.foreign_keys}
        if "customers" in targets and getattr(after, other.name) == pair.lose.id:
            setattr(after, other.name, pair.keep.id)
    plain = work.vault.unseal(old, value, _context(row, column, pair.lost.id))
    return work.vault.seal(new, plain, _context(after, column, pair.kept.id))


def _context(row: Any, column: Column[Any], person_id: int) -> str:
    name = column.table.name
    if (name, column.name) in PLACES:
        return PLACES[name, column.name](row)
    return CONTEXTS[name](row, person_id) if name in CONTEXTS else f"{name}.{column.name}:{row.id}"


def _rename(work: Work, pair: Pair) -> None:
    """Where somebody is named by their number without a key that the database knows."""
    session, lose, keep = work.session, pair.lose.id, pair.keep.id
    theirs = (Link.about == "customer", Link.about_id == lose)
    session.execute(update(table(Link)).where(*theirs).values(about_id=keep))
    mine = (Exposure.customer_id == lose, Exposure.unit == f"customer:{lose}")
    session.execute(update(table(Exposure)).where(*mine).values(unit=f"customer:{keep}"))
    latest = dict(
        session.execute(
            select(Enrollment.journey, func.max(Enrollment.generation))
            .where(Enrollment.subject_id == keep)
            .group_by(Enrollment.journey)
        ).all()
    )
    rows = select(Enrollment).where(Enrollment.subject_id == lose, Enrollment.customer_id == lose)
    for row in session.scalars(rows.order_by(Enrollment.journey, Enrollment.generation)).all():
        latest[row.journey] = row.generation = latest.get(row.journey, 0) + 1
        row.subject_id = keep
    session.flush()


def _readdress(work: Work, pair: Pair) -> int:
    """Messages about them, those that wait behind those of the kept one: order holds, and whoever counts them finds all."""
    session = work.session
    everywhere = Message.connection_id.in_(
        session.scalars(select(Connection.id)).all()
    )  # with which their index begins
    last = dict(
        session.execute(
            select(Message.connection_id, func.max(Message.seq))
            .where(everywhere, Message.entity == pair.keep.ref)
            .group_by(Message.connection_id)
        ).all()
    )
    rows = session.scalars(
        select(Message).where(everywhere, Message.entity == pair.lose.ref).order_by(Message.seq)
    ).all()
    for row in rows:
        last[row.connection_id] = row.seq = last.get(row.connection_id, 0) + 1
        row.entity = pair.keep.ref
        row.refs = {name: pair.keep.id if value == pair.lose.id else value for name, value in row.refs.items()}
    session.flush()
    return len(rows)
