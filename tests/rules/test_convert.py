"""Columns of text become values; every bad one has a reason and a way to mend it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rules.convert import Bad, Field, convert


def field(type_: str, **more: Any) -> Field:
    return Field(name="field", column="column", type=type_, optional=more.pop("optional", False), **more)


BERLIN = "Europe/Berlin"
GOOD: list[tuple[Field, str, Any]] = [
    (field("text"), "  Müller ", "Müller"),
    (field("number"), "12", 12),
    (field("number"), "-2.5", -2.5),
    (field("money", currency="EUR"), "249.9", (24990, "EUR")),
    (field("money", currency="EUR"), "-249.90", (-24990, "EUR")),
    (field("money", currency="KWD"), "24.990", (24990, "KWD")),
    (field("money", currency="JPY"), "500", (500, "JPY")),
    (field("day"), "2026-01-31", date(2026, 1, 31)),
    (field("day", format="%d.%m.%Y"), "31.01.2026", date(2026, 1, 31)),
    (field("instant"), "2026-01-31", datetime(2026, 1, 31, 11, tzinfo=UTC)),
    (field("instant"), "2026-07-31", datetime(2026, 7, 31, 10, tzinfo=UTC)),
    (field("instant"), "2026-01-31T00:00", datetime(2026, 1, 30, 23, tzinfo=UTC)),
    (field("instant"), "2026-01-31T08:00:00+04:00", datetime(2026, 1, 31, 4, tzinfo=UTC)),
    (field("instant", format="%d. %B %Y"), "31. January 2026", datetime(2026, 1, 31, 11, tzinfo=UTC)),
    (field("instant", format="%d.%m.%y %H:%M"), "31.01.26 00:00", datetime(2026, 1, 30, 23, tzinfo=UTC)),
    (field("flag"), "Yes", True),
    (field("flag", words=(("ja", True), ("nein", False))), "NEIN", False),
]


@pytest.mark.parametrize(("how", "text", "value"), GOOD, ids=lambda part: part if isinstance(part, str) else "")
def test_a_good_value_is_converted(how: Field, text: str, value: Any) -> None:
    assert convert(how, [text], BERLIN) == ([value], [])


BAD: list[tuple[Field, str, str]] = [
    (field("text"), "x" * 401, "has more than 400 letters."),
    (field("number"), "1,5", "“1,5” is no number."),
    (field("number"), "1e5", "“1e5” is no number."),
    (field("number"), "nan", "“nan” is no number."),
    (field("number"), "١٢", "“١٢” is no number."),
    (field("money", currency="EUR"), "12 EUR", "“12 EUR” is no amount."),
    (field("money", currency="EUR"), "1.999", "“1.999” has more decimals than EUR."),
    (field("money", currency="JPY"), "1.5", "“1.5” has more decimals than JPY."),
    (field("day"), "31.01.2026", "“31.01.2026” is no day."),
    (field("day"), "2026-02-30", "“2026-02-30” is no day."),
    (field("day"), "0001-01-01", "“0001-01-01” is too far away."),
    (field("instant"), "soon", "“soon” is no time."),
    (field("instant"), "9999-12-31", "“9999-12-31” is too far away."),
    (field("instant"), "0001-01-01T00:00", "“0001-01-0...” is too far away."),
    (field("flag"), "perhaps", "“perhaps” is neither yes nor no."),
]


@pytest.mark.parametrize(("how", "text", "reason"), BAD, ids=lambda part: part[:20] if isinstance(part, str) else "")
def test_a_bad_value_is_told_with_a_hint(how: Field, text: str, reason: str) -> None:
    values, bad = convert(how, [text], BERLIN)

    assert values == [None]
    assert [(one.index, one.column, one.reason) for one in bad] == [(0, "column", reason)]
    assert bad[0].hint


def test_an_empty_value_is_bad_unless_the_field_is_optional() -> None:
    assert convert(field("number", optional=True), ["", "  ", "3"], BERLIN) == ([None, None, 3], [])

    _, bad = convert(field("number"), ["3", ""], BERLIN)

    assert bad == [Bad(1, "column", "is empty.", "Fill it in, or set optional: true in the mapping.")]


def test_each_row_may_have_a_currency_of_its_own() -> None:
    values, bad = convert(field("money", currency_column="cur"), ["1", "1", "1"], BERLIN, ["EUR", "KWD", "euro"])

    assert values == [(100, "EUR"), (1000, "KWD"), None]
    assert bad == [Bad(2, "column", "“euro” is no currency.", "Write an ISO code such as EUR.")]


def test_a_report_does_not_tell_whole_names() -> None:
    _, bad = convert(field("day"), ["Maximilian Mustermann"], BERLIN)

    assert "Mustermann" not in bad[0].reason
