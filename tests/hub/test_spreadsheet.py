"""A table that is opened in a spreadsheet runs nothing and loses nothing."""

import csv
import io
from decimal import Decimal

import pytest

from hub import spreadsheet


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=cmd|' /C calc'!A0"]
)
def test_a_text_like_a_formula_is_marked(evil: str) -> None:
    assert spreadsheet.cell(evil) == "'" + evil


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, ""), (-3, "-3"), (Decimal("-12.50"), "-12.50"), ("a=1", "a=1"), (["ä"], '["ä"]'), ({"a": -1}, '{"a": -1}')],
)
def test_numbers_stay_numbers_and_parts_are_json(value: object, told: str) -> None:
    assert spreadsheet.cell(value) == told


def test_lines_come_one_by_one_and_are_read_back() -> None:
    lines = spreadsheet.lines(iter([("a", "b"), ('say "no", please', "two\nlines")]))

    assert next(lines) == "a,b\r\n"
    assert next(csv.reader(io.StringIO(next(lines), newline=""))) == ['say "no", please', "two\nlines"]
