"""BG/NBD and Pareto/NBD by maximum likelihood: who still buys, and how often, from frequency and recency alone."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1, log1p

Numbers = NDArray[Any]

LARGEST = 1e4  # a parameter beyond is one that ran away
WITHIN = 0.35  # the past's own total of purchases must be met as nearly as this


@dataclass(frozen=True)
class Seen:
    """Per customer: repeat purchases (days, not receipts), time of the last one, and time watched; both since the first."""

    frequency: Numbers
    recency: Numbers
    watched: Numbers


class BgNbd:
    """Fader, Hardie & Lee (2005), “Counting your customers” the easy way: drops out only after a purchase."""

    names = ("r", "alpha", "a", "b")

    def fit(self, seen: Seen) -> Self:
        start = np.log([1.0, float(np.median(seen.watched)) / 2, 1.0, 2.0])
        self.parameters_, self.likelihood_ = _most_likely(lambda p: self._likelihood(p, seen), start)
        return self

    @staticmethod
    def _likelihood(parameters: Numbers, seen: Seen) -> float:
        r, alpha, a, b = parameters
        x, last, watched = seen.frequency, seen.recency, seen.watched
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + watched)
        some = np.maximum(x, 1)
        gone = betaln(a + 1, b + some - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
        return float((common + np.where(x > 0, np.logaddexp(alive, gone), alive)).sum())

    def alive(self, seen: Seen) -> Numbers:
        """Probability that the customer still buys."""
        r, alpha, a, b = self.parameters_
        x = seen.frequency
        odds = np.log(a / (b + np.maximum(x, 1) - 1)) + (r + x) * np.log(
            (alpha + seen.watched) / (alpha + seen.recency)
        )
        return np.asarray(np.where(x > 0, expit(-odds), 1.0))

    def silent(self, seen: Seen, horizon: float) -> Numbers:
        """Probability of no purchase within `horizon` from now: dead, or alive and not yet back."""
        r, alpha, _, _ = self.parameters_
        return np.asarray(1 - self.alive(seen) * (1 - _none(r + seen.frequency, alpha + seen.watched, horizon)))

    def expected(self, seen: Seen, horizon: float | Numbers) -> Numbers:
        """Purchases within `horizon` from now, equation (10) of the paper."""
        r, alpha, a, b = self.parameters_
        x, at = seen.frequency, alpha + seen.watched
        z = horizon / (at + horizon)
        series = hyp2f1(r + x, b + x, a + b + x - 1, z)
        return np.asarray(
            (a + b + x - 1) / (a - 1) * (1 - (at / (at + horizon)) ** (r + x) * series) * self.alive(seen)
        )


class ParetoNbd:
    """Schmittlein, Morrison & Colombo (1987): may drop out at any time; likelihood as in Fader & Hardie's note of 2005."""

    names = ("r", "alpha", "s", "beta")

    def fit(self, seen: Seen) -> Self:
        span = float(np.median(seen.watched))
        start = np.log([0.8, span / 3, 0.8, span / 3])
        self.parameters_, self.likelihood_ = _most_likely(lambda p: self._likelihood(p, seen), start)
        return self

    @classmethod
    def _likelihood(cls, parameters: Numbers, seen: Seen) -> float:
        r, alpha, _, _ = parameters
        x = seen.frequency
        alive, gone = cls._two_ways(parameters, seen)
        return float((gammaln(r + x) - gammaln(r) + r * np.log(alpha) + np.logaddexp(alive, gone)).sum())

    @staticmethod
    def _two_ways(parameters: Numbers, seen: Seen) -> tuple[Numbers, Numbers]:
        """log likelihood of being alive, and of having gone since the last purchase (what both share left out)."""
        r, alpha, s, beta = parameters
        x, last, watched = seen.frequency, seen.recency, seen.watched
        order = r + s + x
        most, second = max(alpha, beta), s + 1 if alpha >= beta else r + x
        apart = abs(alpha - beta)
        with np.errstate(
            divide="ignore", over="ignore", invalid="ignore"
        ):  # far out, dropping out is as good as impossible
            early = hyp2f1(order, second, order + 1, apart / (most + last)) / (most + last) ** order
            late = hyp2f1(order, second, order + 1, apart / (most + watched)) / (most + watched) ** order
            gone = np.log(s / order) + s * np.log(beta) + np.log(np.maximum(early - late, 0))
        alive = -(r + x) * np.log(alpha + watched) - s * log1p(watched / beta)
        return alive, gone

    def alive(self, seen: Seen) -> Numbers:
        alive, gone = self._two_ways(self.parameters_, seen)
        return np.asarray(expit(alive - gone))

    def silent(self, seen: Seen, horizon: float) -> Numbers:
        """Exact: what the past would be like if it were watched for `horizon` longer without a purchase."""
        longer = Seen(seen.frequency, seen.recency, seen.watched + horizon)
        return np.asarray(
            np.exp(
                np.logaddexp(*self._two_ways(self.parameters_, longer))
                - np.logaddexp(*self._two_ways(self.parameters_, seen))
            )
        )

    def expected(self, seen: Seen, horizon: float | Numbers) -> Numbers:
        r, alpha, s, beta = self.parameters_
        now = beta + seen.watched
        rate = (r + seen.frequency) / (alpha + seen.watched)
        return np.asarray(rate * now / (s - 1) * (1 - (now / (now + horizon)) ** (s - 1)) * self.alive(seen))


def degenerate(model: BgNbd | ParetoNbd, seen: Seen) -> str:
    """Why the fit must not be used, or nothing: a parameter that ran away, or a past whose total it does not meet."""
    for name, value in zip(model.names, model.parameters_, strict=True):
        if not 1 / LARGEST < value < LARGEST:
            return f"{name} ran away ({value:.3g})"
    new = Seen(np.zeros_like(seen.watched), np.zeros_like(seen.watched), np.zeros_like(seen.watched))
    total, told = float(seen.frequency.sum()), float(np.sum(model.expected(new, seen.watched)))
    if not np.isfinite(told) or abs(told - total) > WITHIN * max(total, 1):
        return f"it expects {told:.0f} repeat purchases where {total:.0f} were made"
    return ""


def _none(shape: Numbers, rate: Numbers, horizon: float) -> Numbers:
    """Probability of no purchase of a gamma-mixed Poisson process."""
    return np.asarray((rate / (rate + horizon)) ** shape)


def _most_likely(likelihood: Any, start: Numbers) -> tuple[Numbers, float]:
    """In logs, so that parameters stay positive."""

    def loss(logs: Numbers) -> float:
        with np.errstate(all="ignore"):
            value = -likelihood(np.exp(logs))
        return value if np.isfinite(value) else 1e12

    bounds = [(-12.0, 14.0)] * len(start)
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-12, "gtol": 1e-5})
    if not found.success:  # a slope it cannot follow: walk without one, then try again
        rough = minimize(loss, start, method="Nelder-Mead", bounds=bounds, options={"maxiter": 400})
        found = minimize(loss, rough.x, method="L-BFGS-B", bounds=bounds)
    return np.exp(found.x), -float(found.fun)
