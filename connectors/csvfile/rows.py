"""Rows of a file into pages: read as a stream, converted column by column, numbered where they are equal."""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from hub.sdk import Bad, Field, FileMapping, ImportPage, Incoming, RowProblem, WrongInput, convert

Row = tuple[int, dict[str, str]]  # line in the file, column -> text
LONGEST_LINE = 1_000_000
ALWAYS = "(row)"


class Counter:
    """Numbers rows that are equal in the mapping's key: the second one is another visit, not the first one again."""

    def __init__(self, mapping: FileMapping) -> None:
        self.key = mapping.key
        self.seen: Tally[bytes] = Tally()

    def key_of(self, row: dict[str, str]) -> str:
        parts = [row.get(column, "").strip() for column in self.key]
        short = hashlib.blake2b("\0".join(parts).encode(), digest_size=10).digest()
        self.seen[short] += 1
        return "\0".join([*parts, str(self.seen[short])])


def read_rows(path: Path, mapping: FileMapping) -> Iterator[Row]:
    """Raises WrongInput when it is no such file: no header, a column missing, not UTF-8, half a line."""
    try:
        with _open(path) as file:
            yield from _ndjson(file) if _suffix(path) in {".ndjson", ".jsonl"} else _csv(file, path, mapping)
    except UnicodeDecodeError as error:
        raise WrongInput(f"{path} is not UTF-8 (near byte {error.start}).", "Save it as UTF-8.") from None
    except (zlib.error, EOFError, OSError) as error:
        raise WrongInput(f"{path} cannot be read: {error}.", "Is it whole?") from None


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _suffix(path: Path) -> str:
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _csv(file: IO[str], path: Path, mapping: FileMapping) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_LINE)
    head = file.readline(LONGEST_LINE)
    if not head.strip():
        raise WrongInput(f"{path} is empty.", "The first line names the columns.")
    columns = next(csv.reader([head], delimiter=_delimiter(head)))
    missing = sorted(mapping.columns() - set(columns))
    if missing:
        raise WrongInput(f"{path}:1: there is no column {', '.join(missing)}.", f"Columns here: {', '.join(columns)}.")
    twice = sorted(name for name, count in Tally(columns).items() if count > 1 and name in mapping.columns())
    if twice:
        raise WrongInput(f"{path}:1: column {', '.join(twice)} stands there twice.", "Rename or remove one of them.")
    for line, values in _lines(file, path, _delimiter(head)):
        row = dict(zip(columns, values, strict=False))
        if len(values) != len(columns):
            row[ALWAYS] = f"has {len(values)} values for {len(columns)} columns."
        elif any("\0" in value for value in values):
            row[ALWAYS] = "holds a zero byte."
        yield line, row


def _lines(file: IO[str], path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Values with the line they begin in: a quoted value may hold line breaks."""
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    line = 2
    try:
        for values in reader:
            if values:
                yield line, values
            line = reader.line_num + 2
    except csv.Error as error:
        raise WrongInput(f"{path}:{line}: {error}.", "Is the file whole, and is every quote closed?") from None


def _delimiter(head: str) -> str:
    return max(",;\t|", key=head.count)


def _ndjson(file: IO[str]) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line) if len(line) <= LONGEST_LINE else None
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and "\\u0000" not in line:
            yield number, {str(name): "" if value is None else str(value) for name, value in found.items()}
        else:
            yield number, {ALWAYS: "is no JSON object, or holds a zero byte."}


def page_of(batch: Sequence[Row], mapping: FileMapping, counter: Counter) -> ImportPage:
    """Convert a stretch of rows. A row with any bad value stays out, with the reason of each."""
    rows = [row for _, row in batch]
    columns, problems = {}, []
    for field in mapping.fields:
        columns[field.name], bad = _convert(field, rows, mapping.zone)
        problems += bad
    problems += [Bad(index, mapping.number, "is empty.", "Every row needs the customer's number.")
                 for index, row in enumerate(rows) if not row.get(mapping.number, "").strip()]  # fmt: skip
    problems += [
        Bad(index, ALWAYS, row[ALWAYS], "Check quotes and delimiters.")
        for index, row in enumerate(rows)
        if ALWAYS in row
    ]
    wrong = {one.index for one in problems}
    good = [_row(index, row, columns, mapping, counter) for index, row in enumerate(rows) if index not in wrong]
    reports = [
        RowProblem(batch[one.index][0], one.column, one.reason, one.hint)
        for one in sorted(problems, key=lambda one: one.index)
    ]
    return ImportPage(len(good), _incoming(good, mapping), _first_per_row(reports))


def _convert(field: Field, rows: Sequence[dict[str, str]], zone: str) -> tuple[list[Any], list[Bad]]:
    currencies = [row.get(field.currency_column, "").strip() for row in rows] if field.currency_column else None
    return convert(field, [row.get(field.column, "") for row in rows], zone, currencies)


def _row(
    index: int, row: dict[str, str], columns: dict[str, list[Any]], mapping: FileMapping, counter: Counter
) -> dict[str, Any]:
    values = {name: found[index] for name, found in columns.items() if found[index] is not None}
    return {
        "number": row[mapping.number].strip(),
        "key": counter.key_of(row),
        "zone": mapping.zone,
        "fields": {name: _plain(value) for name, value in {**mapping.constants, **values}.items()},
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _incoming(rows: Sequence[dict[str, Any]], mapping: FileMapping) -> Incoming | None:
    """key: the page's content, so that the same page is the same delivery."""
    if not rows:
        return None
    payload = json.dumps({"record": mapping.record, "rows": rows}, ensure_ascii=False, sort_keys=True).encode()
    key = hashlib.sha256(payload).hexdigest()
    return Incoming(key=f"{mapping.name}:{key}", entity=f"page:{key}", payload=payload)


def _first_per_row(problems: Sequence[RowProblem]) -> list[RowProblem]:
    """One problem per row in the counts: the first stands for the row, with the others' columns beside it."""
    found: dict[int, RowProblem] = {}
    for problem in problems:
        first = found.get(problem.line)
        if first is None:
            found[problem.line] = problem
        else:
            found[problem.line] = RowProblem(
                first.line, first.column, f"{first.reason} Also {problem.column}: {problem.reason}", first.hint
            )
    return list(found.values())
