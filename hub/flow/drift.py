"""A partner's fields against the mapping: what is new is reported, what is gone or does not fit is kept out, the rest goes on."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hub.core import Partner
from hub.models import PartnerField
from hub.sdk import Describes, FieldShape
from hub.work import Work
from rules.syncmap import ObjectRule, SyncMap


@dataclass(frozen=True)
class Drift:
    kind: str
    field: str
    state: str
    mapped: bool
    count: int


def describe(partner: Partner, mapping: SyncMap) -> dict[str, list[FieldShape]]:
    """The partner's own word on its fields, kind by kind; no transaction is open meanwhile."""
    connector = partner.connector
    if not isinstance(connector, Describes):
        return {}
    return {rule.kind: list(connector.describe(rule.kind)) for rule in mapping.objects}


def take(work: Work, partner: Partner, rule: ObjectRule, shapes: list[FieldShape]) -> list[str]:
    """Compare with the last description; answers the mapped fields that came back, whose values must be read anew."""
    rows = {row.name: row for row in rows_of(work.session, partner, rule.kind)}
    first, there, back = not rows, {shape.name: shape for shape in shapes}, []
    mapped = {one.theirs: one for one in rule.fields}
    for name, shape in there.items():
        writable = shape.writable or name not in mapped or mapped[name].direction == "in"
        state = ("known" if first or name in mapped else "new") if writable else "gone"
        row = rows.get(name)
        if row is None:
            _add(work, partner, rule.kind, name, shape.type, state)
        elif row.state == "gone" and state != "gone":
            back.append(name)
            row.state, row.since, row.type = state, work.now, shape.type
        elif row.type != shape.type:
            row.type, row.since = shape.type, work.now
            row.state = "gone" if name in mapped else row.state
    for name in {*rows, *mapped} - there.keys():
        row = rows.get(name) or _add(work, partner, rule.kind, name, "", "gone")
        if row.state != "gone":
            row.state, row.since = "gone", work.now
    return [name for name in back if name in mapped]


def unfit(work: Work, partner: Partner, kind: str, name: str) -> None:
    """A value that the mapping's transform cannot read or say: the field of this one object stays as it is."""
    row = work.session.get(PartnerField, (partner.id, kind, name[:80]))
    row = row or _add(work, partner, kind, name[:80], "", "known")
    row.state, row.count = "unfit" if row.state == "known" else row.state, row.count + 1


def unknown(work: Work, partner: Partner, kind: str, names: set[str]) -> None:
    """Fields that came with an object and that nobody described before."""
    seen = {row.name for row in rows_of(work.session, partner, kind)}
    for name in sorted(names - seen) if seen else ():
        _add(work, partner, kind, name[:80], "", "new")


def quarantined(session: Any, partner: Partner, kind: str) -> set[str]:
    return {row.name for row in rows_of(session, partner, kind) if row.state == "gone"}


def found(session: Any, partner: Partner, mapping: SyncMap) -> list[Drift]:
    mapped = {(rule.kind, one.theirs) for rule in mapping.objects for one in rule.fields}
    rows = select(PartnerField).where(PartnerField.connection_id == partner.id, PartnerField.state != "known")
    drifts = [
        Drift(row.kind, row.name, row.state, (row.kind, row.name) in mapped, row.count) for row in session.scalars(rows)
    ]
    return [one for one in drifts if one.mapped or one.state == "new"]


def rows_of(session: Any, partner: Partner, kind: str) -> list[PartnerField]:
    rows = select(PartnerField).where(PartnerField.connection_id == partner.id, PartnerField.kind == kind)
    return list(session.scalars(rows))


def _add(work: Work, partner: Partner, kind: str, name: str, type_: str, state: str) -> PartnerField:
    row = PartnerField(connection_id=partner.id, kind=kind, name=name, type=type_, state=state, since=work.now, count=0)
    return work.add(row)
