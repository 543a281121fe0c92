"""An answer to a text in the customer's conversation: once, for a person, and nothing where there are no words."""

import pytest
from sqlalchemy import select

from hub.models import Conversation, Handoff
from portal import texted
from talking import CANARY


def take(hub, talk, text, key="msg_1"):
    with hub.begin() as work:
        texted.take(hub, work, talk.customer_id, text, key)


def test_it_is_said_once_and_waits_for_a_person(hub, talk):
    take(hub, talk, CANARY)
    take(hub, talk, CANARY)

    assert talk.story() == ["opened", CANARY, "handed_off"]
    with hub.look() as session:
        assert [one.cause for one in session.scalars(select(Handoff))] == [texted.CAUSE]


def test_a_second_answer_joins_the_conversation_that_a_person_has(hub, talk):
    take(hub, talk, CANARY)
    take(hub, talk, "And at ten?", "msg_2")

    assert talk.story() == ["opened", CANARY, "handed_off", "And at ten?"]


@pytest.mark.parametrize("text", ["", "\u200f", "  "])
def test_an_answer_without_words_begins_nothing(hub, talk, text):
    take(hub, talk, text)
    with hub.look() as session:
        assert session.scalars(select(Conversation)).all() == []
