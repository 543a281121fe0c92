"""What becomes of rows of which one person may have only one: each table by its own rule, before all rows are moved.

A rule closes, joins or takes away on either side, so that nothing collides afterwards. The test of the rows fails for a table that
may hold one row a person and has no rule here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from compliance.merge_rows import Pair
from compliance.merge_values import aliases, personal_values, take_away
from hub.core import Hub
from hub.flow import merges_told, orders
from hub.flow.effects import load_subjects
from hub.flow.enrollments import LIVE
from hub.models import (
    Agreement,
    Assignment,
    BreachPerson,
    Driver,
    Enrollment,
    Exposure,
    LedgerEntry,
    Link,
    Membership,
    MembershipCard,
    Need,
    Outreach,
    Ownership,
    Pin,
    Principal,
    Profile,
    Score,
    Session,
    SignInLink,
    Tier,
    table,
)
from hub.work import Work

CAUSE = "merged"


# --- partners


def links(hub: Hub, work: Work, pair: Pair) -> None:
    """Of two ids at one partner the one whose card stands speaks; the other leads on to it, and becomes part of it there where
    the partner lets us merge."""
    lost = []
    open_links = select(Link).where(Link.about == "customer", Link.replaced_by.is_(None))
    ours = {row.connection_id: row for row in work.session.scalars(open_links.where(Link.about_id == pair.keep.id))}
    cards = {(row.customer_id, row.connection_id): row for row in _cards(work, pair)}
    for row in work.session.scalars(open_links.where(Link.about_id == pair.lose.id)).all():
        other = ours.get(row.connection_id)
        if other is None:
            continue
        mine, theirs = (cards.get((one, row.connection_id)) for one in (pair.keep.id, pair.lose.id))
        first, second = (row, other) if theirs is not None and (mine is None or theirs.points) else (other, row)
        work.session.execute(update(table(Link)).where(Link.replaced_by == second.id).values(replaced_by=first.id))
        second.replaced_by = first.id
        lost.append(second)
    work.session.flush()
    kept = load_subjects(work, [pair.keep.id]) if lost else {}
    for one in lost:
        merges_told.want(hub, work, kept[pair.keep.id], one)


def agreements(_: Hub, work: Work, pair: Pair) -> None:
    """What was agreed about an object that lives; of two the kept one's."""
    both = {pair.keep.id, pair.lose.id}
    found: dict[tuple[int, str], list[Agreement]] = {}
    for row in work.session.scalars(select(Agreement).where(Agreement.customer_id.in_(both))):
        found.setdefault((row.connection_id, row.kind), []).append(row)
    gone = []
    for rows in found.values():
        rows.sort(key=lambda row: (row.state != "live", row.customer_id != pair.keep.id))
        gone += [row.id for row in rows[1:]]
    take_away(work, pair, Agreement, Agreement.id.in_(gone))


def _cards(work: Work, pair: Pair) -> Sequence[MembershipCard]:
    both = MembershipCard.customer_id.in_([pair.keep.id, pair.lose.id])
    return work.session.scalars(select(MembershipCard).where(both)).all()


def membership_cards(_: Hub, work: Work, pair: Pair) -> None:
    """Of two cards of one partner the one with points stands, and has the history of both."""
    by_partner: dict[int, list[MembershipCard]] = {}
    for card in _cards(work, pair):
        by_partner.setdefault(card.connection_id, []).append(card)
    for cards in by_partner.values():
        if len(cards) == 2:
            cards.sort(key=lambda one: (not one.points, one.customer_id != pair.keep.id))
            _join_cards(work, pair, cards[0], cards[1])


