"""What scorers and the next best action mean, in sentences: one place for the command line, the desks and the pages of customers.

A scorer speaks in codes (`visits.silent_days=230:+`), so that it knows no language; here each code has its sentence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from io import BytesIO
from math import exp
from pathlib import Path

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "locales"
FAR = 1_000_000  # days stay days, however many
PLACES: Mapping[str, str] = {"en": "en_GB", "de": "de_DE", "ar": "ar_AE", "th": "th_TH"}


def _number(value: float, locale: Locale) -> str:
    return numbers.format_decimal(round(value, 1), locale=locale)


def _days(value: float, locale: Locale) -> str:
    return dates.format_timedelta(timedelta(days=round(value)), "day", threshold=FAR, locale=locale)


def _share(value: float, locale: Locale) -> str:
    return numbers.format_percent(value, locale=locale)


def _change(value: float, locale: Locale) -> str:
    """A logarithm of a ratio, as the ratio: 0 is 100 %."""
    return numbers.format_percent(exp(value), locale=locale)


def _yes(_value: float, _locale: Locale) -> str:
    """Of a fact that is so (1) or not (0): the sentence says it without a number."""
    return ""


Written = Callable[[float, Locale], str]
# Of each fact: its sentence, how the value in it is written, and the sentence where there is no value, or a no.
NO_RHYTHM = "Has come too seldom to show a rhythm"
NO_SURVEY = "Has answered no survey lately"
UNKNOWN = "Something usually known is missing"
FACTS: Mapping[str, tuple[str, Written, str]] = {
    "visits.count": ("Visits so far: %(value)s", _number, UNKNOWN),
    "visits.silent_days": ("Last visit: %(value)s ago", _days, "Has never come"),
    "visits.in_year": ("Visits within a year: %(value)s", _number, UNKNOWN),
    "visits.in_half_year": ("Visits within half a year: %(value)s", _number, UNKNOWN),
    "visits.same_season": ("Visits in this season last year: %(value)s", _number, UNKNOWN),
    "visits.per_year": ("Visits in a usual year: %(value)s", _number, UNKNOWN),
    "visits.gap_days": ("Usual time between two visits: %(value)s", _days, NO_RHYTHM),
    "visits.gap_spread": ("The time between visits varies by %(value)s", _share, NO_RHYTHM),
    "visits.overdue": ("Has been away for %(value)s of the usual time between visits", _share, NO_RHYTHM),
    "visits.service_due": ("%(value)s of the car’s service interval have passed", _share, "Has no car with us now"),
    "spend.per_visit": ("Bills are %(value)s of the usual", _share, "Has had no bill yet"),
    "spend.in_year": ("Usual bills paid within a year: %(value)s", _number, UNKNOWN),
    "spend.trend": ("Spent %(value)s of what they used to in a year", _change, "Is known for less than a year"),
    "spend.surprise": (
        "The last bill was %(value)s of what such a visit usually costs",
        _change,
        "Has had no bill yet",
    ),
    "survey.last": ("Last answer to a survey: %(value)s", _number, NO_SURVEY),
    "survey.trend": ("Last survey against those before: %(value)s", _number, NO_SURVEY),
    "survey.silent_days": ("Last answer to a survey: %(value)s ago", _days, NO_SURVEY),
    "survey.worst": ("Worst answer within half a year: %(value)s", _number, NO_SURVEY),
    "complaints.in_year": ("Complaints within a year: %(value)s", _number, UNKNOWN),
    "late.in_year": ("Promises we kept too late within a year: %(value)s", _number, UNKNOWN),
    "late.per_visit": ("Promises we kept too late for each visit: %(value)s", _number, UNKNOWN),
    "late.silent_days": ("We last kept a promise too late %(value)s ago", _days, "We never kept a promise too late"),
    "advice.open": ("Recommendations still open: %(value)s", _number, UNKNOWN),
    "advice.declined": ("Recommendations declined: %(value)s", _number, UNKNOWN),
    "advice.declined_days": ("Declined a recommendation %(value)s ago", _days, "Has declined no recommendation"),
    "advice.declined_safety": ("Safety findings declined: %(value)s", _number, UNKNOWN),
    "cars.count": ("Cars: %(value)s", _number, UNKNOWN),
    "cars.due": ("Cars due for service: %(value)s", _number, UNKNOWN),
    "cars.sold_days": ("Gave up a car %(value)s ago", _days, "Has given up no car"),
    "cars.age_years": ("Age of the cars in years: %(value)s", _number, "The age of the cars is not known"),
    "cars.electric": ("Share of electric cars: %(value)s", _share, "Has no car with us now"),
    "cars.km_per_day": ("Drives %(value)s km a day", _number, "How much they drive is not known"),
    "loyalty.points": ("Loyalty points: %(value)s", _number, UNKNOWN),
    "appointments.missed": ("Appointments missed within a year: %(value)s", _number, UNKNOWN),
    "appointments.cancelled": ("Appointments cancelled within a year: %(value)s", _number, UNKNOWN),
    "appointments.per_visit": ("Appointments for each visit: %(value)s", _number, UNKNOWN),
    "consent.marketing": ("Agrees to advertising", _yes, "Does not agree to advertising"),
    "declined_days": ("Declined this %(value)s ago", _days, UNKNOWN),
    "open_days": ("Advised %(value)s ago and still open", _days, UNKNOWN),
    "done_due": ("%(value)s of this car’s usual interval have passed", _share, UNKNOWN),
    "season": ("Was done in this season last year", _yes, UNKNOWN),
    "popular": ("%(value)s of cars like it had this within a year", _share, UNKNOWN),
}
AWAY = "%(seen)s, which speaks for staying away."
BACK = "%(seen)s, which speaks for coming back."
PLAIN = "%(seen)s."
OTHER_FOR, OTHER_AGAINST = (
    "%(fact)s is %(value)s, which speaks for it.",
    "%(fact)s is %(value)s, which speaks against it.",
)
PROPOSE = "Propose: %(service)s. %(share)s likely within half a year, between %(low)s and %(high)s."
DANGER = "Propose first: %(service)s. A safety finding is still open."
DENIED = "Not to be proposed: %(reason)s."
NOTHING = "Nothing to propose: no need is known that may be spoken of."
ABSTAINED = "Not enough is known to say how likely they are to stay away."
SENTENCES = frozenset(
    {sentence for said, _, missing in FACTS.values() for sentence in (said, missing)}
    | {AWAY, BACK, PLAIN, OTHER_FOR, OTHER_AGAINST, PROPOSE, DANGER, DENIED, NOTHING, ABSTAINED}
)
OF_CARS = frozenset({"declined_days", "open_days", "done_due", "season", "popular"})


@dataclass(frozen=True)
class Wording:
    """The sentences in one language. Plain text: whoever shows it escapes it."""

    locale: Locale
    words: NullTranslations

    def reason(self, fact: str, value: float | None, direction: str) -> str:
        """direction: + or -. A fact of somebody else's scorer is told by its name, as it has no sentence here."""
        known = FACTS.get(fact)
        if known is None:
            seen = "?" if value is None else _number(value, self.locale)
            return self._say(OTHER_FOR if direction == "+" else OTHER_AGAINST, fact=fact, value=seen)
        sentence, written, missing = known
        seen = (
            self._say(missing)
            if value is None or (written is _yes and not value)
            else self._say(sentence, value=written(value, self.locale))
        )
        return self._say(PLAIN if fact in OF_CARS else AWAY if direction == "+" else BACK, seen=seen)

    def proposal(self, service: str, chance: tuple[float, float, float], safety: bool) -> str:
        """service: its title in this language. chance: value, low, high."""
        if safety:
            return self._say(DANGER, service=service)
        share, low, high = (_share(part, self.locale) for part in chance)
        return self._say(PROPOSE, service=service, share=share, low=low, high=high)

    def denied(self, reason: str) -> str:
        return self._say(DENIED, reason=reason)

    def nothing(self) -> str:
        return self._say(NOTHING)

    def abstained(self) -> str:
        return self._say(ABSTAINED)

    def _say(self, sentence: str, **values: str) -> str:
        return self.words.gettext(sentence) % values


@cache
def wording(language: str) -> Wording:
    """English for a language that we have no sentences in."""
    code = language if language in PLACES else "en"
    return Wording(Locale.parse(PLACES[code]), sentences(code, "wording"))


def sentences(code: str, about: str) -> NullTranslations:
    """The catalogue `<code>.<about>.po`; English has none, it is what is translated."""
    path, compiled = FOLDER / f"{code}.{about}.po", BytesIO()
    if not path.is_file():
        return NullTranslations()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return Translations(compiled)
