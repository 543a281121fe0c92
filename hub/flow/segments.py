"""Who is in which segment: reassessed for the customers that changed, refreshed for all when a rule or the day turns."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce

from sqlalchemy import false, select, true, union_all, update
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import Busy
from hub.flow import seen
from hub.flow.batches import among, batches
from hub.flow.identity import lock_customers
from hub.flow.seen import TABLES
from hub.models import Customer, Membership, Pin, SegmentVersion
from hub.pouring import count_anew, pour
from hub.work import Work
from rules import Rulebook, SegmentRule
from rules.calendar import local_day
from rules.compiled import compiled, zones
from rules.dependencies import Reads
from rules.sql import select_candidates, select_members
from rules.views import View

BREAK_EVEN = 5000  # customers: beyond it one statement over all of them is quicker than reading what is known of each
POURED = 50  # rows: beyond it opening a COPY pays
APPLIED = select(SegmentVersion.segment, SegmentVersion.hash).where(SegmentVersion.ended_at.is_(None))
# Changes that no rule reads; of what is stored in the profile, hub.flow.facts says which column moved.
SILENT = frozenset({"name", "email", "phone", "address", "branch", "language", "joined_on", "loyalty", "sync",
                    "appointment", "inspection", "invoice", "recommendation", "offer", "referral"})  # fmt: skip
Differing = tuple[list[int], list[int]]  # who should be in and is not, who is in and should not be


@dataclass(frozen=True)
class Move:
    """A customer entered or left. membership_id: the row that says so; the effect's key is made of it."""

    segment: str
    customer_id: int
    customer_ref: str
    entered: bool
    membership_id: int


@dataclass(frozen=True)
class Case:
    """A rule that is to be judged for these customers, and the function that does it."""

    rule: SegmentRule
    check: Callable[[View], bool]
    ids: Set[int]


def reassess(
    hub: Hub, work: Work, customer_ids: Iterable[int], cause: str, *changes: Mapping[int, Set[str]]
) -> list[Move]:
    """Compare the segments' verdicts with the memberships of these customers; the caller holds their locks.

    changes: what changed about each, in the words of rules.dependencies, so that only the rules that read it are judged;
    where none is given, anything may have."""
    work.session.flush()
    book = hub.book.current()
    filled = _filled(
        work, book
    )  # one that is not filled yet waits: its first full refresh will see these customers, too
    moves, checks = [], book.checks.at(work.now)
    for ids in batches(sorted(customer_ids)):
        concerned: dict[str, set[int]] = defaultdict(set)
        for one in ids:
            for name in filled & _readers(book, one, changes):
                concerned[name].add(one)
        cases = [Case(book.segments[name], checks[name], concerned[name]) for name in sorted(concerned)]
        moves += _judge(hub, work, cases, cause)
    return moves


def _readers(book: Rulebook, customer_id: int, changes: Sequence[Mapping[int, Set[str]]]) -> frozenset[str]:
    words = {word for source in changes for word in source.get(customer_id, ())}
    return book.readers.of(words, SILENT) if changes else book.readers.all


def _filled(work: Work, book: Rulebook) -> frozenset[str]:
    """Names of the segments whose document is in force as it stands: applied to everybody, or about to be by what stands now."""
    found = book.segments
    return frozenset(name for name, of in work.session.execute(APPLIED) if name in found and found[name].hash == of)


def refresh(hub: Hub, work: Work, rule: SegmentRule, cause: str) -> list[Move]:
    """One segment over all customers, by SQL; when only time has passed, over those alone whom it can have moved."""
    version = _version(work, rule)
    ids = _moved_by_time(work, rule, version.refreshed_at) if version and cause == "clock" else None
    if ids is None:
        moves = _move(work, rule, cause)
    else:
        lock_customers(work, ids)
        check = compiled(rule.when, work.now, rule.zone)
        moves = [move for some in batches(ids) for move in _judge(hub, work, [Case(rule, check, set(some))], cause)]
    _refreshed(version or _apply(work, rule), rule, work.now)
    return moves


def put_in_force(work: Work, rule: SegmentRule) -> None:
    """Before it is counted elsewhere: from now on whoever changes is judged by it."""
    if _version(work, rule) is None:
        _apply(work, rule)


def refresh_by(work: Work, rule: SegmentRule, members: Set[int], at: datetime) -> list[Move]:
    """As `refresh`, by those whom an engine found among what stood at `at`. Whoever differs is asked again; whoever changed since
    and does not differ was judged by that change. Raises Busy where the rule is not in force any more."""
    version = _version(work, rule)
    if version is None:
        raise Busy(f"The rule of “{rule.name}” was changed meanwhile.", "Run it again.")
    inside = set(_open_ids(work, rule.name))
    moves = _move(work, rule, "rule", (sorted(members - inside), sorted(inside - members)))
    _refreshed(version, rule, at)
    return moves


