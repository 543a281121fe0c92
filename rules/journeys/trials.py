"""The tests of a journey: given a customer, when this happens, then these steps on these days; played before it is believed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.catalogue import Catalogue, nearest
from rules.documents import SegmentRule
from rules.errors import Mark, Problem, RuleError
from rules.given import Given, consents, event_seen, read_given
from rules.hours import Calendar
from rules.journeys.documents import Happening, JourneyRule, Trial
from rules.journeys.playing import Change, Stage
from rules.journeys.read_words import Words
from rules.parse import Source
from rules.values import is_day, shown
from rules.views import EventSeen, VehicleSeen

TRIAL_KEYS = {"name", "given", "from", "when", "arms", "then", "ends", "until"}
FIXTURE_KEYS = {"from", "given", "when", "arms", "until"}
ROW_KEYS = {"on", "step", "is"}
WHAT = ("kind", "sets", "enters", "leaves", "consent", "done", "sells", "erased")
NOON, EVENING = time(10), time(23, 59)
LONGEST = timedelta(days=800)
CUSTOMER = 1


def read_trials(words: Words, top: Mapping[str, Any], zone: str) -> tuple[Trial, ...]:
    rows = top.get("tests")
    if not isinstance(rows, list) or not rows:
        words.wrong(
            top,
            "tests",
            "A journey without tests is not believed.",
            "Write - {name: ..., given: ..., when: ..., then: ...}",
        )
        return ()
    return tuple(found for index in range(len(rows)) if (found := _trial(words, rows, index, zone)))


def read_fixture(source: Source, catalogue: Catalogue, segments: Mapping[str, SegmentRule | None], zone: str) -> Trial:
    """A made-up customer and what happens to them, as in a test, but with nothing expected. Raises RuleError."""
    words = Words(source, catalogue, segments, None, None, None)
    found = _read(words, source.top, zone, source.mark(source.top), FIXTURE_KEYS)
    if words.problems or found is None:
        raise RuleError(words.problems)
    return found


def _trial(words: Words, rows: Any, index: int, zone: str) -> Trial | None:
    row = rows[index]
    if not isinstance(row, Mapping):
        words.wrong(
            rows, index, "A test is a mapping.", "Write {name: ..., from: 2026-03-01, when: [...], then: [...]}"
        )
        return None
    return _read(words, row, zone, words.source.mark(rows, index), TRIAL_KEYS)


def _read(words: Words, row: Any, zone: str, mark: Mark, known: set[str]) -> Trial | None:
    before = len(words.problems)
    words.keys(row, known)
    name, ends = (words.text(row, key, needed=key in known - FIXTURE_KEYS) for key in ("name", "ends"))
    begin = row.get("from")
    if not is_day(begin):
        words.wrong(row, "from", "A test begins on a day.", "Write from: 2026-03-01.")
    given = read_given(words, row)
    happens = _happens(words, row, given, zone) if "when" in row else ()
    then = (
        [_then(words, row["then"], at) for at in range(len(row["then"]))] if isinstance(row.get("then"), list) else []
    )
    arms = row.get("arms", {})
    if not isinstance(arms, Mapping):
        words.wrong(row, "arms", "“arms” is a mapping of experiments.", "Write arms: {service_offer: free_check}")
    until = words.day(row, "until")
    if len(words.problems) > before or not is_day(begin):
        return None
    return Trial(name, given, begin, tuple(happens), dict(arms), tuple(one for one in then if one), ends, until, mark)


def _then(words: Words, rows: Any, index: int) -> tuple[date, str, str] | None:
    row = rows[index]
    if not isinstance(row, Mapping) or not is_day(row.get("on")):
        words.wrong(
            rows, index, "A step that is expected has a day.", "Write {on: 2026-03-02, step: first_mail, is: put}"
        )
        return None
    words.keys(row, ROW_KEYS)
    return row["on"], words.text(row, "step"), words.text(row, "is")


def _happens(words: Words, row: Any, given: Mapping[str, Any], zone: str) -> tuple[Happening, ...]:
    rows = row["when"]
    if not isinstance(rows, list):
        words.wrong(row, "when", "“when” is a list of what happens.", "Write - {kind: visit, on: 2026-03-02}")
        return ()
    names: dict[str, int] = {}
    found = (_happening(words, rows, index, given, names, zone) for index in range(len(rows)))
    return tuple(sorted((one for one in found if one), key=lambda one: (one.day, one.clock)))


def _happening(
    words: Words, rows: Any, index: int, given: Mapping[str, Any], names: dict[str, int], zone: str
) -> Happening | None:
    row = rows[index]
    what = next((key for key in WHAT if isinstance(row, Mapping) and key in row), None)
    if what is None or not is_day(row.get("on")):
        hint = f"Write {{kind: visit, on: 2026-03-02}}, or one of {', '.join(WHAT[1:])}."
        words.wrong(rows, index, "What happens has a kind and a day.", hint)
        return None
    clock = words.clock(row, "at") if "at" in row else NOON
    day, before = row["on"], len(words.problems)
    value: Any = None
    match what:
        case "kind":
            value = _event(words, rows, index, given, names, day, clock or NOON, zone)
        case "sets":
            value = read_given(words, {"given": row["sets"]})
        case "consent":
            value = consents(words, [row["consent"]])
        case "erased":
            value = True
        case "enters" | "leaves":
            value = words.one_of(row, what, tuple(words.segments), "segment")
        case _:
            value = words.text(row, what)
    return Happening(day, clock or NOON, what, value) if len(words.problems) == before else None


def _event(
    words: Words,
    rows: Any,
    index: int,
    given: Mapping[str, Any],
    names: dict[str, int],
    day: date,
    clock: time,
    zone: str,
) -> EventSeen | None:
    """about: a word for the piece of advice or the appointment, the same in all events that are about it."""
    event = event_seen(words, rows, index, list(given.get("vehicles", ())), more={"at", "about"})
    about = rows[index].get("about")
    about_id = names.setdefault(str(about), 1_000 + len(names)) if about is not None else None
    moment = datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
    return replace(event, id=10_000 + index, at=moment, about_id=about_id) if event else None


# --- playing them


class Told(Given):
    """The test's customer at one moment."""

    def __init__(self, trial: Trial, now: datetime, zone: str) -> None:
        past = [one for one in trial.happens if _at(one, zone) <= now]
        facts = dict(trial.given)
        for one in past:
            if one.what == "sets":
                facts |= one.value
            elif one.what == "consent":
                facts["consents"] = {**facts.get("consents", {}), **one.value}
            elif one.what == "sells":
                facts["vehicles"] = [_sold(car, one) for car in facts.get("vehicles", ())]
        events = [one.value for one in past if one.what == "kind"]
        super().__init__({**facts, "events": [*facts.get("events", ()), *events]})