def _join_cards(work: Work, pair: Pair, stays: MembershipCard, goes: MembershipCard) -> None:
    """A version counts within one card, so what comes from the other gets numbers that no partner gives."""
    session = work.session
    lowest = min([0, *session.scalars(select(LedgerEntry.version).where(LedgerEntry.card_id == stays.id))])
    for number, entry in enumerate(session.scalars(
        select(LedgerEntry).where(LedgerEntry.card_id == goes.id).order_by(LedgerEntry.at, LedgerEntry.id)
    ).all(), 1):  # fmt: skip
        entry.card_id, entry.version = stays.id, lowest - number
    for tier in session.scalars(select(Tier).where(Tier.card_id == goes.id)).all():
        tier.card_id = stays.id
        tier.until = tier.until or max(tier.since, work.now)
    stays.made_at = min(stays.made_at, goes.made_at)
    session.flush()
    take_away(work, pair, MembershipCard, MembershipCard.id == goes.id)


# --- campaigns


def memberships(_: Hub, work: Work, pair: Pair) -> None:
    """Inside twice is inside once; whoever was inside alone stays, until the rule says otherwise."""
    inside = select(Membership).where(Membership.left_at.is_(None))
    ours = set(
        work.session.scalars(
            select(Membership.segment).where(Membership.left_at.is_(None), Membership.customer_id == pair.keep.id)
        )
    )
    for row in work.session.scalars(inside.where(Membership.customer_id == pair.lose.id)).all():
        if row.segment in ours:
            row.left_at, row.left_cause = work.now, CAUSE
    work.session.flush()


def pins(_: Hub, work: Work, pair: Pair) -> None:
    """Left out wins over put in."""
    standing = select(Pin).where(Pin.ended_at.is_(None), Pin.customer_id.in_([pair.keep.id, pair.lose.id]))
    by_segment: dict[str, list[Pin]] = {}
    for pin in work.session.scalars(standing):
        by_segment.setdefault(pin.segment, []).append(pin)
    for found in by_segment.values():
        found.sort(key=lambda pin: (pin.inside, pin.customer_id != pair.keep.id))
        for pin in found[1:]:
            pin.ended_at, pin.ended_by = work.now, CAUSE
    work.session.flush()


def enrollments(hub: Hub, work: Work, pair: Pair) -> None:
    """On the same way twice is on it once: the lost one's ends, and what it wanted and has not gone is taken back."""
    live = select(Enrollment).where(Enrollment.state.in_(LIVE))
    ours = {row.journey for row in work.session.scalars(live.where(Enrollment.subject_id == pair.keep.id)).all()}
    twice = [
        row
        for row in work.session.scalars(live.where(Enrollment.subject_id == pair.lose.id)).all()
        if row.journey in ours
    ]
    for row in twice:
        row.state, row.reason, row.ended_at, row.wake_at = "exited", CAUSE, work.now, None
    work.session.flush()
    orders.cancel(hub, work, [{"id": row.id, "customer_id": row.customer_id} for row in twice], f"journey: {CAUSE}")


def exposures(_: Hub, work: Work, pair: Pair) -> None:
    """Dealt an arm twice, as a person is dealt one: the first counts, as everywhere."""
    both = {f"customer:{one}": one for one in (pair.keep.id, pair.lose.id)}
    rows = select(Exposure).where(Exposure.customer_id.in_(both.values()))
    found: dict[tuple[str, str], list[Exposure]] = {}
    for row in work.session.scalars(rows.order_by(Exposure.at, Exposure.id)):
        unit = "" if row.unit in both else row.unit
        found.setdefault((row.experiment, unit), []).append(row)
    gone = [row.id for several in found.values() for row in several[1:]]
    take_away(work, pair, Exposure, Exposure.id.in_(gone))


def outreach(_: Hub, work: Work, pair: Pair) -> None:
    """On the list of one day twice: the row with an outcome stands."""
    both = Outreach.customer_id.in_([pair.keep.id, pair.lose.id])
    by_day: dict[Any, list[Outreach]] = {}
    for row in work.session.scalars(select(Outreach).where(both)):
        by_day.setdefault(row.listed_on, []).append(row)
    gone = []
    for rows in by_day.values():
        rows.sort(key=lambda row: (row.outcome is None, row.customer_id != pair.keep.id))
        gone += [row.id for row in rows[1:]]
    take_away(work, pair, Outreach, Outreach.id.in_(gone))


