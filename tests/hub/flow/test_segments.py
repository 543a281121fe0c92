"""Segments follow their rules: on change, when the rule is new, when the day turns, and when the rule goes away."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from hub import clock as moving
from hub.flow import customers, effects, facts, segments
from hub.models import Event, Membership, Profile
from hub.sdk import CustomerKey, EventRecord, ReadingRecord, VehicleRecord
from partners import drain_all


def visits_of(number, *days):
    key = CustomerKey(partner_id=number, customer_number=number)
    return [
        EventRecord(customer=key, kind="visit", key=f"{number}:{day}:{n}", at=datetime.fromisoformat(f"{day}T10:00:00+00:00"),
                    zone="Europe/Berlin", amount_minor=5000, currency="EUR")
        for n, day in enumerate(days)
    ]  # fmt: skip


def visits(hub, number, *days):
    """This customer's visits, taken through as a delivery's would be."""
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], visits_of(number, *days))
        moved = facts.refresh(work, folded.touched)
        moves = segments.reassess(hub, work, folded.touched, "change", folded.touched, moved)
        effects.announce(hub, work, effects.intents_of(moves))
    return moves


def members(hub, segment):
    with hub.look() as session:
        return session.scalars(select(Membership).where(Membership.segment == segment).order_by(Membership.id)).all()


@pytest.fixture
def filled(hub, noting):
    moving.turn_segments(hub)
    return hub


def test_a_third_visit_makes_a_regular_and_the_crm_is_told_once(filled, noting):
    visits(filled, "C-1", "2026-01-10", "2026-05-02")
    assert members(filled, "regulars") == []

    moves = visits(filled, "C-1", "2026-10-30")
    drain_all(filled)

    assert [(move.segment, move.entered) for move in moves] == [("regulars", True)]
    assert [row.cause for row in members(filled, "regulars")] == ["change"]
    told = [push for push in noting["crm"].told if push.topic == "segment_entered"]
    assert [(push.body["segment"], push.body["segments"]) for push in told] == [("regulars", ["regulars"])]


def test_a_new_rule_is_filled_by_sql_with_those_who_were_there_before(hub, noting):
    visits(hub, "C-1", "2026-01-10", "2026-05-02", "2026-10-30")

    moving.turn_segments(hub)

    assert [row.cause for row in members(hub, "regulars")] == ["rule"]


def test_the_turn_of_the_day_moves_people_whom_nothing_happened_to(filled, noting, clock):
    visits(filled, "C-1", "2026-05-01", "2026-05-20", "2026-06-01")
    clock.now = datetime(2026, 11, 27, 22, 59, tzinfo=UTC)  # 23:59 in Berlin
    moving.turn_segments(filled)
    assert members(filled, "lapsed_regulars") == []

    clock.now = datetime(2026, 11, 27, 23, 1, tzinfo=UTC)  # 180 days have passed
    moving.turn_segments(filled)

    assert [row.cause for row in members(filled, "lapsed_regulars")] == ["clock"]


def test_a_day_that_turns_in_the_zone_of_a_segment_that_is_read_turns_its_reader_too(filled, clock, settings):
    text = (settings.config / "segments" / "lapsed_regulars.yaml").read_text()
    far = text.replace("lapsed_regulars", "far_away").replace("Europe/Berlin", "Asia/Singapore")
    (settings.config / "segments" / "far_away.yaml").write_text(far)
    (settings.config / "segments" / "reader.yaml").write_text(
        "segment: reader\ntitle: Reads it\nzone: Europe/Berlin\nwhen: {segment: {in: far_away}}\n"
        + text[text.index("examples:") :]
    )
    filled.book.looked_at -= 5
    moving.turn_segments(filled)
    clock.now = datetime(2026, 11, 25, 16, 1, tzinfo=UTC)  # a minute past midnight in Singapore

    with filled.begin() as work:
        waiting = segments.due(work, filled.book.current().segments.values())

    assert {rule.name for rule, _ in waiting} == {"far_away", "reader"}


def test_time_alone_refreshes_no_segment_that_does_not_speak_of_time(filled, clock):
    clock.pass_by(days=1)

    with filled.begin() as work:
        waiting = segments.due(work, filled.book.current().segments.values())

    assert {rule.name for rule, _ in waiting} == {"regulars", "lapsed_regulars"}


def test_a_late_event_takes_somebody_out_again(filled, noting, clock):
    visits(filled, "C-1", "2026-01-01", "2026-02-01", "2026-03-01")
    assert len(members(filled, "lapsed_regulars")) == 1

    visits(filled, "C-1", "2026-11-20")

    row = members(filled, "lapsed_regulars")[0]
    assert row.left_at is not None
    assert row.left_cause == "change"


def test_who_comes_back_gets_a_row_of_their_own(filled, noting, clock):
    visits(filled, "C-1", "2026-01-01", "2026-02-01", "2026-03-01")
    visits(filled, "C-1", "2026-11-20")
    clock.pass_by(days=200)
    moving.turn_segments(filled)

    assert [row.left_at is None for row in members(filled, "lapsed_regulars")] == [False, True]


def test_the_same_event_told_again_changes_nothing(filled):
    visits(filled, "C-1", "2026-01-10", "2026-05-02", "2026-10-30")

    visits(filled, "C-1", "2026-01-10", "2026-05-02", "2026-10-30")

    with filled.look() as session:
        assert session.scalars(select(Profile.visits_count)).all() == [3]


def test_a_changed_rule_takes_the_place_of_the_old_one_and_keeps_who_is_still_in(filled, noting, settings):
    visits(filled, "C-1", "2026-01-10", "2026-05-02", "2026-10-30")
    visits(filled, "C-2", "2026-05-02", "2026-10-30")
    path = settings.config / "segments" / "regulars.yaml"
    path.write_text(
        path.read_text().replace("at_least: 3", "at_least: 2").replace("expect: out", "expect: in")
        + """
  - {name: one visit, now: 2026-11-25, given: {events: [{kind: visit, on: 2026-10-30}]}, expect: out}
