"""The languages of the pages: words from locales/*.po, numbers and times as each language writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape

from hub import amounts
from portal.calendars import BUDDHIST, FIRST_YEAR, GREGORIAN, HIJRI, LATIN, OTHER, Day, day_of, in_digits

FOLDER = Path(__file__).parent / "locales"
# What a language calls itself, and the place whose digits, dates and order we follow.
OFFERED: Mapping[str, tuple[str, str]] = {
    "en": ("English", "en_GB"),
    "de": ("Deutsch", "de_DE"),
    "ar": ("العربية", "ar_AE"),
    "th": ("ไทย", "th_TH"),
}
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Tongue:
    """One language, with the zone in which it tells times. calendar, digits: see portal.calendars; chosen by the reader."""

    code: str
    locale: Locale
    zone: ZoneInfo
    words: NullTranslations
    calendar: str = GREGORIAN
    digits: str = LATIN

    @property
    def other(self) -> tuple[str, str] | None:
        """The calendar and the digits that may be chosen in this language."""
        return OTHER.get(self.code)

    def by(self, calendar: str | None, digits: str | None) -> "Tongue":
        """With whatever of it this language has."""
        if self.other is None:
            return self
        mine, script = self.other
        return replace(
            self, calendar=mine if calendar == mine else GREGORIAN, digits=script if digits == script else LATIN
        )

    @property
    def direction(self) -> str:
        return str(self.locale.text_direction)

    @property
    def tag(self) -> str:
        return str(self.locale).replace("_", "-")

    def say(self, text: str, **values: Any) -> Markup:
        """The sentence in this language; values are escaped, the sentence itself is ours and may hold marks."""
        return Markup(self.words.gettext(text)) % _escaped(values)  # noqa: S704 - our own catalogues

    def plain(self, text: str) -> str:
        """A sentence that may come from elsewhere: translated if we know it, and no markup."""
        return self.words.gettext(text) if text else ""

    def count(self, one: str, many: str, number: int, **values: Any) -> Markup:
        """As say, in the plural form of `number`, which the sentence may name as %(number)s."""
        values["number"] = self.number(number)
        return Markup(self.words.ngettext(one, many, number)) % _escaped(values)  # noqa: S704 - our own catalogues

    def number(self, value: float) -> str:
        return self._in_digits(numbers.format_decimal(value, locale=self.locale))

    def share(self, part: float, whole: float) -> str:
        return self._in_digits(numbers.format_percent(part / whole if whole else 0, locale=self.locale))

    def time(self, at: datetime) -> str:
        return self._in_digits(dates.format_time(at, "medium", tzinfo=self.zone, locale=self.locale))

    def moment(self, at: datetime) -> str:
        """With the day and the month, as what is told so is near."""
        if (day := self._day(at.astimezone(self.zone).date())) is not None:
            return self._in_digits(f"{day.number} {day.short}, {at.astimezone(self.zone):%H:%M}")
        return self._in_digits(dates.format_datetime(at, "d MMM, HH:mm", tzinfo=self.zone, locale=self.locale))

    def day(self, on: date) -> str:
        """3 September 2026."""
        day = self._day(on)
        return self._in_digits(day.full() if day else dates.format_date(on, "long", locale=self.locale))

    def short_day(self, on: date, today: date) -> str:
        """The year stands where it is not this one."""
        this_year, day = on.year == today.year, self._day(on)
        if day is not None:
            told = f"{day.number} {day.short}" if this_year else f"{day.number} {day.short} {day.year}"
            return self._in_digits(told)
        return self._in_digits(dates.format_skeleton("MMMd" if this_year else "yMMMd", on, locale=self.locale))

    def weekday(self, at: datetime, zone: str) -> str:
        """The day of an appointment: by another calendar the usual date stands beside, as nobody is to come on another day."""
        place = ZoneInfo(zone)
        if (day := self._day(at.astimezone(place).date())) is None:
            return self._in_digits(dates.format_skeleton("EEEEdMMMM", at, tzinfo=place, locale=self.locale))
        name, usual = (dates.format_skeleton(one, at, tzinfo=place, locale=self.locale) for one in ("EEEE", "dMMMM"))
        beside = f" ({usual})" if self.calendar == HIJRI else ""
        return self._in_digits(f"{name} {day.number} {day.month}{beside}")

    def year(self, number: int) -> str:
        """Of the common era, as months are; Buddhist where that was chosen."""
        return self._in_digits(str(number + FIRST_YEAR if self.calendar == BUDDHIST else number))

    def month(self, on: date) -> str:
        """Of the calendar that months are counted by here, whatever the reader's."""
        if self.calendar == BUDDHIST and (day := self._day(on)) is not None:
            return self._in_digits(f"{day.month} {day.year}")
        return self._in_digits(dates.format_skeleton("yMMMM", on, locale=self.locale))

    def clock(self, at: datetime, zone: str) -> str:
        """Hours and minutes on the wall of a place."""
        return self._in_digits(dates.format_time(at, "short", tzinfo=ZoneInfo(zone), locale=self.locale))

    def km(self, distance: int) -> Markup:
        """Number and unit never part."""
        return apart(f"{self.number(distance)}\u00a0km")

    def money(self, minor: int, currency: str) -> Markup:
        """minor: of a currency with its own number of decimals (three in Kuwait)."""
        return apart(self._in_digits(amounts.money(self.locale, minor, currency)))

    def coarse(self, minor: int, currency: str) -> Markup:
        """Money that is an estimate: whole units, as no more of it is known."""
        return apart(self._in_digits(amounts.coarse(self.locale, minor, currency)))

    def percent(self, part: float) -> str:
        """With one decimal: 31.4 %."""
        return self._in_digits(amounts.percent(self.locale, part))

    def p_value(self, p: float) -> str:
        return self._in_digits(amounts.p_value(self.locale, p))

    def zone_name(self, at: datetime, zone: str | None = None) -> str:
        place = ZoneInfo(zone) if zone else self.zone
        return dates.get_timezone_name(at.astimezone(place), width="long", locale=self.locale)

    def span(self, hours: int) -> str:
        """A length of time in words: 1 hour, 7 days."""
        length, days = timedelta(hours=hours), hours % 24 == 0
        return self._in_digits(
            dates.format_timedelta(length, "day" if days else "hour", threshold=99, locale=self.locale)
        )

    def lasting(self, seconds: float) -> Markup:
        """A length of time, in the unit that makes it easy to read."""
        if seconds < MINUTE:
            return self.say("%(number)s s", number=self.number(round(seconds, 1) if seconds < 10 else round(seconds)))
        if seconds < 2 * HOUR:
            return self.say("%(number)s min", number=self.number(round(seconds / MINUTE)))
        if seconds < 2 * DAY:
            return self.say("%(number)s h", number=self.number(round(seconds / HOUR)))
        return self.say("%(number)s d", number=self.number(round(seconds / DAY)))

    def _day(self, on: date) -> Day | None:
        return day_of(self.calendar, on, self.locale, self.say)

    def _in_digits(self, text: str) -> str:
        return in_digits(self.digits, text)


