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
