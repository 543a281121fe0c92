"""How a partner's objects and ours are kept in step, field by field: a YAML document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rules.catalogue import Catalogue, nearest
from rules.check import Checker
from rules.documents import content_hash
from rules.errors import Mark, Problem, RuleError
from rules.parse import Source, read
from rules.transforms import TRANSFORMS
from rules.values import shown

KEYS = {"sync", "title", "flush", "every", "members", "objects"}
OBJECT_KEYS = {"ours", "purpose", "creates", "links", "days", "fields"}
FIELD_KEYS = {"ours", "transform", "direction", "owner", "order", "words", "purpose"}
DIRECTIONS = ("in", "out", "both")
OWNERS = ("ours", "theirs", "newest", "highest", "union", "manual")
CREATES = ("here", "there")
PEOPLE = "customer"  # of whom both sides may speak; all else of ours is told and not taken
DATED = "visit"
MOST_SECONDS, MOST_DAYS = 86_400, 36_500


@dataclass(frozen=True)
class OurField:
    """One of our fields that may be kept in step. type: text, day or list. writable: partners may change it."""

    type: str
    writable: bool = True
    personal: bool = False


Ours = Mapping[str, Mapping[str, OurField]]  # customer -> field -> what it is


@dataclass(frozen=True)
class FieldRule:
    """owner: whose word counts when both sides changed. order: of `highest`, the lowest first. words: ours -> theirs.
    purpose: what the policy is asked about before the field goes out."""

    theirs: str
    ours: str
    transform: str
    direction: str
    owner: str
    purpose: str
    order: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ObjectRule:
    """kind: the partner's. ours: the kind of ours. creates: on which sides an object that only the other one has is made.
    links: kinds of this document whose objects stand beside it there. days: how old a visit may be when it is first told."""

    kind: str
    ours: str
    creates: frozenset[str]
    fields: tuple[FieldRule, ...]
    links: tuple[str, ...] = ()
    days: int | None = None

    def of_ours(self) -> set[str]:
        return {rule.ours for rule in self.fields}


@dataclass(frozen=True)
class SyncMap:
    """name: of the connector. flush: seconds in which our changes of one object are gathered into one write.
    every: seconds between two pulls. objects: of customers, merged both ways. things: what is ours alone (their vehicles and
    visits, fleets), told and never taken, in an order in which what others are linked to comes first.
    members: segment -> the partner's list or campaign of its people."""

    name: str
    title: str
    flush: int
    every: int
    objects: tuple[ObjectRule, ...]
    hash: str
    mark: Mark
    things: tuple[ObjectRule, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)

    def object_of(self, kind: str) -> ObjectRule | None:
        return next((rule for rule in self.objects if rule.kind == kind), None)

    def thing_of(self, kind: str) -> ObjectRule | None:
        return next((rule for rule in self.things if rule.kind == kind), None)


def load_syncs(folder: Path, ours: Ours) -> dict[str, SyncMap]:
    """The documents of config/mappings/ that begin with `sync:`, by connector. Raises RuleError."""
    problems: list[Problem] = []
    found: dict[str, SyncMap] = {}
    for path in sorted((folder / "mappings").glob("*.yaml")):
        try:
            source = read(path)
            if "sync" not in source.top:
                continue
            rule = read_sync(source, ours)
        except RuleError as error:
            problems += error.problems
            continue
        if rule.name != path.stem:
            what, hint = f"“{rule.name}” stands in {path.name}.", f"Name the file {rule.name}.yaml."
            problems.append(Problem(rule.mark, what, hint))
        found[rule.name] = rule
    if problems:
        raise RuleError(problems)
    return found


