"""Apache Spark: many machines, or this one's cores. Its workers open the files with the key that comes with the task."""

import os
import secrets
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from hub.errors import ConfigError, PartDown
from hub.snapshots.engines import Ask
from hub.snapshots.files import Held
from hub.snapshots.judged import ANSWERS, Judging
from hub.snapshots.parts import Part
from rules.sql.columnar import Query

MASTER = "HUB_SPARK_MASTER"
PANDAS = (
    "PySpark does not yet fully support pandas"  # it says so wherever columns go through Python; pandas is not in it
)


@contextmanager
def opened(tables: Mapping[str, Held], folder: Path, environ: Mapping[str, str]) -> Iterator[Ask]:
    """Raises ConfigError without Java, PartDown where Spark gives up."""
    with session(folder, environ) as spark:
        yield over(spark, tables)


@contextmanager
def session(folder: Path, environ: Mapping[str, str]) -> Iterator[SparkSession]:
    """folder: what Spark's own processes may write to, where they run on this machine."""
    if not (environ.get("JAVA_HOME") or which("java", path=environ.get("PATH"))):
        raise ConfigError(
            "Spark needs Java, and there is none on this machine.", "Install Java 17 or later, or set JAVA_HOME."
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", PANDAS, FutureWarning)
        spark = _session(environ.get(MASTER, "local[*]"), folder)
        try:
            yield spark
        except PySparkException as error:
            said = error.getCondition() or type(error).__name__
            raise PartDown(f"Spark gave up: {said}.", "Its own log says more.") from None
        finally:
            spark.stop()


@contextmanager
def judged(held: Held, folder: Path, environ: Mapping[str, str], task: Judging) -> Iterator[Iterator[pa.RecordBatch]]:
    """One task for each file; raises as `opened` does."""
    with session(folder, environ) as spark:
        answers = _frame(spark, held).mapInArrow(task, from_arrow_schema(ANSWERS))
        yield iter(answers.toArrow().cast(ANSWERS).to_batches())


def over(spark: SparkSession, tables: Mapping[str, Held]) -> Ask:
    """Each table stays where it was read, in the workers' memory."""
    for name, held in tables.items():
        _frame(spark, held).persist(StorageLevel.MEMORY_AND_DISK).createOrReplaceTempView(name)

    def ask(query: Query) -> list[int]:
        found: list[int] = spark.sql(query.text, dict(query.parameters)).toArrow().column(0).to_pylist()
        return found

    return ask


def _session(master: str, folder: Path) -> SparkSession:
    """Whatever leaves the memory of a process is encrypted: between them, and on their disks."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings: dict[str, bool | float | int | str | None] = {
        "spark.master": master,
        "spark.app.name": "garage-hub",
        "spark.log.level": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder),
        "spark.sql.session.timeZone": "UTC",
        "spark.io.encryption.enabled": "true",
        "spark.network.crypto.enabled": "true",
        "spark.authenticate": "true",
        "spark.authenticate.secret": secrets.token_hex(32),
    }
    return SparkSession.builder.config(map=settings).getOrCreate()


def _frame(spark: SparkSession, held: Held) -> DataFrame:
    """One task for each file."""
    parts: Sequence[Part] = held.parts
    schema = from_arrow_schema(held.schema)

    def read(numbers: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from parts[number].batches()

    return spark.range(0, len(parts), 1, max(len(parts), 1)).mapInArrow(read, schema)
