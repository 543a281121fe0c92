"""What a service usually brings: price and margin of the visits at which it was the only work, per currency."""

from dataclasses import dataclass

import numpy as np

from hub.past.streams import Numbers, Past, Stream


@dataclass(frozen=True)
class Worth:
    """Minor units of `currency`; None where nobody told."""

    price_minor: int | None = None
    margin_minor: int | None = None
    currency: str | None = None


class Purse:
    """worth(customer, service): in the currency of the customer's last visit.

    A visit's total is the sum of what its services bring, parts and all: least squares over all visits of a currency."""

    def __init__(self, past: Past) -> None:
        visits, works = past["visits"], past["works"]
        self.currencies = visits.words["currency"]
        self.paid_in = dict(zip(visits["customer_id"].tolist(), visits["currency"].tolist(), strict=True))
        self.usual: dict[tuple[str, str], Worth] = {}
        for code in np.unique(works["currency"]).tolist():
            self._learn(works.where(works["currency"] == code), works.words["currency"][code])

    def worth(self, customer_id: int, service: str) -> Worth:
        code = self.paid_in.get(customer_id)
        currency = self.currencies[code] if code is not None else ""
        return self.usual.get((service, currency), Worth(currency=currency or None))

    def _learn(self, works: Stream, currency: str) -> None:
        labour = works.codes("kind", ["labour"])
        ids, place = np.unique(works["visit_id"], return_inverse=True)
        services, which = np.unique(works["service"][labour], return_inverse=True)
        done = np.zeros((len(ids), len(services)))
        done[place[labour], which] = 1
        price, margin = (_parts(done, np.bincount(place, works[name], len(ids))) for name in ("price", "margin"))
        for at, code in enumerate(services.tolist()):
            self.usual[works.words["service"][code], currency] = Worth(_whole(price[at]), _whole(margin[at]), currency)


def _parts(done: Numbers, totals: Numbers) -> Numbers:
    """NaN where no total is known."""
    known = ~np.isnan(totals)
    if not known.any():
        return np.full(done.shape[1], np.nan)
    return np.asarray(np.linalg.lstsq(done[known], totals[known], rcond=None)[0])


def _whole(amount: float) -> int | None:
    return None if np.isnan(amount) else max(0, round(float(amount)))