"""
    )
    filled.book.looked_at -= 5

    moving.turn_segments(filled)

    rows = members(filled, "regulars")
    assert [(row.cause, row.left_at) for row in rows] == [("change", None), ("rule", None)]


def test_a_rule_that_is_wrong_leaves_the_last_good_one_in_force(filled, settings):
    path = settings.config / "segments" / "regulars.yaml"
    path.write_text(path.read_text().replace("at_least", "at_leest"))
    filled.book.looked_at -= 5

    assert "regulars" in filled.book.current().segments
    assert "regulars.yaml:6:" in filled.book.now().wrong
    assert "Did you mean “at_least”?" in filled.book.now().wrong


def test_a_rule_that_is_taken_away_ends_its_memberships_and_partners_hear_of_it(filled, noting, settings):
    visits(filled, "C-1", "2026-01-10", "2026-05-02", "2026-10-30")
    (settings.config / "segments" / "regulars.yaml").unlink()
    filled.book.looked_at -= 5

    moving.turn_segments(filled)
    drain_all(filled)

    assert members(filled, "regulars")[0].left_cause == "rule"
    assert [push.topic for push in noting["crm"].told] == ["segment_entered", "segment_left"]


def test_a_change_judges_the_rules_that_read_it_and_leaves_the_others_alone(filled):
    visits(filled, "C-1", "2026-10-30")
    with filled.begin() as work:
        customer_id = work.session.scalars(select(Profile.customer_id)).one()
        work.add(
            Membership(segment="gold_members", customer_id=customer_id, rule_hash="", entered_at=work.now, cause="rule")
        )

    visits(filled, "C-1", "2026-11-01")
    with filled.begin() as work:
        nothing = segments.reassess(filled, work, [customer_id], "change", {customer_id: {"name"}})
        card = segments.reassess(filled, work, [customer_id], "change", {customer_id: {"fact.loyalty_tier"}})

    assert nothing == []
    assert [(move.segment, move.entered) for move in card] == [("gold_members", False)]


def test_a_reading_of_the_odometer_moves_the_owner_of_the_car(filled, clock, settings):
    (settings.config / "segments" / "far_driven.yaml").write_text(
        "segment: far_driven\ntitle: Drives far\nwhen: {vehicle: {some: [odometer: {above: 100000}]}}\nexamples:\n"
        "  - {name: far, now: 2026-11-25, given: {vehicles: [{name: a, odometer: 100001}]}, expect: in}\n"
        "  - {name: near, now: 2026-11-25, given: {vehicles: [{name: a, odometer: 9}]}, expect: out}\n"
    )
    filled.book.looked_at -= 5
    moving.turn_segments(filled)
    key = CustomerKey(partner_id="C-1", customer_number="C-1")
    car = VehicleRecord(customer=key, partner_id="v-1", vin="WVWZZZ1JZXW000001", owned_since=date(2020, 1, 1))
    told(filled, car)

    told(filled, ReadingRecord(vin="WVWZZZ1JZXW000001", odometer_km=120_000, at=clock.now))

    assert [row.cause for row in members(filled, "far_driven")] == ["change"]


def told(hub, *records):
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], records)
        moved = facts.refresh(work, folded.touched)
        segments.reassess(hub, work, folded.touched, "change", folded.touched, moved)


def test_everything_reassessed_on_change_equals_a_full_refresh(filled):
    for number in range(30):
        days = [f"2026-{month:02d}-{number % 27 + 1:02d}" for month in range(1, 11) if (number * month) % 3 == 0]
        visits(filled, f"C-{number}", *days)

    with filled.begin() as work:
        moves = [
            move
            for rule in filled.book.current().segments.values()
            for move in segments.refresh(filled, work, rule, "audit")
        ]

    assert moves == []
    assert len(members(filled, "regulars")) > 3


def test_what_another_says_between_the_look_and_the_lock_counts(filled, monkeypatch):
    visits(filled, "C-1", "2026-01-10", "2026-05-02", "2026-10-30")
    with filled.begin() as work:
        work.session.execute(update(Membership).values(left_at=work.now))
    asked = segments.lock_customers

    def late(work, ids):
        with filled.begin() as other:
            other.session.execute(update(Profile).values(visits_count=0))
            other.session.execute(update(Event).values(withdrawn_at=other.now))
        return asked(work, ids)

    if not filled.region.on_sqlite:  # there the transaction is the lock, and nobody comes in between
        monkeypatch.setattr(segments, "lock_customers", late)
    with filled.begin() as work:
        moves = segments.refresh(filled, work, filled.book.current().segments["regulars"], "rule")

    assert [move.entered for move in moves] == ([True] if filled.region.on_sqlite else [])
    assert len([row for row in members(filled, "regulars") if row.left_at is None]) == len(moves)


def test_a_crowd_enters_and_leaves_at_once_each_with_a_row(filled):
    days = ("2026-01-10", "2026-05-02", "2026-10-30")
    told(filled, *(one for number in range(segments.POURED + 10) for one in visits_of(f"C-{number}", *days)))
    rule = filled.book.current().segments["regulars"]
    with filled.begin() as work:
        work.session.execute(update(Membership).values(left_at=work.now))
    with filled.begin() as work:
        entered = segments.refresh(filled, work, rule, "rule")
    with filled.begin() as work:
        work.session.execute(update(Event).values(withdrawn_at=work.now))
        left = segments.refresh(filled, work, rule, "rule")

    assert len(entered) == len(left) == segments.POURED + 10
    assert [move.membership_id for move in entered] == sorted(move.membership_id for move in left)
    rows = [row for row in members(filled, "regulars") if row.cause == "rule"]
    assert {(row.left_cause, row.rule_hash) for row in rows} == {("rule", rule.hash)}
