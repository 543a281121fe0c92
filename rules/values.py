"""What a value in a rule file may be, by type: checked, never coerced."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import trunc
from typing import Any, TypeGuard

MONEY = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?) ?([A-Z]{3})")
NAME = re.compile(r"[a-z_][a-z0-9_]*")
THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}  # ISO 4217
NO_DECIMALS = {"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"}
MOST = 2**53  # beyond it a whole number is not the same in every reader
MOST_SUMMED = 10**12
FIRST_YEAR, LAST_YEAR = 1900, 2199
LONGEST_TEXT = 400
LIKE = {"number": "3", "text": "diesel", "flag": "true", "day": "2026-01-31", "instant": "2026-01-31",
        "age": "2021-05-31, the day it is counted from", "set": "[diesel, petrol]"}  # fmt: skip


def fit(value: Any, type_: str) -> tuple[Any, str | None]:
    """(value, currency) as plain Python: an instant is asked by its day, money is minor units, and 0 needs no currency.

    Raises ValueError(what, hint)."""
    match type_:
        case "number" if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST:
            return (int(value) if isinstance(value, int) else float(value)), None
        case "text" if isinstance(value, str) and len(value) <= LONGEST_TEXT:
            return str(value), None
        case "flag" if isinstance(value, bool):
            return value, None
        case "day" | "instant" | "age" if is_day(value):
            return value, None
        case "set" if isinstance(value, list) and all(
            isinstance(one, str) and len(one) <= LONGEST_TEXT for one in value
        ):
            return frozenset(map(str, value)), None
        case "money":
            return _money(value)
    raise ValueError(f"“{shown(value)}” is no {type_}.", f"Write it like {LIKE[type_]}.")


def _money(value: Any) -> tuple[int, str | None]:
    if isinstance(value, int | float) and not isinstance(value, bool) and value == 0:
        return 0, None
    match = MONEY.fullmatch(value) if isinstance(value, str) else None
    minor = to_minor(match.group(1), match.group(2)) if match else None
    if match is None or minor is None:
        raise ValueError(f"“{shown(value)}” is no amount of money.", "Write 249.90 EUR; only 0 needs no currency.")
    return minor, match.group(2)


def is_day(value: Any) -> TypeGuard[date]:
    if not isinstance(value, date) or isinstance(value, datetime):
        return False
    return FIRST_YEAR <= value.year <= LAST_YEAR


def decimals(currency: str) -> int:
    return 3 if currency in THREE_DECIMALS else 0 if currency in NO_DECIMALS else 2


def to_minor(amount: str, currency: str) -> int | None:
    """Minor units by ISO 4217; None when there are more decimals than the currency has."""
    try:
        minor = Decimal(amount) * 10 ** decimals(currency)
    except InvalidOperation:
        return None
    return int(minor) if minor == minor.to_integral_value() else None


def thousandths(value: float) -> int | None:
    """What a sum adds up: whole thousandths, so that every database and Python come to the same. None from 10^12 on, where
    a partner's number is a mistake."""
    return round_thousandths(value) if abs(value) < MOST_SUMMED else None


def round_thousandths(value: float) -> int:
    return trunc(float(value) * 1000 + (-0.5 if value < 0 else 0.5))


def from_minor(minor: int, currency: str) -> str:
    """249.90 EUR."""
    return f"{Decimal(minor).scaleb(-decimals(currency)):f} {currency}"


def shown(value: object) -> str:
    """Enough of a value to find it in its file."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
