"""Days as other calendars count them, and digits as other scripts write them: by the reader's choice, where their language has such.

The Hijri calendar is that of Umm al-Qura, by which Saudi Arabia dates; its months have CLDR's names. Days beyond its tables (1924 to
2077) stay Gregorian."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import Locale, dates
from hijridate import Gregorian

GREGORIAN, HIJRI, BUDDHIST = "gregorian", "hijri", "buddhist"
LATIN, ARABIC, THAI = "latn", "arab", "thai"  # as CLDR numbers them
# A language -> the calendar and the digits that may be chosen beside the usual ones.
OTHER: Mapping[str, tuple[str, str]] = {"ar": (HIJRI, ARABIC), "th": (BUDDHIST, THAI)}
DIGITS = {ARABIC: "٠١٢٣٤٥٦٧٨٩", THAI: "๐๑๒๓๔๕๖๗๘๙"}
SCRIPTS = {name: str.maketrans("0123456789", digits) for name, digits in DIGITS.items()}
SIGNS = {".": "٫", ",": "٬"}  # between Arabic digits
BETWEEN = re.compile(r"(?<=\d)[.,](?=\d)")
FIRST_YEAR = 543  # of the Buddhist era, before the common one
MONTHS = (
    "Muharram", "Safar", "Rabiʻ I", "Rabiʻ II", "Jumada I", "Jumada II", "Rajab", "Shaʻban", "Ramadan", "Shawwal", "Dhuʻl-Qiʻdah",
    "Dhuʻl-Hijjah",
)  # fmt: skip


@dataclass(frozen=True)
class Day:
    """As it is written: number in the month, the month in full and short, the year with its era."""

    number: int
    month: str
    short: str
    year: str

    def full(self) -> str:
        return f"{self.number} {self.month} {self.year}"


def day_of(calendar: str, on: date, locale: Locale, say: Callable[..., Any]) -> Day | None:
    """None: it is written as the Gregorian calendar has it."""
    if calendar == BUDDHIST:
        long, short = (dates.format_date(on, pattern, locale=locale) for pattern in ("LLLL", "LLL"))
        return Day(on.day, long, short, str(say("%(year)s BE", year=on.year + FIRST_YEAR)))
    if calendar != HIJRI:
        return None
    try:
        found = Gregorian.fromdate(on).to_hijri()
    except OverflowError:
        return None
    month = str(say(MONTHS[found.month - 1]))
    return Day(found.day, month, month, str(say("%(year)s AH", year=found.year)))


def in_digits(digits: str, text: str) -> str:
    """The same kind of string, with what is between digits as well."""
    if digits not in SCRIPTS:
        return text
    if digits == ARABIC:
        text = type(text)(BETWEEN.sub(lambda sign: SIGNS[sign[0]], text).replace("%", "٪"))
    return type(text)(text.translate(SCRIPTS[digits]))
