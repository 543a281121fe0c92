"""Conditions in the words of engines that read columns from files: DuckDB and Apache Spark. These dialects compile and nothing
else; the statements are the same, and so is their meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Alias, ColumnClause, CompoundSelect, Select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import IdentifierPreparer, SQLCompiler

from rules.bucket import DIGITS
from rules.sql.elements import DaysOn, MonthsOn, Place, SetHas, Truncated


@dataclass(frozen=True)
class Query:
    """parameters: by place or by name, as the engine takes them. reads: (table, column) of all that the statement names."""

    text: str
    parameters: Sequence[Any] | Mapping[str, Any]
    reads: frozenset[tuple[str, str]]


class ColumnarCompiler(SQLCompiler):
    """Notes which columns it is asked for: nothing else has to be in the files."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        self.reads: set[tuple[str, str]] = set()
        super().__init__(*args, **kw)

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kw: Any) -> str:
        table = column.table.element if isinstance(column.table, Alias) else column.table
        if table is not None:  # the star of count(*) has none
            self.reads.add((table.description, column.name))
        return super().visit_column(column, *args, **kw)


class Columnar(DefaultDialect):
    statement_compiler = ColumnarCompiler
    supports_native_boolean = True
    supports_statement_cache = True


class DuckDB(Columnar):
    name = "duckdb"
    default_paramstyle = "numeric_dollar"


class Backticks(IdentifierPreparer):
    def __init__(self, dialect: Any) -> None:
        super().__init__(dialect, initial_quote="`")


class Spark(Columnar):
    name = "spark"
    default_paramstyle = "named"
    preparer: type[IdentifierPreparer] = Backticks


DIALECTS: Mapping[str, type[Columnar]] = {dialect.name: dialect for dialect in (DuckDB, Spark)}


def query(statement: Select[Any] | CompoundSelect[Any], dialect: str) -> Query:
    """dialect: duckdb or spark."""
    compiled = statement.compile(dialect=DIALECTS[dialect](), compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, ColumnarCompiler)  # noqa: S101 - for the types
    given = {name: _plain(value) for name, value in compiled.params.items()}
    places = compiled.positiontup
    parameters = given if places is None else [given[name] for name in places]
    return Query(compiled.string, parameters, frozenset(compiled.reads))


def _plain(value: Any) -> Any:
    """Numbers lie in the files as doubles or whole ones, and are compared as such: each of ours is its own shortest text."""
    return float(value) if isinstance(value, Decimal) else value


@compiles(DaysOn, "duckdb")
def _duckdb_days_on(element: DaysOn, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    return f"({day} + CAST({count} AS INTEGER))"


@compiles(DaysOn, "spark")
def _spark_days_on(element: DaysOn, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date_add({compiler.process(element.clauses, **kw)})"


@compiles(MonthsOn, "duckdb")
def _duckdb_months_on(element: MonthsOn, compiler: SQLCompiler, **kw: Any) -> str:
    day, count = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST({day} + to_months(CAST({count} AS INTEGER)) AS DATE)"


@compiles(MonthsOn, "spark")
def _spark_months_on(element: MonthsOn, compiler: SQLCompiler, **kw: Any) -> str:
    return f"add_months({compiler.process(element.clauses, **kw)})"


@compiles(Truncated, "spark")
def _spark_truncated(element: Truncated, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS BIGINT)"


@compiles(SetHas, "duckdb")
def _duckdb_set_has(element: SetHas, compiler: SQLCompiler, **kw: Any) -> str:
    return f"list_contains({compiler.process(element.clauses, **kw)})"


@compiles(SetHas, "spark")
def _spark_set_has(element: SetHas, compiler: SQLCompiler, **kw: Any) -> str:
    return f"array_contains({compiler.process(element.clauses, **kw)})"


@compiles(Place, "duckdb")
def _duckdb_place(element: Place, compiler: SQLCompiler, **kw: Any) -> str:
    of, ref = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST('0x' || left(sha256({of} || '/' || {ref}), {DIGITS}) AS BIGINT)"


@compiles(Place, "spark")
def _spark_place(element: Place, compiler: SQLCompiler, **kw: Any) -> str:
    of, ref = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST(conv(left(sha2({of} || '/' || {ref}, 256), {DIGITS}), 16, 10) AS BIGINT)"
