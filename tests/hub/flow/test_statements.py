"""What a fleet says in one row: read, or refused with what mends it."""

from datetime import date

import pytest

from hub.flow.statements import Statement, read, read_all
from hub.sdk import RowProblem
from hub.web.rows import Row

AUDI, FORD = "WAUZZZ8V5KA012345", "1M8GDM9AXKP042788"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"vin": "1M8GDM9A1KP042788", "since": "2026-01-01"}, "vin"), ({"vin": "short", "since": "2026-01-01"}, "vin"),
        ({"vin": AUDI}, "since"), ({"vin": AUDI, "since": "01.02.2026"}, "since"), ({"vin": AUDI, "since": 20260101}, "since"),
        ({"vin": AUDI, "since": "2026-02-01", "until": "2026-02-01"}, "until"),
        ({"vin": AUDI, "since": "2026-02-01", "untill": "x"}, "untill"),
        ({"vin": AUDI, "since": "2026-02-01", "state": "gone"}, "state"),
        ({"vin": AUDI, "since": "2026-02-01", "plate": "X" * 17}, "plate"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_with_what_mends_it(row, column):
    found = read(7, row)

    assert isinstance(found, RowProblem)
    assert (found.line, found.column) == (7, column)
    assert found.reason
    assert found.hint
    assert not any(str(value) in found.reason for value in row.values() if value)


def test_a_row_is_read_and_survives_being_stored():
    row = {
        "vin": FORD.lower(),
        "since": "2026-02-01",
        "until": "2026-03-01",
        "assignment": " a1 ",
        "plate": "B-XY 1",
        "state": "withdrawn",
    }

    found = read(3, row)

    assert found == Statement(3, FORD, date(2026, 2, 1), date(2026, 3, 1), "a1", "B-XY 1", True)
    assert Statement.from_row(found.to_row()) == found


def test_a_doubt_is_no_refusal():
    found = read(1, {"vin": "WVWZZZ3CZEE140287", "since": "2026-02-01"})

    assert isinstance(found, Statement)
    assert "check digit" in found.doubt


def test_what_was_stated_before_in_the_same_upload_is_refused():
    rows = [
        Row(1, {"vin": AUDI, "since": "2026-02-01"}),
        Row(2, {"vin": AUDI, "since": "2026-02-02"}),
        Row(3, {"vin": AUDI, "since": "2026-02-01"}),
    ]

    first, second, third = read_all(rows)

    assert isinstance(first, Statement)
    assert isinstance(second, Statement)
    assert isinstance(third, RowProblem)
    assert "line 1" in third.reason
