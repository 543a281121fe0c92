"""What two people who are one are called, and how they are reached: the kept one's words stand, the other's are kept beside them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select, update

from compliance.merge_rows import Pair
from hub.core import Hub
from hub.flow.values import value_context
from hub.gate import erase_rows
from hub.models import Alias, Base, PersonalValue, table
from hub.work import Work

Values = Mapping[tuple[str, int], str]

FORMER = "former_"  # a value of the lost one that differs from the kept one's: still theirs, and no longer used


def take_away(work: Work, pair: Pair, model: type[Base], where: ColumnElement[bool]) -> None:
    """Through the gate, as every deletion; a merger is refused under a hold before it begins."""
    erase_rows(work.session, model, where, record_set=table(model).name, persons=pair.persons, now=work.now)


def aliases(_: Hub, work: Work, pair: Pair) -> None:
    """The same name is one alias. What stands for a value that was cleared finds nobody, and ends."""
    theirs = set(_names(work, pair.kept).values())
    gone = [number for number, name in _names(work, pair.lost).items() if name in theirs or name[1].startswith("none:")]
    take_away(work, pair, Alias, Alias.id.in_(gone))


def _names(work: Work, person: Any) -> dict[int, tuple[str, str]]:
    key, rows = work.key(person.data_key_id), work.session.scalars(select(Alias).where(Alias.person_id == person.id))
    return {
        row.id: (row.kind, work.vault.unseal(key, row.sealed, f"alias:{row.kind}:{person.id}").decode()) for row in rows
    }


def values_of(work: Work, pair: Pair) -> dict[int, dict[tuple[str, int], str]]:
    """Of both, in two statements: person -> (field, what it is about) -> the value; those that were cleared are absent."""
    missing = {one.data_key_id for one in (pair.kept, pair.lost)} - work.open_keys.keys()
    work.open_keys.update(work.vault.open_keys(work.session, [one for one in missing if one is not None]))
    keys = {one.id: work.key(one.data_key_id) for one in (pair.kept, pair.lost)}
    found: dict[int, dict[tuple[str, int], str]] = {one: {} for one in keys}
    for row in work.session.scalars(select(PersonalValue).where(PersonalValue.person_id.in_(keys))):
        context = value_context(row.person_id, row.field, row.about_id)
        if value := work.vault.unseal(keys[row.person_id], row.sealed, context).decode():
            found[row.person_id][row.field, row.about_id] = value
    return found


def personal_values(_: Hub, work: Work, pair: Pair) -> None:
    """The kept one's stand. What they lack comes from the other, and what differs is kept under a name of its own."""
    opened = values_of(work, pair)
    ours, theirs = opened[pair.kept.id], opened[pair.lost.id]
    mine = (PersonalValue.person_id == pair.lost.id,)
    rows = {(row.field, row.about_id): row for row in work.session.scalars(select(PersonalValue).where(*mine))}
    cleared = select(PersonalValue.field, PersonalValue.about_id).where(PersonalValue.person_id == pair.kept.id)
    for name, about in [tuple(row) for row in work.session.execute(cleared)]:
        if (name, about) not in ours and (name, about) in theirs:
            place = (PersonalValue.field == name, PersonalValue.about_id == about)
            _drop(work, pair, PersonalValue, PersonalValue.person_id == pair.kept.id, *place)
    for (name, about), row in rows.items():
        value = theirs.get((name, about), "")
        if not value or ours.get((name, about)) == value:
            place = (PersonalValue.field == name, PersonalValue.about_id == about)
            _drop(work, pair, PersonalValue, *mine, *place)
        elif (name, about) in ours:
            former = _free(name, {one for one, other in [*ours, *theirs] if other == about})
            theirs[former, about] = value
            work.session.expunge(row)
            context = value_context(pair.lost.id, former, about)
            sealed = work.vault.seal(work.key(pair.lost.data_key_id), value.encode(), context)
            where = (*mine, PersonalValue.field == name, PersonalValue.about_id == about)
            work.session.execute(update(table(PersonalValue)).where(*where).values(field=former, sealed=sealed))


def _free(name: str, taken: set[str]) -> str:
    """former_email, former_email_2 ..."""
    first = name if name.startswith(FORMER) else FORMER + name
    names = [first[:32], *(f"{first[:29]}_{number}" for number in range(2, 100))]
    return next(one for one in names if one not in taken)


def _drop(work: Work, pair: Pair, model: type[Base], *where: Any) -> None:
    condition = where[0]
    for one in where[1:]:
        condition = condition & one
    take_away(work, pair, model, condition)
