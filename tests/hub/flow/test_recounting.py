"""Segments counted by an engine beside the database come out as by SQL, and through the same door."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub import clock as moving
from hub.errors import Busy
from hub.flow import customers, facts, pins, plans, recounting, segments
from hub.flow.effects import announce, intents_of
from hub.models import AuditEntry, Customer, Membership
from hub.sdk import CustomerKey, EventRecord
from partners import drain_all


def visits(hub, number, *days_ago):
    """This customer's visits, taken through as a delivery's would be."""
    key = CustomerKey(partner_id=number, customer_number=number)
    records = [
        EventRecord(customer=key, kind="visit", key=f"{number}:{days}", at=hub.clock() - timedelta(days=days), zone="Europe/Berlin",
                    amount_minor=5000, currency="EUR")
        for days in days_ago
    ]  # fmt: skip
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], records)
        moved = facts.refresh(work, folded.touched)
        announce(hub, work, intents_of(segments.reassess(hub, work, folded.touched, "change", folded.touched, moved)))


def rules_of(hub):
    return list(hub.book.current().segments.values())


def members(hub, segment):
    with hub.look() as session:
        mine = (Membership.segment == segment, Membership.left_at.is_(None))
        rows = (
            select(Customer.id, Membership.cause).join(Membership, Membership.customer_id == Customer.id).where(*mine)
        )
        return [cause for _, cause in session.execute(rows)]


def recounted(hub, rules=None):
    return {rule.name: len(moves) for rule, moves in recounting.refresh(hub, rules or rules_of(hub), "duckdb")}


@pytest.fixture
def known(hub, noting):
    """Two regulars, one of whom has not been here for long, and somebody who came once."""
    visits(hub, "C-1", 10, 100, 200)
    visits(hub, "C-2", 200, 250, 300)
    visits(hub, "C-3", 20)
    return hub


def test_a_first_refresh_lets_in_whom_sql_would_and_partners_hear_of_it(known, noting):
    moves = recounted(known)
    drain_all(known)

    assert moves == {"gold_members": 0, "lapsed_regulars": 1, "regulars": 2}
    assert members(known, "regulars") == ["rule", "rule"]
    assert plans.verify(known, rules_of(known), repair=False) == []
    told = [push.body["segment"] for push in noting["crm"].told if push.topic == "segment_entered"]
    assert sorted(told) == ["lapsed_regulars", "regulars", "regulars"]


def test_a_second_one_moves_nobody_and_the_clock_has_nothing_left_to_do(known):
    recounted(known)

    assert set(recounted(known).values()) == {0}
    assert moving.turn_segments(known) == 0


def test_whoever_has_become_wrong_leaves(known, clock):
    recounted(known)
    clock.pass_by(days=400)

    assert recounted(known)["regulars"] == 2
    assert members(known, "regulars") == []


def test_a_pin_by_hand_stands(known):
    with known.look() as session:
        [*_, third] = session.scalars(select(Customer.ref).order_by(Customer.id))
    recounted(known)
    with known.begin() as work:
        pins.put(known, work, "gold_members", third, inside=True, reason="a friend", author="amira", last_on=None)

    assert recounted(known)["gold_members"] == 0
    assert len(members(known, "gold_members")) == 1


def test_who_changes_between_the_snapshot_and_the_writing_is_judged_as_they_are_then(known):
    """They would have been let in by the snapshot, or left out by it."""
    counting = recounting.refresh(
        known, sorted(rules_of(known), key=lambda rule: rule.name == "lapsed_regulars"), "duckdb"
    )
    next(counting)
    visits(known, "C-2", 1)  # is not lapsed any more, which the engine does not know
    visits(known, "C-4", 190, 260, 290)  # is, and was not known to it
    moved = {rule.name: len(moves) for rule, moves in counting}

    assert moved["lapsed_regulars"] == 0
    assert members(known, "lapsed_regulars") == ["change"]
    assert plans.verify(known, rules_of(known), repair=False) == []


def test_a_rule_that_is_not_in_force_any_more_moves_nobody_and_is_told(known):
    counting = recounting.refresh(known, rules_of(known), "duckdb")
    next(counting)
    with known.begin() as work:
        segments.retire(work, ["gold_members", "lapsed_regulars"])

    with pytest.raises(Busy, match="“regulars” was changed meanwhile"):
        list(counting)
    assert members(known, "regulars") == []


def test_no_file_is_left_and_the_snapshot_is_audited(known):
    recounted(known)

    assert list((known.region.folder / "snapshots").iterdir()) == []
    with known.look() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "snapshot_taken"))
    assert entry.detail == {"engine": "duckdb", "segments": 3}
