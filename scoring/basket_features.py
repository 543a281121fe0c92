"""What is known of a customer and an item before the next basket: habits, neighbours, what follows what, popularity.

Neighbours by decayed histories follow TIFU-KNN (Hu et al., SIGIR 2020); what is learned is how much each of it counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from scoring.basket_files import Item, Shopper
from scoring.likeness import Numbers

SLOW, FAST = 0.9, 0.6  # what a basket's weight is multiplied with by each later one
NEIGHBOURS = 300
OFFERED = {"next": 60, "history": 30, "after": 60, "follows": 30, "popular": 50}  # candidates from each source
CELLS = 6_000_000  # of a dense block at a time, so that memory stays flat
NAMES = (
    "times", "share of baskets", "slowly fading", "fast fading", "baskets since", "baskets", "basket size",
    "popular next", "popular ever", "trend", "bought again", "neighbours next", "neighbours", "after", "follows",
)  # fmt: skip


@dataclass(frozen=True)
class Histories:
    """Customers x items, sparse: times bought, faded slowly, faded fast, baskets since the last one (1: in the last)."""

    items: dict[Item, int]
    times: sp.csr_matrix
    slow: sp.csr_matrix
    fast: sp.csr_matrix
    since: sp.csr_matrix
    baskets: Numbers
    size: Numbers

    def __len__(self) -> int:
        return len(self.baskets)


@dataclass(frozen=True)
class Candidates:
    """One row per customer and item worth a thought."""

    customer: Numbers
    item: Numbers
    seen: Numbers


def items_of(shoppers: Sequence[Shopper]) -> dict[Item, int]:
    """Every item in sight -> its column."""
    found = {item for shopper in shoppers for basket in (*shopper.history, shopper.next or ()) for item in basket}
    return {item: column for column, item in enumerate(sorted(found, key=lambda item: (isinstance(item, str), item)))}


def histories_of(shoppers: Sequence[Shopper], items: dict[Item, int]) -> Histories:
    rows, columns, steps = _cells(shoppers, items)
    shape = (len(shoppers), len(items))
    once = sp.coo_matrix((steps, (rows, columns)), shape=shape)
    last = _last(once)
    return Histories(
        items,
        _summed(np.ones(len(rows)), rows, columns, shape),
        _summed(SLOW**steps, rows, columns, shape),
        _summed(FAST**steps, rows, columns, shape),
        last,
        np.array([max(1, len(shopper.history)) for shopper in shoppers], float),
        np.array([np.mean([len(basket) for basket in shopper.history] or [0]) for shopper in shoppers]),
    )


def next_of(shoppers: Sequence[Shopper], items: dict[Item, int]) -> sp.csr_matrix:
    told = [(row, items[item]) for row, shopper in enumerate(shoppers) for item in shopper.next or () if item in items]
    rows, columns = np.array(told, int).reshape(-1, 2).T
    return _summed(np.ones(len(told)), rows, columns, (len(shoppers), len(items)))


def _cells(shoppers: Sequence[Shopper], items: dict[Item, int]) -> tuple[Numbers, Numbers, Numbers]:
    """Row, column and baskets since, of each item of each basket."""
    told = [
        (row, items[item], len(shopper.history) - 1 - at)
        for row, shopper in enumerate(shoppers)
        for at, basket in enumerate(shopper.history)
        for item in basket
        if item in items
    ]
    rows, columns, steps = np.array(told, int).reshape(-1, 3).T
    return rows, columns, steps


def _summed(values: Numbers, rows: Numbers, columns: Numbers, shape: tuple[int, int]) -> sp.csr_matrix:
    matrix = sp.csr_matrix((values.astype(np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _last(cells: sp.coo_matrix) -> sp.csr_matrix:
    """Of several purchases of an item the latest: baskets since, counted from 1."""
    order = np.lexsort((cells.data, cells.col, cells.row))
    row, column, steps = cells.row[order], cells.col[order], cells.data[order]
    first = np.r_[True, (np.diff(row) != 0) | (np.diff(column) != 0)] if len(row) else np.zeros(0, bool)
    return _summed(steps[first] + 1.0, row[first], column[first], cells.shape)


class Witnesses:
    """Customers whose next basket is known: from them we learn for others, never for themselves."""

    def __init__(self, histories: Histories, following: sp.csr_matrix) -> None:
        self.following = following
        self.histories = histories
        self.rarity = sp.diags(np.log((len(histories) + 1) / (1 + _sum(histories.times > 0, 0))).astype(np.float32))
        self.unit = _unit(histories.slow @ self.rarity)
        self.popular_next = _sum(following, 0) / len(histories)
        self.popular = _sum(histories.times > 0, 0) / len(histories)
        bought = histories.times > 0
        again = _sum(bought.multiply(following), 0)
        self.again = (again + 0.25) / (_sum(bought, 0) + 5)
        self.after = (
            (sp.diags(1 / (_sum(histories.fast, 0) + 10)) @ (histories.fast.T @ following)).tocsr().astype(np.float32)
        )
        self.follows = _follows(histories)

    def candidates(self, asked: Histories) -> Iterator[Candidates]:
        """Block by block. asked: none of the witnesses themselves."""
        block = max(16, CELLS // max(1, len(asked.items)))
        for start in range(0, len(asked), block):
            yield self._block(asked, np.arange(start, min(start + block, len(asked))))

    def _block(self, asked: Histories, rows: Numbers) -> Candidates:
        near = self._neighbours(_unit(asked.slow[rows] @ self.rarity))
        fast = asked.fast[rows]
        lately = (sp.diags(1 / np.sqrt(np.maximum(1, _sum(fast > 0, 1)))) @ fast).astype(np.float32)
        sources = {
            "next": near @ self.following,
            "history": near @ self.histories.slow,
            "after": lately @ self.after,
            "follows": lately @ self.follows,
        }
        times = asked.times[rows].toarray()
        worth = times > 0
        for name, scores in sources.items():
            worth[_best(scores, OFFERED[name]).nonzero()] = True
        worth[:, np.argsort(-self.popular_next, kind="stable")[: OFFERED["popular"]]] = True
        customer, item = np.nonzero(worth)
        often, baskets = times[customer, item], asked.baskets[rows][customer]
        seen = np.column_stack([
            often, often / baskets, *(matrix[rows].toarray()[customer, item] for matrix in (asked.slow, asked.fast, asked.since)),
            baskets, asked.size[rows][customer], self.popular_next[item], self.popular[item],
            self.popular_next[item] / (self.popular[item] + 20 / len(self.histories)), self.again[item],
            *(scores.toarray()[customer, item] for scores in sources.values()),
        ]).astype(np.float32)  # fmt: skip
        return Candidates(rows[customer], item, seen)

    def _neighbours(self, unit: sp.csr_matrix) -> sp.csr_matrix:
        """The nearest witnesses of each, weights that sum to one."""
        likeness = (unit @ self.unit.T).tocsr()
        weights = _best(likeness, NEIGHBOURS)
        return (sp.diags(1 / np.maximum(_sum(weights, 1), 1e-9)) @ weights).astype(np.float32)


def _follows(histories: Histories) -> sp.csr_matrix:
    """How often an item follows another within one customer's history: it was bought later, weighed by how soon."""
    newest = histories.since == 1
    older = histories.since > 1
    weight = histories.fast.multiply(older)
    return (sp.diags(1 / (_sum(weight, 0) + 10)) @ (weight.T @ newest.astype(np.float32))).tocsr().astype(np.float32)


def _best(scores: sp.csr_matrix, most: int) -> sp.csr_matrix:
    """The `most` highest entries of each row; what is not stored is no candidate."""
    kept = []
    for start, end in pairwise(scores.indptr):
        found = np.arange(start, end)
        if len(found) > most:
            found = found[np.argpartition(scores.data[start:end], -most)[-most:]]
        kept.append(found)
    ends = np.cumsum([0, *map(len, kept)])
    places = np.concatenate(kept)
    return sp.csr_matrix((scores.data[places], scores.indices[places], ends), shape=scores.shape)


def _unit(matrix: sp.csr_matrix) -> sp.csr_matrix:
    length = np.sqrt(_sum(matrix.multiply(matrix), 1))
    return sp.diags(1 / np.maximum(length, 1e-9)) @ matrix


def _sum(matrix: sp.csr_matrix, axis: int) -> Numbers:
    return np.asarray(matrix.sum(axis), dtype=np.float64).ravel()
