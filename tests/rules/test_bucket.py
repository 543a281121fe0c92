"""A draw is the same for ever, fair, and another for each experiment."""

import hashlib

from rules.bucket import PLACES, first_place, place

REFS = [hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest() for number in range(4000)]


def below(of: str, share: float) -> set[str]:
    return {ref for ref in REFS if place(of, ref) < first_place(share)}


def test_a_place_is_the_start_of_sha_256_over_salt_and_ref() -> None:
    assert place("spring", "a1") == int(hashlib.sha256(b"spring/a1").hexdigest()[:13], 16)


def test_shares_are_met_and_grow_into_each_other() -> None:
    tenth, half = below("spring", 0.1), below("spring", 0.5)

    assert 330 < len(tenth) < 470  # 400 and four standard deviations
    assert tenth < half
    assert (first_place(0.0), first_place(1.0)) == (0, PLACES)


def test_two_experiments_draw_apart() -> None:
    both = below("spring", 0.5) & below("autumn", 0.5)

    assert 880 < len(both) < 1120  # 1,000 and four standard deviations
