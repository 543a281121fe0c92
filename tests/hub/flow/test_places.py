"""Branches, bays and slots as the shop publishes them."""

from sqlalchemy import select

from hub.flow.places import free_slots
from hub.models import Bay, Branch, Slot
from hub.sdk import BranchRecord, SlotRecord
from shops import BERLIN, at, folded


def a_slot(hour=8, **more):
    given = {
        "branch": BERLIN.code,
        "bay": "Bay 1",
        "starts_at": at("2027-02-10", hour),
        "ends_at": at("2027-02-10", hour + 1),
    }
    return SlotRecord(**{**given, **more})


def free(hub):
    with hub.look() as session:
        branch = session.scalars(select(Branch)).one()
        found = free_slots(session, branch.id, at("2027-02-10", 0), at("2027-02-11", 0))
        return [(title, slot.starts_at.hour) for slot, title in found]


def test_slots_that_are_told_twice_are_there_once(hub):
    assert folded(hub, BERLIN, a_slot(8), a_slot(9), a_slot(8)).new == 3

    assert folded(hub, BERLIN, a_slot(8), a_slot(9)).repeats == 3
    assert free(hub) == [("Bay 1", 8), ("Bay 1", 9)]


def test_a_slot_that_is_taken_back_cannot_be_booked_until_it_is_offered_again(hub):
    folded(hub, BERLIN, a_slot(8))

    folded(hub, a_slot(8, open=False))
    assert free(hub) == []

    folded(hub, a_slot(8))
    assert free(hub) == [("Bay 1", 8)]


def test_a_branch_may_get_another_title_and_zone(hub):
    folded(hub, BERLIN)

    done = folded(hub, BranchRecord(code=BERLIN.code, title="Mitte", zone="Europe/Paris"))

    assert (done.new, done.repeats) == (1, 0)
    with hub.look() as session:
        branch = session.scalars(select(Branch)).one()
        assert (branch.title, branch.zone) == ("Mitte", "Europe/Paris")


def test_bays_of_two_branches_may_have_the_same_name(hub):
    other = BranchRecord(code="hamburg", title="Hamburg", zone="Europe/Berlin")

    folded(hub, BERLIN, other, a_slot(8), a_slot(8, branch="hamburg"))

    with hub.look() as session:
        assert [bay.title for bay in session.scalars(select(Bay))] == ["Bay 1", "Bay 1"]
        assert len(session.scalars(select(Slot)).all()) == 2
