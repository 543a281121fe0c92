"""A journey out of YAML, or everything that is wrong with it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, cast

from rules.calendar import parse_span
from rules.catalogue import Catalogue, nearest
from rules.dependencies import dependencies
from rules.documents import SegmentRule, content_hash
from rules.errors import RuleError
from rules.hours import ALWAYS, Calendar
from rules.journeys.documents import Branch, BySegment, Entry, Exit, JourneyRule, Key, Worth
from rules.journeys.graph import problems_of
from rules.journeys.measures import Guardrail
from rules.journeys.read_doors import entry, exits
from rules.journeys.read_steps import Steps
from rules.journeys.read_words import Words
from rules.journeys.trials import read_trials, try_trial
from rules.parse import Source
from rules.values import NAME, shown

JOURNEY_KEYS = {"journey", "title", "owner", "zone", "key", "purpose", "mode", "again", "exempt", "holdout", "worth", "guardrails", "enter",
                "goal", "exit", "steps", "tests"}  # fmt: skip
KEYS: tuple[Key, ...] = ("customer", "vehicle", "recommendation", "appointment", "fleet")
MODES = ("single", "restart", "queued", "parallel")
EXEMPT = ("legal", "safety", "booking")
HOLDOUT, MOST_HELD = 0.1, 0.5
WORTH_KEYS = {"margin", "chance", "uplift", "service"}
UPLIFT = 0.25  # of the margin is added by a message, where nobody says otherwise: as the advisors' list takes it


def read_journey(
    source: Source,
    catalogue: Catalogue,
    segments: Mapping[str, SegmentRule | None] | None = None,
    *,
    templates: Collection[str] | None = None,
    calendars: Mapping[str, Calendar] | None = None,
    services: Collection[str] | None = None,
    believed: bool = False,
) -> JourneyRule:
    """templates, calendars, services: those that it may name; None where nobody knows, and then a calendar that its tests need is
    always open. believed: without trying its tests. Raises RuleError with every problem of the document."""
    top, words = source.top, Words(source, catalogue, segments, templates, calendars, services)
    words.keys(top, JOURNEY_KEYS)
    words.key = cast(Key, (words.one_of(top, "key", KEYS, "key") if "key" in top else None) or "customer")
    name, title, zone = words.name(top, "journey"), words.text(top, "title"), words.zone(top)
    purpose = words.one_of(top, "purpose", catalogue.purposes, "purpose") or ""
    mode = words.one_of(top, "mode", MODES, "mode") if "mode" in top else "single"
    door = entry(words, top)
    steps = Steps(words, purpose)
    first = steps.read(top, "steps", None)
    goals = words.awaited_list(top, "goal") if "goal" in top else ()
    ways_out = exits(words, top)
    exempt, holdout = _exempt(words, top, purpose), _holdout(words, top)
    worth = _worth(words, top) if "worth" in top else None
    rails = _guardrails(words, top, exempt, holdout) if "guardrails" in top else ()
    trials = read_trials(words, top, zone)
    for row, own, to in steps.jumps:
        if to not in steps.nodes:
            words.wrong(
                row["jump"], "to", f"“{own}” jumps to “{shown(to)}”, which is no step.", nearest(to, steps.nodes)
            )
    if words.problems or door is None or first is None:
        raise RuleError(words.problems)
    found = (dependencies(one) for one in _conditions(door, ways_out, steps))
    read = sorted({name for reads in found for name in reads.segments} | _door_segments(door))
    others = [other.hash for one in read if (other := (segments or {}).get(one))]
    rule = JourneyRule(
        name=name,
        title=title,
        owner=words.text(top, "owner", needed=False),
        zone=zone,
        key=words.key,
        purpose=purpose,
        mode=mode,  # type: ignore[arg-type]
        again=_again(words, top),
        entry=door,
        exits=ways_out,
        goals=goals,
        holdout=0.0 if exempt else holdout,
        exempt=exempt,
        nodes=steps.nodes,
        first=first,
        trials=trials,
        hash=content_hash(top, *others),
        mark=source.mark(top, "journey"),
        worth=worth,
        guardrails=rails,
    )
    words.problems += problems_of(rule)
    if not words.problems and not believed:
        known = calendars if calendars is not None else defaultdict(lambda: ALWAYS)
        words.problems += [one for trial in trials for one in try_trial(rule, trial, known)]
    if words.problems:
        raise RuleError(words.problems)
    return rule


def _conditions(entry: Entry, exits: tuple[Exit, ...], steps: Steps) -> list[Any]:
    cases = [node.action.cases for node in steps.nodes.values() if isinstance(node.action, Branch)]
    asked = [
        entry.when,
        entry.ahead,
        *(leave.when for leave in exits),
        *(when for several in cases for _, when in several),
    ]
    return [one for one in asked if one is not None]


def _door_segments(entry: Entry) -> set[str]:
    return {entry.door.segment} if isinstance(entry.door, BySegment) else set()


def _again(words: Words, top: Any) -> Any:
    value = top.get("again", "never")
    if value in ("never", "always"):
        return value
    found = parse_span(value) if isinstance(value, str) else None
    if found is None:
        words.wrong(
            top, "again", f"“{shown(value)}” does not say when again.", "Write never, always, or a span as 180d."
        )
    return found


def _exempt(words: Words, top: Any, purpose: str) -> str:
    if "exempt" not in top:
        return ""
    exempt = words.one_of(top, "exempt", EXEMPT, "reason to leave nobody out") or ""
    if exempt and purpose == "marketing":
        words.wrong(top, "exempt", "Marketing is never exempt from the holdout.", "Remove it, or name another purpose.")
    if exempt and "holdout" in top:
        words.wrong(top, "holdout", "“exempt” lets nobody be held back.", "Keep one of the two.")
    return exempt


def _holdout(words: Words, top: Any) -> float:
    share = words.share(top, "holdout")
    if share is not None and share > MOST_HELD:
        words.wrong(top, "holdout", f"A holdout of {share:g} leaves most of them out.", f"Write at most {MOST_HELD:g}.")
    return HOLDOUT if share is None else share


def _guardrails(words: Words, top: Any, exempt: str, holdout: float) -> tuple[Guardrail, ...]:
    if exempt or not holdout:
        words.wrong(top, "guardrails", "Nobody is held back, so there is nobody to compare with.",
                    "Put them below a split, or give the journey a holdout.")  # fmt: skip
        return ()
    return words.guardrails(top, may_stop=False)


def _worth(words: Words, top: Any) -> Worth | None:
    """`worth: {margin: 60 EUR, chance: 0.1, uplift: 0.25, service: brakes}`."""
    like = "{margin: 60 EUR, chance: 0.1}"
    value = words.mapping(top, "worth", WORTH_KEYS, like)
    if value is None:
        return None
    for key in ("margin", "chance"):
        if key not in value:
            words.wrong(top, "worth", f"“worth” has no “{key}”.", f"Write worth: {like}")
            return None
    found = words.value(value, "margin", value["margin"], "money")
    chance, uplift = words.share(value, "chance"), words.share(value, "uplift") if "uplift" in value else UPLIFT
    service = value.get("service", "")
    if not isinstance(service, str) or (service and not NAME.fullmatch(service)):
        words.wrong(value, "service", f"“{shown(service)}” is no service.", "Name one of config/services.yaml.")
        return None
    if service and words.services is not None and service not in words.services:
        words.wrong(value, "service", f"There is no service “{service}”.", nearest(service, words.services))
        return None
    if found is None or chance is None or uplift is None:
        return None
    if found[1] is None or found[0] <= 0:
        words.wrong(value, "margin", "A margin of nothing is worth nothing.", "Leave “worth” out, or write 60 EUR.")
        return None
    return Worth(chance, uplift, found[0], found[1], service)
