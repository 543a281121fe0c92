"""A statement's answer as a stream: on PostgreSQL the database hands over whole columns, elsewhere rows are turned into them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from sqlalchemy import BigInteger, Double, cast, func, select
from sqlalchemy.orm import Session

from hub.past.streams import Numbers, Stream, day_of, in_order, is_whole, numbers_of

PIECE = 100_000  # rows at a time where they come as rows, so that Python objects do not pile up
SPAN = 64  # days of one block of columns: how much of an answer lies in memory at a time
BLOCKS = 16  # fetched at a time
SORTING = "256MB"  # of the database for one statement: by itself it would sort on disk what it only has to gather
HEAD = 20  # bytes before the first item of an array of one dimension; before each item four say how long it is


@dataclass(frozen=True)
class Wanted:
    """A statement, the day it is cut at, the names of its columns, and which of them are texts."""

    statement: Any
    day: Any
    names: Sequence[str]
    texts: Sequence[str] = ()


@dataclass(frozen=True)
class Block:
    """Rows of a part: numbers by name, and texts by name as the codes of `Spoken`."""

    columns: Mapping[str, Numbers]


class Spoken(dict[str | None, int]):
    """A code for each text in the order in which they are met."""

    def __missing__(self, text: str | None) -> int:
        self[text] = len(self)
        return self[text]

    def words(self, meaning: Callable[[str], str]) -> tuple[list[str], Numbers]:
        """The words that the texts mean, in the order of the alphabet, and for each code the place of its word."""
        meant = [meaning(text or "") for text in self]
        words = sorted(set(meant))
        places = {word: place for place, word in enumerate(words)}
        return words, np.array([places[one] for one in meant], np.int32)


Way: TypeAlias = Callable[[Session, Any, Sequence[str], Mapping[str, Spoken]], Iterator[Block]]


def fetch(session: Session, wanted: Wanted, until: int, services: Mapping[str, str], by: Way | None = None) -> Stream:
    """Rows up to the day `until`. services: what the texts of a column `service` mean, by their small letters. by: the way they
    come, by_columns or by_rows; both give the same bytes."""
    spoken = {name: Spoken() for name in wanted.texts}
    by = by or (by_columns if session.get_bind().dialect.name == "postgresql" else by_rows)
    blocks = list(by(session, wanted.statement.where(wanted.day <= day_of(until)), wanted.names, spoken))
    columns, words = {}, {}
    for name in wanted.names:
        parts = [one.columns[name] for one in blocks]
        columns[name] = np.concatenate(parts) if parts else np.zeros(0, np.int64 if is_whole(name) else np.float64)
        if name in spoken:
            words[name], places = spoken[name].words(_in_services(services) if name == "service" else str)
            columns[name] = places[columns[name]] if parts else np.zeros(0, np.int32)
    return in_order(columns, words)


def _in_services(services: Mapping[str, str]) -> Callable[[str], str]:
    return lambda text: services.get(text.lower(), text.lower())


def by_rows(session: Session, statement: Any, names: Sequence[str], spoken: Mapping[str, Spoken]) -> Iterator[Block]:
    for part in session.execute(statement).partitions(PIECE):
        columns: dict[str, Numbers] = {}
        for name, values in zip(names, zip(*part, strict=True), strict=True):
            if name in spoken:
                columns[name] = np.fromiter(map(spoken[name].__getitem__, values), np.int32, len(values))
            else:
                columns[name] = numbers_of(name, values)
        yield Block(columns)


def by_columns(session: Session, statement: Any, names: Sequence[str], spoken: Mapping[str, Spoken]) -> Iterator[Block]:
    """PostgreSQL gathers the rows of a span of days and of equal texts, and answers an array per column: no row becomes an object
    of Python, and what lies in memory of an answer is some blocks."""
    rows = statement.subquery()
    given = dict(zip(names, rows.c, strict=True))
    texts = [given[name] for name in spoken]
    numbers = [name for name in names if name not in spoken]
    gathered = [func.array_agg(_number(name, given[name])) for name in numbers]
    asked = select(*texts, *gathered).group_by(*texts, given["day"].op("/")(SPAN))
    for row in _answered(session, asked):
        columns = {name: _items(name, told) for name, told in zip(numbers, row[len(texts) :], strict=True)}
        size = len(columns["day"])
        columns |= {name: np.full(size, spoken[name][text], np.int32) for name, text in zip(spoken, row, strict=False)}
        yield Block(columns)


def _number(name: str, column: Any) -> Any:
    """Never NULL, so that all items of an array are equally long."""
    if is_whole(name):
        return func.coalesce(cast(column, BigInteger), 0)
    return func.coalesce(cast(column, Double), cast("NaN", Double))


def _answered(session: Session, asked: Any) -> Iterator[Sequence[Any]]:
    """By a cursor of the database, in its own binary form."""
    connection = session.connection()
    compiled = asked.compile(connection, compile_kwargs={"render_postcompile": True})
    connection.exec_driver_sql(f"SET LOCAL work_mem = '{SORTING}'")
    driver: Any = connection.connection.driver_connection
    with driver.cursor(name="past", binary=True) as cursor:
        for kind in ("int8", "float8"):
            cursor.adapters.register_loader(cursor.adapters.types[kind].array_oid, _Bytes)
        cursor.itersize = BLOCKS
        cursor.execute(str(compiled), compiled.params)
        yield from cursor
    connection.exec_driver_sql("SET LOCAL work_mem TO DEFAULT")


class _Bytes(Loader):
    """An array as the database sent it."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def _items(name: str, sent: bytes) -> Numbers:
    kind = ">i8" if is_whole(name) else ">f8"
    items = np.frombuffer(sent, [("length", ">i4"), ("item", kind)], offset=HEAD)["item"]
    return items.astype(np.int64 if is_whole(name) else np.float64)
