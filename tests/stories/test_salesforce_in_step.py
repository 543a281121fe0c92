"""A garage and its Salesforce, edited on both sides: it is asked and tells nothing, and in the end both say the same.

HUB_SYNC_EDITS (24) and HUB_SYNC_SEED make another run of the same story."""

import os
from random import Random

import pytest
from sqlalchemy import func, select

from editing import Story
from hub.flow import reconcile
from hub.models import Conflict, Customer, DeadLetter, Message

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
