"""Who gets the credit for an invoice: seven rules of sharing, and whole minor units that add up to it, always."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise

from hub.sdk import Sale

Shares = Mapping[str, float]
Rule = Callable[[Sale], Shares]

HALF_LIFE_DAYS = 7.0
SHAPLEY_MOST = 12  # campaigns; beyond them a coalition is not looked at, and the share is linear


def first(sale: Sale) -> Shares:
    return {sale.touches[0].campaign: 1.0}


def last(sale: Sale) -> Shares:
    return {sale.touches[-1].campaign: 1.0}


def linear(sale: Sale) -> Shares:
    return _summed((touch.campaign, 1.0) for touch in sale.touches)


def position(sale: Sale) -> Shares:
    """40 % to the first touch, 40 % to the last, 20 % between those in the middle; half each where there are two."""
    many = len(sale.touches)
    if many <= 2:
        return linear(sale)
    middle = [(touch.campaign, 0.2 / (many - 2)) for touch in sale.touches[1:-1]]
    return _summed([(sale.touches[0].campaign, 0.4), *middle, (sale.touches[-1].campaign, 0.4)])


def decay(sale: Sale) -> Shares:
    """A touch counts half as much for each week before the sale."""
    ages = ((touch.campaign, (sale.at - touch.at).total_seconds() / 86_400) for touch in sale.touches)
    return _summed((campaign, 0.5 ** (age / HALF_LIFE_DAYS)) for campaign, age in ages)


def markov(removal: Shares) -> Rule:
    """By how much fewer would have bought had the campaign not been: removal effects of a first-order chain."""
    return lambda sale: {touch.campaign: removal.get(touch.campaign, 0.0) for touch in sale.touches}


def removal_effects(paths: Mapping[tuple[str, ...], tuple[int, int]]) -> Shares:
    """paths: campaigns in order -> (how many bought, how many did not). Anderl et al. 2016, first order."""
    whole = _buying(paths, None)
    campaigns = {campaign for path in paths for campaign in path}
    return {one: 1 - _buying(paths, one) / whole if whole else 0.0 for one in sorted(campaigns)}


def _buying(paths: Mapping[tuple[str, ...], tuple[int, int]], without: str | None) -> float:
    """The chance to get from the start to a sale, when whoever comes to `without` is lost."""
    onward: dict[str, Counter[str]] = defaultdict(Counter)
    for path, (bought, left) in paths.items():
        steps = ["start", *(f"at {one}" for one in path)]
        for here, there in pairwise(steps):
            onward[here][there] += bought + left
        onward[steps[-1]]["sale"] += bought
        onward[steps[-1]]["lost"] += left
    chance = dict.fromkeys(onward, 0.0) | {"sale": 1.0, "lost": 0.0}
    for _ in range(1000):
        before = dict(chance)
        for here, ways in onward.items():
            total = sum(ways.values())
            value = sum(count * chance.get(there, 0.0) for there, count in ways.items()) / total if total else 0.0
            chance[here] = 0.0 if here == f"at {without}" else value
        if max(abs(chance[one] - before[one]) for one in chance) < 1e-12:
            break
    return chance.get("start", 0.0)


def shapley(worth: Mapping[frozenset[str], float]) -> Rule:
    """worth: what the people brought whom exactly these campaigns touched. A sale is shared by the mean of what each
    campaign adds to every group of the others it came with (Shapley 1953)."""
    return partial(_shapley, worth=worth)


def _shapley(sale: Sale, worth: Mapping[frozenset[str], float]) -> Shares:
    campaigns = sorted({touch.campaign for touch in sale.touches})
    if len(campaigns) > SHAPLEY_MOST:
        return linear(sale)
    value = {
        group: sum(money for touched, money in worth.items() if touched <= group)
        for size in range(len(campaigns) + 1)
        for group in map(frozenset, combinations(campaigns, size))
    }
    return {one: max(0.0, _added(one, campaigns, value)) for one in campaigns}


def _added(one: str, campaigns: Sequence[str], value: Mapping[frozenset[str], float]) -> float:
    many = len(campaigns)
    total = 0.0
    for group, money in value.items():
        if one not in group:
            weight = math.factorial(len(group)) * math.factorial(many - len(group) - 1) / math.factorial(many)
            total += weight * (value[group | {one}] - money)
    return total


def _summed(parts: Iterable[tuple[str, float]]) -> Shares:
    found: dict[str, float] = defaultdict(float)
    for campaign, part in parts:
        found[campaign] += part
    return found


def shared_out(amount_minor: int, shares: Shares) -> dict[str, int]:
    """Whole minor units by largest remainder: they add up to the amount, also of a refund. Where nobody has a share, all
    have the same."""
    names = sorted(shares)
    total = math.fsum(shares.values())
    parts = {name: shares[name] / total if total > 0 else 1 / len(names) for name in names}
    sign, whole = (-1, -amount_minor) if amount_minor < 0 else (1, amount_minor)
    told = {name: math.floor(whole * part) for name, part in parts.items()}
    by_rest = sorted(names, key=lambda name: (told[name] - whole * parts[name], name))
    missing = whole - sum(told.values())
    for index in range(abs(missing)):
        told[by_rest[index % len(names)]] += 1 if missing > 0 else -1
    return {name: sign * money for name, money in told.items()}
