"""A mail that was answered goes on in the conversation: once, by whom it was written to, with what came along."""

import pytest
from sqlalchemy import select, update

from hub.flow import mailed
from hub.models import Conversation, Customer, Document, Person, Post
from hub.sdk import MailReply
from papers import paper, picture
from talking import Talk, an_advisor, mail_of

KEY = "ab" * 32


def a_reply(hub, talk, **given) -> MailReply:
    with hub.look() as session:
        ref = session.get_one(Customer, talk.customer_id).ref
    return MailReply(**{"entity": ref, "key": KEY, "sender": "ada@example.org", "text": "Tomorrow at nine?"} | given)


def take(hub, reply) -> None:
    with hub.begin() as work:
        mailed.take(hub, work, reply)


def told(hub) -> list[dict]:
    with hub.look() as session:
        rows = session.scalars(select(Post).where(Post.author == "customer").order_by(Post.seq)).all()
        return [row.attributes or {} for row in rows]


def test_a_reply_goes_on_in_the_thread_and_to_whoever_has_it(hub, talk):
    talk.write("hello")
    talk.hand_off()
    jonas = an_advisor(hub)
    talk.reply(jonas, "When do you come?")
    mail_of(hub, talk, "Ada@example.org")

    take(hub, a_reply(hub, talk))

    assert talk.story()[-2:] == ["When do you come?", "Tomorrow at nine?"]
    assert told(hub)[-1] == {"via": "mail"}
    assert talk.row().owner_id == jonas


def test_a_reply_after_the_end_begins_anew_and_waits_for_a_person(hub, talk):
    take(hub, a_reply(hub, talk))

    assert talk.row().state == "waiting"
    assert talk.story() == ["opened", "Tomorrow at nine?", "handed_off"]


def test_the_same_mail_twice_is_written_once(hub, talk):
    for _ in range(2):
        take(hub, a_reply(hub, talk))

    assert talk.story().count("Tomorrow at nine?") == 1


def test_another_address_than_theirs_is_told_to_the_advisor(hub, talk):
    mail_of(hub, talk, "ada@example.org")

    take(hub, a_reply(hub, talk, sender="someone@elsewhere.example"))

    assert told(hub)[-1] == {"via": "mail", "stranger": True}


def test_files_go_the_way_of_every_document_and_what_may_not_be_kept_is_told(hub, talk):
    files = [("wheel.jpg", picture(place="52.5, 13.4")), ("offer.pdf", paper()), ("run.exe", b"MZ\x90\0" + b"\0" * 99)]

    take(hub, a_reply(hub, talk, text="", files=files))

    with hub.look() as session:
        rows = session.scalars(select(Document).order_by(Document.id)).all()
    assert [(row.media, row.state) for row in rows] == [("image/jpeg", "released"), ("application/pdf", "released")]
    [post] = [one for one in talk.seen() if one.author == "customer"]
    assert [file.ref for file in post.files] == [row.ref for row in rows]
    assert post.attributes["left_out"] == 1


def test_a_long_letter_is_several_posts_in_its_order(hub, talk):
    take(hub, a_reply(hub, talk, text="a" * 4000 + "b" * 100))

    assert [one.text[:1] + str(len(one.text)) for one in talk.seen() if one.author == "customer"] == ["a4000", "b100"]


@pytest.mark.parametrize("change", ["restricted_at", "erased_at"])
def test_of_somebody_whose_data_rest_or_are_gone_nothing_is_written(hub, talk, change):
    reply = a_reply(hub, talk)
    with hub.begin() as work:
        work.session.execute(update(Person).values({change: work.now}))

    take(hub, reply)

    with hub.look() as session:
        assert session.scalars(select(Conversation)).all() == []


def test_nobodys_mail_is_written_nowhere(hub, talk):
    take(hub, a_reply(hub, talk, entity="0" * 32))

    with hub.look() as session:
        assert session.scalars(select(Post)).all() == []


def test_a_mail_that_never_arrives_is_told_to_the_advisors_alone(hub):
    talk = Talk(hub)
    talk.write("hello")
    talk.hand_off()

    take(hub, a_reply(hub, talk, failed=True, text=""))

    assert talk.story(staff=True)[-1] == "mail_failed"
    assert "mail_failed" not in talk.story()
