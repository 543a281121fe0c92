"""A mapping as a table: whose word counts in each field, one live record going through it both ways, and what another version
of it would write differently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.flow import agreements, drift, ours, outward
from hub.flow.agreements import Word
from hub.flow.effects import load_subjects
from hub.models import Agreement
from hub.targets import SYNCED
from hub.work import Work
from portal.masks import shown
from rules.syncmap import FieldRule, ObjectRule, SyncMap
from rules.transforms import Unfit, canonical, spoken

LATEST = 200  # customers by whom it is told what would be written differently


@dataclass(frozen=True)
class MappedField:
    """theirs, ours: the values of the sample as they stand; inward, outward: what theirs becomes here, and ours there. All of
    them masked where the field is personal and was not asked for open; None without a sample. state: same, differs, held (a
    person decides), gone (the partner has the field no more), unfit (its values do not go through), unseen, or empty without a
    sample."""

    rule: FieldRule
    personal: bool
    theirs: str | None
    ours: str | None
    state: str
    inward: str | None = None
    outward: str | None = None


@dataclass(frozen=True)
class MappedObject:
    """sample: the ref of the customer whose record is shown, or empty while nobody is agreed upon."""

    rule: ObjectRule
    fields: Sequence[MappedField]
    sample: str


@dataclass(frozen=True)
class Shift:
    """What another version of a mapping would do to one field, by the customers that were agreed upon last. verb: new, changed
    or gone. here, there: of how many customers our value or theirs would be another; unfit: of how many it could not be said at
    all; of: how many were looked at."""

    kind: str
    field: FieldRule
    verb: str
    here: int
    there: int
    unfit: int
    of: int


def mapped(
    hub: Hub, partner: Partner, *, mapping: SyncMap | None = None, opened: bool = False
) -> tuple[SyncMap, list[MappedObject]] | None:
    """None for a connection that is not kept in step field by field. mapping: one that is not in force yet; the record then goes
    through that."""
    standing = outward.map_of(hub, partner)
    if standing is None:
        return None
    chosen = mapping or standing
    return chosen, [_object(hub, partner, one, standing.object_of(one.kind), opened) for one in chosen.objects]


def _object(hub: Hub, partner: Partner, rule: ObjectRule, standing: ObjectRule | None, opened: bool) -> MappedObject:
    """By whoever was agreed upon last. Opened for reading only: the transaction writes nothing."""
    with hub.begin() as work:
        states = {row.name: row.state for row in drift.rows_of(work.session, partner, rule.kind)}
        known = _known(work, partner, rule, 1)
        if not known:
            return MappedObject(rule, [_field(rule, one, None, states, None, None, opened) for one in rule.fields], "")
        ref, words, values = known[0]
        before = _fields(standing)
        fields = [
            _field(rule, one, before.get(one.theirs), states, words.get(one.theirs, Word()), values[one.ours], opened)
            for one in rule.fields
        ]
        return MappedObject(rule, fields, ref)


def _known(
    work: Work, partner: Partner, rule: ObjectRule, most: int
) -> list[tuple[str, Mapping[str, Word], ours.Fields]]:
    """(ref, words, our values) of those agreed upon last."""
    mine = (Agreement.connection_id == partner.id, Agreement.kind == rule.kind, Agreement.state == "live")
    ids = work.session.scalars(select(Agreement.customer_id).where(*mine).order_by(Agreement.id.desc()).limit(most))
    subjects = load_subjects(work, ids.all())
    values = ours.read(work, subjects.values())
    agreed = agreements.load(work, partner, rule.kind, [one for one in subjects.values() if one.customer_id in values])
    return [(subjects[one].customer_ref, agreed[one].words, values[one]) for one in agreed]


def _fields(rule: ObjectRule | None) -> dict[str, FieldRule]:
    return {one.theirs: one for one in rule.fields} if rule else {}


def _field(
    rule: ObjectRule, one: FieldRule, before: FieldRule | None, states: dict[str, str], word: Word | None,
    value: str | None, opened: bool,
) -> MappedField:  # fmt: skip
    """before: the rule in force for this field of theirs, by which its last value was read."""
    personal = SYNCED[rule.ours][one.ours].personal
    state = states.get(one.theirs, "")
    if word is None:
        return MappedField(one, personal, None, None, state if state in {"gone", "unfit"} else "")
    theirs, inward, there, unfit = _through(one, before or one, word, value)
    if unfit:
        state = "unfit"
    if state not in {"gone", "unfit"}:
        state = "held" if word.held else "same" if (word.value or "") == (value or "") else "differs"
    told = (shown(text or "", opened or not personal) for text in (theirs, value, inward, there))
    said_theirs, said_ours, said_inward, said_outward = told
    return MappedField(
        one, personal, said_theirs, said_ours, state,
        said_inward if one.direction != "out" else None, said_outward if one.direction != "in" else None,
    )  # fmt: skip


def _through(
    one: FieldRule, before: FieldRule, word: Word, value: str | None
) -> tuple[str | None, str | None, str | None, bool]:
    """(theirs as they have it, what it becomes here, what ours becomes there, whether one of them does not go through)."""
    unfit, theirs, inward, there = False, word.value, None, None
    try:
        theirs = spoken(before.transform, before.words, word.value)
        inward = canonical(one.transform, one.words, theirs)
    except Unfit:
        unfit = True
    try:
        there = spoken(one.transform, one.words, value)
    except Unfit:
        unfit = unfit or one.direction != "in"
    return theirs, inward, there, unfit


def shifts(hub: Hub, partner: Partner, mapping: SyncMap) -> list[Shift]:
    """Field by field, in the order of the document; nothing is written, and no value is told."""
    standing = outward.map_of(hub, partner)
    found: list[Shift] = []
    for rule in mapping.objects:
        before = _fields(standing.object_of(rule.kind) if standing else None)
        changed = [one for one in rule.fields if before.get(one.theirs) != one]
        gone = [one for name, one in before.items() if name not in _fields(rule)]
        if not changed and not gone:
            continue
        with hub.begin() as work:
            known = _known(work, partner, rule, LATEST)
        found += [_shift(rule.kind, one, before.get(one.theirs), known) for one in changed]
        found += [Shift(rule.kind, one, "gone", 0, 0, 0, len(known)) for one in gone]
    return found


def _shift(
    kind: str, one: FieldRule, before: FieldRule | None, known: Sequence[tuple[str, Mapping[str, Word], ours.Fields]]
) -> Shift:
    here = there = unfit = 0
    for _, words, values in known:
        word, value = words.get(one.theirs, Word()), values[one.ours]
        _, inward, outside, broken = _through(one, before or one, word, value)
        told = _through(before, before, word, value)[2] if before and before.direction != "in" else None
        unfit += broken
        here += not broken and one.direction != "out" and (inward or "") != (word.value or "")
        there += not broken and one.direction != "in" and (outside or "") != (told or "")
    return Shift(kind, one, "changed" if before else "new", here, there, unfit, len(known))
