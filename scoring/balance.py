"""Do the arms have the sizes they were meant to have? If not, something lost people on one side, and no result is to be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import chdtrc

ALARM = 0.001


@dataclass(frozen=True)
class Balance:
    """p: of sizes at least as far off. by_channel: the same for those that came by one way alone."""

    p: float
    by_channel: Mapping[str, float]

    @property
    def broken(self) -> bool:
        return min([self.p, *self.by_channel.values()]) < ALARM


def mismatch(sizes: Sequence[int], shares: Sequence[float]) -> float:
    """Chi-square p-value of a sample ratio mismatch. An arm whose share is nothing counts only if somebody is in it."""
    if any(size for size, share in zip(sizes, shares, strict=True) if share <= 0):
        return 0.0
    arms = [(size, share) for size, share in zip(sizes, shares, strict=True) if share > 0]
    total, weight = sum(size for size, _ in arms), sum(share for _, share in arms)
    if not total or len(arms) < 2:
        return 1.0
    meant = [share / weight * total for _, share in arms]
    off = sum((size - due) ** 2 / due for (size, _), due in zip(arms, meant, strict=True))
    return float(chdtrc(len(arms) - 1, off))


def balance(sizes: Sequence[int], shares: Sequence[float], channels: Mapping[str, Sequence[int]]) -> Balance:
    """channels: sizes of the arms by the way people came in."""
    return Balance(mismatch(sizes, shares), {name: mismatch(some, shares) for name, some in channels.items()})
