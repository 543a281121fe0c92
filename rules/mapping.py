"""How a file's columns become records: a YAML document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rules.catalogue import Catalogue, nearest
from rules.check import Checker
from rules.convert import CURRENCY, NOON, Bad, Field, convert
from rules.errors import RuleError
from rules.parse import Source, read
from rules.values import shown

__all__ = ["Bad", "Field", "FileMapping", "convert", "load_mapping", "read_mapping"]

KEYS = {"mapping", "title", "record", "customer", "key", "zone", "fields", "constants"}
FIELD_KEYS = {"column", "currency", "currency_column", "format", "optional", "words"}
# which of them fit which types
FITTING = {
    "currency": ("money",),
    "currency_column": ("money",),
    "format": ("day", "instant"),
    "words": ("flag",),
}
SAMPLE = datetime(2026, 1, 31, 13, 5, tzinfo=UTC)

Targets = Mapping[str, Mapping[str, str]]  # record -> field -> type


@dataclass(frozen=True)
class FileMapping:
    """record: the kind of record a row becomes. number: the column with the customer's number. key: columns that make a
    row the same row when it is read again; rows equal in all of them are counted, the second is number 2, and so on."""

    name: str
    record: str
    number: str
    key: tuple[str, ...]
    zone: str
    fields: tuple[Field, ...]
    constants: Mapping[str, Any]

    def columns(self) -> set[str]:
        currencies = {field.currency_column for field in self.fields if field.currency_column}
        return {self.number, *self.key, *(field.column for field in self.fields), *currencies}


def load_mapping(path: Path, targets: Targets) -> FileMapping:
    """Raises RuleError with every problem of the file."""
    return read_mapping(read(path), targets)


def read_mapping(source: Source, targets: Targets) -> FileMapping:
    """Raises RuleError with every problem of the document."""
    top, checker = source.top, Checker(source, Catalogue(()))
    checker.keys(top, KEYS)
    name, record = checker.name(top, "mapping"), str(top.get("record"))
    checker.text(top, "title", needed=False)
    if record not in targets:
        checker.wrong(top, "record", f"“{shown(record)}” is no kind of record.", nearest(record, targets))
        raise RuleError(checker.problems)
    known, zone = targets[record], checker.zone(top)
    number, key = _customer(checker, top), _key(checker, top)
    fields = _fields(checker, top, record, known)
    constants = _constants(checker, top, record, known, zone)
    if checker.problems:
        raise RuleError(checker.problems)
    return FileMapping(name, record, number, key, zone, fields, constants)


def _customer(checker: Checker, top: Mapping[str, Any]) -> str:
    customer = top.get("customer")
    if not isinstance(customer, Mapping):
        what = "“customer” names the column that holds the customer's number."
        checker.wrong(top, "customer", what, "Write customer: {number: customer_id}")
        return ""
    checker.keys(customer, {"number"})
    return checker.text(customer, "number")


def _key(checker: Checker, top: Mapping[str, Any]) -> tuple[str, ...]:
    key = top.get("key")
    if not isinstance(key, list) or not key or not all(isinstance(one, str) and one for one in key):
        what = "“key” lists the columns that make a row the same row."
        checker.wrong(top, "key", what, "Write key: [customer_id, date].")
        return ()
    return tuple(map(str, key))


def _fields(checker: Checker, top: Mapping[str, Any], record: str, known: Mapping[str, str]) -> tuple[Field, ...]:
    block = top.get("fields")
    if not isinstance(block, Mapping) or not block:
        what = "“fields” says which column each field comes from."
        checker.wrong(top, "fields", what, f"Fields: {', '.join(known)}.")
        return ()
    found = (_field(checker, block, name, record, known) for name in block)
    return tuple(field for field in found if field)


def _field(checker: Checker, block: Any, name: str, record: str, known: Mapping[str, str]) -> Field | None:
    value = block[name]
    if name not in known:
        checker.wrong(block, name, f"A {record} has no field “{shown(name)}”.", nearest(name, known))
        return None
    if isinstance(value, str):
        value = {"column": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("column"), str) or not value["column"]:
        checker.wrong(block, name, f"“{name}” needs a column.", f"Write {name}: {{column: ...}}")
        return None
    type_ = known[name]
    checker.keys(value, FIELD_KEYS)
    for key in (key for key in value if type_ not in FITTING.get(key, (type_,))):
        checker.wrong(value, key, f"“{key}” does not fit a {type_}.", "Remove it.")
    if type_ == "money" and ("currency" in value) == ("currency_column" in value):
        what = f"“{name}” is money and needs one currency."
        checker.wrong(block, name, what, "Add either currency: EUR, or currency_column: ...")
    return Field(
        name=str(name),
        column=str(value["column"]),
        type=type_,
        optional=_optional(checker, value),
        currency=_currency(checker, value),
        currency_column=checker.text(value, "currency_column") if "currency_column" in value else None,
        format=_format(checker, value),
        words=_words(checker, value),
    )


def _optional(checker: Checker, value: Mapping[str, Any]) -> bool:
    optional = value.get("optional", False)
    if not isinstance(optional, bool):
        checker.wrong(value, "optional", f"“{shown(optional)}” is neither true nor false.", "Write optional: true")
    return optional is True


def _currency(checker: Checker, value: Mapping[str, Any]) -> str | None:
    currency = value.get("currency")
    if "currency" in value and not (isinstance(currency, str) and CURRENCY.fullmatch(currency)):
        checker.wrong(value, "currency", f"“{shown(currency)}” is no currency.", "Write an ISO code such as EUR.")
    return str(currency) if currency else None


def _is_of_a_day(pattern: str) -> bool:
    """Does what it writes of a day say which day, of which year?"""
    try:
        written = SAMPLE.strftime(pattern)
        if written == SAMPLE.replace(year=SAMPLE.year + 28).strftime(pattern):  # the same days of the week
            return False
        return datetime.strptime(written, pattern).date() == SAMPLE.date()  # noqa: DTZ007
    except (ValueError, re.error):
        return False


def _format(checker: Checker, value: Mapping[str, Any]) -> str | None:
    if "format" not in value:
        return None
    format_ = checker.text(value, "format", most=80)
    if not _is_of_a_day(format_):
        checker.wrong(value, "format", "“format” is no pattern of a day.", "Write format: '%d.%m.%Y'")
    return format_


def _words(checker: Checker, value: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    words = value.get("words", {})
    if not isinstance(words, Mapping) or not all(isinstance(flag, bool) for flag in words.values()):
        checker.wrong(value, "words", "“words” says which word is true and which false.", "Write words: {ja: true}")
        return ()
    return tuple((str(word).casefold(), flag) for word, flag in words.items())


def _constants(
    checker: Checker, top: Mapping[str, Any], record: str, known: Mapping[str, str], zone: str
) -> dict[str, Any]:
    """Values that the file does not hold, as `convert` would give them."""
    block, fields = top.get("constants", {}), top.get("fields")
    if not isinstance(block, Mapping):
        checker.wrong(top, "constants", "“constants” is a mapping of fields.", "Write constants: {language: de}")
        return {}
    found: dict[str, Any] = {}
    for name, value in block.items():
        if name not in known:
            checker.wrong(block, name, f"A {record} has no field “{shown(name)}”.", nearest(name, known))
        elif isinstance(fields, Mapping) and name in fields:
            checker.wrong(block, name, f"“{name}” stands under fields, too.", "Keep one of them.")
        elif fitting := checker.value(block, name, value, known[name]):
            found[name] = _constant(fitting, known[name], zone)
    return found


def _constant(fitting: tuple[Any, str | None], type_: str, zone: str) -> Any:
    match type_:
        case "money":
            return fitting
        case "instant":
            return datetime.combine(fitting[0], NOON, ZoneInfo(zone)).astimezone(UTC)
    return fitting[0]
