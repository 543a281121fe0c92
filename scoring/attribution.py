"""The analysis “attribution”: every invoice shared out by each rule; credits and what no campaign touched are the ledger."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from hub.sdk import Sale
from scoring import credits as rules


class AttributionAnalysis:
    name: ClassVar[str] = "attribution"

    def share(self, sales: Sequence[Sale], silent: Mapping[tuple[str, ...], int]) -> Mapping[str, Any]:
        """sales: every invoice, refunds as negative ones. silent: paths of those who did not buy -> how many.

        currency -> {invoiced, unattributed, models: {name: {campaign: minor units}}}; in each model the credits and
        `unattributed` add up to `invoiced`."""
        by_currency: dict[str, list[Sale]] = defaultdict(list)
        for sale in sales:
            by_currency[sale.currency].append(sale)
        return {currency: _of(some, silent) for currency, some in sorted(by_currency.items())}


def _of(sales: Sequence[Sale], silent: Mapping[tuple[str, ...], int]) -> dict[str, Any]:
    touched = [sale for sale in sales if sale.touches]
    return {
        "invoiced": sum(sale.amount_minor for sale in sales),
        "unattributed": sum(sale.amount_minor for sale in sales if not sale.touches),
        "models": {name: _credits(touched, rule) for name, rule in _models(touched, silent).items()},
    }


def _models(sales: Sequence[Sale], silent: Mapping[tuple[str, ...], int]) -> dict[str, rules.Rule]:
    bought = Counter(tuple(touch.campaign for touch in sale.touches) for sale in sales)
    paths = {path: (bought[path], silent.get(path, 0)) for path in {*bought, *silent} if path}
    worth: dict[frozenset[str], float] = defaultdict(float)
    for sale in sales:
        worth[frozenset(touch.campaign for touch in sale.touches)] += sale.amount_minor
    return {
        "first": rules.first,
        "last": rules.last,
        "linear": rules.linear,
        "40-20-40": rules.position,
        "time decay": rules.decay,
        "markov": rules.markov(rules.removal_effects(paths)),
        "shapley": rules.shapley(worth),
    }


def _credits(sales: Sequence[Sale], rule: rules.Rule) -> dict[str, int]:
    total: Counter[str] = Counter()
    for sale in sales:
        total.update(rules.shared_out(sale.amount_minor, rule(sale)))
    return dict(sorted(total.items()))
