"""What a fleet states of one vehicle in one row: read, checked, and nothing stored yet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.sdk import RowProblem
from rules.vin import check_digit, fold_vin, must_check

COLUMNS = ("vin", "since", "until", "assignment", "plate", "state")
NEEDED = ("vin", "since")
STATES = ("active", "withdrawn")
EARLIEST, LATEST = date(1980, 1, 1), date(2100, 1, 1)
DAY = "Write the day as 2026-11-25."


@dataclass(frozen=True)
class Statement:
    """The vehicle belongs to the fleet in [since, until), by days. number: the fleet's own name of this assignment.

    withdrawn: it never did. doubt: what is odd about the row and no reason to refuse it."""

    line: int
    vin: str
    since: date
    until: date | None
    number: str
    plate: str = ""
    withdrawn: bool = False
    doubt: str = ""

    def to_row(self) -> list[Any]:
        until = self.until.isoformat() if self.until else None
        return [self.line, self.vin, self.since.isoformat(), until, self.number, self.plate, self.withdrawn, self.doubt]

    @classmethod
    def from_row(cls, row: list[Any]) -> "Statement":
        line, vin, since, until, *rest = row
        return cls(line, vin, date.fromisoformat(since), date.fromisoformat(until) if until else None, *rest)


def read_all(rows: Iterable[Any]) -> Iterator[Statement | RowProblem]:
    """Rows and problems in, statements and problems out. One assignment is stated once in an upload: else the order of
    its lines would decide, and the same file again would change something."""
    stated: dict[int, int] = {}
    for row in rows:
        found = row if isinstance(row, RowProblem) else read(row.line, row.values)
        if isinstance(found, Statement):
            key = hash((found.number, "" if found.number else found.vin, None if found.number else found.since))
            first = stated.setdefault(key, found.line)
            if first != found.line:
                found = RowProblem(
                    found.line, "assignment", f"line {first} states this assignment, too", "State each one once."
                )
        yield found


def read(line: int, values: Mapping[str, Any]) -> Statement | RowProblem:
    """One row. The reasons name columns and never repeat a value."""
    for name, value in values.items():
        if name not in COLUMNS:
            return RowProblem(line, str(name)[:40], "this column is unknown", f"Columns: {', '.join(COLUMNS)}.")
        if value is not None and not isinstance(value, str):
            return RowProblem(line, name, "this is no text", "Write it in quotes.")
    vin = fold_vin(values.get("vin") or "")
    if vin is None:
        return RowProblem(line, "vin", "this is no VIN", "17 letters and digits, without I, O and Q.")
    wrong = vin[8] != check_digit(vin)
    if wrong and must_check(vin):
        return RowProblem(
            line, "vin", "the check digit does not fit", "A sign is mistyped: the ninth one has to fit the others."
        )
    days = _days(line, values)
    if isinstance(days, RowProblem):
        return days
    number, plate, state = (str(values.get(name) or "").strip() for name in ("assignment", "plate", "state"))
    if len(number) > 64 or len(plate) > 16:
        return RowProblem(
            line, "assignment" if len(number) > 64 else "plate", "this is too long", "At most 64 and 16 signs."
        )
    if (state or "active") not in STATES:
        return RowProblem(line, "state", "this state is unknown", f"One of: {', '.join(STATES)}.")
    doubt = "the check digit does not fit; outside North America it need not" if wrong else ""
    return Statement(line, vin, *days, number, plate, state == "withdrawn", doubt)


def _days(line: int, values: Mapping[str, Any]) -> tuple[date, date | None] | RowProblem:
    since, until = _day(values.get("since")), _day(values.get("until"))
    if since is None:
        return RowProblem(line, "since", "this is no day", DAY)
    if values.get("until") and until is None:
        return RowProblem(line, "until", "this is no day", DAY)
    if until is not None and until <= since:
        return RowProblem(
            line, "until", "it ends before it begins", "until is the first day on which it no longer holds."
        )
    return since, until


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return day if EARLIEST <= day < LATEST else None
