"""JSON Schemas of the files that stand alone: sending, replies, the assistant's words, calendars; from their readers' tables."""

from collections.abc import Iterable

from rules.countries import jurisdictions
from rules.hours import DAYS, KNOWN, SEASON_KEYS, SHIFT
from rules.intents import INTENTS, LANGUAGES, LEAST_LONG, MOST_LONG
from rules.intents import KEYS as ASSISTANT_KEYS
from rules.read_sending import CAP_KEYS, MOST_SENT, PACE_KEYS, QUIET_KEYS, UNITS
from rules.read_sending import KEYS as SENDING_KEYS
from rules.read_sending import SEASON_KEYS as QUIET_SEASON_KEYS
from rules.replies import KEYS as REPLY_KEYS
from rules.replies import PLACE_KEYS
from rules.schema_nodes import DAY, JURISDICTION, TEXT, Schema, an_object
from rules.sending import CHANNELS, EVERYWHERE, PERSON, VEHICLE

CLOCK: Schema = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["21:00"]}
SPAN: Schema = {"type": "string", "pattern": f"^[1-9][0-9]{{0,3}}[{''.join(UNITS)}]$", "examples": ["12h", "7d", "2w"]}
WORDS: Schema = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
NAMES: Schema = {"type": "array", "items": {"type": "string"}}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(title: str, body: Schema) -> Schema:
    return {"$schema": DIALECT, "title": title, **body}


def by_name(of: Schema, pattern: str = "") -> Schema:
    """A mapping of names to one thing each. pattern: of the names."""
    names: Schema = {"propertyNames": {"pattern": pattern}} if pattern else {}
    return {"type": "object", "additionalProperties": of, **names}


def by_place(of: Schema) -> Schema:
    """By the law of where people live, or for everywhere else."""
    return by_name(of, f"^({EVERYWHERE}|{jurisdictions()})$")


def in_each_language(of: Schema) -> Schema:
    return an_object(set(LANGUAGES), dict.fromkeys(LANGUAGES, of), list(LANGUAGES))


def read_somewhere(known: Iterable[str], properties: Schema, required: Iterable[str] = ()) -> Schema:
    """What a law or a custom says, with the place it was read and the day."""
    keys = {**properties, "source": TEXT, "reviewed_on": DAY}
    return an_object(set(known), keys, [*required, "source", "reviewed_on"])


def sending_schema() -> Schema:
    """Purposes, regions and seasons are those of a configuration, so any name passes here; `hub check` knows them."""
    channels: Schema = {"type": "array", "minItems": 1, "items": {"enum": list(CHANNELS)}}
    hours: Schema = {
        "type": "array",
        "minItems": 1,
        "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": CLOCK},
    }
    season = an_object(
        QUIET_SEASON_KEYS,
        {"calendar": {"type": "string"}, "season": {"type": "string"}, "hours": hours},
        ["calendar", "season", "hours"],
    )
    quiet: Schema = {"from": CLOCK, "until": CLOCK, "channels": channels, "seasons": {"type": "array", "items": season}}
    cap: Schema = {
        "purpose": {"type": "string"},
        "channel": {"enum": list(CHANNELS)},
        "most": {"type": "integer", "minimum": 1, "maximum": MOST_SENT},
        "within": SPAN,
        "per": {"enum": [PERSON, VEHICLE]},
    }
    pace: Schema = {
        name: {"type": "integer", "minimum": least, "maximum": most} for name, (least, most) in PACE_KEYS.items()
    }
    paces = an_object(set(PACE_KEYS), pace, [], minProperties=1)
    keys: Schema = {
        "exempt": NAMES,
        "stale_after": by_name(SPAN),
        "quiet": by_place(read_somewhere(QUIET_KEYS, quiet, ["from", "until", "channels"])),
        "caps": {"type": "array", "items": an_object(CAP_KEYS, cap, ["most", "within"])},
        "throttle": by_name(an_object(set(CHANNELS), dict.fromkeys(CHANNELS, paces), [])),
    }
    return document("sending", an_object(SENDING_KEYS, keys, []))


def replies_schema() -> Schema:
    given = read_somewhere(PLACE_KEYS, {"purposes": NAMES}, ["purposes"])
    said = in_each_language(WORDS)
    keys: Schema = {"stop": said, "start": said, "gives_back": by_place(given)}
    return document("replies", an_object(REPLY_KEYS, keys, list(keys)))


def assistant_schema() -> Schema:
    said = in_each_language(WORDS)
    keys: Schema = {
        "assistant": TEXT,
        "longest": {"type": "integer", "minimum": LEAST_LONG, "maximum": MOST_LONG},
        "asked": said,
        "never": said,
        "intents": an_object(set(INTENTS), dict.fromkeys(INTENTS, said), []),
    }
    return document("assistant", an_object(ASSISTANT_KEYS, keys, ["asked", "never", "intents"]))


def calendar_schema() -> Schema:
    shift: Schema = {"type": "string", "pattern": f"^{SHIFT.pattern}$", "examples": ["08:00-17:00", "22:00-06:00"]}
    shifts: Schema = {"anyOf": [shift, {"type": "array", "items": shift}]}
    day = "|".join(DAYS)
    week = by_name(shifts, f"^({day})(-({day}))?$")
    season = an_object(set(SEASON_KEYS), {"name": TEXT, "from": DAY, "to": DAY, "week": week}, ["from", "to", "week"])
    keys: Schema = {
        "calendar": TEXT,
        "title": TEXT,
        "zone": {"type": "string", "examples": ["Europe/Berlin"]},
        "week": week,
        "seasons": {"type": "array", "items": season},
        "days": by_name(shifts, DAY["pattern"]),
        "closed": {"type": "array", "items": DAY},
        "holidays": {**JURISDICTION, "examples": ["DE", "DE-BE"]},
    }
    return document("calendar", an_object(set(KNOWN), keys, ["week"]))
