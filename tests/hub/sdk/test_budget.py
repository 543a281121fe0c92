"""The shared budget: on a virtual clock no window is ever exceeded, whoever asks and whatever is flushed."""

from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NoValkey

from hub.errors import RetryLater
from hub.sdk.budget import Budget, Window, backfill

BURST = Window("burst", 190, 10.0)
DAY = 86_400.0
NUMBERS = count()


@dataclass
class Time:
    now: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def budget(redis: Redis, time: Time, *windows: Window, **given: Any) -> Budget:
    return Budget(redis, f"t{next(NUMBERS)}", windows or (BURST,), now=time, sleep=time.sleep, **given)


def most_in(arrivals: list[float], seconds: float) -> int:
    """The fullest window; both ends count."""
    arrivals = sorted(arrivals)
    left = best = 0
    for right, at in enumerate(arrivals):
        while at - arrivals[left] > seconds:
            left += 1
        best = max(best, right - left + 1)
    return best


def run(redis: Redis, time: Time, shared: Budget, calls: int, rng: Random, slack: float) -> list[float]:
    """Whoever may call does so; the call arrives up to `slack` seconds later."""
    arrivals: list[float] = []
    while len(arrivals) < calls:
        wait = shared.take()
        if wait:
            time.now += wait + 1e-6
        else:
            arrivals.append(time.now + rng.uniform(0, slack))
    return arrivals


@pytest.mark.parametrize("cap", [1, 4, 9])
def test_no_ten_seconds_hold_more_than_190_arrivals_and_nearly_all_of_them_are_used(redis: Redis, cap: int) -> None:
    time, rng = Time(), Random(cap)
    shared = budget(redis, time, Window("burst", 190, 10.0, cap=cap, slack=0.1))
    began = time.now
    arrivals = run(redis, time, shared, 1500, rng, 0.1)
    assert most_in(arrivals, 10.0) <= 190
    assert len(arrivals) / (time.now - began) >= 0.94 * 19


def test_a_long_silence_saves_up_no_more_than_the_cap(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time)
    shared.take()
    time.now += 3600
    assert [shared.take() == 0 for _ in range(6)] == [True] * 4 + [False] * 2


def test_a_flushed_bucket_restarts_empty(redis: Redis) -> None:
    time, rng = Time(), Random(3)
    shared = budget(redis, time)
    arrivals = run(redis, time, shared, 200, rng, 0.2)
    for _ in range(20):
        redis.delete(shared.key)
        assert shared.take() > 0
        arrivals += run(redis, time, shared, 20, rng, 0.2)
    assert most_in(arrivals, 10.0) <= 190


def test_a_clock_that_goes_back_gives_nothing_away(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time)
    run(redis, time, shared, 10, Random(1), 0)
    time.now -= 3600
    assert shared.take() > 0


def test_a_search_takes_from_both_its_windows_or_from_none(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time, BURST, Window("search", 5, 1.0, only="/search", cap=1))
    arrivals = []
    while len(arrivals) < 40:
        wait = shared.take("/crm/v3/objects/contacts/search")
        if wait:
            time.now += wait + 1e-6
        else:
            arrivals.append(time.now)
    assert most_in(arrivals, 1.0) <= 5
    time.now += 10
    shared.take("/search")
    before = float(redis.hget(shared.key, "burst") or 0)
    assert shared.take("/search") > 0
    assert float(redis.hget(shared.key, "burst") or 0) == pytest.approx(before, abs=0.01)


def test_backfill_leaves_a_part_of_every_window_to_what_happens_now(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time)
    taken = {True: 0, False: 0}
    for _ in range(3000):
        time.now += 0.01
        with backfill():
            taken[True] += shared.take() == 0
    assert taken[True] / (30 * BURST.rate) == pytest.approx(0.75, abs=0.03)
    taken[False] += shared.take() == 0
    assert taken[False] == 1


def test_a_daily_window_is_counted_and_backfill_ends_before_the_rest(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time, Window("daily", 100, DAY))
    with backfill():
        assert sum(shared.take() == 0 for _ in range(100)) == 75
    assert sum(shared.take() == 0 for _ in range(100)) == 25
    assert 0 < shared.take() <= DAY / 24
    time.now += DAY + 2 * DAY / 24
    assert shared.take() == 0


def test_what_the_partner_says_is_left_counts_if_it_is_less_than_we_believe(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time, BURST, Window("daily", 1000, DAY))
    shared.take()
    time.now += 1
    shared.hear("daily", 0)
    assert shared.take() > 0
    shared.hear("daily", 900)
    shared.hear("burst", 0)
    assert 0 < shared.take() < 0.1
    shared.hear("nothing we know", 0)


def test_who_would_wait_too_long_is_told_to_come_again(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time, Window("daily", 2, DAY, cap=1))
    shared.spend("/a")
    shared.spend("/a")
    with pytest.raises(RetryLater) as raised:
        shared.spend("/a")
    assert not raised.value.happened
    assert (raised.value.after or 0) > 0
    assert time.slept == []


def test_who_may_wait_waits(redis: Redis) -> None:
    time = Time()
    shared = budget(redis, time)
    for _ in range(10):
        shared.spend("/a")
    assert 0.4 < sum(time.slept) < 0.6


def test_regions_that_share_an_account_divide_it_before() -> None:
    parts = [BURST.share(1 / 3) for _ in range(3)]
    assert sum(part.limit for part in parts) <= 190
    assert all(part.cap + part.rate * (part.seconds + part.slack) <= part.limit + 1e-9 for part in parts)


@pytest.mark.parametrize(("limit", "cap"), [(190, 0), (190, 10), (3, 4), (1, 1)])
def test_a_bucket_that_could_exceed_its_window_cannot_be_made(limit: int, cap: int) -> None:
    with pytest.raises(ValueError, match="bucket"):
        Window("x", limit, 10.0, cap=cap)


class Deaf:
    def register_script(self, _: str) -> Any:
        def fail(**_: Any) -> None:
            raise NoValkey

        return fail


def test_without_valkey_nobody_calls_as_nobody_can_tell_what_is_left() -> None:
    deaf = Budget(Deaf(), "t", (BURST,))
    with pytest.raises(RetryLater, match="cannot be asked"):
        deaf.spend("/")
    deaf.hear("burst", 1)


def test_what_is_used_is_told_and_nothing_is_taken_by_asking(redis: Redis) -> None:
    time = Time()
    asked = budget(redis, time, Window("burst", 104, 10.0), Window("daily", 50, DAY))
    assert [one.used for one in asked.used()] == [0, 0], "nobody has called yet"

    for _ in range(20):
        asked.spend("")
    assert [(one.name, one.used) for one in asked.used()] == [("burst", 104), ("daily", 20)]
    time.now += 10
    assert [one.used for one in asked.used()] == [0, 20], "the burst is free again, the day is not"
    asked.hear("daily", 5)
    assert [one.used for one in asked.used()] == [0, 45], "somebody else uses the same account"
