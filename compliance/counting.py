"""Which rows are about a person, and how many: by every way that leads from them to a table."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    bindparam,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from compliance.registry import RecordSet
from hub.work import Work

Id: TypeAlias = int | BindParameter[int]


def rows_about(one: RecordSet, person_id: Id, customer_id: Id) -> ColumnElement[bool]:
    if one.parent is not None:
        key = next(key.column for key in one.column.foreign_keys if key.column.table.name == one.parent.name)
        return one.column.in_(select(key).where(rows_about(one.parent, person_id, customer_id)))
    return one.column == (person_id if one.about == "person" else customer_id)


def rows_of(ways: Sequence[RecordSet], person_id: Id, customer_id: Id) -> ColumnElement[bool]:
    """The rows of one table, by whichever of these ways they hang below the person. Ways through other tables are put together
    by the rows' own ids: joined by `or`, they would have PostgreSQL read the whole table."""
    found = [rows_about(one, person_id, customer_id) for one in ways]
    if len(found) == 1 or all(one.parent is None for one in ways):
        return or_(*found)
    (key,) = ways[0].table.primary_key.columns
    return key.in_(union(*(select(key).where(one) for one in found)))


def count(work: Work, ways: Sequence[RecordSet], person_id: int, customer_id: int) -> int:
    """Rows of one table, each once."""
    found = select(func.count()).select_from(ways[0].table).where(rows_of(ways, person_id, customer_id))
    return int(work.session.scalar(found) or 0)


def counts(
    session: Session, ways: Mapping[str, Sequence[RecordSet]], person_id: int, customer_id: int
) -> dict[str, int]:
    """Rows by table, each once; all of it in one question to the database."""
    asked = _asked(tuple(tuple(several) for several in ways.values()))
    found = session.execute(asked, {"person": person_id, "customer": customer_id})
    return {name: number for name, number in found}


@lru_cache(maxsize=32)
def _asked(ways: tuple[tuple[RecordSet, ...], ...]) -> CompoundSelect[str, int]:
    """Kept: to put a question to seventy tables together takes longer than its answer."""
    person, customer = bindparam("person", type_=BigInteger), bindparam("customer", type_=BigInteger)
    return union_all(
        *(
            select(literal(several[0].name), func.count())
            .select_from(several[0].table)
            .where(rows_of(several, person, customer))
            for several in ways
        )
    )
