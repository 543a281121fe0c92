"""DuckDB: one machine, all cores, everything in memory."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa

from hub.errors import PartDown
from hub.snapshots.engines import Ask
from hub.snapshots.files import Held
from hub.snapshots.judged import Judging
from hub.snapshots.reading import PIECE
from rules.sql.columnar import Query

# DuckDB would spill to the disk as it is, reads no Parquet that others encrypted, and may load code from elsewhere.
CLOSED = {"temp_directory": "", "enable_external_access": "false", "TimeZone": "UTC"}


@contextmanager
def opened(tables: Mapping[str, Held], _folder: Path, _environ: Mapping[str, str]) -> Iterator[Ask]:
    """What is asked is answered by customer ids. Raises PartDown where the memory does not suffice."""
    with _connected(tables) as connection:

        def ask(query: Query) -> list[int]:
            [found] = connection.execute(query.text, query.parameters).fetchnumpy().values()
            return list(found.tolist())

        yield ask


@contextmanager
def judged(held: Held, _folder: Path, _environ: Mapping[str, str], task: Judging) -> Iterator[Iterator[pa.RecordBatch]]:
    """Raises PartDown where the memory does not suffice."""
    with _connected({"rows": held}) as connection:
        yield task(connection.table("rows").to_arrow_reader(PIECE))


@contextmanager
def _connected(tables: Mapping[str, Held]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, value in CLOSED.items():
            connection.execute(f"SET {name} = '{value}'")
        try:
            for name, held in tables.items():
                rows = chain.from_iterable(part.batches() for part in held.parts)
                connection.from_arrow(pa.RecordBatchReader.from_batches(held.schema, rows)).create(name)
            yield connection
        except duckdb.OutOfMemoryException:
            raise PartDown(
                "DuckDB has no more memory for this region's facts.", "Take more, --engine spark, or none."
            ) from None