def _sold(car: VehicleSeen, one: Happening) -> VehicleSeen:
    return replace(car, until=one.day) if car.name == one.value else car


def _at(one: Happening, zone: str) -> datetime:
    return datetime.combine(one.day, one.clock, ZoneInfo(zone)).astimezone(UTC)


def played(rule: JourneyRule, trial: Trial, calendars: Mapping[str, Calendar]) -> Stage:
    def view_at(now: datetime) -> Given:
        return Told(trial, now, rule.zone)

    def tasks_at(now: datetime) -> Mapping[tuple[str, int], str]:
        done = [one.value for one in trial.happens if one.what == "done" and _at(one, rule.zone) <= now]
        return {(node, done[: index + 1].count(node)): "done" for index, node in enumerate(done)}

    def alone_at(now: datetime) -> bool:
        return any(one.what == "erased" and _at(one, rule.zone) <= now for one in trial.happens)

    stage = Stage(rule, CUSTOMER, view_at, calendars, arms=trial.arms, tasks_at=tasks_at, alone_at=alone_at)
    begin = datetime.combine(trial.start, time(), ZoneInfo(rule.zone)).astimezone(UTC)
    end = datetime.combine(trial.until, EVENING, ZoneInfo(rule.zone)) if trial.until else begin + LONGEST
    stage.play(begin, [_change(one, rule.zone) for one in trial.happens], end)
    return stage


def _change(one: Happening, zone: str) -> Change:
    moved = (one.value, one.what == "enters") if one.what in ("enters", "leaves") else None
    return Change(_at(one, zone), (one.value,) if one.what == "kind" else (), moved)


def outcome(stage: Stage) -> str:
    """How the last way ended, or where it stands; `never` where nobody came in."""
    entered = [way for way in stage.ways if way.state != "expected"]
    return (entered[-1].reason or entered[-1].state) if entered else "expected" if stage.ways else "never"


def try_trial(rule: JourneyRule, trial: Trial, calendars: Mapping[str, Calendar]) -> list[Problem]:
    unknown = set(trial.arms) - {split.experiment for split in rule.splits} - {"holdout"}
    if unknown:
        known = [*(split.experiment for split in rule.splits), "holdout"]
        return [Problem(trial.mark, f"There is no experiment “{shown(min(unknown))}”.", nearest(min(unknown), known))]
    stage = played(rule, trial, calendars)
    zone = ZoneInfo(rule.zone)
    came = [(row.at.astimezone(zone).date(), row.node, row.outcome) for row in stage.rows]
    problems = []
    if came != list(trial.then):
        where = next((n for n, pair in enumerate(zip(came, trial.then, strict=False)) if pair[0] != pair[1]), None)
        n = min(len(came), len(trial.then)) if where is None else where
        is_, should = (_row(rows[n]) if n < len(rows) else "nothing more" for rows in (came, trial.then))
        what = f"In the test “{trial.name}” step {n + 1} is {is_}, and should be {should}."
        problems.append(Problem(trial.mark, what, "Mend the journey or the test."))
    if outcome(stage) != trial.ends:
        what = f"The test “{trial.name}” ends with {outcome(stage)}, and should with {trial.ends}."
        problems.append(Problem(trial.mark, what, "Mend the journey or the test."))
    return problems


def _row(row: tuple[date, str, str]) -> str:
    return f"{row[0]} {row[1]}: {row[2]}"
