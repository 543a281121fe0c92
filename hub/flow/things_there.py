"""How a thing of ours is to stand at a partner: at all, with which fields, beside what; and how that differs from what it has."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hub.core import Hub, Partner
from hub.flow import agreements, counterparts, things
from hub.flow.effects import load_subjects, open_links
from hub.flow.outward import linked_of
from hub.flow.things import Thing
from hub.models import Counterpart
from hub.work import Work
from rules.calendar import local_day
from rules.syncmap import PEOPLE, FieldRule, ObjectRule, SyncMap
from rules.transforms import settled

Names = Mapping[int, str]  # our id -> the partner's


@dataclass(frozen=True)
class View:
    """there: at all. beside: kind there -> our ids. names: kind there -> of these, and of those that stood beside it before."""

    there: bool
    beside: Mapping[str, frozenset[int]]
    names: Mapping[str, Names]


def views_of(
    hub: Hub, work: Work, partner: Partner, mapping: SyncMap, rule: ObjectRule, found: Mapping[int, Thing],
    known: Mapping[int, Counterpart],
) -> dict[int, View]:  # fmt: skip
    """A thing is there while a customer it belongs to is, and is linked to what the partner has told us its own name of."""
    people = {one for thing in found.values() for one in thing.beside.get(PEOPLE, ())}
    there = linked_of(work, partner, people) if people else set()
    there -= agreements.at_rest(work, partner, there).keys() if there else set()
    kinds = {one.kind: one.ours for one in (*mapping.objects, *mapping.things)}
    names: dict[str, Names] = {}
    for kind in rule.links:
        ids = {one for thing in found.values() for one in thing.beside.get(kinds[kind], ())}
        ids |= {one for row in known.values() for one in row.links.get(kind, ())}
        names[kind] = _names(hub, work, partner, kinds[kind], ids) if ids else {}
    views = {}
    for thing in found.values():
        beside = {kind: thing.beside.get(kinds[kind], frozenset()) & names[kind].keys() for kind in rule.links}
        beside = {kind: ids & there if kinds[kind] == PEOPLE else ids for kind, ids in beside.items()}
        wanted = not thing.over and bool(thing.beside.get(PEOPLE, frozenset()) & there)
        views[thing.id] = View(wanted, beside, names)
    return views


def _names(hub: Hub, work: Work, partner: Partner, about: str, ids: Collection[int]) -> Names:
    if about == PEOPLE:
        return open_links(work, partner, list(load_subjects(work, ids).values()))
    others = things.read(work, about, ids, local_day(work.now, hub.here.zone))
    return counterparts.names_there(work, partner, about, {one.id: one.subject for one in others.values()})


def fields_of(
    work: Work,
    row: Counterpart,
    rule: ObjectRule,
    thing: Thing,
    gone: Collection[str],
    told: Mapping[str, str] | None = None,
) -> dict[str, FieldRule]:
    """The partner's fields that do not say what we say. One that is empty here was never told; one that is refused stays.
    told: by what it has now, where somebody has looked."""
    found, told = {}, row.told if told is None else told
    for one in rule.fields:
        value = settled(one.transform, one.words, thing.fields[one.ours])
        now = counterparts.mark(work, row, one.theirs, value)
        unsaid = value is None and one.theirs not in told
        if one.theirs not in gone and not unsaid and now not in (told.get(one.theirs), row.refused.get(one.theirs)):
            found[one.theirs] = one
    return found


def links_of(row: Counterpart, view: View) -> dict[str, dict[str, list[str]]]:
    """Kind there -> {add, remove} by the partner's names. What it no longer has a name for is gone there with its links."""
    found: dict[str, dict[str, list[str]]] = {}
    for kind, ids in view.beside.items():
        before, names = set(row.links.get(kind, ())), view.names[kind]
        add = [names[one] for one in sorted(ids - before)]
        remove = [names[one] for one in sorted(before - ids) if one in names]
        if add or remove:
            found[kind] = {"add": add, "remove": remove}
    return found
