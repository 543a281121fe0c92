"""How often one address may try."""

from desks import Clock
from portal.limits import Attempts


def test_the_eleventh_try_within_ten_minutes_is_refused() -> None:
    attempts = Attempts(Clock())

    assert [attempts.allow("a") for _ in range(12)] == [True] * 10 + [False] * 2
    assert attempts.allow("b")


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