def read_sync(source: Source, ours: Ours) -> SyncMap:
    """Raises RuleError with every problem of the document."""
    top, checker = source.top, Checker(source, Catalogue(()))
    checker.keys(top, KEYS)
    name, title = checker.name(top, "sync"), checker.text(top, "title")
    flush, every = _seconds(checker, top, "flush", 5), _seconds(checker, top, "every", 60)
    members = _members(checker, top)
    block = top.get("objects")
    if not isinstance(block, Mapping) or not block:
        checker.wrong(top, "objects", "“objects” says which objects are kept in step.", "Write objects: {contact: ...}")
        raise RuleError(checker.problems)
    objects = [_object(checker, block, kind, ours) for kind in block]
    if checker.problems:
        raise RuleError(checker.problems)
    kept = [one for one in objects if one]
    people = tuple(one for one in kept if one.ours == PEOPLE)
    things = tuple(sorted((one for one in kept if one.ours != PEOPLE), key=lambda one: list(ours).index(one.ours)))
    return SyncMap(name, title, flush, every, people, content_hash(top), source.mark(top, "sync"), things, members)


def _members(checker: Checker, top: Mapping[str, Any]) -> dict[str, str]:
    members = top.get("members", {})
    right = isinstance(members, Mapping) and all(isinstance(one, str | int) and one for one in members.values())
    if not right or len(set(map(str, members.values()))) < len(members):
        what = "“members” gives each segment a list or campaign of its own at the partner."
        checker.wrong(top, "members", what, "Write members: {due_soon: 701...}")
        return {}
    return {str(segment): str(there) for segment, there in members.items()}


def _seconds(checker: Checker, top: Mapping[str, Any], key: str, default: int) -> int:
    value = top.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_SECONDS:
        what = f"“{shown(value)}” is no number of seconds."
        checker.wrong(top, key, what, f"Write a whole number from 0 to {MOST_SECONDS:,}.")
        return default
    return value


def _object(checker: Checker, block: Any, kind: str, ours: Ours) -> ObjectRule | None:
    value = block[kind]
    if not isinstance(value, Mapping):
        checker.wrong(block, kind, f"“{kind}” needs ours, purpose and fields.", "Write contact: {ours: customer, ...}")
        return None
    checker.keys(value, OBJECT_KEYS)
    about = str(value.get("ours"))
    if about not in ours:
        checker.wrong(value, "ours", f"“{shown(about)}” is nothing that we keep in step.", nearest(about, ours))
        return None
    purpose = checker.text(value, "purpose", most=40)
    creates = value.get("creates", [])
    if not isinstance(creates, list) or not set(map(str, creates)) <= set(CREATES):
        checker.wrong(value, "creates", "“creates” lists the sides on which objects are made.", "Write [here, there].")
        creates = []
    fields = value.get("fields")
    if not isinstance(fields, Mapping) or not fields:
        checker.wrong(value, "fields", "“fields” names the partner's fields and ours.", "Write email: {ours: email}")
        return None
    if about != PEOPLE and "here" in creates:
        checker.wrong(value, "creates", f"A {about} is never made from what a partner has.", "Write creates: [there].")
    rules = [_field(checker, fields, name, ours[about], purpose) for name in fields]
    kept = tuple(rule for rule in rules if rule)
    _check_once(checker, fields, kept)
    links, days = _links(checker, block, value, about, ours), _days(checker, value, about)
    return ObjectRule(str(kind), about, frozenset(map(str, creates)), kept, links, days)


def _days(checker: Checker, value: Any, about: str) -> int | None:
    days = value.get("days")
    if days is None:
        return None
    if about != DATED or not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MOST_DAYS:
        checker.wrong(
            value, "days", f"“days” says how old a {DATED} may be.", f"Write a number from 1 to {MOST_DAYS:,}."
        )
        return None
    return days


def _links(checker: Checker, block: Any, value: Any, about: str, ours: Ours) -> tuple[str, ...]:
    """Only to what stands further up among our kinds, so that it is there first."""
    links = value.get("links", [])
    earlier = [*ours][: [*ours].index(about)]
    known = [kind for kind, other in block.items() if isinstance(other, Mapping) and other.get("ours") in earlier]
    if not isinstance(links, list) or not set(map(str, links)) <= set(map(str, known)):
        what = "“links” lists kinds of this document that are there first."
        checker.wrong(value, "links", what, f"Known here: {', '.join(map(str, known)) or 'none'}.")
        return ()
    return tuple(map(str, links))


