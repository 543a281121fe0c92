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
from hub.models import Delivery
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
