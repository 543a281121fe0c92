"""What came of the people of a campaign, summed up by arm: heads, money after and before, days until they came back; pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from hub.flow.ledger import Dealt, Earned
from hub.sdk import ArmStatistics, Trial, Waits

BEFORE_DAYS = 365  # what a customer brought before explains most of what they bring after
HORIZON = 180  # days within which somebody may be seen to come back
CONTROL, TREATED = "held", "treated"


@dataclass
class Arm:
    """money: currency -> sums of after, before, after², after × before, before², over all heads. came, left: days after they
    were dealt -> how many came then, or could not be watched any longer."""

    heads: int = 0
    doors: Counter[str] = field(default_factory=Counter)
    money: dict[str, list[int]] = field(default_factory=dict)
    came: Counter[int] = field(default_factory=Counter)
    left: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Arm") -> None:
        self.heads += other.heads
        self.doors += other.doors
        self.came += other.came
        self.left += other.left
        for currency, sums in other.money.items():
            self.money[currency] = [a + b for a, b in zip(self.money.get(currency, [0] * 5), sums, strict=True)]

    def statistics(self, name: str, share: float, currency: str) -> ArmStatistics:
        y, x, yy, yx, xx = self.money.get(currency, [0] * 5)
        return ArmStatistics(name, share, self.heads, dict(self.doors), {"margin": ([y, x], [[yy, yx], [yx, xx]])})

    @property
    def waits(self) -> Waits:
        return Waits(dict(self.came), dict(self.left))


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

    def trial(self, currency: str, control: str = CONTROL) -> Trial:
        """Intention to treat: all who were dealt an arm count, whether or not a message reached them."""
        shares = self.meant or {name: float(arm.heads) for name, arm in self.arms.items()}
        arms = tuple(
            self.arms.get(name, Arm()).statistics(name, share, currency) for name, share in sorted(shares.items())
        )
        return Trial(control, arms, adjusted=frozenset({"margin"}))


Key = tuple[str, str | None]  # campaign, home branch
Meant = Callable[[Dealt], Mapping[str, float]]


def tally(
    found: dict[Key, Tally], met: Iterable[Dealt], earned: Mapping[int, Sequence[Earned]],
    homes: Mapping[int, str | None], meant: Meant, until: date, effect_days: int,
) -> None:  # fmt: skip
    """Adds a slice of people, as it stood at the end of `until`. earned: each customer's, day by day. meant: what each arm
    was to get when they were dealt."""
    for one in met:
        mine, day = earned.get(one.customer_id, ()), one.at.date()
        whole = found.setdefault((one.campaign, homes.get(one.customer_id)), Tally())
        whole.mean(meant(one))
        arm = whole.arms[one.arm]
        arm.heads += 1
        arm.doors[one.entry] += 1
        last = min(day + timedelta(days=effect_days), until + timedelta(days=1), one.ends or date.max)
        first = day - timedelta(days=BEFORE_DAYS)
        for currency in {sale.currency for sale in mine if sale.day <= until}:
            after = sum(s.margin_minor for s in mine if s.currency == currency and day <= s.day < last)
            before = sum(s.margin_minor for s in mine if s.currency == currency and first <= s.day < day)
            sums = arm.money.setdefault(currency, [0] * 5)
            for place, term in enumerate((after, before, after**2, after * before, before**2)):
                sums[place] += term
        watched = min((until - day).days, HORIZON, ((one.ends or date.max) - day).days)
        came = next(((s.day - day).days for s in mine if s.day >= day), None)
        if came is not None and came <= watched:
            arm.came[came] += 1
        else:
            arm.left[watched] += 1
