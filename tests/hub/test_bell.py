"""The bell while Valkey is away: a refusal costs nothing, and a silence is waited for once, not by each who rings."""

import pytest
from redis.exceptions import ConnectionError as Refused
from redis.exceptions import TimeoutError as NoAnswer

from hub import bell
from hub.bell import Bell


class Away:
    """A Valkey that fails in one way, and counts how often it was asked."""

    def __init__(self, error):
        self.error, self.asked = error, 0
        self.connection_pool = None

    def __getattr__(self, name):
        def fail(*_args, **_options):
            self.asked += 1
            raise self.error

        return fail


@pytest.fixture
def ringing():
    """A bell at such a Valkey."""

    def ringing(error):
        away = Away(error)
        found = Bell.__new__(Bell)
        found.redis, found.prefix, found.first, found.heard, found.deaf_until, found.rung = (
            away,
            "g:",
            "f",
            True,
            0.0,
            {},
        )
        return found, away

    return ringing


def everything(one):
    return (
        one.ring(["crm"], ["crm"]), one.ring(["crm"]), one.ring_anew(["crm"]), one.first_of_all(), one.raise_generation("crm")
    )  # fmt: skip


def test_a_silence_is_waited_for_once_by_all_who_ring(ringing):
    one, away = ringing(NoAnswer())

    assert everything(one) == (False, False, False, [], None)

    assert away.asked == 1, "each of them waits"


def test_after_a_while_it_is_asked_again(ringing, monkeypatch):
    one, away = ringing(NoAnswer())
    one.ring(["crm"])
    later = bell.time.monotonic() + bell.DEAF
    monkeypatch.setattr(bell.time, "monotonic", lambda: later)

    one.ring(["crm"])

    assert away.asked == 2


def test_a_refusal_keeps_nobody_from_asking(ringing):
    one, away = ringing(Refused())

    everything(one)

    assert away.asked > 3


def test_who_types_is_known_for_seconds_and_takes_no_room_after_that(redis, monkeypatch):
    now = [1_000.0]
    monkeypatch.setattr(bell.time, "time", lambda: now[0])
    found = Bell(redis, "eu")
    for side, customer in (("staff", 7), ("staff", 8), ("customer", 7)):
        found.type(side, customer)

    assert (found.typists("staff"), found.typists("customer")) == ({7, 8}, {7})

    now[0] += bell.TYPES / 2
    found.type("staff", 8)  # goes on typing
    now[0] += bell.TYPES / 2 + 0.1
    assert (found.typists("staff"), found.typists("customer")) == ({8}, frozenset())
    now[0] += bell.TYPES
    found.type("customer", 9)
    assert redis.zcard(found.typing) == 1


@pytest.mark.parametrize("error", [Refused("away"), NoAnswer("silent")])
def test_without_valkey_nobody_types(ringing, error):
    found, away = ringing(error)
    found.typing = "t"

    found.type("staff", 7)

    assert found.typists("staff") == frozenset()
    assert away.asked == (1 if isinstance(error, NoAnswer) else 2), "a silence is waited for once"


@pytest.mark.parametrize("error", [Refused("away"), NoAnswer("silent")])
def test_without_valkey_nobody_can_tell_how_often_somebody_tried(ringing, error):
    found, away = ringing(error)
    found.tries = "t:"

    assert [found.admit("mark", 1.0, 3, 600.0) for _ in range(2)] == [None, None]
    assert away.asked == (1 if isinstance(error, NoAnswer) else 2), "a silence is waited for once"


def test_tries_are_let_through_as_often_as_the_window_has_room_and_no_refusal_counts(redis):
    found = Bell(redis, "eu")

    assert [found.admit("a", float(at), 2, 10.0) for at in (0, 4, 9, 10, 13, 14, 15)] == [
        True, True, False, True, False, True, False
    ]  # fmt: skip
    assert found.admit("b", 9.0, 2, 10.0)
