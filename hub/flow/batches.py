"""Long lists of ids in pieces that every database takes in one IN (...)."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
SIZE = 400


def batches(items: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    ordered = list(items)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
