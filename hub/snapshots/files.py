"""A snapshot of what rules read, as encrypted Parquet files.

Its key is kept nowhere: it lives in the memory of the processes that read the files. So nobody can open what a killed one leaves
behind, and an erasure has nothing to look for here."""

import hashlib
import hmac
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, Select, Table
from sqlalchemy.orm import Session

from hub.errors import PartDown
from hub.snapshots.parts import Part
from hub.snapshots.reading import batches_of, schema_of
from hub.vault import OpenKey
from rules.catalogue import Catalogue
from rules.dependencies import Reads
from rules.sql.columnar import Query
from rules.sql.flat import select_flat

MOST = 500_000  # rows in a file, which one task of an engine reads; one batch more at most


@dataclass(frozen=True)
class Held:
    """A table of the snapshot."""

    schema: pa.Schema
    parts: Sequence[Part]


def take(
    session: Session, folder: Path, key: OpenKey, tables: Mapping[str, Table], catalogue: Catalogue, queries: Iterable[Query],
    reads: Reads,
) -> Mapping[str, Held]:  # fmt: skip
    """The tables and columns that the queries name, and nothing else. tables: all there are, by name; reads: of all rules together."""
    named: dict[str, set[str]] = defaultdict(set)
    for table, column in (one for each in queries for one in each.reads):
        named[table].add(column)
    return {
        name: write(session, folder, key, name, *select_flat(tables[name], columns, catalogue, reads))
        for name, columns in named.items()
    }


def write(
    session: Session, folder: Path, key: OpenKey, name: str, columns: Sequence[Column[Any]], statement: Select[Any]
) -> Held:
    """The rows of a statement as a table of this name. Raises PartDown where the disk takes no more."""
    schema = schema_of(columns)
    with closing(batches_of(session, statement, schema)) as batches:
        return _write(batches, schema, folder, key, name, MOST)


def put(folder: Path, key: OpenKey, name: str, table: pa.Table, most: int = MOST) -> Held:
    """Columns that are in memory, as a table of this name. most: rows in a file. Raises as `write` does."""
    return _write(iter(table.to_batches(max_chunksize=most)), table.schema, folder, key, name, most)


def _write(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, folder: Path, key: OpenKey, name: str, most: int
) -> Held:
    parts = list[Part]()
    try:
        for first in batches:
            file = f"{name}-{len(parts)}.parquet"
            part, rows = Part(folder / file, hmac.digest(key.secret, file.encode(), hashlib.sha256)), 0
            with part.writer(schema) as writer:
                for batch in chain([first], batches):
                    writer.write_batch(batch)
                    rows += batch.num_rows
                    if rows >= most:
                        break
            parts.append(part)
    except OSError as error:
        raise PartDown(
            f"The snapshot of {name} cannot be written: {os.strerror(error.errno or 0)}.",
            f"Mend that, or make room where {folder.parent} lies; nothing was changed.",
        ) from error
    return Held(schema, parts)
