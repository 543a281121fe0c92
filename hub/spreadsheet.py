"""CSV that people open in a spreadsheet: a line at a time, and no text in it that would be run as a formula."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, "CSV Injection"


def cell(value: object) -> str:
    """Nothing is empty, what has parts is JSON. A text that begins like a formula gets a mark in front; a number is none,
    so whoever means one passes a number and not its text."""
    if value is None:
        return ""
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def line(row: Iterable[object]) -> str:
    """RFC 4180."""
    held = io.StringIO()
    csv.writer(held, lineterminator="\r\n").writerow([cell(one) for one in row])
    return held.getvalue()


def lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Each as soon as its row is there."""
    return map(line, rows)
