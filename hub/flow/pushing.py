"""What is claimed is told to the partner, with no transaction open: what may have arrived before is asked about first."""

import logging
from collections.abc import Sequence

from hub.core import Partner
from hub.errors import PartnerError, RetryLater
from hub.flow.outbox import TRIES, Claim
from hub.sdk import Asks, EffectClass, Outcome, Push, Pushes

log = logging.getLogger(__name__)
Ready = Sequence[tuple[Claim, Push]]


def tell(partner: Partner, ready: Ready) -> tuple[list[Outcome], PartnerError | None]:
    """Push what is new; of what may have arrived already, ask first where the partner can answer."""
    connector = partner.connector
    outcomes: list[Outcome] = []
    try:
        there = _ask(partner, ready)
        outcomes += [Outcome(key, "sent", "found at the partner") for key in there]
        rest = [push for _, push in ready if push.key not in there]
        if rest and isinstance(connector, Pushes):
            outcomes += connector.push(rest)
    except PartnerError as error:
        outcomes += [one for one in error.outcomes if isinstance(one, Outcome)]
        return [*outcomes, *_all(ready, outcomes, error)], error
    except Exception as error:  # a defect of the connector: whether anything arrived is unknown
        log.exception("push failed", extra={"connection": partner.name})
        what = f"the connector failed ({type(error).__name__})"
        if len(ready) == 1 and ready[0][0].attempt >= TRIES:  # it was alone, so it is the one
            return [Outcome(ready[0][1].key, "refused", what)], None
        defect = RetryLater(what, happened=True)
        return [*outcomes, *_all(ready, outcomes, defect)], defect
    return outcomes, None


def _ask(partner: Partner, ready: Ready) -> set[str]:
    askable = [
        push
        for claim, push in ready
        if claim.doubtful and (topic := partner.topic(claim.topic)) and topic.effect is EffectClass.ASKABLE
    ]
    connector = partner.connector
    if not askable or not isinstance(connector, Asks):
        return set()
    return {key for key, there in connector.ask(askable).items() if there}


def _all(ready: Ready, known: Sequence[Outcome], error: PartnerError) -> list[Outcome]:
    """The same outcome for every push the error left open."""
    settled = {outcome.key for outcome in known}
    later = error if isinstance(error, RetryLater) else None
    state = "unknown" if later and later.happened else error.code if error.code in {"refused", "gone"} else "retry"
    return [
        Outcome(push.key, state, error.what, later and later.after)  # type: ignore[arg-type]
        for _, push in ready
        if push.key not in settled
    ]
