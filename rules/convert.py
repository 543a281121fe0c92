"""A column of texts into values, with a reason and a way to mend it for every bad one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from rules.values import FIRST_YEAR, LAST_YEAR, LONGEST_TEXT, to_minor

NOON = time(12)  # a day without a time is taken as noon of its zone: the local day stays the same in any summer time
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?")
AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,3})?")
CURRENCY = re.compile("[A-Z]{3}")
TIME_OF_DAY = re.compile("%[HIMScXpfs]")
YEARS = f"Write a year from {FIRST_YEAR} to {LAST_YEAR}."
WORDS = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}

Read = Callable[[str, str | None], tuple[Any, str, str]]  # text, currency -> value, reason, hint


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
class Bad:
    """Row `index` of the stretch, counted from 0."""

    index: int
    column: str
    reason: str
    hint: str


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
            words = dict(field.words) or WORDS
            return lambda text, _: _flag(text, words)
        case _:
            return lambda text, _: (
                (text, "", "")
                if len(text) <= LONGEST_TEXT
                else (None, f"has more than {LONGEST_TEXT} letters.", "Shorten it.")
            )


def _number(text: str, _: str | None) -> tuple[Any, str, str]:
    if not NUMBER.fullmatch(text):
        return None, f"“{shown(text)}” is no number.", "Write digits, with a point for decimals."
    return (float(text) if "." in text else int(text)), "", ""


def _money(text: str, currency: str | None) -> tuple[Any, str, str]:
    if not currency or not CURRENCY.fullmatch(currency):
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
        day = datetime.strptime(text, format_).date() if format_ else date.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return None, f"“{shown(text)}” is no day.", "Write YYYY-MM-DD, or set format: in the mapping."
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None, f"“{shown(text)}” is too far away.", YEARS
    return day, "", ""


def _instant(text: str, format_: str | None, home: ZoneInfo) -> tuple[Any, str, str]:
    try:
        at = datetime.strptime(text, format_) if format_ else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        hint = "Write YYYY-MM-DD or YYYY-MM-DDTHH:MM, or set format: in the mapping."
        return None, f"“{shown(text)}” is no time.", hint
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return None, f"“{shown(text)}” is too far away.", YEARS
    if not TIME_OF_DAY.search(format_) if format_ else len(text) <= len("2026-01-31"):
        at = datetime.combine(at.date(), NOON)
    return (at if at.tzinfo else at.replace(tzinfo=home)).astimezone(UTC), "", ""


def _flag(text: str, words: Mapping[str, bool]) -> tuple[Any, str, str]:
    if text.casefold() in words:
        return words[text.casefold()], "", ""
    return None, f"“{shown(text)}” is neither yes nor no.", f"Words: {', '.join(words)}; or set words: in the mapping."


def shown(text: str) -> str:
    """Enough of a value to find it, not enough to tell it: a report is no place for whole names."""
    return text if len(text) <= 12 else f"{text[:9]}..."
