"""A mapping file says which column becomes which field; what is wrong in it has a place."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules import RuleError
from rules.mapping import FileMapping, load_mapping, read_mapping
from rules.parse import read_text

TARGETS = {
    "visit": {"at": "instant", "amount": "money", "items": "number"},
    "customer": {"name": "text", "joined_on": "day", "staff": "flag", "balance": "money"},
}
GOOD = """mapping: visits
title: Visits
record: visit
customer: {number: customer_id}
key: [customer_id, date]
zone: Europe/Berlin
fields:
  at: {column: date, format: '%d.%m.%Y'}
  items: {column: pieces, optional: true}
  amount: {column: spend, currency_column: currency}
"""


def mapping(text: str) -> FileMapping:
    return read_mapping(read_text(text.encode(), "visits.yaml"), TARGETS)


def problems(text: str) -> list[str]:
    with pytest.raises(RuleError) as wrong:
        mapping(text)
    return str(wrong.value).splitlines()


def test_a_mapping_knows_its_fields_and_every_column_it_needs() -> None:
    found = mapping(GOOD)

    assert (found.name, found.record, found.zone, found.number) == ("visits", "visit", "Europe/Berlin", "customer_id")
    assert found.key == ("customer_id", "date")
    assert [(field.name, field.type, field.optional) for field in found.fields] == [
        ("at", "instant", False), ("items", "number", True), ("amount", "money", False),
    ]  # fmt: skip
    assert found.columns() == {"customer_id", "date", "pieces", "spend", "currency"}


MISTAKES: dict[str, tuple[Callable[[str], str], str]] = {
    "an unknown key": (lambda text: text.replace("zone:", "zon:"), "visits.yaml:6:1: “zon” is no key here."),
    "no key columns": (lambda text: text.replace("[customer_id, date]", "customer_id"), "visits.yaml:5:1: “key” lists"),
    "no such zone": (lambda text: text.replace("Berlin", "Bärlin"), "visits.yaml:6:1: “Europe/Bärlin” is no time zone."),
    "no currency": (lambda text: text.replace(", currency_column: currency", ""), "visits.yaml:10:3: “amount” is money"),
    "two currencies": (lambda text: text.replace("spend,", "spend, currency: EUR,"), "visits.yaml:10:3: “amount” is money"),
    "a currency in words": (lambda text: text.replace("currency_column: currency", "currency: euro"),
                            "visits.yaml:10:27: “euro” is no currency. Write an ISO code such as EUR."),
    "an unknown field": (lambda text: text.replace("items:", "itms:"),
                         "visits.yaml:9:3: A visit has no field “itms”. Did you mean “items”?"),
    "an unknown record": (lambda text: text.replace("record: visit", "record: vist"),
                          "visits.yaml:3:1: “vist” is no kind of record. Did you mean “visit”?"),
    "optional in words": (lambda text: text.replace("optional: true", "optional: 'no'"), "visits.yaml:9:27: “no” is neither"),
    "a format of a number": (lambda text: text.replace("optional: true", "format: '%d'"), "visits.yaml:9:27: “format” does not"),
    "a bad format": (lambda text: text.replace("%d.%m.%Y", "%Q"), "visits.yaml:8:22: “format” is no pattern"),
    "no customer": (lambda text: text.replace("{number: customer_id}", "customer_id"), "visits.yaml:4:1: “customer” names"),
    "a field twice": (lambda text: text + "constants: {items: 1}\n", "visits.yaml:11:13: “items” stands under fields, too."),
    "an unknown constant": (lambda text: text + "constants: {x: 1}\n", "visits.yaml:11:13: A visit has no field “x”."),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_has_a_place(name: str) -> None:
    change, told = MISTAKES[name]

    assert problems(change(GOOD))[0].startswith(told)


def test_constants_are_what_a_column_would_give() -> None:
    text = GOOD.replace("  at: {column: date, format: '%d.%m.%Y'}\n", "") + "constants: {at: 2026-07-01}\n"

    assert mapping(text).constants == {"at": datetime(2026, 7, 1, 10, tzinfo=UTC)}


def test_words_are_compared_without_case() -> None:
    text = """mapping: people
record: customer
customer: {number: id}
key: [id]
fields:
  staff: {column: staff, words: {Ja: true, NEIN: false}}
  balance: {column: saldo, currency: EUR}
"""

    assert mapping(text).fields[0].words == (("ja", True), ("nein", False))
    assert mapping(text).fields[1].currency == "EUR"


def test_a_file_that_is_not_there_is_a_problem_of_that_file(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"none.yaml:1:1: The file cannot be read"):
        load_mapping(tmp_path / "none.yaml", TARGETS)
