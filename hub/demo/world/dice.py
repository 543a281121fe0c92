"""Random streams that hang on nothing but the seed and a name: no region, table or branch disturbs another."""

import zlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rng = np.random.Generator


def stream(seed: int, *names: str) -> Rng:
    """crc32 and not hash(): the same in every process."""
    return np.random.Generator(np.random.PCG64([seed, *(zlib.crc32(name.encode()) for name in names)]))


def pick(rng: Rng, shares: Floats | list[float], count: int) -> Ints:
    """count indices, each as often as its share says; shares need not add up to one."""
    steps = np.cumsum(np.asarray(shares, dtype=np.float64))
    found: Ints = np.searchsorted(steps, rng.random(count) * steps[-1], side="right").astype(np.int64)
    return found


def chance(rng: Rng, share: float | Floats, count: int) -> Flags:
    flags: Flags = rng.random(count) < share
    return flags
