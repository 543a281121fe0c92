"""An engine that cannot be had says what is missing."""

import pytest

from hub.errors import ConfigError, PartDown
from hub.snapshots import in_duckdb
from hub.snapshots.engines import ENGINES, check_installed, engine
from rules.sql.columnar import Query
from snapshots import needs_spark


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(ENGINES, "duckdb", ("duckdb", "no_such_package"))

    with pytest.raises(
        ConfigError, match=r"needs no_such_package, not installed here\. Install the hub's extra “duckdb”"
    ):
        check_installed("duckdb")


def test_an_engine_is_loaded_by_its_name():
    check_installed("duckdb")

    assert engine("duckdb") is in_duckdb.opened


def test_duckdb_never_writes_to_the_disk_and_opens_nothing_outside(tmp_path):
    with in_duckdb.opened({}, tmp_path, {}) as ask:
        settings = "SELECT value FROM duckdb_settings() WHERE name IN ($1, $2) ORDER BY name"
        assert ask(Query(settings, ["enable_external_access", "temp_directory"], frozenset())) == ["false", ""]


def test_memory_that_does_not_suffice_is_told_with_a_way_out(tmp_path):
    much = Query("SELECT count(DISTINCT hash(range)) FROM range(50000000)", [], frozenset())

    with pytest.raises(PartDown, match=r"no more memory.*--engine spark"):  # noqa: PT012, SIM117
        with in_duckdb.opened({}, tmp_path, {}) as ask:
            ask(Query("SET memory_limit = '20MB'", [], frozenset()))
            ask(much)


@needs_spark
def test_spark_without_java_says_so(tmp_path):
    from hub.snapshots import in_spark  # an extra

    with pytest.raises(ConfigError, match="Spark needs Java"), in_spark.session(tmp_path, {"PATH": ""}):
        pass
