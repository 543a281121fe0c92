"""Very many rows of one table at once, and look-ups by very many keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, func, literal, select
from sqlalchemy.orm import QueryableAttribute

from hub.models import Base, table
from hub.pouring import count_anew, pour
from hub.work import Work


def write_all(work: Work, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Ids and region are filled in."""
    keyed = "id" in table(model).c
    pour(work.session, work.region, model, [{"id": work.ids.next(), **row} if keyed else row for row in rows])
    count_anew(work.session, work.region, [model])


def among(work: Work, column: QueryableAttribute[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """`column IN values` for thousands of them; PostgreSQL gets one array to join with."""
    if work.region.on_sqlite:
        return column.in_(values)
    return column.in_(select(func.unnest(literal(list(values), ARRAY(column.type)))))
