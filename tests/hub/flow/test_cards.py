"""Membership cards: whatever order things come in, the partner's latest word stands, and the ledger adds up."""

from datetime import UTC, datetime
from itertools import count
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from connectors.loyalty import Loyalty
from connectors.loyalty.sandbox import LoyaltySandbox
from hub import jobs
from hub.core import Partner
from hub.flow import balances, customers, facts
from hub.models import LedgerEntry, MembershipCard, Message, Profile, Tier
from hub.sdk import Account, CustomerKey, LoyaltyRecord
from partners import drain_all
from proving import Scripted

words_told = st.tuples(
    st.integers(1, 8), st.sampled_from([None, "bronze", "silver", "gold", ""]), st.none() | st.integers(0, 50)
)
told = st.lists(words_told, min_size=1, max_size=10)
MEMBERS = count(1)


def fold(hub, *records):
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partner("club"), list(records))
        facts.refresh(work, folded.touched)


def record(hub, member, version, tier=None, points=None, **more):
    key = CustomerKey(partner_id=member)
    return LoyaltyRecord(customer=key, version=version, at=hub.clock(), tier=tier, points=points, **more)


def state(hub):
    """(tier, points, sum of the ledger) of the one card there is."""
    with hub.look() as session:
        card = session.scalars(select(MembershipCard)).one()
        tier = session.scalar(select(Tier.name).where(Tier.card_id == card.id, Tier.until.is_(None)))
        total = session.scalar(select(func.sum(LedgerEntry.points)).where(LedgerEntry.card_id == card.id))
        return tier, card.points, int(total or 0)


@pytest.fixture
def one_database(hub, database):
    """Properties need many runs: each in a member of its own."""
    return hub


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told, st.randoms(use_true_random=False))
def test_the_latest_version_of_each_field_stands_in_whatever_order(one_database, told, dice):
    hub = one_database
    latest = {version: (tier, points) for version, tier, points in told}  # one word per version, as partners have it
    words = [(version, *word) for version, word in latest.items()]
    shuffled = words * 2
    dice.shuffle(shuffled)
    member = f"m-{next(MEMBERS)}"

    for version, tier, points in shuffled:
        fold(hub, record(hub, member, version, tier, points))

    tiers = [tier for _, tier, _ in sorted(words) if tier is not None]
    points = [points for _, _, points in sorted(words) if points is not None]
    with hub.look() as session:
        card = session.scalars(select(MembershipCard).order_by(MembershipCard.id.desc())).first()
        name = session.scalar(select(Tier.name).where(Tier.card_id == card.id, Tier.until.is_(None)))
        ledger = session.scalar(select(func.sum(LedgerEntry.points)).where(LedgerEntry.card_id == card.id)) or 0
    assert (name or "") == (tiers[-1] if tiers else "")
    assert card.points == (points[-1] if points else 0) == int(ledger)


def test_points_never_hide_a_tier_that_is_told_late(hub):
    fold(hub, record(hub, "m-1", 1, "silver", 5), record(hub, "m-1", 3, points=9), record(hub, "m-1", 2, tier="gold"))

    assert state(hub) == ("gold", 9, 9)


def test_a_lawful_downgrade_counts_and_its_replay_does_not(hub):
    fold(hub, record(hub, "m-1", 1, "gold"), record(hub, "m-1", 2, "bronze"), record(hub, "m-1", 1, "gold"))

    assert state(hub)[0] == "bronze"


def test_who_leaves_all_tiers_has_none(hub):
    fold(hub, record(hub, "m-1", 1, "gold"), record(hub, "m-1", 2, ""))

    assert state(hub)[0] is None
    with hub.look() as session:
        assert session.scalars(select(Profile.loyalty_tier)).one() is None


class Books(Scripted):
    """The programme's members, two a page."""

    def __init__(self, members):
        super().__init__()
        self.members = members

    def request(self, method, path, *, json=None, params=None, headers=None):
        after = (params or {}).get("after", "")
        rows = [row for row in self.members if row["member_id"] > after]
        return {"members": rows[:2], "next": rows[1]["member_id"] if len(rows) > 2 else None}


