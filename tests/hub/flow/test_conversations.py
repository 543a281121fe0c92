"""A conversation from the first word to the last: one order, one owner, nothing twice, and what is waiting is given out."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from hub.errors import Denied, KeyReused, WrongInput
from hub.flow import conversations, posts
from hub.flow.conversations import Words
from hub.models import Conversation, Handoff, Message, Person, Post
from talking import CANARY, Talk, an_advisor


def test_what_is_sent_twice_is_one_post_and_other_words_under_its_name_are_refused(hub, talk):
    _, first, is_new = talk.write("Is my car ready?", "m1")
    _, again, is_news = talk.write("Is my car ready?", "m1")

    assert (is_new, is_news, first.id) == (True, False, again.id)
    assert talk.story() == ["opened", "Is my car ready?"]
    with pytest.raises(KeyReused):
        talk.write("Is my bike ready?", "m1")


def test_many_who_write_at_once_are_put_in_one_order_without_gaps(hub, talk):
    talk.write("first", "m0")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: talk.write(f"word {n % 12}", f"m{1 + n % 12}"), range(24)))

    seen = talk.seen()
    assert [one.seq for one in seen] == list(range(1, 15))
    assert sorted(one.text for one in seen[2:]) == sorted(f"word {n}" for n in range(12))


def test_two_first_words_at_the_same_moment_begin_one_conversation(hub, talk):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(talk.write, ("one", "two")))

    with hub.look() as session:
        assert len(session.scalars(select(Conversation)).all()) == 1


def test_words_lie_sealed_and_open_with_the_persons_key_only(hub, talk):
    talk.write(CANARY)
    with hub.look() as session:
        raw = b"".join(filter(None, session.scalars(select(Post.sealed))))
    assert CANARY.encode() not in raw
    assert talk.story()[1] == CANARY

    with hub.begin() as work:
        work.session.execute(update(Person).values(data_key_id=None))

    assert [one.text for one in talk.seen()] == ["", ""]
    with pytest.raises(Denied):
        talk.write("anybody there?")


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x07", "x" * 4001])
def test_no_words_or_too_many_are_refused_with_a_sentence(hub, talk, text):
    with pytest.raises(WrongInput):
        talk.write(text)


def test_signs_that_draw_nothing_are_dropped_and_lines_stay(hub, talk):
    talk.write("a\r\nb\x1b[31m\u202ec")

    assert talk.story()[1] == "a\nb[31mc"


def test_a_customer_who_asks_for_a_person_gets_the_one_who_is_there(hub, talk):
    jonas = an_advisor(hub)
    talk.write()

    talk.hand_off()
    talk.reply(jonas)

    assert talk.story() == ["opened", CANARY, "handed_off", "assigned", "I am on it."]
    assert talk.row().owner_id == jonas


def test_what_waits_goes_to_the_advisor_who_sits_down(hub, talk):
    talk.write()
    talk.hand_off()
    assert talk.row().state == "waiting"

    jonas = an_advisor(hub)

    assert (talk.row().state, talk.row().owner_id) == ("assigned", jonas)


def test_nobody_gets_more_than_a_desk_allows_and_the_next_comes_when_one_ends(hub):
    jonas = an_advisor(hub)
    talks = [Talk(hub) for _ in range(5)]
    for one in talks:
        one.write()
        one.hand_off()
    assert [one.row().state for one in talks] == ["assigned"] * 4 + ["waiting"]

    talks[1].do(conversations.close, jonas)

    assert talks[4].row().owner_id == jonas


def test_a_pause_makes_room_for_another(hub):
    jonas = an_advisor(hub)
    talks = [Talk(hub) for _ in range(5)]
    for one in talks:
        one.write()
        one.hand_off()

    talks[0].do(conversations.pause, jonas, "parts")

    assert talks[4].row().owner_id == jonas


def test_only_the_owner_answers_and_nobody_else_can_take_it(hub, talk):
    jonas, mira = an_advisor(hub), an_advisor(hub, "Mira", "ar")
    talk.write()
    talk.hand_off()

    with pytest.raises(Denied):
        talk.reply(mira)
    with pytest.raises(Denied):
        talk.do(conversations.take, mira)
    assert talk.row().owner_id == jonas, "who writes German"


def test_the_database_itself_refuses_two_owners_or_two_open_handoffs(hub, talk):
    an_advisor(hub)
    talk.write()
    talk.hand_off()

    with pytest.raises(IntegrityError), hub.begin() as work:
        work.session.execute(update(Conversation).values(state="waiting"))
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.add(Handoff(conversation_id=talk.row().id, desk="front", cause="asked", tried=[], asked_at=work.now))
    row = talk.row()
    kept = ("customer_id", "language", "desk", "state", "owner_id", "opened_at", "changed_at")
    copy = {name: getattr(row, name) for name in kept} | {"ref": "f" * 32, "seq": 0}
    with pytest.raises(IntegrityError), hub.begin() as work:
        work.add(Conversation(**copy, seen_by_customer=0, seen_by_staff=0))


def test_a_conversation_is_passed_on_and_does_not_come_back_by_itself(hub, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()

    talk.do(conversations.pass_on, jonas, None)
    assert talk.row().state == "waiting", "nobody else is there"
    mira = an_advisor(hub, "Mira")

    assert talk.row().owner_id == mira
    assert talk.story()[-2:] == ["passed_on", "assigned"]
    talk.do(conversations.pass_on, mira, jonas)
    assert talk.row().owner_id == jonas


def test_the_customer_keeps_the_advisor_of_last_time(hub, talk):
    jonas, mira = an_advisor(hub), an_advisor(hub, "Mira")
    talk.write()
    talk.hand_off()
    assert talk.row().owner_id == jonas
    talk.do(conversations.pass_on, jonas, mira)
    talk.do(conversations.close, mira)

    talk.write("One more thing")
    talk.hand_off()

    assert talk.row().owner_id == mira
    with hub.look() as session:
        explained = session.scalars(select(Handoff.explained).order_by(Handoff.id.desc())).first()
    assert explained["by"] == "own_advisor"
    assert {one["id"] for one in explained["candidates"]} == {jonas, mira}


def test_notes_and_warnings_are_for_colleagues_only(hub, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()
    with hub.begin() as work:
        conversations.note(work, posts.locked(work, talk.row().ref), jonas, Words("She is in a hurry."))

    assert "She is in a hurry." in talk.story(staff=True)
    assert "She is in a hurry." not in talk.story()


def test_the_bot_is_silent_once_a_person_has_it(hub, talk):
    talk.write()
    with hub.begin() as work:
        conversations.answer(work, posts.locked(work, talk.row().ref), "You have 120 points.")
    talk.hand_off()

    with pytest.raises(Denied), hub.begin() as work:
        conversations.answer(work, posts.locked(work, talk.row().ref), "You have 120 points.")


def test_the_customer_is_told_by_mail_once_for_each_time_they_wrote(hub, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()
    for text in ("I look.", "It is the bearing."):
        talk.reply(jonas, text)
    talk.write("Is it safe?")
    talk.reply(jonas, "Yes.")

    with hub.look() as session:
        mails = session.scalars(select(Message.refs).where(Message.topic == "service_notice")).all()
    assert len(mails) == 2
    assert all("bearing" not in str(one) for one in mails), "what was said stays in the conversation"


def test_words_of_the_customer_end_a_pause_that_waited_for_them(hub, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()
    talk.reply(jonas)
    talk.do(conversations.pause, jonas, "customer")
    assert talk.row().pause == "customer"

    talk.write("Here is the number")

    assert talk.row().pause is None
    assert talk.story()[-2:] == ["Here is the number", "resumed"]
    with pytest.raises(WrongInput):
        talk.do(conversations.pause, jonas, "weather")
