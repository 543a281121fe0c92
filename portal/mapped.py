"""A mapping as a table: whose word counts in each field, and one live record going through it, its values masked."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.flow import agreements, drift, ours, outward
from hub.flow.agreements import Word
from hub.flow.effects import load_subjects
from hub.models import Agreement
from hub.targets import SYNCED
from portal.masks import shown
from rules.syncmap import FieldRule, ObjectRule, SyncMap
from rules.transforms import Unfit, spoken


@dataclass(frozen=True)
class MappedField:
    """theirs, ours: the values of the sample, masked; None without one. state: same, differs, held (a person decides),
    gone (the partner has the field no more), unfit (its values do not go through), unseen, or empty without a sample."""

    rule: FieldRule
    personal: bool
    theirs: str | None
    ours: str | None
    state: str


@dataclass(frozen=True)
class MappedObject:
    """sample: the ref of the customer whose record is shown, or empty while nobody is agreed upon."""

    rule: ObjectRule
    fields: Sequence[MappedField]
    sample: str


def mapped(hub: Hub, partner: Partner) -> tuple[SyncMap, list[MappedObject]] | None:
    """None for a connection that is not kept in step field by field."""
    mapping = outward.map_of(hub, partner)
    return (mapping, [_object(hub, partner, one) for one in mapping.objects]) if mapping else None


def _object(hub: Hub, partner: Partner, rule: ObjectRule) -> MappedObject:
    """By whoever was agreed upon last. Opened for reading only: the transaction writes nothing."""
    with hub.begin() as work:
        states = {row.name: row.state for row in drift.rows_of(work.session, partner, rule.kind)}
        mine = (Agreement.connection_id == partner.id, Agreement.kind == rule.kind, Agreement.state == "live")
        customer_id = work.session.scalar(
            select(Agreement.customer_id).where(*mine).order_by(Agreement.id.desc()).limit(1)
        )
        subject = load_subjects(work, [customer_id]).get(customer_id) if customer_id is not None else None
        values = ours.read(work, [subject]).get(subject.customer_id) if subject else None
        if subject is None or values is None:
            return MappedObject(rule, [_field(rule, one, states, None, None) for one in rule.fields], "")
        words = agreements.load(work, partner, rule.kind, [subject])[subject.customer_id].words
        fields = [_field(rule, one, states, words.get(one.theirs, Word()), values[one.ours]) for one in rule.fields]
        return MappedObject(rule, fields, subject.customer_ref)


def _field(
    rule: ObjectRule, one: FieldRule, states: dict[str, str], word: Word | None, value: str | None
) -> MappedField:
    personal = SYNCED[rule.ours][one.ours].personal
    state = states.get(one.theirs, "")
    if word is None:
        return MappedField(one, personal, None, None, state if state in {"gone", "unfit"} else "")
    theirs = word.value or ""
    try:
        theirs = spoken(one.transform, one.words, word.value) or ""
    except Unfit:
        state = "unfit"
    if state not in {"gone", "unfit"}:
        state = "held" if word.held else "same" if (word.value or "") == (value or "") else "differs"
    return MappedField(one, personal, shown(theirs, not personal), shown(value or "", not personal), state)
