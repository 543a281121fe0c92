"""An engine beside the database chooses whom the predicate chooses, on every condition."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.snapshots import in_duckdb
from hub.snapshots.engines import Ask
from hub.snapshots.files import Held
from meaning import CASES, prove
from snapshots import choosing, needs_spark


def prove_by_duckdb(url: str, number: int) -> None:
    with choosing("duckdb", lambda held, folder: in_duckdb.opened(held, folder, {}), url) as choose:
        prove(choose, number, CASES // 2)


def test_duckdb_over_snapshots_of_sqlite_and_the_predicate_choose_the_same_customers() -> None:
    prove_by_duckdb("sqlite://", 20261127)


@pytest.mark.postgres
def test_duckdb_over_snapshots_of_postgresql_and_the_predicate_choose_the_same_customers(postgres_url: str) -> None:
    prove_by_duckdb(postgres_url, 20261129)


MASTERS = [("local[2]", CASES // 10, 10), ("local-cluster[2,1,1024]", CASES // 40, 3)]
QUICK = {"spark.sql.shuffle.partitions": "2", "spark.sql.adaptive.enabled": "false"}  # for two dozen customers


@needs_spark
@pytest.mark.alone
@pytest.mark.parametrize(("master", "many", "turns"), MASTERS)
def test_spark_and_the_predicate_choose_the_same_customers(master: str, many: int, turns: int, tmp_path: Path) -> None:
    from hub.snapshots import in_spark  # an extra

    with in_spark.session(tmp_path, {**os.environ, in_spark.MASTER: master}) as spark:
        for name, value in QUICK.items():
            spark.conf.set(name, value)

        @contextmanager
        def answering(held: Mapping[str, Held], _folder: Path) -> Iterator[Ask]:
            yield in_spark.over(spark, held)
            spark.catalog.clearCache()

        with choosing("spark", answering) as choose:
            prove(choose, 20261128, many, turns)
