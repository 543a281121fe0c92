"""What was compared, in the shape it is shown: amounts as they are, measures that must not get worse, the arms of a split."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.journeys.measures import MEASURES


@dataclass(frozen=True)
class Raw:
    """cap: above which an amount counts as it, in what is tested; None where several campaigns have their own."""

    margin: int
    low: int
    high: int
    cap: int | None = None


@dataclass(frozen=True)
class Rail:
    """A measure that must not get worse. state: red (proved to be, by more than the bound), green (proved not to be), open or
    hidden (the arms have wrong sizes). worst: how much worse it is at the most, 0 or more; None: nobody can tell yet. kind: share,
    mean or ratio. stopped: so nobody is dealt that arm any more."""

    measure: str
    kind: str
    arm: str
    state: str
    bound: float
    control: float | None
    treated: float | None
    worst: float | None
    stopped: bool


def rails_of(told: Mapping[str, Any]) -> tuple[Rail, ...]:
    """Of a campaign or a split; a count from before there were guardrails has none."""
    found = []
    for one in told.get("guardrails", ()):
        low, high = one["interval"] or (None, None)
        edge = high if one["more_is_worse"] else None if low is None else -low
        found.append(Rail(one["measure"], MEASURES[one["measure"]].kind, one["arm"], one["state"], one["bound"], one["control"],
                          one["treated"], None if edge is None else max(0.0, edge), one["stop"] and one["state"] == "red"))  # fmt: skip
    return tuple(found)


@dataclass(frozen=True)
class Arm:
    """One arm of a split. margin: minor units that one of its people brings more than one of the control's, with its
    interval; None: nobody can tell, or it is the control. p: adjusted for the number of arms. wins: chance to be better. raw:
    the same difference without a cap. units: fleets, cars or branches, where those were drawn."""

    name: str
    heads: int
    control: bool
    margin: float | None = None
    low: float = 0.0
    high: float = 0.0
    p: float = 1.0
    wins: float | None = None
    raw: float | None = None
    units: int = 0


@dataclass(frozen=True)
class SplitShown:
    """A split as it is shown. currency: "" while nobody has paid. broken: the arms have wrong sizes, which hides the rest. cluster:
    what was drawn as one; few: so few of them that intervals are rather too narrow; least: how many of each arm it takes, where
    there are fewer, and then nothing is told; 0: enough."""

    currency: str
    arms: tuple[Arm, ...]
    broken: bool
    cluster: str = ""
    few: bool = False
    least: int = 0
    rails: tuple[Rail, ...] = ()


def arms_of(told: Mapping[str, Any]) -> SplitShown:
    judged: Mapping[str, Any] = told["judged"]
    currency = max(judged, key=lambda code: len(judged[code].get("verdicts", ())), default="")
    mine = judged.get(currency, {})
    verdicts = {one["arm"]: one for one in mine.get("verdicts", ())}
    arms = []
    for name, heads in told["arms"].items():
        one, is_control = verdicts.get(name), name == told["control"]
        units = mine["sizes"].get(name, 0) if mine.get("cluster") else heads
        if one is None:
            arms.append(Arm(name, heads, is_control, units=units))
        else:
            (low, high), raw = one["interval"], mine.get("raw", {}).get(name, {}).get("difference")
            arms.append(
                Arm(name, heads, is_control, one["difference"], low, high, one["p_adjusted"], one["wins"], raw, units)
            )
    is_broken = any(one["balance"]["broken"] for one in judged.values())
    return SplitShown(currency, tuple(arms), is_broken, mine.get("cluster", ""), mine.get("few", False),
                      mine.get("least", 0) if mine.get("too_few") else 0, rails_of(told))  # fmt: skip
