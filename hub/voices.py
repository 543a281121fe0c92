"""The voices in which a trace of the rules speaks: English is the rules' own, and here are the others."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

from babel import Locale, dates, numbers
from babel.support import NullTranslations

from hub.wording import FAR, PLACES, sentences
from rules import changes, explain, opposites, wording
from rules.calendar import Span
from rules.values import decimals
from rules.voice import ENGLISH, Voice

SENTENCES = wording.SENTENCES | opposites.SENTENCES | changes.SENTENCES | explain.SENTENCES
UNITS: dict[str, tuple[Literal["day", "week", "month", "year"], int]] = {
    "d": ("day", 1),
    "w": ("week", 7),
    "m": ("month", 30),
    "y": ("year", 365),
}  # the word, and the days that Babel counts to one
FIRST_STRONG, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


class Translated(Voice):
    """Values are written as the language writes them; where it runs from right to left, Latin names keep their own order."""

    def __init__(self, locale: Locale, catalogue: NullTranslations) -> None:
        self.locale, self.catalogue = locale, catalogue

    def say(self, sentence: str, **values: str) -> str:
        return self.catalogue.gettext(sentence) % values

    def name(self, word: object) -> str:
        return f"{FIRST_STRONG}{word}{END}" if self.locale.text_direction == "rtl" else str(word)

    def number(self, value: float) -> str:
        return numbers.format_decimal(value, locale=self.locale, decimal_quantization=False)

    def day(self, day: date) -> str:
        return dates.format_date(day, "medium", locale=self.locale)

    def moment(self, at: datetime) -> str:
        return f"{self.day(at.date())} {dates.format_time(at, 'short', locale=self.locale)} UTC"

    def span(self, span: Span) -> str:
        unit, days = UNITS[span.unit]
        whole = timedelta(days=span.count * days)
        return dates.format_timedelta(whole, unit, threshold=FAR, locale=self.locale)

    def amount(self, minor: int, currency: str) -> str:
        places = decimals(currency)
        amount = numbers.format_decimal(
            Decimal(minor).scaleb(-places), f"#,##0.{'0' * places}".rstrip("."), locale=self.locale
        )
        return self.name(f"{amount} {currency}")


@cache
def voice(language: str) -> Voice:
    """English for a language that we have no sentences in."""
    if language not in PLACES or language == "en":
        return ENGLISH
    return Translated(Locale.parse(PLACES[language]), sentences(language, "verdicts"))
