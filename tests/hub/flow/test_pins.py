"""A hand is stronger than a rule while its pin stands: in the memberships, in SQL, in the predicate and in the explanation."""

from datetime import date

import pytest
from sqlalchemy import func, select

from hub import clock as moving
from hub.errors import NotFound, WrongInput
from hub.flow import customers, explain, facts, pins, plans, segments
from hub.models import AuditEntry, Customer, Membership, Pin
from hub.sdk import CustomerKey, LoyaltyRecord
from partners import drain_all


@pytest.fixture
def ref(hub, noting):
    """A customer with a silver card: no rule puts them anywhere."""
    moving.turn_segments(hub)
    key = CustomerKey(partner_id="C-1", customer_number="C-1")
    record = LoyaltyRecord(customer=key, version=1, at=hub.clock(), tier="silver")
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["club"], [record])
        moved = facts.refresh(work, folded.touched)
        segments.reassess(hub, work, folded.touched, "change", folded.touched, moved)
    with hub.look() as session:
        return session.scalars(select(Customer.ref)).one()


def pin(hub, ref, *, inside=True, last_on=None, segment="gold_members"):
    with hub.begin() as work:
        return pins.put(
            hub, work, segment, ref, inside=inside, author="amira", reason="a friend of the house", last_on=last_on
        )


def members(hub, segment="gold_members"):
    with hub.look() as session:
        rows = select(Membership.cause, Membership.left_cause).where(Membership.segment == segment)
        return [tuple(row) for row in session.execute(rows.order_by(Membership.id))]


def test_somebody_put_in_by_hand_enters_and_partners_hear_of_it(hub, ref, noting):
    moves = pin(hub, ref)
    drain_all(hub)

    assert [(move.segment, move.entered) for move in moves] == [("gold_members", True)]
    assert members(hub) == [("pin", None)]
    assert [push.body["segment"] for push in noting["crm"].told if push.topic == "segment_entered"] == ["gold_members"]
    assert plans.verify(hub, hub.book.current().segments.values(), repair=False) == []


def test_a_pin_that_is_taken_off_leaves_the_rule_to_decide(hub, ref):
    pin(hub, ref)
    with hub.begin() as work:
        pins.take_off(hub, work, "gold_members", ref, "amira")

    assert members(hub) == [("pin", "pin")]
    with hub.begin() as work, pytest.raises(NotFound, match="not pinned"):
        pins.take_off(hub, work, "gold_members", ref, "amira")


def test_a_second_pin_takes_the_place_of_the_first_and_both_are_kept(hub, ref):
    pin(hub, ref)
    pin(hub, ref, inside=False)

    assert members(hub) == [("pin", "pin")]
    with hub.look() as session:
        assert session.scalars(select(Pin.ended_at.is_(None)).order_by(Pin.id)).all() == [False, True]


def test_a_pin_ends_by_itself_when_its_last_day_is_over(hub, ref, clock):
    pin(hub, ref, last_on=date(2026, 11, 26))
    clock.pass_by(days=1)
    moving.turn_segments(hub)
    assert members(hub) == [("pin", None)]

    clock.pass_by(days=1)
    moving.turn_segments(hub)

    assert members(hub) == [("pin", "clock")]
    assert plans.verify(hub, hub.book.current().segments.values(), repair=False) == []


def test_why_tells_of_the_hand_and_when_it_lets_go(hub, ref):
    pin(hub, ref, last_on=date(2026, 11, 26))

    [answer] = explain.why(hub, ref, "gold_members")

    assert answer.explained.holds
    assert "by hand" in answer.explained.sentences[0]
    assert answer.explained.flips_at is not None
    assert any("pin" in change for change in answer.explained.changes)


def test_a_segment_that_reads_another_follows_its_pins(hub, ref, settings):
    path = settings.config / "segments" / "not_gold.yaml"
    path.write_text("segment: not_gold\ntitle: Everybody else\nwhen: {segment: {not_in: gold_members}}\nexamples:\n"
                    "  - {name: silver, given: {loyalty.tier: silver}, expect: in}\n"
                    "  - {name: gold, given: {loyalty.tier: gold}, expect: out}\n")  # fmt: skip
    hub.book.looked_at -= 5
    moving.turn_segments(hub)
    assert members(hub, "not_gold") == [("rule", None)]

    pin(hub, ref)

    assert members(hub, "not_gold") == [("rule", "pin")]


def test_a_reason_is_sealed_opened_for_who_asks_and_its_reading_is_audited(hub, ref):
    pin(hub, ref)

    [found] = pins.standing(hub, "gold_members")

    assert (found.reason, found.author, found.inside) == ("a friend of the house", "amira", True)
    with hub.look() as session:
        assert b"friend" not in session.scalars(select(Pin.reason)).one()
        audited = session.scalar(select(func.count()).where(AuditEntry.action.in_(["pinned", "pins_read"])))
    assert audited == 2


@pytest.mark.parametrize(
    ("asked", "told"), [({"reason": " "}, "needs a reason"), ({"last_on": date(2026, 11, 1)}, "is over"),
                        ({"reason": "x" * 401}, "needs a reason")]
)  # fmt: skip
def test_a_pin_without_a_reason_or_of_the_past_is_refused(hub, ref, asked, told):
    given = {"inside": True, "author": "amira", "reason": "why not", "last_on": None, **asked}

    with hub.begin() as work, pytest.raises(WrongInput, match=told):
        pins.put(hub, work, "gold_members", ref, **given)


def test_a_segment_or_a_customer_that_is_not_there_is_named(hub, ref):
    given = {"inside": True, "author": "amira", "reason": "why not", "last_on": None}

    with hub.begin() as work, pytest.raises(NotFound, match="no segment"):
        pins.put(hub, work, "goldmembers", ref, **given)
    with hub.begin() as work, pytest.raises(NotFound, match="no customer"):
        pins.put(hub, work, "gold_members", "0" * 32, **given)