# --- what is made of the rest


def profiles(_: Hub, work: Work, pair: Pair) -> None:
    """Counted anew from the joined history."""
    take_away(work, pair, Profile, Profile.customer_id == pair.lose.id)


def scores(_: Hub, work: Work, pair: Pair) -> None:
    """Judged of half a history: the next scoring judges the whole."""
    take_away(work, pair, Score, Score.customer_id == pair.lose.id)


def needs(_: Hub, work: Work, pair: Pair) -> None:
    take_away(work, pair, Need, Need.customer_id == pair.lose.id)


# --- the rest


def breach_people(_: Hub, work: Work, pair: Pair) -> None:
    ours = select(BreachPerson.breach_id).where(BreachPerson.person_id == pair.kept.id).scalar_subquery()
    take_away(work, pair, BreachPerson, (BreachPerson.person_id == pair.lost.id) & BreachPerson.breach_id.in_(ours))


def ownerships(_: Hub, work: Work, pair: Pair) -> None:
    """Both said to have one car now, in the same role: it is one statement, true since the earlier day."""
    have = select(Ownership).where(Ownership.until.is_(None))
    ours = {
        (row.vehicle_id, row.role): row
        for row in work.session.scalars(have.where(Ownership.customer_id == pair.keep.id))
    }
    for row in work.session.scalars(have.where(Ownership.customer_id == pair.lose.id)).all():
        other = ours.get((row.vehicle_id, row.role))
        if other is not None:
            first, last = sorted((row, other), key=lambda one: one.since)
            row.since, row.until, other.since = first.since, last.since, last.since
    work.session.flush()


def drivers(_: Hub, work: Work, pair: Pair) -> None:
    """A driver's shell stays where it is; what was assigned to it goes to the kept one's, or the driver is theirs from now on."""
    found = {
        row.person_id: row for row in work.session.scalars(select(Driver).where(Driver.person_id.in_(pair.persons)))
    }
    if (lost := found.get(pair.lost.id)) is None:
        return
    if (kept := found.get(pair.kept.id)) is None:
        lost.person_id = pair.kept.id
    else:
        mine = Assignment.driver_id == lost.id
        work.session.execute(update(table(Assignment)).where(mine).values(driver_id=kept.id))
    work.session.flush()


def principals(_: Hub, work: Work, pair: Pair) -> None:
    """One way in a person: who has signed in as the lost one signs in anew."""
    living = select(Principal).where(Principal.ended_at.is_(None))
    has = work.session.scalars(living.where(Principal.person_id == pair.kept.id).limit(1)).first() is not None
    for row in work.session.scalars(living.where(Principal.person_id == pair.lost.id)).all():
        here = (Session.principal_id == row.id, Session.revoked_at.is_(None))
        work.session.execute(update(table(Session)).where(*here).values(revoked_at=work.now))
        mine = (SignInLink.principal_id == row.id, SignInLink.used_at.is_(None))
        work.session.execute(update(table(SignInLink)).where(*mine).values(expires_at=work.now))
        if has:
            row.ended_at = work.now
    work.session.flush()


RULES: Mapping[str, Callable[[Hub, Work, Pair], None]] = {
    "aliases": aliases, "personal_values": personal_values, "links": links, "agreements": agreements,
    "membership_cards": membership_cards, "memberships": memberships, "pins": pins, "enrollments": enrollments,
    "exposures": exposures, "outreach": outreach, "profiles": profiles, "scores": scores, "needs": needs,
    "breach_people": breach_people, "ownerships": ownerships, "drivers": drivers, "principals": principals,
}  # fmt: skip
# Two of these are no matter of a rule: who is lost must not have one beside the kept one's (compliance.merge_plan says so).
REFUSED = ("conversations", "staff")
