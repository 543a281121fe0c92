"""An answer is mailed to whoever does not look at it: a moment later, and not if it was read by then."""

import shutil

import pytest
from sqlalchemy import select

from hub.flow import answered, effects, outbox, posts
from hub.models import Message
from hubs import CONFIG
from talking import Talk, an_advisor, mail_of

MOMENT = answered.LOOKED_AT + 1


@pytest.fixture(autouse=True)
def words(hub) -> None:
    shutil.copy(CONFIG.parents[2] / "config" / "templates" / "chat_answered.yaml", hub.settings.config / "templates")


@pytest.fixture
def talking(hub, talk) -> tuple[Talk, int]:
    talk.write("Is it ready?")
    talk.hand_off()
    mail_of(hub, talk, "ada@example.org")
    return talk, an_advisor(hub)


def read_all(hub, talk) -> None:
    posts.read_up_to(hub, talk.row(), "customer", talk.row().seq)


def due(hub) -> int:
    """Mails that a worker would send now; those that nobody needs are called off."""
    partner = hub.partners["mails"]
    with hub.begin() as work:
        claims = outbox.claim(work, partner, 20, 20.0)
        return len(effects.render(hub, work, partner, claims))


def fates(hub) -> list[tuple[str, str]]:
    with hub.look() as session:
        return [(row.state, row.why) for row in session.scalars(select(Message).order_by(Message.id))]


def test_a_mail_waits_a_moment_for_the_answer_to_be_read(hub, talking, clock):
    talk, jonas = talking
    talk.reply(jonas)
    assert (due(hub), fates(hub)) == (0, [("waiting", "")])
    clock.pass_by(seconds=MOMENT)

    assert due(hub) == 1


def test_what_was_read_where_it_stands_is_not_mailed(hub, talking, clock):
    talk, jonas = talking
    talk.reply(jonas)
    read_all(hub, talk)
    clock.pass_by(seconds=MOMENT)

    assert due(hub) == 0
    assert fates(hub) == [("cancelled", "read")]


def test_three_answers_in_a_row_are_one_mail(hub, talking):
    talk, jonas = talking
    for words in ("Yes.", "Come at nine.", "Bring the key."):
        talk.reply(jonas, words)

    assert len(fates(hub)) == 1


def test_what_comes_after_they_read_and_left_is_mailed(hub, talking, clock):
    talk, jonas = talking
    talk.reply(jonas, "Yes.")
    read_all(hub, talk)
    talk.reply(jonas, "Come at nine.")
    clock.pass_by(seconds=MOMENT)

    assert [due(hub), due(hub)] == [0, 1], "one after the other"
    assert fates(hub) == [("cancelled", "read"), ("claimed", "")]
