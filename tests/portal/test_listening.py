"""One thread reads for all pages that are open: each hears each post once and in order, and nothing of anybody else."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from counting import counted
from desks import Clock
from hub.access.sessions import begin_session, hash_secret
from hub.core import Hub
from hub.errors import PartDown
from hub.flow import posts
from hub.models import Conversation, Principal, Role, Session
from hub.telling import MOST, Line
from portal.listening import BEAT_EVERY, LASTS, SESSIONS_EVERY, Listening, Reader
from talking import Talk, Typists


class Moments:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def moments() -> Moments:
    return Moments()


@pytest.fixture
def listening(hub: Hub, moments: Moments) -> Listening:
    return Listening(hub, by_itself=False, clock=moments)


@pytest.fixture
def talk(hub: Hub) -> Talk:
    return Talk(hub)


def session_of(hub: Hub, principal_id: int) -> int:
    with hub.begin() as work:
        secret = begin_session(work, principal_id, "link")
        work.session.flush()
        return work.session.scalars(select(Session.id).where(Session.secret_hash == hash_secret(secret))).one()


def opens(hub: Hub, listening: Listening, talk: Talk, place: str = "") -> Reader:
    reader = Reader(
        Line(), session_of(hub, talk.principal_id), talk.customer_id, "customer", place, lambda one: one.text
    )
    listening.join(reader)
    return reader


def heard(reader: Reader) -> list[str]:
    return re.findall(r"^id: (.*)$", reader.line.take()[0], re.MULTILINE)


def committed(hub: Hub, talk: Talk, after: int = 0) -> list[str]:
    ref = talk.row().ref
    return [f"{ref}:{one.seq}" for one in talk.seen(since=after)]


def test_each_page_hears_each_post_once_and_in_its_order(hub: Hub, listening: Listening, talk: Talk) -> None:
    three = [opens(hub, listening, talk) for _ in range(3)]
    told: list[list[str]] = [[], [], []]

    for number in range(4):
        talk.write(f"word {number}")
        listening.turn()
        listening.turn()
        for mine, reader in zip(told, three, strict=True):
            mine.extend(heard(reader))

    assert told == [committed(hub, talk)] * 3


def test_whoever_comes_back_goes_on_from_what_they_saw(hub: Hub, listening: Listening, talk: Talk) -> None:
    talk.write("one")
    seen = committed(hub, talk)[-1]
    talk.write("two")

    back = opens(hub, listening, talk, seen)
    listening.turn({talk.customer_id})

    assert heard(back) == committed(hub, talk, int(seen.rpartition(":")[2]))


def test_those_who_come_back_and_missed_nothing_cost_one_question_together(
    hub: Hub, listening: Listening, talk: Talk
) -> None:
    talk.write("one")
    for _ in range(20):
        opens(hub, listening, talk, committed(hub, talk)[-1])

    with counted(hub) as found:
        listening.turn({talk.customer_id})

    assert len(found) == 1
    talk.write("two")
    listening.turn({talk.customer_id})
    assert {tuple(heard(one)) for one in listening.readers} == {tuple(committed(hub, talk)[-1:])}


def test_more_than_one_reading_holds_comes_by_and_by(
    hub: Hub, listening: Listening, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        talk.write(f"word {number}")
    ref, whole = talk.row().ref, committed(hub, talk)
    monkeypatch.setattr(posts, "PAGE", 3)
    monkeypatch.setattr("portal.listening.PAGE", 3)

    reader = opens(hub, listening, talk, f"{ref}:0")
    told: list[str] = []
    for _ in range(4):
        listening.turn()
        told += heard(reader)

    assert told == whole


def test_nobody_hears_anybody_else(hub: Hub, listening: Listening, talk: Talk) -> None:
    other = opens(hub, listening, Talk(hub), f"{'a' * 32}:0")
    talk.write("for my eyes")

    listening.turn()
    listening.turn({talk.customer_id})

    assert heard(other) == []


def test_a_turn_costs_the_same_however_many_pages_are_idle(hub: Hub, listening: Listening, talk: Talk) -> None:
    def statements() -> int:
        with counted(hub) as found:
            listening.turn({one.customer_id for one in listening.readers})
        return len(found)

    talk.write()
    for _ in range(2):
        opens(hub, listening, talk)
    listening.turn()
    few = statements()
    for _ in range(30):
        opens(hub, listening, talk, committed(hub, talk)[-1])
    listening.turn()

    assert statements() == few


def test_a_note_of_the_staff_is_read_over_once_and_not_again(hub: Hub, listening: Listening, talk: Talk) -> None:
    talk.write()
    reader = opens(hub, listening, talk)
    listening.turn()
    with hub.begin() as work:
        posts.put_words(work, posts.locked(work, talk.row().ref), "staff", "for colleagues", kind="note")

    listening.turn()

    assert "colleagues" not in reader.line.take()[0]
    assert reader.looked == (talk.row().ref, talk.row().seq)


@pytest.mark.parametrize("end", ["revoked", "idle", "role", "principal"])
def test_whose_session_has_ended_hears_nothing_after_a_second(
    hub: Hub, listening: Listening, talk: Talk, moments: Moments, clock: Clock, end: str
) -> None:
    reader, other = opens(hub, listening, talk), opens(hub, listening, Talk(hub))
    listening.turn()
    with hub.begin() as work:
        mine = Session.id == reader.session_id
        if end == "revoked":
            work.session.execute(update(Session).where(mine).values(revoked_at=work.now))
        elif end == "idle":
            work.session.execute(update(Session).where(mine).values(seen_at=work.now - timedelta(hours=3)))
        elif end == "role":
            work.session.execute(update(Role).where(Role.principal_id == talk.principal_id).values(role="nobody"))
        else:
            work.session.execute(update(Principal).where(Principal.id == talk.principal_id).values(ended_at=work.now))

    moments.now += SESSIONS_EVERY
    listening.turn()
    talk.write("after the end")
    listening.turn()

    text, ended = reader.line.take()
    assert text.endswith("event: end\ndata: {}\n\n")
    assert ended
    assert other in listening.readers


def test_a_silent_line_says_that_it_is_there_and_comes_back_by_itself_in_the_end(
    hub: Hub, listening: Listening, talk: Talk, moments: Moments
) -> None:
    reader = opens(hub, listening, talk)
    listening.turn()
    reader.line.take()

    moments.now += BEAT_EVERY
    listening.turn()
    assert reader.line.take() == ("event: beat\ndata: {}\n\n", False)

    moments.now += LASTS
    listening.turn()
    assert reader.line.take()[1]


def test_a_reader_who_takes_nothing_is_let_go_and_loses_nothing(hub: Hub, listening: Listening, talk: Talk) -> None:
    """A phone that froze: its browser comes back, and names the last post it saw."""
    reader = opens(hub, listening, talk)
    talk.write()
    listening.turn()
    seen = heard(reader)[-1]

    for _ in range(MOST + 1):
        reader.line.say("x")
    assert reader.line.take()[1], "let go"
    talk.write("meanwhile")
    back = opens(hub, listening, talk, seen)
    listening.turn()

    assert heard(back) == committed(hub, talk, int(seen.rpartition(":")[2]))


def test_a_post_that_cannot_be_drawn_ends_its_own_lines_alone(hub: Hub, listening: Listening, talk: Talk) -> None:
    def stumble(_: object) -> str:
        raise ValueError

    broken, other = opens(hub, listening, talk), Talk(hub)
    broken.draw = stumble
    sound = opens(hub, listening, other)
    talk.write()
    other.write()

    listening.turn()

    assert broken.line.take()[1]
    assert heard(sound) == committed(hub, other)


def test_a_database_that_goes_away_in_the_middle_ends_no_line_and_loses_nothing(
    hub: Hub, listening: Listening, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [opens(hub, listening, one) for one in (talk, Talk(hub))]
    talk.write("one")

    def away(*_given: Any) -> None:
        raise OperationalError("SELECT", None, Exception("server closed the connection"))

    with monkeypatch.context() as broken:
        broken.setattr("portal.listening.read_on", away)
        with pytest.raises(PartDown):
            listening.turn()
    listening.turn()

    assert heard(readers[0]) == committed(hub, talk)
    assert listening.readers == set(readers)


def test_a_call_names_whose_conversation_has_grown(hub: Hub, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[set[int]] = []
    monkeypatch.setattr(hub.bell, "call", lambda readers: called.append(set(readers)))

    talk.write()
    with hub.begin():
        pass

    assert called == [{talk.customer_id}, set()]


def test_an_open_page_hears_both_once_and_the_database_nothing_more(hub: Hub) -> None:
    bell, talk = Typists(hub.bell), Talk(hub)
    listening = Listening(replace(hub, bell=bell), by_itself=False, clock=Moments())
    talk.write("Is it ready?")
    reader = opens(hub, listening, talk)
    listening.turn()
    reader.line.take()
    with counted(hub) as quiet:
        listening.turn()

    bell.type("staff", talk.customer_id)
    with hub.begin() as work:
        work.session.execute(update(Conversation).values(seen_by_staff=2))
    with counted(hub) as statements:
        listening.turn()
        listening.turn()
    told = reader.line.take()[0]
    assert re.findall(r"event: (\w+)\ndata: (.*)", told) == [("read", '{"seq": "2"}'), ("typing", '{"on": "1"}')]
    assert len(statements) == 2 * len(quiet)

    bell.now.clear()
    listening.turn()
    assert re.findall(r"event: (\w+)\ndata: (.*)", reader.line.take()[0]) == [("typing", '{"on": ""}')]
