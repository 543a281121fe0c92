"""How alike two vehicles are on paper: the same make, makes that share platforms, names that share letters."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ruamel.yaml import YAML

Numbers = npt.NDArray[Any]
GRAMS = (2, 3, 4)


@cache
def makers() -> dict[str, str]:
    """Make, folded -> the maker group it belongs to (scoring/makers.yaml)."""
    groups = YAML(typ="safe").load(Path(__file__).with_name("makers.yaml"))
    return {make.casefold(): group for group, makes in groups.items() for make in makes}


def group_of(make: str) -> str:
    return makers().get(make.casefold().strip(), make.casefold().strip())


def same(left: list[str], right: list[str]) -> Numbers:
    """1.0 where the words are equal, shape (left, right)."""
    equal: Numbers = np.equal.outer(np.array(left, dtype=object), np.array(right, dtype=object)).astype(np.float64)
    return equal


def name_likeness(left: list[str], right: list[str]) -> Numbers:
    """Cosine of the sets of letter groups, 0 to 1, shape (left, right): “Golf Plus” is like “Golf”."""
    of_left, at_left = np.unique(left, return_inverse=True)
    of_right, at_right = np.unique(right, return_inverse=True)
    mine, theirs = [_grams(name) for name in of_left], [_grams(name) for name in of_right]
    table = np.array([[len(a & b) / (len(a) * len(b)) ** 0.5 for b in theirs] for a in mine])
    return table[np.ix_(at_left, at_right)]


@cache
def _grams(name: str) -> frozenset[str]:
    letters = "".join(sign for sign in name.casefold() if sign.isalnum() or sign == " ")
    marked = f"^{letters}$"
    return frozenset(marked[at : at + size] for size in GRAMS for at in range(len(marked) - size + 1))
