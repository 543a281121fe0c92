"""Long lists of ids: in pieces that every database takes in one IN (...), or all of them as one parameter."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

T = TypeVar("T")
SIZE = 400


def batches(items: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    ordered = list(items)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


class Ids(TypeDecorator[Collection[int]]):
    """An array on PostgreSQL, JSON elsewhere."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = ARRAY(BigInteger) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else json.dumps(ids)


class Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLAlchemy would write `... = 1` where a database has no booleans, and no index answers that."""
        return self


def among(column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    """Whether it is one of these, however many: the statement is the same text for any number, so that it is compiled, sent and
    planned once, and not anew for each."""
    return Among(column, bindparam("ids", ids, Ids(), unique=True))


def these(column: Any) -> ColumnElement[bool]:
    """The same for a statement that is built once, when its module is read, and executed with {"ids": ...}: building one takes
    SQLAlchemy several times as long as executing it."""
    return Among(column, bindparam("ids", type_=Ids()))


@compiles(Among, "postgresql")
def _any(element: Among, compiler: SQLCompiler, **keywords: Any) -> str:
    column, ids = (compiler.process(one, **keywords) for one in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(Among)
def _each(element: Among, compiler: SQLCompiler, **keywords: Any) -> str:
    column, ids = (compiler.process(one, **keywords) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - compiled by SQLAlchemy
