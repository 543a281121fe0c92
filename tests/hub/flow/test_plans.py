"""A rule says whom it would move before it does; and what was kept up bit by bit is what a full computation gives."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select, update

from hub import clock as moving
from hub.flow import customers, effects, facts, plans, segments
from hub.models import AuditEntry, Event, Incident, Membership, Ownership, SegmentVersion
from hub.sdk import CustomerKey, EventRecord
from hub.status import status_of

DAYS = 20


def tell(hub, number, kind, day):
    key = CustomerKey(partner_id=number, customer_number=number)
    at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    record = EventRecord(customer=key, kind=kind, key=f"{number}:{kind}:{day}", at=at, zone="Europe/Berlin")
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], [record])
        facts.refresh(work, folded.touched)
        moves = segments.reassess(hub, work, folded.touched, "change")
        effects.announce(hub, work, effects.intents_of(moves))


def take_back(hub, rng):
    """An event that its source withdraws."""
    with hub.begin() as work:
        standing = work.session.scalars(select(Event).where(Event.withdrawn_at.is_(None)).order_by(Event.id)).all()
        row = rng.choice(standing)
        row.withdrawn_at = work.now
        facts.refresh(work, [row.customer_id])
        segments.reassess(hub, work, [row.customer_id], "change")


def merge(hub, rng):
    """Two customers are found to be one: all that happened to one of them, and their cars, are the other's. Both change."""
    with hub.begin() as work:
        ids = work.session.scalars(select(Event.customer_id).distinct().order_by(Event.customer_id)).all()
        one, other = rng.sample(ids, 2)
        for model in (Event, Ownership):
            work.session.execute(update(model).where(model.customer_id == one).values(customer_id=other))
        facts.refresh(work, [one, other])
        segments.reassess(hub, work, [one, other], "change")


def rules(hub):
    return list(hub.book.current().segments.values())


def test_after_twenty_days_of_late_events_merges_and_withdrawals_nothing_differs_from_a_full_computation(hub, clock):
    rng = Random(20)
    moving.turn_segments(hub)
    for number in range(25):
        for _ in range(rng.randint(1, 4)):
            tell(
                hub,
                f"C-{number}",
                "visit",
                (clock.now - timedelta(days=rng.choice([170, 175, 182, 190, 355, 360, 370]))).date(),
            )
    for day_number in range(DAYS):
        clock.pass_by(days=1)
        for late in (0, rng.choice([1, 85, 178, 362])):  # each day one is told in time, and one late
            day = (clock.now - timedelta(days=late)).date()
            tell(hub, f"C-{rng.randrange(30)}", rng.choice(["visit", "visit", "complaint"]), day)
        if rng.random() < 0.4:
            take_back(hub, rng)
        if day_number % 3 == 2:
            merge(hub, rng)
        moving.turn_segments(hub)
        assert plans.verify(hub, rules(hub), repair=False) == []

    with hub.look() as session:
        causes = set(session.scalars(select(Membership.cause))) | set(session.scalars(select(Membership.left_cause)))
    assert {"change", "clock"} <= causes


def test_a_day_that_moves_many_is_counted_in_by_one_statement(hub, clock, monkeypatch):
    monkeypatch.setattr(segments, "BREAK_EVEN", 1)
    moving.turn_segments(hub)
    for number in range(4):
        for ago in (179, 200, 220):
            tell(hub, f"C-{number}", "visit", (clock.now - timedelta(days=ago)).date())
    clock.pass_by(days=1)

    moving.turn_segments(hub)

    with hub.look() as session:
        rows = session.scalars(select(Membership.cause).where(Membership.segment == "lapsed_regulars")).all()
    assert rows == ["clock"] * 4
    assert plans.verify(hub, rules(hub), repair=False) == []


@pytest.fixture
def regular(hub, clock):
    """Somebody who should be a regular and of whom nobody took notice."""
    moving.turn_segments(hub)
    for ago in (10, 20, 30):
        tell(hub, "C-1", "visit", (clock.now - timedelta(days=ago)).date())
    with hub.begin() as work:
        work.session.execute(update(Membership).values(left_at=work.now, left_cause="change"))
    return hub


def test_a_difference_is_told_with_its_trace_kept_and_mended_when_asked(regular):
    [found] = plans.verify(regular, rules(regular), repair=True)

    assert (found.segment, found.inside) == ("regulars", False)
    assert any("3" in sentence for sentence in found.sentences)
    with regular.look() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "segment_differs")).all() == [
            "segment_differs"
        ]
    assert plans.verify(regular, rules(regular), repair=False) == []


def test_an_incident_stands_in_the_status_until_it_is_mended_and_its_trace_can_be_read(regular, clock):
    plans.verify(regular, rules(regular), repair=False)

    assert [(one["segment"], one["found"], one["unmended"]) for one in status_of(regular)["incidents"]] == [
        ("regulars", 1, 1)
    ]
    [open_one] = plans.incidents(regular, "regulars")
    assert (open_one.inside, open_one.mended_at) == (False, None)
    assert any("visit" in sentence for sentence in open_one.sentences)

    plans.verify(regular, rules(regular), repair=True)
    assert [(one["found"], one["unmended"]) for one in status_of(regular)["incidents"]] == [(2, 0)]
    clock.pass_by(days=8)
    assert status_of(regular)["incidents"] == []


def test_at_night_the_clock_proves_every_segment_once_and_keeps_what_differed(regular, clock):
    count = len(rules(regular))
    clock.now = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    assert moving.prove_segments(regular) == 0  # by day nobody is proved
    with regular.look() as session:
        assert session.scalars(select(SegmentVersion.verified_at)).all() == [None] * count
    clock.now = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)  # 02:30 in Berlin
    moving.turn_segments(regular)

    found = sum(moving.prove_segments(regular) for _ in range(count + 2))

    with regular.look() as session:
        assert all(session.scalars(select(SegmentVersion.verified_at)))
        incidents = session.scalars(select(Incident)).all()
    assert (found, len(incidents)) == (1, 1)
    assert incidents[0].mended_at is not None
    assert b"visit" not in incidents[0].trace
    assert plans.verify(regular, rules(regular), repair=False) == []


def test_a_plan_counts_and_samples_and_writes_nothing(regular):
    rule = regular.book.current().segments["regulars"]

    first, second = plans.plan(regular, rule), plans.plan(regular, rule)

    assert (first.members, first.entering, first.leaving, len(first.sample_entering)) == (1, 1, 0, 1)
    assert first == second
    assert plans.preview(regular, rule) == 1


def test_the_history_of_a_segment_tells_its_versions(regular):
    [version] = plans.history(regular, "regulars")

    assert version.hash == regular.book.current().segments["regulars"].hash