def _refreshed(version: SegmentVersion, rule: SegmentRule, at: datetime) -> None:
    version.refreshed_on, version.refreshed_at = local_today(rule, at), at


def _moved_by_time(work: Work, rule: SegmentRule, since: datetime | None) -> list[int] | None:
    """None: so many, or since so long ago, that one statement over all customers is quicker."""
    if since is None or work.now < since:  # a clock that went back moves anybody
        return None
    candidates = select_candidates(rule.when, TABLES, since, work.now, rule.zone)
    if candidates is None:
        return []
    ids = sorted(work.session.scalars(candidates.limit(BREAK_EVEN + 1)))
    return ids if len(ids) <= BREAK_EVEN else None


def _judge(hub: Hub, work: Work, cases: Sequence[Case], cause: str) -> list[Move]:
    """By the predicate, customer by customer: what the rules read of them is read once for all."""
    if not cases:
        return []
    work.session.flush()
    reads = reduce(Reads.joined, (case.rule.reads for case in cases))
    views = seen.load(work.session, hub.book.catalogue, set().union(*(case.ids for case in cases)), reads)
    inside = _inside(work, [case.rule.name for case in cases], views)
    moves = []
    for case in cases:
        members = inside[case.rule.name] & case.ids
        holding = {one for one in case.ids & views.keys() if case.check(views[one])}
        moves += _enter(work, case.rule, _named(views, holding - members), cause)
        moves += _leave(work, case.rule.name, _named(views, members - holding), cause)
    return moves


def _named(views: Mapping[int, View], ids: Iterable[int]) -> dict[int, str]:
    return {one: views[one].ref() for one in sorted(ids)}


def _inside(work: Work, names: Sequence[str], ids: Iterable[int]) -> dict[str, set[int]]:
    """Who of these is in, by segment."""
    found: dict[str, set[int]] = {name: set() for name in names}
    mine = (Membership.left_at.is_(None), Membership.customer_id.in_(ids), Membership.segment.in_(names))
    for name, customer_id in work.session.execute(select(Membership.segment, Membership.customer_id).where(*mine)):
        found[name].add(customer_id)
    return found


def due(work: Work, rules: Iterable[SegmentRule]) -> list[tuple[SegmentRule, str]]:
    """Segments whose document is new, or whose windows have moved since the local day turned in their zone, or in that of a
    segment that they read."""
    ending = _ending_pins(work)
    standing = work.session.scalars(select(SegmentVersion).where(SegmentVersion.ended_at.is_(None)))
    versions = {(version.segment, version.hash): version for version in standing}
    waiting = []
    for rule in rules:
        version = versions.get((rule.name, rule.hash))
        if version is None or version.refreshed_on is None:
            waiting.append((rule, "rule"))
        elif (rule.reads.timed or rule.reads.pins & ending) and _day_turned(rule, version, work.now):
            waiting.append((rule, "clock"))
    return waiting


def _day_turned(rule: SegmentRule, version: SegmentVersion, now: datetime) -> bool:
    since = version.refreshed_at
    if since is None:
        return version.refreshed_on is None or version.refreshed_on < local_today(rule, now)
    return any(local_day(since, zone) != local_day(now, zone) for zone in {rule.zone, *zones(rule.when)})


def _ending_pins(work: Work) -> set[str]:
    """Segments with pins that end by themselves."""
    rows = select(Pin.segment).where(Pin.ended_at.is_(None), Pin.last_on.is_not(None))
    return set(work.session.scalars(rows.distinct()))


def retire(work: Work, names: Sequence[str]) -> list[Move]:
    """End segments that have left the configuration, and everybody's membership in them."""
    current = select(SegmentVersion).where(SegmentVersion.ended_at.is_(None), SegmentVersion.segment.not_in(names))
    moves = []
    for version in list(work.session.scalars(current)):
        version.ended_at = work.now
        moves += _leave(work, version.segment, _refs(work, _open_ids(work, version.segment)), "rule")
    return moves


def local_today(rule: SegmentRule, now: datetime) -> date:
    return local_day(now, rule.zone)


def _version(work: Work, rule: SegmentRule) -> SegmentVersion | None:
    wanted = (SegmentVersion.segment == rule.name, SegmentVersion.hash == rule.hash, SegmentVersion.ended_at.is_(None))
    return work.session.scalars(select(SegmentVersion).where(*wanted)).first()


