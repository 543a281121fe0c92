"""Everyone is asked, one deny is enough, masks add up, and silence is a no."""

import pytest

from hub.policy import settle
from hub.sdk import Decision

ALLOW = Decision("allow", "a", "fine")
DENY = Decision("deny", "d", "no")
PHONE = Decision("mask", "m", "not the phone", frozenset({"phone"}))
NAME = Decision("mask", "n", "not the name", frozenset({"name"}))


@pytest.mark.parametrize(
    ("spoken", "verdict", "mask"),
    [
        ([], "deny", set()),
        ([ALLOW], "allow", set()),
        ([ALLOW, DENY], "deny", set()),
        ([DENY, PHONE], "deny", set()),
        ([ALLOW, PHONE, NAME], "mask", {"phone", "name"}),
    ],
)
def test_what_several_policies_say_becomes_one_decision(spoken, verdict, mask):
    decision = settle(spoken)

    assert (decision.verdict, set(decision.mask)) == (verdict, mask)


def test_a_mask_alone_allows_nothing_that_nobody_allowed():
    assert settle([PHONE]).verdict == "deny"
