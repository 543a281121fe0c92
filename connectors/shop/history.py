"""A file of history: one row a line, streamed into pages that are known again by their content."""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from hub.sdk import Bounds, ImportPage, Incoming, RowProblem, WrongInput
from hub.sdk.row_checks import Refusal, check, dumped

PAGE = 2000  # rows: one delivery, one transaction
LONGEST = 5000  # rows: a page goes on while the customer stays the same, so that nobody is judged by half a history
LONGEST_LINE = 1_000_000


def pages(path: Path, bounds: Bounds) -> Iterator[ImportPage]:
    """Good rows as pages for the inbox, bad ones as problems beside them. Branches that the file tells of count, too."""
    known = set(bounds.branches)
    bounds = replace(bounds, branches=known)
    good: list[bytes] = []
    problems: list[RowProblem] = []
    last = ""
    for line, text in _lines(path):
        row, refusals = _read(text, bounds)
        if row is None:
            problems.append(_problem(line, refusals))
            continue
        whose = row.get("customer", row["key"])
        if len(good) >= PAGE and (whose != last or len(good) >= LONGEST):
            yield _page(good, problems)
            good, problems = [], []
        if row["type"] == "branch":
            known.add(row["key"])
        good.append(dumped(row))
        last = whose
    if good or problems:
        yield _page(good, problems)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with _open(path) as file:
            number = 0
            while line := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise WrongInput(f"{path}:{number}: a line has more than {LONGEST_LINE} bytes.", "One row a line.")
                if line.strip():
                    yield number, line
    except (zlib.error, EOFError, OSError) as error:
        raise WrongInput(f"{path} cannot be read: {type(error).__name__}.", "Is it whole?") from None


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path, "rb"))
    return path.open("rb")


def _read(text: bytes, bounds: Bounds) -> tuple[dict[str, Any] | None, list[Refusal]]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return None, [Refusal("", "Is no JSON.", "One JSON object a line, UTF-8.")]
    kind = row.get("type") if isinstance(row, dict) else ""
    return check(kind if isinstance(kind, str) else "", row, bounds)


def _problem(line: int, refusals: list[Refusal]) -> RowProblem:
    first, *others = refusals
    also = "".join(f" Also {one.field}: {one.reason}" for one in others)
    return RowProblem(line, first.field or "(row)", first.reason + also, first.hint)


def _page(rows: list[bytes], problems: list[RowProblem]) -> ImportPage:
    """key: the page's content, so that the same page is the same delivery."""
    if not rows:
        return ImportPage(0, None, problems)
    payload = b'{"rows":[' + b",".join(rows) + b"]}"
    key = hashlib.sha256(payload).hexdigest()
    return ImportPage(len(rows), Incoming(f"history:{key}", f"page:{key}", payload), problems)
