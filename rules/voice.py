"""How a trace speaks: sentences and the values in them. The one here is English, with values as a rule file has them; the
hub brings those of other languages."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce

from rules.calendar import Period, Span
from rules.values import from_minor

AND, OR, THEN, LIST = (
    "%(first)s and %(second)s",
    "%(first)s or %(second)s",
    "%(first)s, then %(second)s",
    "%(first)s, %(second)s",
)
JOINED = frozenset({AND, OR, THEN, LIST})
PERIODS = {
    ("this", "week"): "this_week",
    ("this", "month"): "this_month",
    ("this", "quarter"): "this_quarter",
    ("this", "year"): "this_year",
    ("last", "week"): "last_week",
    ("last", "month"): "last_month",
    ("last", "quarter"): "last_quarter",
    ("last", "year"): "last_year",
}
WORDS = JOINED | {"True", "False", "empty"} | set(PERIODS.values())


class Voice:
    """say: a sentence with its values filled in. name: a word of the rule file, which no language changes."""

    def say(self, sentence: str, **values: str) -> str:
        return sentence % values

    def name(self, word: object) -> str:
        return str(word)

    def number(self, value: float) -> str:
        return str(value)

    def day(self, day: date) -> str:
        return day.isoformat()

    def moment(self, at: datetime) -> str:
        """at: in UTC, and told so."""
        return f"{at:%Y-%m-%d %H:%M} UTC"

    def span(self, span: Span) -> str:
        return str(span)

    def amount(self, minor: int, currency: str) -> str:
        return from_minor(minor, currency)

    def join(self, how: str, parts: Iterable[str]) -> str:
        """how: one of JOINED; no parts are no words."""
        several = list(parts)
        return reduce(lambda first, second: self.say(how, first=first, second=second), several) if several else ""

    def value(self, value: object, currency: str | None = None) -> str:
        match value:
            case bool():
                return self.say(str(value))
            case int() if currency is not None:
                return self.amount(value, currency)
            case int() | float():
                return self.number(value)
            case list() | frozenset() | set() | tuple():
                return self.join(LIST, sorted(map(self.name, value))) or self.say("empty")
            case Span():
                return self.span(value)
            case Period():
                return self.say(PERIODS[value.which, value.unit])
            case datetime():
                return value.isoformat()
            case date():
                return self.day(value)
            case _:
                return self.name(value)


ENGLISH = Voice()