def with_books(hub, *members):
    real: Partner = hub.partner("club")
    rows = [{"updated_at": hub.clock().isoformat(), **member} for member in members]
    real.connector.api = Books(rows)  # type: ignore[attr-defined]
    return real


def test_cards_are_compared_with_the_books_and_put_right(hub):
    fold(hub, record(hub, "a", 5, "gold", 10), record(hub, "b", 5, "gold", 10), record(hub, "c", 9, "gold", 10))
    partner = with_books(
        hub,
        {"member_id": "a", "version": 5, "tier": "gold", "points": 10},
        {"member_id": "b", "version": 5, "tier": "silver", "points": 7},  # we were wrong about a version we know
        {"member_id": "c", "version": 8, "tier": "bronze", "points": 1},  # the books are behind what we heard
        {"member_id": "d", "version": 1, "tier": "bronze", "points": 3},  # we never heard of this one
    )

    seen = balances.reconcile(hub, partner, Random(1), repair=False)
    assert (seen.members, seen.agreeing, seen.differing, seen.missing, seen.newer, seen.repaired) == (4, 1, 1, 1, 1, 0)
    assert {(one.field, one.ours, one.theirs) for one in seen.differences} >= {
        ("tier", "gold", "silver"),
        ("points", 10, 7),
    }

    assert balances.reconcile(hub, partner, Random(1), repair=True).repaired == 2

    again = balances.reconcile(hub, partner, Random(1), repair=True)
    assert (again.agreeing, again.newer, again.repaired) == (3, 1, 0)
    with hub.look() as session:
        ledger = (
            select(MembershipCard.points, func.sum(LedgerEntry.points)).join(LedgerEntry).group_by(MembershipCard.id)
        )
        sums = session.execute(ledger).all()
    assert all(balance == total for balance, total in sums)


def test_a_tier_told_by_webhook_is_visible_and_the_crm_write_is_queued(hub, noting, told_by_club):
    told_by_club(member_id="m-1", tier="silver", version=1)

    told_by_club("member.tier_changed", member_id="m-1", tier="gold", version=2, drain=False)
    jobs.serve(hub)
    jobs.drain("club")

    with hub.look() as session:
        assert session.scalars(select(Profile.loyalty_tier)).one() == "gold"
        to_crm = (Message.connection_id == hub.partner("crm").id, Message.state == "waiting")
        waiting = session.scalars(select(Message.topic).where(*to_crm)).all()
        assert "tier_changed" in waiting
    drain_all(hub)
    assert "gold" in [push.body.get("tier") for push in noting["crm"].told if push.topic == "tier_changed"]


def test_the_sandbox_keeps_books_that_the_connector_reads(tmp_path):
    sandbox = LoyaltySandbox(tmp_path, lambda: datetime.now(UTC))
    client = sandbox.app.test_client()
    auth = {"Authorization": "Bearer t"}
    for number in range(5):
        client.put(f"/v1/members/m{number}", json={"tier": "gold", "points": number}, headers=auth)
    client.put("/v1/members/m0", json={"tier": "silver"}, headers=auth)

    class Over:
        def request(self, method, path, *, json=None, params=None, headers=None):
            return client.open(
                path, method=method, json=json, query_string={**(params or {}), "limit": "2"}, headers=auth
            ).get_json()

    connector, cursor, found = Loyalty(Account("t", "eu", Over())), None, []
    while True:
        page = connector.fetch(cursor)
        found += [next(iter(connector.normalise(one.payload))) for one in page.incoming]
        cursor = page.cursor
        if cursor is None:
            break

    assert [(one.customer.partner_id, one.tier, one.points, one.version, one.whole) for one in found] == [
        ("m0", "silver", 0, 2, True), *((f"m{number}", "gold", number, 1, True) for number in range(1, 5)),
    ]  # fmt: skip
    assert client.get("/v1/members").status_code == 401
