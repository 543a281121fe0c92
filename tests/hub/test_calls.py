"""Calls tell whose conversation has grown; without Valkey nobody waits for one."""

from itertools import islice

from redis import Redis
from redis.exceptions import TimeoutError as NoAnswer

from desks import SilentValkey
from hub.bell import Bell


def test_a_call_reaches_whoever_listens(redis: Redis) -> None:
    bell = Bell(redis, "eu")
    calls = bell.calls()
    assert next(calls) is None, "from here on"

    bell.call({3, 5})
    bell.call(set())
    bell.call({7})

    heard = [one for one in islice(calls, 3) if one]
    assert heard == [{3, 5}, {7}]


def test_nobody_stands_waiting_for_a_call_that_cannot_be_heard() -> None:
    tries = []

    class Deaf(SilentValkey):
        def __getattr__(self, name: str):
            tries.append(name)
            raise NoAnswer(name)

    bell = Bell.__new__(Bell)
    bell.redis, bell.channel, bell.deaf_until = Deaf(), "calls", 0.0  # type: ignore[assignment]

    for _ in range(3):
        bell.call({3})

    assert tries == ["publish"]
