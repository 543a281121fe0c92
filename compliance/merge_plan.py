"""What would become of two customers who are one person: what stands in the way and how to mend it, and what each side brings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import distinct, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from compliance.counting import counts
from compliance.erasure import CLOSED
from compliance.merge_consents import Joined, joined
from compliance.merge_rows import STAY, Pair
from compliance.merge_values import Values, values_of
from compliance.registry import by_table, readable_sets
from hub.core import Hub, Partner
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import merges_told
from hub.flow.conversations import OPEN
from hub.flow.identity import BY_REFS, lock_customers
from hub.flow.strangers import claimed
from hub.gate import binding
from hub.models import (
    Connection,
    Conversation,
    Customer,
    ErasureRequest,
    LegalHold,
    Link,
    MembershipCard,
    Merger,
    Message,
    Move,
    Person,
    Staff,
)
from hub.work import Work

AtPartner = tuple[tuple[str, str], Partner | None]  # (cards or partner, connection), the partner
TOLD = "person_erased"  # partners who hear of this keep people of ours: two objects there would be forgotten as one
NOT_SHOWN = frozenset({*STAY, "profiles", "scores", "needs", "consents"})


@dataclass(frozen=True)
class Obstacle:
    """Why two customers may not become one now. code: for pages in other languages; what and mend: in English. named: of the
    connection it is about, or empty."""

    code: str
    what: str
    mend: str
    named: str = ""


@dataclass(frozen=True)
class Plan:
    """keep, lose: refs. rows: record set -> (rows of the kept one, rows of the lost one). differing: fields in which both have a
    value of their own, so that the lost one's stays under another name. words: (purpose, channel) -> what each said and what
    stands afterwards, with its reason. ours, theirs: the values themselves, opened. told: connections that merge their two records
    of them as well."""

    keep: str
    lose: str
    obstacles: tuple[Obstacle, ...]
    rows: Mapping[str, tuple[int, int]]
    differing: tuple[str, ...]
    words: Mapping[tuple[str, str], Joined]
    ours: Values = field(repr=False)
    theirs: Values = field(repr=False)
    told: tuple[str, ...] = ()

    @property
    def ends(self) -> tuple[tuple[str, str, str], ...]:
        """(purpose, channel, why) of each yes that will not stand."""
        return tuple((*place, one.why) for place, one in self.words.items() if one.why)


def looked_at(work: Work, keep: str, lose: str) -> Pair:
    """Both, read in one statement. Raises NotFound, WrongInput for one and the same."""
    rows = {row[0]: row[1:] for row in work.session.execute(BY_REFS, {"refs": [keep, lose]})}
    for ref in (keep, lose):
        if ref not in rows:
            raise NotFound(f"There is no customer {ref} in {work.region.code}.", "Both must be at home in one region.")
    pair = Pair(*rows[keep], *rows[lose])
    if pair.keep.id == pair.lose.id:
        raise WrongInput("These are one customer already.", "Both refs answer with the same record.")
    return pair


def locked(work: Work, keep: str, lose: str) -> Pair:
    """The same, with their rows locked in the order of their numbers and read as they stand now."""
    pair = looked_at(work, keep, lose)
    lock_customers(work, [pair.keep.id, pair.lose.id])
    now = {"with_for_update": True, "populate_existing": True}
    for one in sorted(pair.persons):
        work.session.get(Person, one, **now)  # type: ignore[arg-type]
    for other in (pair.keep, pair.lose):
        work.session.refresh(other)
    return pair


def merged_into(session: Session, ref: str) -> str | None:
    """The ref of whoever this one was merged into."""
    kept = select(Merger.kept_id).join(Customer, Customer.id == Merger.lost_id).where(Customer.ref == ref)
    found: str | None = session.scalar(select(Customer.ref).where(Customer.id == kept.scalar_subquery()))
    return found


def planned(hub: Hub, work: Work, pair: Pair) -> Plan:
    """Reads only, in nine statements. Where one of both was erased, nothing is opened."""
    sets = by_table(readable_sets())
    mine, other = (
        counts(work.session, sets, person, customer)
        for person, customer in ((pair.kept.id, pair.keep.id), (pair.lost.id, pair.lose.id))
    )
    alive = pair.kept.data_key_id is not None and pair.lost.data_key_id is not None
    opened = values_of(work, pair) if alive else {}
    ours, theirs = (opened.get(one, {}) for one in pair.persons)
    differing = {name for name, about in ours.keys() & theirs.keys() if ours[name, about] != theirs[name, about]}
    there = list(_at_partners(hub, work, pair))
    return Plan(
        pair.keep.ref,
        pair.lose.ref,
        tuple(_in_the_way(hub, work, pair, there)),
        {name: (mine[name], other[name]) for name in sets if name not in NOT_SHOWN and (mine[name] or other[name])},
        tuple(sorted(differing)),
        joined(work, pair, ours, theirs) if alive else {},
        ours,
        theirs,
        tuple(name for (code, name), partner in there if code == "partner" and _merges(hub, partner)),
    )


def check(hub: Hub, work: Work, pair: Pair) -> None:
    """Raises Denied with the first thing in the way. In two statements beside both rows."""
    for one in _in_the_way(hub, work, pair, list(_at_partners(hub, work, pair))):
        raise Denied(one.what, one.mend)


def _in_the_way(hub: Hub, work: Work, pair: Pair, there: Sequence[AtPartner]) -> Iterator[Obstacle]:
    yield from _of_persons(pair)
    found = _found(hub, work, pair)
    for code, (what, mend) in SAID.items():
        if found[code]:
            yield Obstacle(code, what, mend)
    yield from _of_partners(hub, there)


def _of_persons(pair: Pair) -> Iterator[Obstacle]:
    both = (pair.kept, pair.lost)
    if any(one.data_key_id is None or one.erased_at is not None for one in both):
        yield Obstacle("erased", "One of both was erased.", "What is left of them names nobody: keep them apart.")
    if any(one.moved_to for one in both):
        mend = "Move both to one region first: hub privacy move."
        yield Obstacle("moved", "One of both is at home in another region.", mend)
    if pair.kept.jurisdiction != pair.lost.jurisdiction:
        laws = " and ".join(sorted({pair.kept.jurisdiction, pair.lost.jurisdiction}))
        mend = "Set the residence right in one of both records, then look again."
        yield Obstacle("law", f"They live under two laws: {laws}.", mend, laws)
    if any(one.restricted_at is not None for one in both):
        mend = "Settle that request first: hub privacy list."
        yield Obstacle("restricted", "The data of one of both may not be used now.", mend)


SAID: Mapping[str, tuple[str, str]] = {
    "staff": ("One of both is a member of staff.", "Keep the two apart: who works here is no customer's record."),
    "stranger": (
        "One of both wrote from a site and has not proved who they are.",
        "Ask them to sign in and write from their own account.",
    ),
    "hold": ("A legal hold protects the data of one of both.", "Release it first: hub holds list."),
    "erasing": ("One of both asked to be forgotten.", "Settle that request first: hub privacy list."),
    "moving": ("The home of one of both is moving.", "Let the move end first: hub privacy list."),
    "conversations": ("Both have an open conversation.", "Answer and close one of them first, in the inbox."),
    "sending": ("A message about one of both is on its way.", "Try again in a minute."),
}


def _found(hub: Hub, work: Work, pair: Pair) -> Mapping[str, bool]:
    """code -> does it stand in the way? All of it in one statement."""
    persons, customers = pair.persons, [pair.keep.id, pair.lose.id]
    talks = select(func.count(distinct(Conversation.customer_id))).where(
        Conversation.customer_id.in_(customers), Conversation.state.in_(OPEN)
    )
    partners = [one.id for one in hub.partners.values()]  # the index of messages begins with them
    to_them = (Message.connection_id.in_(partners), Message.entity.in_([pair.keep.ref, pair.lose.ref]))
    sending = (*to_them, Message.state == "claimed")
    row = work.session.execute(
        select(
            exists().where(Staff.person_id.in_(persons)).label("staff"),
            or_(*(claimed(one) for one in customers)).label("stranger"),
            exists().where(LegalHold.person_id.in_(persons), binding(work.now)).label("hold"),
            exists().where(ErasureRequest.person_id.in_(persons), ErasureRequest.state.not_in(CLOSED)).label("erasing"),
            exists().where(Move.person_id.in_(persons), Move.state != "certified").label("moving"),
            (talks.scalar_subquery() > 1).label("conversations"),
            exists().where(*sending).label("sending"),
        )
    ).one()
    return {code: bool(row._mapping[code]) for code in SAID}


def _of_partners(hub: Hub, there: Sequence[AtPartner]) -> Iterator[Obstacle]:
    """Where a partner has both: points on both cards, or two records of which an erasure would end one only, and no way to merge
    them from here."""
    for (code, name), partner in there:
        if code == "cards":
            mend = "Let the partner put the points on one card first, then look again."
            yield Obstacle(code, f"Both have points at {name}.", mend, name)
        elif partner is not None and partner.topics_for(TOLD) and not _merges(hub, partner):
            what = f"{name} has two records of them, and would be told to forget one only."
            yield Obstacle(code, what, f"Merge both at {name} first; the hub hears of it and follows.", name)


def _at_partners(hub: Hub, work: Work, pair: Pair) -> Iterator[AtPartner]:
    """Of each partner that has both."""
    both = [pair.keep.id, pair.lose.id]
    cards = (
        select(literal("cards"), Connection.name, MembershipCard.customer_id)
        .join(Connection, Connection.id == MembershipCard.connection_id)
        .where(MembershipCard.customer_id.in_(both), MembershipCard.points != 0)
    )
    links = (
        select(literal("partner"), Connection.name, Link.about_id)
        .join(Connection, Connection.id == Link.connection_id)
        .where(Link.about == "customer", Link.about_id.in_(both), Link.replaced_by.is_(None))
    )
    known: dict[tuple[str, str], set[int]] = {}
    for code, name, customer in work.session.execute(union_all(cards, links)):
        known.setdefault((code, name), set()).add(customer)
    for (code, name), several in sorted(known.items()):
        if len(several) == 2:
            yield (code, name), hub.partners.get(name)


def _merges(hub: Hub, partner: Partner | None) -> bool:
    return partner is not None and merges_told.listens(hub, partner)
