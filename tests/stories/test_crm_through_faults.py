"""Edits on both sides of HubSpot while it fails in every way it can: in the end both sides say what the newest edit said.

HUB_SYNC_EDITS (24) and HUB_SYNC_SEED make another run of the same stories."""

import os
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from editing import Story, killing
from hub.flow import reconcile
from hub.models import Conflict, Connection, Customer, DeadLetter, Delivery, Message, SyncState

EDITS = int(os.environ.get("HUB_SYNC_EDITS", "24"))
SEED = int(os.environ.get("HUB_SYNC_SEED", "11"))
FAULTS = {
    "calm": {},
    "asked to wait, in seconds or until a date": {"busy": 0.5, "retry_after": 3.0},
    "failing": {"failing": 0.5},
    "reset before anything happened": {"reset_before": 0.5},
    "done, and nobody heard of it": {"reset_after": 0.5},
    "a page instead of an answer": {"page": 0.5},
    "a little of everything": {"busy": 0.1, "failing": 0.1, "reset_before": 0.1, "reset_after": 0.1, "page": 0.1},
}


@pytest.fixture
def story(portal):
    told = Story(portal, Random(SEED))
    told.begin(4)
    return told


def go_on(story, edits=EDITS):
    for n in range(edits):
        story.edit()
        if n % 3 == 2:
            story.work()


def in_the_end(story, hub):
    """Both sides are right, nothing waits or died, and nothing moves any more."""
    story.settle()
    assert story.wrong() == []
    with hub.look() as session:
        assert set(session.scalars(select(Delivery.state).where(Delivery.connection_id == hub.partners["crm"].id))) <= {
            "done"
        }
        assert set(session.scalars(select(Message.state))) <= {"sent", "cancelled"}
        assert session.scalar(select(func.count()).select_from(DeadLetter)) == 0
        assert session.scalar(select(func.count()).select_from(Customer)) == len(story.people)
        before = session.scalar(select(func.count()).select_from(Message))
    written = len(story.portal.writes())
    assert written <= story.edits["ours"] + len(conflicts_of(hub))
    story.settle(rounds=4)
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == before
    assert len(story.portal.writes()) == written
    assert reconcile.compare(hub, hub.partners["crm"]).clean


def conflicts_of(hub):
    with hub.look() as session:
        return list(session.scalars(select(Conflict)))


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_fails_the_newest_edit_stands_on_both_sides(story, hub, fault):
    story.portal.fail(**FAULTS[fault])

    go_on(story)
    story.portal.fail()

    in_the_end(story, hub)


def test_webhooks_that_come_twice_late_and_in_any_order_change_nothing(story, hub):
    story.portal.twice, story.portal.shuffled = 0.4, True

    go_on(story)

    in_the_end(story, hub)


def test_workers_that_die_while_they_talk_lose_and_double_nothing(story, hub):
    revive = killing(story.portal, Random(5), 0.8)

    go_on(story, edits=2 * EDITS)
    revive()

    assert story.kills > 2
    in_the_end(story, hub)


def test_a_key_that_expires_parks_the_connection_and_nothing_dies(story, hub):
    headers = hub.partners["crm"].connector.objects.api.session.headers
    token = headers.pop("Authorization")

    go_on(story)
    with hub.look() as session:
        assert session.get_one(Connection, hub.partners["crm"].id).state == "parked"
    headers["Authorization"] = token

    in_the_end(story, hub)


def test_a_clock_that_goes_ahead_and_is_set_right_again_is_mended_by_a_comparison(story, hub):
    story.portal.skew = timedelta(minutes=3)
    go_on(story, edits=9)
    story.settle()
    story.portal.skew = timedelta()

    number, _ = story.people[0]
    story.portal.edit(number, email="after@example.org")
    story.settle()
    reconcile.apply(hub, hub.partners["crm"], reconcile.compare(hub, hub.partners["crm"]))

    assert reconcile.compare(hub, hub.partners["crm"]).clean
    assert story.portal.properties(number)["email"] == "after@example.org"


def test_four_days_without_hubspot_end_in_agreement_without_a_person(story, hub):
    """Its webhooks are given up after a day; so deletions that nobody told are found by a comparison that nobody asked for."""
    portal = story.portal
    portal.fail(failing=1.0)
    portal.lost = 1.0
    (gone, _), *story.people = story.people
    for hour in range(0, 96, 8):
        portal.clock.pass_by(hours=8)
        if hour == 48:
            portal.act(lambda books: books.archive("contacts", gone))
        story.edit()
        story.work()
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(DeadLetter)) == 0
        assert session.get_one(Connection, hub.partners["crm"].id).failures > 0
    portal.fail()
    portal.lost = 0.0

    portal.clock.pass_by(hours=1)
    story.settle()

    assert reconcile.compare(hub, hub.partners["crm"]).clean
    overruled = {one.rpartition(" ")[0] for one in story.wrong()}  # a reading knows only when the whole contact changed
    assert len(overruled) <= len(conflicts_of(hub))
    with hub.look() as session:
        standing = session.get_one(SyncState, hub.partners["crm"].id)
        assert (standing.resync, standing.report["erased"]) == (False, 1)
        assert set(session.scalars(select(Message.state))) <= {"sent", "cancelled"}