def _check_once(checker: Checker, fields: Any, rules: tuple[FieldRule, ...]) -> None:
    """Two fields of the partner that write one of ours would fight for ever."""
    writers: set[str] = set()
    for rule in rules:
        if rule.direction != "out" and rule.ours in writers:
            checker.wrong(fields, rule.theirs, f"Two fields write “{rule.ours}”.", "Give one of them direction: out.")
        if rule.direction != "out":
            writers.add(rule.ours)


def _field(checker: Checker, block: Any, name: str, known: Mapping[str, OurField], purpose: str) -> FieldRule | None:
    value = block[name]
    if isinstance(value, str):
        value = {"ours": value}
    if not isinstance(value, Mapping):
        checker.wrong(block, name, f"“{name}” needs a field of ours.", f"Write {name}: {{ours: email}}")
        return None
    checker.keys(value, FIELD_KEYS)
    ours = value.get("ours")
    if not isinstance(ours, str) or ours not in known:
        checker.wrong(value if "ours" in value else block, "ours" if "ours" in value else name,
                      f"We have no field “{shown(ours)}” to keep in step.", nearest(ours, known))  # fmt: skip
        return None
    kind = known[ours]
    direction = _one_of(checker, value, "direction", DIRECTIONS, "both" if kind.writable else "out")
    if direction != "out" and not kind.writable:
        checker.wrong(value, "direction", f"“{ours}” is worked out by us; no partner sets it.", "Write direction: out.")
    owner = _one_of(checker, value, "owner", OWNERS, "ours" if direction == "out" else "newest")
    fallback = {"day": "day", "list": "list"}.get(kind.type, "text")
    transform = _one_of(checker, value, "transform", tuple(TRANSFORMS), fallback)
    if kind.type not in TRANSFORMS[transform].types:
        fitting = ", ".join(one for one, how in TRANSFORMS.items() if kind.type in how.types)
        checker.wrong(
            value, "transform", f"“{transform}” does not fit “{ours}”, a {kind.type}.", f"Fitting: {fitting}."
        )
    if owner == "union" and kind.type != "list":
        checker.wrong(value, "owner", f"“{ours}” is no list, so there is no union.", "Write owner: newest.")
    return FieldRule(
        theirs=str(name),
        ours=str(ours),
        transform=transform,
        direction=direction,
        owner=owner,
        purpose=checker.text(value, "purpose", most=40) if "purpose" in value else purpose,
        order=_order(checker, block, name, value, owner),
        words=_words(checker, block, name, value, transform),
    )


def _one_of(checker: Checker, block: Mapping[str, Any], key: str, known: tuple[str, ...], default: str) -> str:
    value = block.get(key, default)
    if value not in known:
        checker.wrong(block, key, f"“{shown(value)}” is no {key}.", nearest(value, known))
        return default
    return str(value)


def _order(checker: Checker, block: Any, name: str, value: Mapping[str, Any], owner: str) -> tuple[str, ...]:
    order = value.get("order", [])
    right = isinstance(order, list) and all(isinstance(one, str) and one for one in order)
    if not right or (owner == "highest") != (len(order) > 1):
        what = "“order” lists the values of owner: highest, the lowest first, and stands with no other."
        checker.wrong(value if "order" in value else block, "order" if "order" in value else name,
                      what, "Write order: [silver, gold].")  # fmt: skip
        return ()
    return tuple(order)


def _words(checker: Checker, block: Any, name: str, value: Mapping[str, Any], transform: str) -> dict[str, str]:
    words = value.get("words", {})
    right = isinstance(words, Mapping) and all(isinstance(word, str) for pair in words.items() for word in pair)
    if not right or (transform == "words") != bool(words) or len(set(words.values())) < len(words):
        what = "“words” gives each of our words one word of theirs, and stands with transform: words only."
        checker.wrong(value if "words" in value else block, "words" if "words" in value else name,
                      what, "Write words: {de: German}")  # fmt: skip
        return {}
    return {str(ours): str(theirs) for ours, theirs in words.items()}
