"""One call per push: each push has its own outcome, and an outage ends the batch."""

import pytest

from hub.errors import AuthBroken, Gone, PartnerError, Refused, RetryLater
from hub.sdk import Outcome, Push
from hub.sdk.outcomes import each, outcome_of

BATCH = [Push("tier_changed", f"k{number}", f"ref{number}", None, {}, 1) for number in range(4)]


def telling(answers: dict[str, PartnerError], told: list[str]) -> list[Outcome]:
    def tell(push: Push) -> None:
        told.append(push.key)
        if push.key in answers:
            raise answers[push.key]

    return each(BATCH, tell)


def test_every_push_that_arrived_is_sent() -> None:
    told: list[str] = []
    assert [(one.key, one.state) for one in telling({}, told)] == [(push.key, "sent") for push in BATCH]
    assert told == ["k0", "k1", "k2", "k3"]


def test_a_refused_push_does_not_hold_up_the_others() -> None:
    found = telling({"k1": Refused("400 BAD")}, [])
    assert [one.state for one in found] == ["sent", "refused", "sent", "sent"]
    assert found[1].reason == "400 BAD"


@pytest.mark.parametrize(
    ("error", "state", "after"),
    [
        (RetryLater("busy", after=9.0), "retry", 9.0),
        (RetryLater("reset", happened=True), "unknown", None),
        (AuthBroken("401"), "retry", None),
        (Gone("410"), "gone", None),
    ],
)
def test_an_outage_is_asked_once_and_raised_with_the_fate_of_every_push(
    error: PartnerError, state: str, after: float | None
) -> None:
    told: list[str] = []
    with pytest.raises(type(error)) as raised:
        telling({"k1": error}, told)
    outcomes = [one for one in raised.value.outcomes if isinstance(one, Outcome)]
    assert told == ["k0", "k1"]
    assert [(one.key, one.state) for one in outcomes] == [
        ("k0", "sent"),
        ("k1", state),
        ("k2", "retry"),
        ("k3", "retry"),
    ]
    assert {one.after for one in outcomes[1:]} == {after}


def test_only_what_may_have_happened_is_unknown() -> None:
    assert outcome_of(BATCH[0], RetryLater("x", happened=True)).state == "unknown"
    assert outcome_of(BATCH[0], RetryLater("x")).state == "retry"
