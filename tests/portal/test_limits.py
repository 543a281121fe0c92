"""How often one address may try."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as Refused
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

from apps import lent
from desks import Clock, Visitor
from hub.bell import Bell
from hub.core import Hub
from portal.limits import Attempts, network


def test_the_eleventh_try_within_ten_minutes_is_refused() -> None:
    attempts = Attempts(Clock())

    assert [attempts.allow("a") for _ in range(12)] == [True] * 10 + [False] * 2
    assert attempts.allow("b")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("192.0.2.7", "192.0.2.8", False),
        (None, "", True),
    ],
)
def test_who_may_choose_among_a_network_of_addresses_is_one_caller(one: str | None, other: str, *, same: bool) -> None:
    assert (network(one) == network(other)) is same


def test_a_refused_try_does_not_lengthen_the_wait() -> None:
    clock = Clock()
    attempts = Attempts(clock, most=1)
    attempts.allow("a")
    clock.pass_by(minutes=9)
    assert not attempts.allow("a")

    clock.pass_by(minutes=1)

    assert attempts.allow("a")


def test_only_so_many_addresses_are_remembered() -> None:
    attempts = Attempts(Clock(), keep=3)

    for number in range(50):
        attempts.allow(str(number))

    assert list(attempts.seen) == ["47", "48", "49"]


# --- by all processes together


@pytest.fixture
def pair(hub: Hub, redis: Redis) -> Iterator[tuple[Flask, Flask]]:
    """Two applications of one region, as in two processes."""
    with lent(replace(hub, bell=Bell(redis, "eu"))) as one, lent(replace(hub, bell=Bell(redis, "eu"))) as other:
        yield one, other


@dataclass(frozen=True)
class Away:
    """A Valkey that fails in one way."""

    error: RedisError

    def eval(self, *_given: object) -> int:
        raise self.error


def tries(*apps: Flask, rounds: int) -> list[int]:
    return [Visitor(app).post("/sign-in/guess").status_code for _ in range(rounds) for app in apps]


def test_two_processes_count_together_and_the_window_ends_for_both(pair: tuple[Flask, Flask], clock: Clock) -> None:
    assert tries(*pair, rounds=6) == [410] * 10 + [429] * 2
    clock.pass_by(minutes=9)
    assert tries(*pair, rounds=1) == [429] * 2, "and a refused one does not lengthen the wait"

    clock.pass_by(minutes=1)

    assert tries(*pair, rounds=6) == [410] * 10 + [429] * 2


def test_each_kind_of_try_has_its_own_count(pair: tuple[Flask, Flask]) -> None:
    one, other = (app.extensions["portal"] for app in pair)

    assert [one.letters.allow("c-17@example.org") for _ in range(3)] == [True] * 3
    assert not other.letters.allow("c-17@example.org")
    assert other.letters.allow("c-18@example.org")
    assert all(limit.allow("c-17@example.org") for limit in (other.attempts, other.newcomers, other.questions))


def test_no_address_lies_in_valkey_and_nothing_of_it_stays(pair: tuple[Flask, Flask], redis: Redis) -> None:
    pair[0].extensions["portal"].letters.allow("c-17@example.org")
    tries(pair[0], rounds=1)

    keys = [key.decode() for key in redis.keys("*")]
    held = keys + [str(redis.lrange(key, 0, -1)) for key in keys]
    assert len(keys) == 2
    assert not [one for one in held if "c-17" in one or "127.0.0.1" in one]
    assert all(0 < redis.ttl(key) <= 600 for key in keys)


@pytest.mark.parametrize("error", [Refused("away"), NoAnswer("silent")])
def test_without_valkey_each_process_goes_by_what_it_knows_itself(
    pair: tuple[Flask, Flask], clock: Clock, error: RedisError
) -> None:
    one, other = pair
    assert tries(one, rounds=4) == [410] * 4
    for app in pair:
        app.extensions["hub"].bell.redis = Away(error)

    assert tries(one, rounds=7) == [410] * 6 + [429], "those of before count"
    assert tries(other, rounds=11) == [410] * 10 + [429]
    clock.pass_by(minutes=10)
    assert tries(*pair, rounds=1) == [410] * 2


def test_a_valkey_that_was_emptied_lets_nobody_begin_anew(pair: tuple[Flask, Flask], redis: Redis) -> None:
    tries(pair[0], rounds=10)
    redis.flushall()

    assert tries(pair[0], rounds=1) == [429]