def _apply(work: Work, rule: SegmentRule) -> SegmentVersion:
    """Put this document in force in place of the one before; an old document that comes back is opened again."""
    still = (SegmentVersion.segment == rule.name, SegmentVersion.ended_at.is_(None))
    work.session.execute(update(SegmentVersion).where(*still).values(ended_at=work.now))
    known = select(SegmentVersion).where(SegmentVersion.segment == rule.name, SegmentVersion.hash == rule.hash)
    version = work.session.scalars(known).first()
    if version is None:
        version = SegmentVersion(segment=rule.name, hash=rule.hash, document=rule.document, written=rule.text)
        work.add(version)
    version.applied_at, version.ended_at = work.now, None
    version.refreshed_on = version.refreshed_at = None
    work.audit("hub", "segment_applied", "segment_version", version.id, segment=rule.name, hash=rule.hash)
    return version


def _move(work: Work, rule: SegmentRule, cause: str, found: Differing | None = None) -> list[Move]:
    """Found over all, and asked again of those alone once their locks are held: another's word may have come in between.

    found: elsewhere, before this transaction began."""
    work.session.flush()
    enter, leave = found or differences(work.session, rule, work.now)
    refs = lock_customers(work, {*enter, *leave})
    if found or (refs and not work.region.on_sqlite):
        enter, leave = differences(work.session, rule, work.now, refs)
    return [*_enter(work, rule, {one: refs[one] for one in enter}, cause),
            *_leave(work, rule.name, {one: refs[one] for one in leave}, cause)]  # fmt: skip


def differences(session: Session, rule: SegmentRule, now: datetime, ids: Collection[int] | None = None) -> Differing:
    """(who should be in and is not, who is in and should not be), by SQL over all customers, or over these. Nothing is written."""
    rows = select_members(rule.when, TABLES, now, rule.zone).subquery("found")
    within = [] if ids is None else [among(rows.c.customer_id, ids)]
    members = select(rows.c.customer_id).where(*within).cte("members")  # asked once, although it is read twice
    inside = [Membership.segment == rule.name, Membership.left_at.is_(None)]
    inside += [] if ids is None else [among(Membership.customer_id, ids)]
    standing = select(Membership.customer_id).where(*inside).cte("standing")
    entering = select(members.c.customer_id, true()).where(members.c.customer_id.not_in(select(standing.c.customer_id)))
    leaving = select(standing.c.customer_id, false()).where(
        standing.c.customer_id.not_in(select(members.c.customer_id))
    )
    found: dict[bool, list[int]] = {True: [], False: []}
    for customer_id, enters in session.execute(union_all(entering, leaving)):
        found[bool(enters)].append(customer_id)
    return sorted(found[True]), sorted(found[False])


def _enter(work: Work, rule: SegmentRule, refs: Mapping[int, str], cause: str) -> list[Move]:
    """refs: of those who are not in, under their locks; so nobody else lets them in meanwhile."""
    ids = {one: work.ids.next() for one in refs}
    rows = [
        {"id": ids[one], "segment": rule.name, "customer_id": one, "rule_hash": rule.hash, "entered_at": work.now,
         "cause": cause}
        for one in refs
    ]  # fmt: skip
    if len(rows) > POURED:
        pour(work.session, work.region, Membership, rows)
        count_anew(work.session, work.region, [Membership])
    else:
        work.insert_all(Membership, rows)
    return [Move(rule.name, one, ref, True, ids[one]) for one, ref in refs.items()]


def _leave(work: Work, segment: str, refs: Mapping[int, str], cause: str) -> list[Move]:
    if not refs:
        return []
    mine = (Membership.segment == segment, Membership.left_at.is_(None), among(Membership.customer_id, refs))
    ended = update(Membership).where(*mine).values(left_at=work.now, left_cause=cause)
    rows = work.session.execute(ended.returning(Membership.id, Membership.customer_id))
    return [
        Move(segment, one, refs[one], False, row_id) for row_id, one in sorted((row_id, one) for row_id, one in rows)
    ]


def _open_ids(work: Work, segment: str) -> list[int]:
    mine = (Membership.segment == segment, Membership.left_at.is_(None))
    return sorted(work.session.scalars(select(Membership.customer_id).where(*mine)))


def _refs(work: Work, ids: Iterable[int]) -> dict[int, str]:
    rows = select(Customer.id, Customer.ref).where(among(Customer.id, sorted(ids)))
    return {customer_id: ref for customer_id, ref in work.session.execute(rows)}
