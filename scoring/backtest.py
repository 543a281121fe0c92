"""What the past says of the candidates: each origin learns from what was known on its day, and is judged by what came after."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.errors import WrongInput
from scoring.absence import FLOOR, ORIGINS, Absence
from scoring.histories import History
from scoring.measure import log_loss

Numbers = NDArray[Any]

OURS = ("regression", "boosting", "mean of two", "mean of three", "BG/NBD", "Pareto/NBD")
USUAL = ("mean of two", "regression")
PART = 5  # a judged window is at most this part of the history, so that the origins have a past to learn from


@dataclass(frozen=True)
class Backtest:
    """horizon: days judged. sizes: rows of each origin. chance: candidate -> probabilities over all origins, as `truth`."""

    horizon: int
    origins: list[int]
    chance: dict[str, Numbers]
    truth: Numbers
    sizes: list[int]

    @property
    def champion(self) -> str:
        """The usual one, unless another is better at every origin and by more than chance; recency where that beats it."""
        losses = {name: log_loss(chance, self.truth) for name, chance in self.chance.items()}
        best = next(name for name in USUAL if name in losses)
        for name in OURS:
            if name in losses and self._proved(losses[best] - losses[name]):
                best = name
        return best if losses[best].mean() < losses[FLOOR].mean() else FLOOR

    def _proved(self, gain: Numbers) -> bool:
        always = all(part.mean() > 0 for part in np.split(gain, np.cumsum(self.sizes)[:-1]))
        return bool(always and gain.mean() > 2 * gain.std() / np.sqrt(len(gain)))


def backtest(history: History, horizon: int, seed: int) -> Backtest:
    """Up to ORIGINS origins whose windows are over; a candidate counts where it stood at all of them."""
    span = history.until - history.began
    judged = min(horizon, span // PART)
    step = max(1, judged // (ORIGINS - 1))
    origins, several, truth = [], [], []
    for place in range(ORIGINS):
        origin = history.until - judged - place * step
        try:
            known = history.cut(origin)
            found = Absence(judged, seed).fit(known).candidates(known)
        except WrongInput:
            break
        origins.append(origin)
        several.append(found.chance)
        truth.append(history.silent(found.customers, origin, judged))
    if not origins:
        raise WrongInput(
            f"The history before this day ({span} days) is too short to try a model on.", "Give more of it."
        )
    names = [name for name in several[0] if all(name in one for one in several)]
    chance = {name: np.concatenate([one[name] for one in several]) for name in names}
    return Backtest(judged, origins, chance, np.concatenate(truth), [len(one) for one in truth])
