"""Is a test worth starting? How many it needs, how many weeks that is here, and a no where it would never tell."""

import math
from dataclasses import dataclass

from scipy.special import ndtri

from hub.sdk import WrongInput

LONGEST_WEEKS = 26


@dataclass(frozen=True)
class Plan:
    """units: of all arms together. weeks: at the rate at which units come in here. finds: the effect it can find."""

    units: int
    weeks: int
    finds: float


def units_for_means(finds: float, variance: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Units of two equal arms together that find a difference of means of `finds` with chance `power`.

    variance: of one unit. Normal, and what Student's t asks for beyond it (Guenther 1981)."""
    plain = _scale(alpha, power) * 2 * variance / finds**2
    return 2 * math.ceil(plain + float(ndtri(1 - alpha / 2)) ** 2 / 4)


def units_for_shares(share: float, finds: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """The same for shares of yes: `share` in the control, `finds` more in the treated (Fleiss 1981, without correction)."""
    more, middle = share + finds, share + finds / 2
    by_chance = float(ndtri(1 - alpha / 2)) * math.sqrt(2 * middle * (1 - middle))
    by_power = float(ndtri(power)) * math.sqrt(share * (1 - share) + more * (1 - more))
    return 2 * math.ceil((by_chance + by_power) ** 2 / finds**2)


def finds_with(units: float, variance: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest difference of means that this many units of two equal arms find."""
    return math.sqrt(_scale(alpha, power) * 4 * variance / units)


def plan(finds: float, variance: float, weekly: float, alpha: float = 0.05, power: float = 0.8) -> Plan:
    """variance: of one unit, from the garage's own past. weekly: units that enter a week. Raises WrongInput for a test
    that would take more than half a year."""
    if finds <= 0 or weekly <= 0:
        raise WrongInput("A test needs an effect to look for, and somebody who enters.", "Give both above 0.")
    units = units_for_means(finds, variance, alpha, power)
    weeks = math.ceil(units / weekly)
    if weeks > LONGEST_WEEKS:
        best = finds_with(weekly * LONGEST_WEEKS, variance, alpha, power)
        raise WrongInput(
            f"This test would take {weeks} weeks; more than {LONGEST_WEEKS} are not worth starting.",
            f"In {LONGEST_WEEKS} weeks an effect of {best:.4g} can be found: look for that, or let more people in.",
        )
    return Plan(units, weeks, finds)


def _scale(alpha: float, power: float) -> float:
    return float(ndtri(1 - alpha / 2) + ndtri(power)) ** 2
