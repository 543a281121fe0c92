"""A garage and its Salesforce, edited on both sides: it is asked and tells nothing, and in the end both say the same.

HUB_SYNC_EDITS (24) and HUB_SYNC_SEED make another run of the same story."""

import os
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from connectors.salesforce import ORGANIZATION
from editing import Story
from hub import jobs
from hub.flow import effects, ours, reconcile
from hub.models import Agreement, Conflict, Connection, Customer, DeadLetter, Delivery, Message
from orgs import KEY
from proving import TOKEN

EDITS = int(os.environ.get("HUB_SYNC_EDITS", "24"))
SEED = int(os.environ.get("HUB_SYNC_SEED", "11"))


@pytest.fixture
def story(org):
    told = Story(org, Random(SEED), pause=8.0)
    told.begin(4)
    return told


def count(hub, model):
    with hub.look() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_edits_on_both_sides_end_in_agreement_without_an_echo(story, org, hub):
    for n in range(EDITS):
        story.edit()
        if n % 3 == 2:
            story.work(seconds=16)
    story.settle()

    assert reconcile.compare(hub, hub.partners["crm"]).clean
    overruled = {one.rpartition(" ")[0] for one in story.wrong()}  # a reading knows only when the whole contact changed
    assert len(overruled) <= count(hub, Conflict)
    assert (count(hub, DeadLetter), count(hub, Customer)) == (0, len(story.people))
    with hub.look() as session:
        assert set(session.scalars(select(Message.state))) <= {"sent", "cancelled"}
    written, messages = org.writes(), count(hub, Message)
    assert written <= story.edits["ours"] + count(hub, Conflict)
    story.settle(rounds=4)
    assert (org.writes(), count(hub, Message)) == (written, messages)


def test_four_days_without_salesforce_end_in_agreement_without_a_person(story, org, hub):
    """Nothing dies meanwhile, and who was deleted there, and has left the bin by now, is heard of by Salesforce's own feed."""
    org.fail(failing=1.0)
    (gone, customer_id), *story.people = story.people
    for hour in range(0, 96, 8):
        org.clock.pass_by(hours=8)
        if hour == 48:
            org.act(lambda shelf: shelf.delete(shelf.alive("Contact", gone)))
            org.act(lambda shelf: shelf.empty_bin())
        story.edit()
        story.work(seconds=16)
    with hub.look() as session:
        assert session.get_one(Connection, hub.partners["crm"].id).failures > 0
    org.fail()

    org.clock.pass_by(hours=1)
    story.settle()

    assert reconcile.compare(hub, hub.partners["crm"]).clean
    overruled = {one.rpartition(" ")[0] for one in story.wrong()}
    assert len(overruled) <= count(hub, Conflict)
    with hub.look() as session:
        states = dict(session.execute(select(Agreement.customer_id, Agreement.state)).all())
        assert (states.pop(customer_id), set(states.values())) == ("archived", {"live"})
        assert set(session.scalars(select(Message.state))) <= {"sent", "cancelled"}
    assert count(hub, DeadLetter) == 0


def test_an_outbound_message_makes_its_record_be_read_at_once_and_again_is_nothing(story, org, hub, client):
    """It came late and says less than the record does: what counts is what stands there now."""
    (number, customer_id), *_ = story.people
    since = org.now() - timedelta(seconds=1)  # Salesforce's stamps are of milliseconds
    org.edit(number, email="first@example.org")
    (body,) = org.crm.outbound(TOKEN, ORGANIZATION, since)
    org.edit(number, email="second@example.org")

    def tell():
        answer = client.post("/webhooks/crm", query_string={"key": KEY}, data=body, content_type="text/xml")
        jobs.serve(hub)
        jobs.drain("crm")
        return answer

    before = org.crm.used
    assert b"<Ack>true</Ack>" in tell().data
    with hub.begin() as work:
        mine = ours.read(work, effects.load_subjects(work, [customer_id]).values())[customer_id]
    assert (mine["email"], org.crm.used - before) == ("second@example.org", 1)

    assert tell().status_code == 200
    assert (org.crm.used - before, count(hub, DeadLetter)) == (1, 0)
    with hub.look() as session:
        assert set(session.scalars(select(Delivery.state))) == {"done"}
