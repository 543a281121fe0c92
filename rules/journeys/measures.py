"""What a guardrail may watch: measures that a journey or one of its splits must not make worse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Measure:
    """kind: share (of people to whom it happened; a bound of 0.01 is one in a hundred), mean (so much a head) or ratio (points
    over all answers). events: the kinds that are counted; () where rows of another kind say it. more_is_worse: else less is."""

    name: str
    kind: Literal["share", "mean", "ratio"]
    meaning: str
    events: tuple[str, ...] = ()
    more_is_worse: bool = True


@dataclass(frozen=True)
class Guardrail:
    """A measure that must not get worse by more than `bound`, in its own unit (MEASURES). stop: an arm of a split
    that is proved to break it is dealt to nobody any more."""

    measure: str
    bound: float
    stop: bool = False


_ALL = (
    Measure("opt_outs", "share", "people who took a consent back, whatever for"),
    Measure("complaints", "share", "people who complained to the garage", ("complaint",)),
    Measure("spam_reports", "share", "people who called a mail spam", ("mail_complained",)),
    Measure(
        "bounces", "share", "people whom a mail or a text of ours did not reach", ("mail_bounced", "text_failed")
    ),
    Measure("no_shows", "share", "people who did not come to an appointment", ("no_show",)),
    Measure("refunds", "share", "people who were given a credit note"),
    Measure(
        "nps", "ratio", "net promoter score, -100 to 100: nines and tens less zeros to sixes, of all answers", ("survey",),
        False,
    ),
    Measure("workshop_hours", "mean", "hours of bays that were booked, a head"),
)  # fmt: skip
MEASURES: Mapping[str, Measure] = {one.name: one for one in _ALL}
MOST_BOUND = {"share": 1.0, "ratio": 200.0, "mean": 1000.0}  # no difference can be larger; of hours, none makes sense
