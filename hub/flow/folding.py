"""Deliveries into customers, many at once: a fold asks the database the same few questions for one delivery and for fifty.

What is wrong with one harms no other: a group that does not go in is halved until the wrong one stands alone, behind a
savepoint, and gets its own verdict. All of it is one transaction, so a record is in with everything that follows, or not."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from sqlalchemy.exc import DataError

from hub.core import Hub, Partner
from hub.errors import Quarantined, Unmet, WrongInput
from hub.flow import belongings, customers, inbox, inward, outward
from hub.flow.customers import Folded
from hub.flow.inbox import Result
from hub.models import Delivery
from hub.sdk import CustomerRecord, Normalises, Observes, ReadingRecord, Record, ServiceRecord, SlotRecord
from hub.work import Work

ASIDE = (Quarantined, Unmet, DataError, WrongInput)  # what is wrong with a delivery, and not with us


@dataclass(frozen=True)
class Read:
    """A delivery, opened, in our words."""

    delivery: Delivery
    payload: bytes
    records: Sequence[Record]


def fold_all(
    hub: Hub, work: Work, partner: Partner, taken: Sequence[Delivery], letters: list[int], rng: Random
) -> Iterator[Folded]:
    """Settles each of them; answers what came of those that went in. letters: dead letters, by id, are added to it."""
    inbox.open_keys(work, taken)
    read = []
    for delivery in taken:
        try:
            read.append(_read(work, partner, delivery))
        except ASIDE as error:
            _set_aside(work, delivery, error, letters, rng)
    done: list[Result] = []
    for group in _groups(read, work.together, joins=outward.map_of(hub, partner) is None):
        yield from _fold(hub, work, partner, group, done, letters, rng)
    inbox.done(work, done)


def _read(work: Work, partner: Partner, delivery: Delivery) -> Read:
    payload = inbox.open_payload(work, delivery)
    connector = partner.connector
    records = list(connector.normalise(payload)) if isinstance(connector, Normalises) else []
    return Read(delivery, payload, records)


def _groups(read: Sequence[Read], together: int, joins: bool) -> Iterator[list[Read]]:
    """In their order, and nothing twice in one group: what is told of a visit second must find what was told first.

    together: bytes of a group. joins: False for a partner that is kept in step, whose objects are merged one by one."""
    group: list[Read] = []
    told: set[Hashable] = set()
    size = 0
    for one in read:
        things = {thing for record in one.records if (thing := _thing(record)) is not None}
        if group and (not joins or size + len(one.payload) > together or not told.isdisjoint(things)):
            yield group
            group, told, size = [], set(), 0
        group.append(one)
        told |= things
        size += len(one.payload)
    if group:
        yield group


def _thing(record: Record) -> Hashable | None:
    """What a fold takes the latest word of; of all else it takes word after word."""
    if isinstance(record, ServiceRecord):
        return type(record), record.key
    if isinstance(record, ReadingRecord):
        return "odometer", record.vin
    return (record.branch, record.bay, record.starts_at) if isinstance(record, SlotRecord) else None


def _fold(
    hub: Hub, work: Work, partner: Partner, group: Sequence[Read], done: list[Result],
    letters: list[int], rng: Random,
) -> Iterator[Folded]:  # fmt: skip
    try:
        with work.savepoint():
            folded = _fold_together(hub, work, partner, group)
    except ASIDE as error:
        if len(group) == 1:
            _set_aside(work, group[0].delivery, error, letters, rng)
            return
        half = len(group) // 2
        for part in (group[:half], group[half:]):
            yield from _fold(hub, work, partner, part, done, letters, rng)
        return
    done += _results(group, folded)
    yield folded


def _fold_together(hub: Hub, work: Work, partner: Partner, group: Sequence[Read]) -> Folded:
    """Records, and objects of a partner that is kept in step: there the merge alone sets a customer's fields."""
    connector, records = partner.connector, [record for one in group for record in one.records]
    if outward.map_of(hub, partner) is None or not isinstance(connector, Observes):
        return customers.fold(hub, work, partner, records)
    seen = [one for each in group for one in connector.observe(each.payload)]
    merged = inward.fold(hub, work, partner, seen)
    belongings.hear(hub, work, partner, seen)
    others = [one for one in records if not isinstance(one, CustomerRecord)]
    return merged.joined(customers.fold(hub, work, partner, others)) if others else merged


def _results(group: Sequence[Read], folded: Folded) -> list[Result]:
    """What became of each one's records."""
    if len(group) == 1:  # objects of a partner are no records
        counts = {"new": folded.new, "repeats": folded.repeats, "erased": folded.erased}
        return [(group[0].delivery, counts | ({"strangers": len(folded.strangers)} if folded.strangers else {}))]
    news, gone = ({id(record) for record in records} for records in (folded.news, [*folded.gone, *folded.strangers]))
    found = []
    for one in group:
        new, erased = (sum(id(record) in among for record in one.records) for among in (news, gone))
        counts = {"new": new, "repeats": len(one.records) - new - erased, "erased": erased}
        found.append((one.delivery, counts))
    return found


def _set_aside(work: Work, delivery: Delivery, error: Exception, letters: list[int], rng: Random) -> None:
    if isinstance(error, Quarantined):
        inbox.quarantine(work, delivery, error, error.hint)
    elif isinstance(error, Unmet):
        inbox.hold(work, delivery)
    else:
        unstorable = ("unstorable", "A value that the database cannot hold.")
        code, reason = (error.code, str(error)) if isinstance(error, WrongInput) else unstorable
        letter = inbox.stumble(work, delivery, code, reason, rng, final=True)
        letters += [letter] if letter else []
