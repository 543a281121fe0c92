"""A partner's spelling of a value into ours and back: a closed list; both sides are compared in our spelling only."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

Words = Mapping[str, str]  # ours -> theirs
DAY_MS = 86_400_000


class Unfit(ValueError):
    """A value that this transform cannot read; it names no value, for it may be a person's."""


@dataclass(frozen=True)
class Transform:
    """inward: theirs into ours, canonical, raises Unfit; outward: ours into theirs. types: of our fields it fits."""

    inward: Callable[[str], str]
    outward: Callable[[str], str]
    types: tuple[str, ...]


def canonical(transform: str, words: Words, theirs: str | None) -> str | None:
    """A partner's value in our spelling; None is empty. Raises Unfit."""
    if theirs is None or not theirs.strip():
        return None
    if transform == "words":
        found = next((ours for ours, word in words.items() if word == theirs.strip()), None)
        if found is None:
            raise Unfit("no word of the mapping")
        return found
    return TRANSFORMS[transform].inward(theirs) or None


def settled(transform: str, words: Words, ours: str | None) -> str | None:
    """Our value as the partner would give it back; what cannot be said there compares as it is."""
    try:
        return canonical(transform, words, spoken(transform, words, ours))
    except Unfit:
        return ours


def spoken(transform: str, words: Words, ours: str | None) -> str | None:
    """Our value in the partner's spelling. Raises Unfit."""
    if ours is None or not ours.strip():
        return None
    if transform == "words":
        if ours not in words:
            raise Unfit("no word of the mapping")
        return words[ours]
    return TRANSFORMS[transform].outward(ours)


def _text(value: str) -> str:
    return " ".join(value.split())


def _email(value: str) -> str:
    if "@" not in value:
        raise Unfit("no e-mail address")
    return value.strip().casefold()


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    if len(digits) < 3:
        raise Unfit("no phone number")
    return f"+{digits}" if value.strip().startswith("+") else digits


def _day(value: str) -> str:
    """An ISO day or instant, or milliseconds since 1970 at midnight UTC."""
    text = value.strip()
    try:
        if re.fullmatch(r"-?\d{9,15}", text):
            return datetime.fromtimestamp(int(text) / 1000, UTC).date().isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except (ValueError, OverflowError, OSError):
        raise Unfit("no day") from None


def _day_ms(value: str) -> str:
    day = date.fromisoformat(_day(value))
    return str((day - date(1970, 1, 1)).days * DAY_MS)


def _list(value: str) -> str:
    """Items between semicolons, sorted: their order says nothing."""
    return ";".join(items(value))


def items(value: str | None) -> list[str]:
    return sorted({item.strip() for item in (value or "").split(";") if item.strip()})


TRANSFORMS: Mapping[str, Transform] = {
    "text": Transform(_text, _text, ("text",)),
    "lower": Transform(lambda value: _text(value).lower(), _text, ("text",)),
    "upper": Transform(lambda value: _text(value).upper(), _text, ("text",)),
    "email": Transform(_email, _email, ("text",)),
    "phone": Transform(_phone, _phone, ("text",)),
    "day": Transform(_day, _day, ("day",)),
    "day_ms": Transform(_day, _day_ms, ("day",)),
    "list": Transform(_list, _list, ("list",)),
    "words": Transform(_text, _text, ("text",)),
}
