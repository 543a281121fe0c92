"""What may leave as a statistic: no cell of fewer than k people (Sweeney 2002), no group that shares one value (Machanavajjhala
et al. 2007), and what is too small is told together, so that totals stay right and nobody is found by taking sums apart."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """group: values of the quasi-identifiers. value: of the sensitive column. people: who is counted in it; those whose history
    is nobody's any more are not, as nobody can tell how many they were. sums: what is added up."""

    group: tuple[str, ...]
    value: str
    people: frozenset[int]
    sums: tuple[int, ...]


@dataclass(frozen=True)
class Released:
    """rest: what was too small by itself, together; None where nothing was. withheld: cells of which not even that is told."""

    shown: tuple[Cell, ...]
    rest: Cell | None = None
    withheld: int = 0


def released(cells: Sequence[Cell], k: int, l: int) -> Released:  # noqa: E741 - as the literature calls it
    """Each shown cell and the rest have k people at least, each shown group l values. While the rest is smaller, the smallest
    shown cell goes with it: one cell alone would follow from the total."""
    shown, rest = _parted(cells, lambda cell: len(cell.people) >= k)
    while True:
        values: dict[tuple[str, ...], set[str]] = {}
        for cell in shown:
            values.setdefault(cell.group, set()).add(cell.value)
        shown, thin = _parted(shown, lambda cell: len(values[cell.group]) >= l)  # noqa: B023 - asked at once
        rest += thin
        if not rest or len(_people(rest)) >= k:
            return Released(tuple(sorted(shown, key=_place)), _together(rest) if rest else None)
        if not shown:
            return Released((), withheld=len(rest))
        smallest = min(shown, key=lambda cell: (len(cell.people), *_place(cell)))
        shown.remove(smallest)
        rest.append(smallest)


def told(number: int, k: int) -> int | str:
    """A count by itself: `<10` where it is of fewer people than that, and of somebody."""
    return f"<{k}" if 0 < number < k else number


def _parted(cells: Iterable[Cell], stays: Callable[[Cell], bool]) -> tuple[list[Cell], list[Cell]]:
    inside: list[Cell] = []
    outside: list[Cell] = []
    for cell in cells:
        (inside if stays(cell) else outside).append(cell)
    return inside, outside


def _together(cells: Sequence[Cell]) -> Cell:
    return Cell((), "", _people(cells), tuple(sum(some) for some in zip(*(cell.sums for cell in cells), strict=True)))


def _people(cells: Iterable[Cell]) -> frozenset[int]:
    return frozenset[int]().union(*(cell.people for cell in cells))


def _place(cell: Cell) -> tuple[tuple[str, ...], str]:
    return cell.group, cell.value