def ltr(text: str) -> Markup:
    """A name of ours (a connection, a ref) inside a sentence that may run the other way."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def apart(text: str) -> Markup:
    """An amount with its unit: set apart from the sentence around it, whichever way that runs."""
    return Markup("<bdi>{}</bdi>").format(text)


def _escaped(values: Mapping[str, Any]) -> dict[str, Markup]:
    return {name: escape(value) for name, value in values.items()}


class Languages:
    """All offered languages of a region; the catalogues are read when first asked for, and once in a process."""

    def __init__(self, zone: str, folder: Path = FOLDER) -> None:
        self.zone = ZoneInfo(zone)
        self.folder = folder

    @cached_property
    def tongues(self) -> Mapping[str, Tongue]:
        return {
            code: Tongue(code, Locale.parse(place), self.zone, _translations(self.folder, code))
            for code, (_, place) in OFFERED.items()
        }

    def choose(self, chosen: str | None, accepted: str | None) -> Tongue:
        """chosen: by the reader's own hand; accepted: the best that the browser asks for."""
        return self.tongues.get(chosen or "") or self.tongues.get(accepted or "") or self.tongues["en"]


def catalogue(folder: Path, code: str) -> Catalog:
    """All sentences of a language: <code>.po, and <code>.<pages>.po for pages that bring their own."""
    found = Catalog(locale=code)
    for path in sorted({*folder.glob(f"{code}.po"), *folder.glob(f"{code}.*.po")}):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                found[message.id] = message
    return found


@cache
def _translations(folder: Path, code: str) -> NullTranslations:
    """English is what the pages are written in and has no file. Compiled in memory, once in a process: nothing to build, nothing to
    forget."""
    compiled = BytesIO()
    write_mo(compiled, catalogue(folder, code))
    compiled.seek(0)
    return Translations(compiled)
