"""Our things at a partner, counted: what it has of each beside what it should have. Nothing is changed by looking."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.flow import belongings, counterparts, drift, following, things
from hub.flow.batches import batches
from hub.flow.effects import Asked, consents_of
from hub.flow.things_there import fields_of, links_of, views_of
from hub.models import Counterpart
from hub.sdk import Lists, Seen
from hub.work import Work
from rules.calendar import local_day
from rules.syncmap import ObjectRule, SyncMap

READ = 100  # things at a time


@dataclass(frozen=True)
class Odd:
    """One that is not as it should be. found: missing_there, differing, merged or erased, as with customers."""

    found: str
    thing_id: int
    fields: tuple[str, ...] = ()
    seen: Seen | None = None


@dataclass
class Count:
    """met: things that were found there."""

    agreeing: int
    odd: list[Odd]
    met: set[int]


def take(
    hub: Hub, partner: Partner, connector: Lists, mapping: SyncMap, rule: ObjectRule, advanced: Callable[[int], None]
) -> Count:
    """Page all the partner has of this kind, ask for what was not listed, and look for what was never told. Raises PartnerError."""
    count, cursor = Count(0, [], set()), None
    wanted = [one.theirs for one in rule.fields]
    while True:
        page = connector.list(rule.kind, wanted, cursor)
        with hub.begin() as work:
            _judge(hub, work, partner, mapping, rule, page.seen, count)
        advanced(len(page.seen))
        cursor = page.cursor
        if cursor is None:
            break
    for names in _unlisted(hub, partner, rule, count):
        seen = connector.read(rule.kind, list(names), wanted)
        live = [replace(one, ref=names[one.id][1]) for one in seen if one.state == "live"]
        count.odd += [
            Odd("merged" if one.state == "merged" else "erased", names[one.id][0], (), one)
            for one in seen
            if one.state != "live"
        ]
        with hub.begin() as work:
            _judge(hub, work, partner, mapping, rule, live, count)
    count.odd += _untold(hub, partner, mapping, rule)
    return count


def mend(hub: Hub, work: Work, partner: Partner, mapping: SyncMap, rule: ObjectRule, odd: Sequence[Odd]) -> None:
    """What the partner said is heard, and what it lacks is told."""
    seen = [replace(one.seen, state="archived") if one.seen.state == "missing" else one.seen for one in odd if one.seen]
    belongings.hear(hub, work, partner, seen, whole=True)
    work.session.flush()
    belongings.put(hub, work, partner, mapping, rule, [one.thing_id for one in odd if one.found != "erased"])


def _judge(
    hub: Hub, work: Work, partner: Partner, mapping: SyncMap, rule: ObjectRule, seen: Sequence[Seen], count: Count
) -> None:
    by_ref = {one.ref: one for one in seen if one.ref}
    mine = (Counterpart.connection_id == partner.id, Counterpart.about == rule.ours)
    rows: dict[int, Counterpart] = {}
    for batch in batches(sorted(by_ref)):
        rows |= {
            row.about_id: row
            for row in work.session.scalars(select(Counterpart).where(*mine, Counterpart.ref.in_(batch)))
        }
    found = things.read(work, rule.ours, rows, local_day(work.now, hub.here.zone))
    views = views_of(hub, work, partner, mapping, rule, found, rows)
    asked = Asked(hub, work, partner, consents_of(work, [one.subject for one in found.values() if one.subject]))
    gone = drift.quarantined(work.session, partner, rule.kind)
    for thing_id, thing in found.items():
        row, one = rows[thing_id], by_ref[rows[thing_id].ref]
        count.met.add(thing_id)
        told = {**row.told, **belongings.heard(work, row, rule, one)}
        names = sorted(
            rule_.theirs
            for rule_ in belongings.fields_allowed(asked, thing, rule, fields_of(work, row, rule, thing, gone, told))[0]
        )
        if names or not views[thing_id].there or links_of(row, views[thing_id]) or row.state != "live":
            count.odd.append(Odd("differing", thing_id, tuple(names), one))
        else:
            count.agreeing += 1


def _unlisted(hub: Hub, partner: Partner, rule: ObjectRule, count: Count) -> Iterator[dict[str, tuple[int, str]]]:
    """The partner's name -> (our id, our ref) of what is there as far as we know, and was not listed."""
    with hub.begin() as work:
        mine = (Counterpart.connection_id == partner.id, Counterpart.about == rule.ours, Counterpart.state == "live")
        known = dict(work.session.execute(select(Counterpart.about_id, Counterpart.ref).where(*mine)).all())
    for some in batches(sorted(known.keys() - count.met), READ):
        with hub.begin() as work:
            found = things.read(work, rule.ours, some, local_day(work.now, hub.here.zone))
            names = counterparts.names_there(work, partner, rule.ours, {one.id: one.subject for one in found.values()})
        if names:
            yield {name: (thing_id, known[thing_id]) for thing_id, name in names.items()}


def _untold(hub: Hub, partner: Partner, mapping: SyncMap, rule: ObjectRule) -> Iterator[Odd]:
    with hub.begin() as work:
        people = sorted(following.known_ids(work, partner))
    for some in batches(people, READ):
        with hub.begin() as work:
            today = local_day(work.now, hub.here.zone)
            ids = things.of_customers(work, rule.ours, some, today, rule.days)
            known = counterparts.load(work, partner, rule.ours, ids)
            found = things.read(
                work, rule.ours, ids - {one for one, row in known.items() if row.state != "left"}, today
            )
            views = views_of(hub, work, partner, mapping, rule, found, known)
            asked = Asked(hub, work, partner, consents_of(work, [one.subject for one in found.values() if one.subject]))
            for thing in found.values():
                fields = {one.theirs: one for one in rule.fields if thing.fields[one.ours] is not None}
                if views[thing.id].there and belongings.fields_allowed(asked, thing, rule, fields)[0]:
                    yield Odd("missing_there", thing.id)
