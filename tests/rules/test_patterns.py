"""What is given to durable-rules, and what is kept from it."""

from random import Random

import pytest

from hub.engine.proof import some_chains, some_sequences
from rules.patterns import Chain, aliases, compile_chain, compile_sequences, follow


def test_an_absence_between_two_steps_is_left_to_the_predicate():
    assert compile_sequences(some_sequences()).beyond == {"between"}


def test_a_chain_without_needs_is_refused():
    with pytest.raises(ValueError, match="needs 0 facts"):
        compile_chain([Chain("always", frozenset(), "x")])


def test_chains_follow_to_the_end_in_any_order():
    chains = list(some_chains(Random(1)))

    assert follow(chains, {"f1", "f2", "f3"}) == follow(chains[::-1], {"f1", "f2", "f3"})


def test_aliases_are_told_apart_by_their_slots():
    assert len(set(aliases(16))) == 16
