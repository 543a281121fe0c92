"""What a customer will buy next: candidates from habit, neighbours and sequence, ranked by boosting that learned what counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from sklearn.ensemble import HistGradientBoostingClassifier

from scoring.basket_features import Candidates, Histories, Witnesses, histories_of, items_of, next_of
from scoring.basket_files import Item, Shopper
from scoring.likeness import Numbers

FOLDS = 5
LEARN_FROM = 20_000  # customers: the ranker has 15 columns and learns nothing more from others
KEEP = 0.25  # of the candidates that were not bought; probabilities are corrected for it


@dataclass(frozen=True)
class Learned:
    """Candidates of customers whose next basket is known, each seen through others only; fold: (rows,)."""

    candidates: Candidates
    bought: Numbers
    fold: Numbers


class NextBasket:
    """fit(shoppers with next), predict(shoppers, top) -> per shopper [(item, probability)], likeliest first."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, shoppers: Sequence[Shopper]) -> "NextBasket":
        self.shoppers_ = shoppers
        self.learned_ = learn(shoppers, self.seed)
        self.ranker_ = ranker(self.learned_.candidates.seen, self.learned_.bought, self.seed)
        return self

    def predict(self, shoppers: Sequence[Shopper], top: int) -> list[list[tuple[Item, float]]]:
        items = items_of([*self.shoppers_, *shoppers])
        witnesses = Witnesses(histories_of(self.shoppers_, items), next_of(self.shoppers_, items))
        names = list(items)
        found: list[list[tuple[Item, float]]] = [[] for _ in shoppers]
        for block in witnesses.candidates(histories_of(shoppers, items)):
            chance = probability(self.ranker_, block.seen)
            for at in first(block.customer, block.item, chance, top):
                found[block.customer[at]].append((names[block.item[at]], float(chance[at])))
        return found


def learn(shoppers: Sequence[Shopper], seed: int) -> Learned:
    """Each fold's customers are seen through the other folds, so nobody's own next basket helps to predict it."""
    items = items_of(shoppers)
    histories, following = histories_of(shoppers, items), next_of(shoppers, items)
    shuffled = np.random.default_rng(seed).permutation(len(shoppers))
    fold_of = np.empty(len(shoppers), int)
    fold_of[shuffled] = np.arange(len(shoppers)) % FOLDS
    wanted = np.zeros(len(shoppers), bool)
    wanted[shuffled[:LEARN_FROM]] = True
    parts, folds = [], []
    for fold in range(FOLDS):
        others, asked = np.flatnonzero(fold_of != fold), np.flatnonzero((fold_of == fold) & wanted)
        witnesses = Witnesses(rows_of(histories, others), following[others])
        for block in witnesses.candidates(rows_of(histories, asked)):
            parts.append(Candidates(asked[block.customer], block.item, block.seen))
            folds.append(np.full(len(block.item), fold))
    candidates = Candidates(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("customer", "item", "seen"))
    )
    return Learned(candidates, _bought(candidates, following), np.concatenate(folds))


def _bought(candidates: Candidates, following: sp.csr_matrix) -> Numbers:
    """1.0 where the candidate was in the next basket."""
    told = following.tocoo()
    width = following.shape[1]
    return np.isin(candidates.customer * width + candidates.item, told.row * np.int64(width) + told.col).astype(
        np.float64
    )


def ranker(seen: Numbers, bought: Numbers, seed: int) -> HistGradientBoostingClassifier:
    kept = (bought > 0) | (np.random.default_rng(seed).random(len(bought)) < KEEP)
    return HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=150, max_leaf_nodes=16, min_samples_leaf=min(200, max(5, int(bought.sum()) // 50)),
        l2_regularization=1.0, early_stopping=False, random_state=seed,
    ).fit(seen[kept], bought[kept])  # fmt: skip


def probability(fitted: HistGradientBoostingClassifier, seen: Numbers) -> Numbers:
    """Corrected for the candidates that were left out of the fit (King & Zeng 2001, prior correction)."""
    chance = fitted.predict_proba(seen)[:, 1]
    corrected: Numbers = KEEP * chance / (KEEP * chance + 1 - chance)
    return corrected


def first(customer: Numbers, item: Numbers, chance: Numbers, top: int) -> Numbers:
    """Rows of the `top` likeliest candidates of each customer, likeliest first; ties by item."""
    order = np.lexsort((item, -chance, customer))
    starts = np.flatnonzero(np.r_[True, np.diff(customer[order]) != 0])
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    return order[rank < top]


def rows_of(histories: Histories, rows: Numbers) -> Histories:
    matrices = {name: getattr(histories, name)[rows] for name in ("times", "slow", "fast", "since", "baskets", "size")}
    return replace(histories, **matrices)
