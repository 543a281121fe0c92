"""What came of the people of a campaign, summed up by arm, as it stood at the end of a day; pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil

from hub.flow.arms import Arm, Cluster
from hub.flow.ledger import Dealt, Earned
from hub.flow.watched import Watched
from hub.sdk import Trial
from rules.journeys.measures import MEASURES

BEFORE_DAYS = 365  # what a customer brought before explains most of what they bring after
HORIZON = 180  # days within which somebody may be seen to come back
CONTROL, TREATED = "held", "treated"


@dataclass
class Tally:
    """One campaign at one branch, or several of them added up. meant: arm -> heads it was meant to get."""

    arms: dict[str, Arm] = field(default_factory=lambda: defaultdict(Arm))
    meant: dict[str, float] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        for name, arm in other.arms.items():
            self.arms[name].add(arm)
        self.mean(other.meant)

    def mean(self, shares: Mapping[str, float]) -> None:
        for name, share in shares.items():
            self.meant[name] = self.meant.get(name, 0.0) + share

    def heads(self, arm: str) -> int:
        return self.arms[arm].heads if arm in self.arms else 0

    @property
    def currencies(self) -> list[str]:
        return sorted({currency for arm in self.arms.values() for currency in arm.money})

    def money(self, currency: str) -> int:
        """What all arms together brought after they were dealt, minor units."""
        return sum(arm.money.get(currency, [0])[0] for arm in self.arms.values())

    def cap(self, currency: str, quantile: float) -> int:
        """The smallest amount that so large a share of those who brought anything does not exceed, all arms together (the
        nearest rank), minor units. Those who brought nothing do not count: where most do, it would be nothing for all."""
        found = sorted(
            one for arm in self.arms.values() if currency in arm.amounts for one in arm.amounts[currency].after
        )
        return found[max(0, ceil(quantile * len(found)) - 1)] if found else 0

    def trial(self, currency: str, control: str = CONTROL, cap: int | None = None, unit: str = "") -> Trial:
        """Intention to treat: all who were dealt an arm count, whether or not a message reached them. cap: amounts above count as
        it. unit: what was drawn as one, where that is not the customer."""
        arms = tuple(
            self.arms.get(name, Arm()).statistics(name, share, currency, cap) for name, share in self._shares()
        )
        return Trial(control, arms, self._ratios({"margin"}), frozenset({"margin"}), self._cluster(unit))

    def watched(self, measures: Collection[str], control: str = CONTROL, unit: str = "") -> Trial:
        """The same of measures that must not get worse."""
        ratios = self._ratios(measures) or frozenset(one for one in measures if MEASURES[one].kind == "ratio")
        arms = tuple(
            self.arms.get(name, Arm()).watched(name, share, measures, ratios) for name, share in self._shares()
        )
        return Trial(control, arms, ratios, cluster=self._cluster(unit))

    def _shares(self) -> list[tuple[str, float]]:
        """What each arm was meant to get, of the units that were dealt."""
        meant: dict[str, float] = defaultdict(float)
        for arm in self.arms.values():
            for cluster in arm.clusters.values():
                for name, share in cluster.meant.items():
                    meant[name] += share
        return sorted((meant or self.meant or {name: float(arm.heads) for name, arm in self.arms.items()}).items())

    def _ratios(self, metrics: Collection[str]) -> frozenset[str]:
        return frozenset(metrics if self._is_clustered else ())

    def _cluster(self, unit: str) -> str:
        return unit if self._is_clustered else ""

    @property
    def _is_clustered(self) -> bool:
        return any(arm.clusters for arm in self.arms.values())


@dataclass(frozen=True)
class Split:
    """A journey's experiment. unit: what is drawn as one. control: the arm that others are compared with. floor: of one whose shares
    follow success."""

    journey: str
    unit: str
    control: str
    floor: float | None = None


Key = tuple[str, str | None]  # campaign, home branch
Meant = Callable[[Dealt], Mapping[str, float]]


@dataclass(frozen=True)
class Asked:
    """clustered: campaigns whose units may be several people. measures: campaign -> those that its guardrails watch. seen:
    measure -> customer -> what happened, day by day."""

    clustered: Collection[str] = ()
    measures: Mapping[str, Collection[str]] = field(default_factory=dict)
    seen: Mapping[str, Mapping[int, Sequence[Watched]]] = field(default_factory=dict)


NOTHING = Asked()


def tally(
    found: dict[Key, Tally], met: Iterable[Dealt], earned: Mapping[int, Sequence[Earned]],
    homes: Mapping[int, str | None], meant: Meant, until: date, effect_days: int, asked: Asked = NOTHING,
) -> None:  # fmt: skip
    """Adds a slice of people, as it stood at the end of `until`. earned: each customer's, day by day. meant: what each arm
    was to get when they were dealt."""
    for one in met:
        unit = one.unit if one.campaign in asked.clustered else ""
        mine, day = _of(unit, earned.get(one.customer_id, ())), one.at.date()
        whole = found.setdefault((one.campaign, homes.get(one.customer_id)), Tally())
        shares = meant(one)
        whole.mean(shares)
        arm = whole.arms[one.arm]
        arm.heads += 1
        arm.doors[one.entry] += 1
        if unit:
            arm.clusters.setdefault(unit, Cluster(one.entry, shares)).heads += 1
        last = min(day + timedelta(days=effect_days), until + timedelta(days=1), one.ends or date.max)
        first = day - timedelta(days=BEFORE_DAYS)
        for currency in {sale.currency for sale in mine if sale.day <= until}:
            after = sum(s.margin_minor for s in mine if s.currency == currency and day <= s.day < last)
            before = sum(s.margin_minor for s in mine if s.currency == currency and first <= s.day < day)
            arm.put(currency, after, before, unit)
        for name in asked.measures.get(one.campaign, ()):
            some = [w for w in asked.seen.get(name, {}).get(one.customer_id, ()) if day <= w.day < last]
            arm.see(name, *_measured(name, some), unit)
        watched = min((until - day).days, HORIZON, ((one.ends or date.max) - day).days)
        came = next(((s.day - day).days for s in mine if s.day >= day), None)
        if came is not None and came <= watched:
            arm.came[came] += 1
        else:
            arm.left[watched] += 1


def _of(unit: str, earned: Sequence[Earned]) -> Sequence[Earned]:
    """A car that was drawn by itself is judged by what it brings, whatever other cars of its owner do."""
    kind, _, number = unit.partition(":")
    return [one for one in earned if one.vehicle_id == int(number)] if kind == "vehicle" else earned


def _measured(name: str, some: Sequence[Watched]) -> tuple[float, float]:
    """(value, base) of one head: it happened or not, so much, or points and answers."""
    value = sum(one.value for one in some)
    match MEASURES[name].kind:
        case "share":
            return float(value > 0), 1.0
        case "mean":
            return value, 1.0
        case "ratio":
            return value, float(len(some))
