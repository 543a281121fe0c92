"""A scorer at work on pieces of its rows, wherever an engine puts them: columns go in and scores come out, as Arrow's batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any

import pyarrow as pa

from hub.sdk import JudgesRows, ScoreGiven

ANSWERS = pa.schema({
    "customer_id": pa.int64(), "value": pa.float64(), "low": pa.float64(), "high": pa.float64(), "support": pa.int64(),
    "reasons": pa.list_(pa.string()), "vehicle_id": pa.int64(), "service": pa.string(),
})  # fmt: skip


@dataclass(frozen=True)
class Judging:
    """Goes to the engine's workers with the model in it, so the hub's packages are installed there. names: of the columns, in the
    order of the table, where they have none: to Spark a dot in a name is a way into it."""

    scorer: JudgesRows
    model: bytes = field(repr=False)
    names: Sequence[str]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
            rows = dict(zip(self.names, columns, strict=True))
            given = list(self.scorer.judge(self.model, rows))
            yield pa.record_batch([[getattr(one, name) for one in given] for name in ANSWERS.names], ANSWERS)


def table_of(rows: Mapping[str, Any]) -> pa.Table:
    """rows: arrays of numbers; NaN stays what it is, and is no missing value."""
    columns = [pa.array(values, from_pandas=False) for values in rows.values()]
    return pa.table(columns, [f"c{place}" for place in range(len(columns))])


def given(batches: Iterable[pa.RecordBatch]) -> Iterator[ScoreGiven]:
    for batch in batches:
        columns = [batch.column(name).to_pylist() for name in ANSWERS.names]
        columns[ANSWERS.names.index("reasons")] = list(map(tuple, columns[ANSWERS.names.index("reasons")]))
        yield from starmap(ScoreGiven, zip(*columns, strict=True))
