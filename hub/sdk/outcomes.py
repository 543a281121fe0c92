"""Partners that take one thing per call: each push gets its own outcome, and an outage ends the batch at once."""

from collections.abc import Callable, Sequence
from typing import Literal

from hub.errors import AuthBroken, Gone, PartnerError, Refused, RetryLater
from hub.sdk.contracts import Outcome, Push


def each(batch: Sequence[Push], tell: Callable[[Push], object]) -> list[Outcome]:
    """Call `tell` for each push in order; a text that it answers is the partner's id. An outage ends the batch: a broken
    partner is asked once, and what follows was surely not sent. It is raised on, with the outcomes of all pushes, so that
    the connection rests or is parked."""
    outcomes: list[Outcome] = []
    for index, push in enumerate(batch):
        try:
            found = tell(push)
            outcomes.append(Outcome(push.key, "sent", partner_id=found if isinstance(found, str) else None))
        except Refused as error:
            outcomes.append(Outcome(push.key, "refused", error.what))
        except (RetryLater, AuthBroken, Gone) as error:
            behind = [
                Outcome(later.key, "retry", "waits behind an outage", _after(error)) for later in batch[index + 1 :]
            ]
            error.outcomes = (*outcomes, outcome_of(push, error), *behind)
            raise
    return outcomes


def outcome_of(push: Push, error: PartnerError) -> Outcome:
    """RetryLater that may have had its effect is `unknown`, so that the effect's class decides."""
    state: Literal["retry", "unknown", "gone"] = "retry"
    if isinstance(error, RetryLater) and error.happened:
        state = "unknown"
    elif isinstance(error, Gone):
        state = "gone"
    return Outcome(push.key, state, error.what, _after(error))


def _after(error: PartnerError) -> float | None:
    return error.after if isinstance(error, RetryLater) else None
