"""How a file's columns become records: a YAML document, and column-wise conversion with a reason for every bad value."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rules.catalogue import Catalogue, nearest
from rules.check import Checker, to_minor
from rules.errors import RuleError
from rules.parse import Source, read

KEYS = {"mapping", "title", "record", "customer", "key", "zone", "fields", "constants"}
FIELD_KEYS = {"column", "type", "currency", "currency_column", "format", "optional", "true", "false", "words"}
TYPES = ("text", "number", "money", "day", "instant", "flag")
NOON = time(12)  # a day without a time is taken as noon of its zone: the local day stays the same in any summer time
NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
AMOUNT = re.compile(r"[+-]?\d{1,12}(\.\d{1,3})?")

Targets = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Field:
    """One of our fields and the column it comes from. currency: fixed; currency_column: or of each row."""

    name: str
    column: str
    type: str
    optional: bool
    currency: str | None = None
    currency_column: str | None = None
    format: str | None = None
    words: tuple[tuple[str, bool], ...] = ()


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
        wanted = {field.column for field in self.fields} | {
            field.currency_column for field in self.fields if field.currency_column
        }
        return {self.number, *self.key, *wanted} - {None}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Bad:
    """Row `index` of the stretch, counted from 0."""

    index: int
    column: str
    reason: str
    hint: str


def load_mapping(path: Path, targets: Targets) -> FileMapping:
    """Raises RuleError with every problem of the file."""
    return read_mapping(read(path), targets)


def read_mapping(source: Source, targets: Targets) -> FileMapping:
    top, checker = source.top, Checker(source, Catalogue(()))
    checker.keys(top, KEYS)
    name, record = checker.text(top, "mapping", most=80), top.get("record")
    if record not in targets:
        checker.wrong(top, "record", f"“{record}” is no kind of record.", nearest(record, targets))
        raise RuleError(checker.problems)
    number = _customer(checker, top)
    fields = _fields(checker, top, record, targets[record])
    key = top.get("key")
    if not isinstance(key, list) or not key or not all(isinstance(one, str) for one in key):
        checker.wrong(
            top, "key", "“key” lists the columns that make a row the same row.", "Write key: [customer_id, date]."
        )
        key = []
    zone = str(top.get("zone", "UTC"))
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        checker.wrong(top, "zone", f"“{zone}” is no time zone.", "Use an IANA name such as Europe/Berlin.")
    constants = top.get("constants") or {}
    for constant in constants:
        if constant not in targets[record]:
            checker.wrong(
                constants, constant, f"A {record} has no field “{constant}”.", nearest(constant, targets[record])
            )
    if checker.problems:
        raise RuleError(checker.problems)
    return FileMapping(name, record, number, tuple(key), zone, fields, dict(constants))


def _customer(checker: Checker, top: Mapping[str, Any]) -> str:
    customer = top.get("customer")
    if not isinstance(customer, Mapping) or not isinstance(customer.get("number"), str):
        checker.wrong(
            top,
            "customer",
            "“customer” names the column that holds the customer's number.",
            "Write customer: {number: customer_id}",
        )
        return ""
    checker.keys(customer, {"number"})
    return str(customer["number"])


def _fields(checker: Checker, top: Mapping[str, Any], record: str, known: Mapping[str, str]) -> tuple[Field, ...]:
    block = top.get("fields")
    if not isinstance(block, Mapping) or not block:
        checker.wrong(
            top, "fields", "“fields” says which column each field comes from.", f"Fields: {', '.join(known)}."
        )
        return ()
    return tuple(
        field for name, value in block.items() if (field := _field(checker, block, name, value, record, known))
    )


def _field(checker: Checker, block: Any, name: str, value: Any, record: str, known: Mapping[str, str]) -> Field | None:
    if name not in known:
        checker.wrong(block, name, f"A {record} has no field “{name}”.", nearest(name, known))
        return None
    if isinstance(value, str):
        value = {"column": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("column"), str):
        checker.wrong(block, name, f"“{name}” needs a column.", f"Write {name}: {{column: ...}}")
        return None
    checker.keys(value, FIELD_KEYS)
    if known[name] == "money" and not (value.get("currency") or value.get("currency_column")):
        checker.wrong(
            block, name, f"“{name}” is money and names no currency.", "Add currency: EUR, or currency_column: ..."
        )
    words = value.get("words") or {}
    return Field(
        name=name,
        column=value["column"],
        type=known[name],
        optional=bool(value.get("optional", False)),
        currency=value.get("currency"),
        currency_column=value.get("currency_column"),
        format=value.get("format"),
        words=tuple((str(word), bool(flag)) for word, flag in words.items()),
    )


# --- conversion, column by column


def convert(
    field: Field, values: Sequence[str], zone: str, currencies: Sequence[str] | None = None
) -> tuple[list[Any], list[Bad]]:
    """A column of texts into values; empty ones are None, and bad unless the field is optional.

    Money gives (minor units, currency); days without a time give the noon of their day in `zone`, as an aware instant."""
    good: list[Any] = []
    bad: list[Bad] = []
    read_one = _reader(field, zone)
    for index, raw in enumerate(values):
        text = raw.strip() if raw else ""
        if not text:
            good.append(None)
            if not field.optional:
                bad.append(Bad(index, field.column, "is empty.", "Fill it in, or set optional: true in the mapping."))
            continue
        currency = currencies[index] if currencies is not None else field.currency
        value, reason, hint = read_one(text, currency)
        good.append(value)
        if reason:
            bad.append(Bad(index, field.column, reason, hint))
    return good, bad


Read = Callable[[str, str | None], tuple[Any, str, str]]


def _reader(field: Field, zone: str) -> Read:
    home = ZoneInfo(zone)
    match field.type:
        case "money":
            return _money
        case "number":
            return _number
        case "day":
            return lambda text, _: _day(text, field.format)
        case "instant":
            return lambda text, _: _instant(text, field.format, home)
        case "flag":
            words = dict(field.words) or {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
            return lambda text, _: _flag(text, words)
        case _:
            return lambda text, _: (
                (text, "", "") if len(text) <= 400 else (None, "has more than 400 letters.", "Shorten it.")
            )


def _number(text: str, _: str | None) -> tuple[Any, str, str]:
    if not NUMBER.fullmatch(text):
        return None, f"“{shown(text)}” is no number.", "Write digits, with a point for decimals."
    return (float(text) if "." in text else int(text)), "", ""


def _money(text: str, currency: str | None) -> tuple[Any, str, str]:
    if not currency or not re.fullmatch("[A-Z]{3}", currency):
        return None, f"“{shown(currency or '')}” is no currency.", "Write an ISO code such as EUR."
    if not AMOUNT.fullmatch(text):
        return (
            None,
            f"“{shown(text)}” is no amount.",
            "Write digits with a point for decimals, and the currency in the mapping.",
        )
    minor = to_minor(text.lstrip("+-"), currency)
    if minor is None:
        return None, f"“{shown(text)}” has more decimals than {currency}.", "Round it at the source."
    return (-minor if text.startswith("-") else minor, currency), "", ""


def _day(text: str, format_: str | None) -> tuple[Any, str, str]:
    try:
        return (datetime.strptime(text, format_).date() if format_ else date.fromisoformat(text)), "", ""  # noqa: DTZ007
    except ValueError:
        return None, f"“{shown(text)}” is no day.", "Write YYYY-MM-DD, or set format: in the mapping."


def _instant(text: str, format_: str | None, home: ZoneInfo) -> tuple[Any, str, str]:
    try:
        at = datetime.strptime(text, format_) if format_ else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return (
            None,
            f"“{shown(text)}” is no time.",
            "Write YYYY-MM-DD or YYYY-MM-DDTHH:MM, or set format: in the mapping.",
        )
    if len(text) <= 10 and at.time() == time():
        at = datetime.combine(at.date(), NOON)
    return (at if at.tzinfo else at.replace(tzinfo=home)).astimezone(UTC), "", ""


def _flag(text: str, words: Mapping[str, bool]) -> tuple[Any, str, str]:
    if text.casefold() in words:
        return words[text.casefold()], "", ""
    return None, f"“{shown(text)}” is neither yes nor no.", f"Words: {', '.join(words)}; or set words: in the mapping."


def shown(text: str) -> str:
    """Enough of a value to find it, not enough to tell it: a report is no place for whole names."""
    return text if len(text) <= 12 else f"{text[:9]}..."
