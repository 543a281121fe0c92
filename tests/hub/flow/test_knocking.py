"""Webhooks at the same moment: one transaction for all, and each hears of its own."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from hub.core import Hub
from hub.errors import PartDown
from hub.flow import inbox
from hub.flow.knocking import Knocking
from hub.models import DataKey, Delivery
from hub.sdk import Incoming


class Door(Knocking):
    """All who knock before it opens are there together."""

    def at_once(self, hub, incoming) -> "list[Future[None]]":
        with ThreadPoolExecutor(len(incoming)) as pool, self.turn:
            futures = [pool.submit(self.keep, hub, partner, [one]) for partner, one in incoming]
            while len(self.waiting) < len(incoming):
                threading.Event().wait(0.001)
        return futures


def delivery(key):
    return Incoming(key, "m-1", b"{}")


def kept(hub):
    with hub.look() as session:
        return session.scalar(select(func.count(Delivery.id)))


@pytest.fixture
def begun(monkeypatch):
    """How many transactions there were."""
    count = []
    begin = Hub.begin

    @contextmanager
    def counted(self, *kinds):
        count.append(1)
        with begin(self, *kinds) as work:
            yield work

    monkeypatch.setattr(Hub, "begin", counted)
    return count


def test_those_who_knock_together_share_one_transaction_and_a_repeat_is_nothing(hub, begun):
    club, shop = hub.partner("club"), hub.partner("shop")

    answers = Door().at_once(
        hub, [(club, delivery("a")), (shop, delivery("a")), (club, delivery("b")), (club, delivery("b"))]
    )

    assert [answer.exception() for answer in answers] == [None] * 4
    assert (kept(hub), len(begun)) == (3, 1)


def test_what_was_told_before_gets_neither_a_row_nor_a_key_and_what_is_new_beside_it_gets_both(hub):
    club = hub.partner("club")
    for told in (["a", "b"], ["b", "c"], ["c"]):
        with hub.begin() as work:
            new = inbox.keep(work, club, [delivery(key) for key in told])
            bells = work.bells

    with hub.look() as session:
        keys = set(session.scalars(select(DataKey.id).where(DataKey.owner_kind == "delivery")))
        assert keys == set(session.scalars(select(Delivery.data_key_id)))
    assert (kept(hub), new, bells) == (3, 0, set())


def test_one_that_cannot_be_kept_hears_of_it_alone(hub, begun, monkeypatch):
    keep = inbox.keep

    def choosy(work, partner, incoming, **how):
        if any(one.key == "wrong" for one in incoming):
            raise ValueError("wrong")
        return keep(work, partner, incoming, **how)

    monkeypatch.setattr(inbox, "keep", choosy)

    answers = Door().at_once(hub, [(hub.partner("club"), delivery(key)) for key in ("a", "wrong", "b")])

    assert [type(answer.exception()) for answer in answers] == [type(None), ValueError, type(None)]
    assert (kept(hub), len(begun)) == (2, 4)


def test_a_database_that_is_away_is_waited_for_once_and_not_by_each(hub, begun, monkeypatch):
    def away(*_, **__):
        raise PartDown("away")

    monkeypatch.setattr(inbox, "keep", away)

    answers = Door().at_once(hub, [(hub.partner("club"), delivery(key)) for key in ("a", "b", "c")])

    assert [type(answer.exception()) for answer in answers] == [PartDown] * 3
    assert len(begun) == 1


def test_nobody_is_told_that_it_is_kept_when_the_one_who_keeps_is_stopped(hub, monkeypatch):
    def stopped(*_, **__):
        raise SystemExit

    monkeypatch.setattr(inbox, "keep", stopped)

    answers = Door().at_once(hub, [(hub.partner("club"), delivery(key)) for key in ("a", "b")])

    assert [type(answer.exception()) for answer in answers] == [SystemExit] * 2


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_processes_that_are_told_the_same_at_the_same_moment_one_keeps_it_and_the_other_has_nothing_to_do(hub):
    club = hub.partner("club")

    def tell():
        with hub.begin() as work:
            return inbox.keep(work, club, [delivery("a")])

    with ThreadPoolExecutor(1) as other:
        with hub.begin() as work:
            assert inbox.keep(work, club, [delivery("a")]) == 1
            answer = other.submit(tell)
            with pytest.raises(TimeoutError):
                answer.result(timeout=0.2)  # it waits until we know whether ours is kept

        assert (answer.result(timeout=10), kept(hub)) == (0, 1)
