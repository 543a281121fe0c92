"""One arm of a campaign, summed up: heads, money, measures, days until they came back; by person, or by what was dealt as one; pure."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any

from hub.sdk import ArmStatistics, Waits

Metrics = dict[str, tuple[Sequence[float], Sequence[Sequence[float]]]]


@dataclass
class Amounts:
    """What each head with an amount above 0 brought after and before, minor units; units: what they were dealt with, of
    clusters only. Sums do not tell how large the largest are."""

    after: "array[int]" = field(default_factory=lambda: array("q"))
    before: "array[int]" = field(default_factory=lambda: array("q"))
    units: list[str] = field(default_factory=list)

    def add(self, other: "Amounts") -> None:
        self.after.extend(other.after)
        self.before.extend(other.before)
        self.units.extend(other.units)


@dataclass
class Cluster:
    """Those that were dealt an arm as one: a fleet, a car, a branch. door, meant: of the first of them. money: currency ->
    after, before. measured: measure -> value, base."""

    door: str
    meant: Mapping[str, float]
    heads: int = 0
    money: dict[str, list[int]] = field(default_factory=dict)
    measured: dict[str, list[float]] = field(default_factory=dict)

    def add(self, other: "Cluster") -> None:
        self.heads += other.heads
        for currency, sums in other.money.items():
            _onto(self.money.setdefault(currency, [0, 0]), sums)
        for name, parts in other.measured.items():
            _onto(self.measured.setdefault(name, [0.0, 0.0]), parts)


@dataclass
class Arm:
    """money: currency -> sums of after, before, after², after × before, before², over all heads. came, left: days after they
    were dealt -> how many came then, or could not be watched any longer. measured: measure -> sums of value, base, value²,
    value × base, base². clusters: unit -> those that were dealt with it; {} where everybody is dealt by themselves."""

    heads: int = 0
    doors: Counter[str] = field(default_factory=Counter)
    money: dict[str, list[int]] = field(default_factory=dict)
    came: Counter[int] = field(default_factory=Counter)
    left: Counter[int] = field(default_factory=Counter)
    amounts: dict[str, Amounts] = field(default_factory=lambda: defaultdict(Amounts))
    measured: dict[str, list[float]] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)

    def add(self, other: "Arm") -> None:
        self.heads += other.heads
        self.doors += other.doors
        self.came += other.came
        self.left += other.left
        for currency, sums in other.money.items():
            _onto(self.money.setdefault(currency, [0] * 5), sums)
        for currency, some in other.amounts.items():
            self.amounts[currency].add(some)
        for name, parts in other.measured.items():
            _onto(self.measured.setdefault(name, [0.0] * 5), parts)
        for unit, cluster in other.clusters.items():
            self.clusters.setdefault(unit, Cluster(cluster.door, cluster.meant)).add(cluster)

    def put(self, currency: str, after: int, before: int, unit: str) -> None:
        """unit: "" where they were dealt by themselves."""
        _onto(self.money.setdefault(currency, [0] * 5), (after, before, after**2, after * before, before**2))
        if after > 0:
            some = self.amounts[currency]
            some.after.append(after)
            some.before.append(before)
            some.units.extend([unit] if unit else [])
        if unit:
            _onto(self.clusters[unit].money.setdefault(currency, [0, 0]), (after, before))

    def see(self, measure: str, value: float, base: float, unit: str) -> None:
        parts = (value, base, value**2, value * base, base**2)
        _onto(self.measured.setdefault(measure, [0.0] * 5), parts)
        if unit:
            _onto(self.clusters[unit].measured.setdefault(measure, [0.0, 0.0]), (value, base))

    def statistics(self, name: str, share: float, currency: str, cap: int | None = None) -> ArmStatistics:
        """cap: amounts above count as it; None: as they are."""
        if self.clusters:
            return self._of_clusters(name, share, {"margin": self._clustered(currency, cap)})
        y, x, yy, yx, xx = self.money.get(currency, [0] * 5)
        if cap is not None and currency in self.amounts:
            some = self.amounts[currency]
            for after, before in zip(some.after, some.before, strict=True):
                if after > cap:
                    y, yy, yx = y - (after - cap), yy - (after**2 - cap**2), yx - (after - cap) * before
        return ArmStatistics(name, share, self.heads, dict(self.doors), {"margin": ([y, x], [[yy, yx], [yx, xx]])})

    def watched(self, name: str, share: float, measures: Collection[str], ratios: Collection[str]) -> ArmStatistics:
        """The measures of guardrails. ratios: those that are told over their base; of clusters all are."""
        if self.clusters:
            rows = {
                measure: [tuple(one.measured.get(measure, (0.0, 0.0))) for one in self.clusters.values()]
                for measure in measures
            }
            return self._of_clusters(name, share, rows)
        metrics: Metrics = {}
        for measure in measures:
            v, b, vv, vb, bb = self.measured.get(measure, [0.0] * 5)
            metrics[measure] = ([v, b], [[vv, vb], [vb, bb]]) if measure in ratios else ([v], [[vv]])
        return ArmStatistics(name, share, self.heads, dict(self.doors), metrics)

    def _clustered(self, currency: str, cap: int | None) -> list[tuple[float, ...]]:
        """after, heads, before, heads of each cluster: what it brings a head is a ratio of sums over clusters."""
        over: Counter[str] = Counter()
        if cap is not None and currency in self.amounts:
            some = self.amounts[currency]
            for unit, after in zip(some.units, some.after, strict=True):
                over[unit] += max(0, after - cap)
        rows: list[tuple[float, ...]] = []
        for unit, one in self.clusters.items():
            after, before = one.money.get(currency, (0, 0))
            rows.append((after - over[unit], one.heads, before, one.heads))
        return rows

    def _of_clusters(self, name: str, share: float, rows: Mapping[str, Sequence[Sequence[float]]]) -> ArmStatistics:
        doors = Counter(one.door for one in self.clusters.values())
        return ArmStatistics(
            name, share, len(self.clusters), dict(doors), {key: _moments(some) for key, some in rows.items()}
        )

    @property
    def waits(self) -> Waits:
        return Waits(dict(self.came), dict(self.left))


def _moments(rows: Sequence[Sequence[float]]) -> tuple[Sequence[float], Sequence[Sequence[float]]]:
    columns = list(zip(*rows, strict=True))
    return [sum(one) for one in columns], [[sum(map(mul, a, b)) for b in columns] for a in columns]


def _onto(sums: list[Any], more: Sequence[float]) -> None:
    """Whole minor units stay whole."""
    for place, term in zip(range(len(sums)), more, strict=True):
        sums[place] += term
