"""How long scoring takes at size, on PostgreSQL: python tests/benchmarks/scoring/size.py [customers]

First the model alone on a matrix of `customers` x 20: the champion's final fit and its probabilities beside scikit-learn's own of the
same regression and the same boosting, on as many rows. Then a region of so many customers: rows read, facts made of them,
everybody judged with a band and three reasons, and all of it written."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

sys.path.insert(0, "tests/benchmarks/journeys")
sys.path.insert(0, "tests/benchmarks/scoring")
sys.path.insert(0, "tests/support")

from crowd import gather

from benchmark import measured
from hub.core import Hub
from hub.flow import scores
from hub.past.reading import KINDS
from scoring.churn import FACTS
from scoring.silence import LEARN_FROM, PENALTY, RECENCY, Silence
from town import opened, settle

Numbers = NDArray[Any]

BENCHMARK = {
    "name": "scoring/size", "goal": "a million customers read, judged and written within 60 s; fit and scores as fast as scikit-learn's",
    "quick": ["6000"], "full": ["1000000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
COLUMNS = 20
LEARNERS = 5_000  # customers that the region's model is trained from: how long that takes is not asked here
LIMIT, MEMORY = 60 / 1_000_000, 4_000  # seconds a customer, MB


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process."""
    began = time.process_time()
    found = what()
    return time.process_time() - began, found


def matrix(rows: int) -> tuple[list[str], Numbers, Numbers]:
    """Facts that say something, one in ten values missing but for how long somebody has been away."""
    rng = np.random.default_rng(9)
    names = [RECENCY, *(name for name in FACTS if name != RECENCY)][:COLUMNS]
    values = rng.gamma(2.0, 50.0, (rows, COLUMNS))
    silent = (rng.random(rows) < 1 / (1 + np.exp(1 - values[:, :3].sum(1) / 150))).astype(int)
    values[:, 1:][rng.random((rows, COLUMNS - 1)) < 0.1] = np.nan
    return names, values, silent


def alone(rows: int) -> None:
    names, values, silent = matrix(rows)
    ids, learned = np.arange(rows), slice(min(rows, LEARN_FROM))
    ours, model = timed(lambda: Silence(names).fit(ids, values, silent))
    like = model.boosting_
    seen, answers, filled = values[learned], silent[learned], np.nan_to_num(values)
    raw, (line, trees) = timed(lambda: (
        LogisticRegression(C=PENALTY, max_iter=1000).fit(StandardScaler().fit_transform(filled[learned]), answers),
        HistGradientBoostingClassifier(**like.get_params()).fit(seen, answers),
    ))  # fmt: skip
    note = f"learned from {len(seen):,} of {rows:,} rows by both"
    measured("the champion's fit", ours, "s of CPU", peer=raw, beside="scikit-learn", goal=1.2, note=note)
    ours, _ = timed(lambda: model.chance(values))
    raw, _ = timed(lambda: (line.predict_proba(filled), trees.predict_proba(values)))
    measured("probabilities", ours, "s of CPU", peer=raw, beside="scikit-learn", goal=1.25, note=f"{rows:,} rows")


def region(hub: Hub, customers: int) -> None:
    """The model is learned from a town of few, which stays; the crowd comes after it."""
    today = scores.today(hub)
    settle(hub, min(LEARNERS, customers))
    learned = scores.train(hub, "churn", today, 0, _quiet, "benchmark")
    scores.promote(hub, "churn", learned.version, "benchmark")
    gather(hub, customers)
    began, cpu = time.perf_counter(), time.process_time()
    _, rows = scores.write(hub, "churn", today, _quiet)
    seconds, ours = time.perf_counter() - began, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = f"{rows:,} scores; {ours:.1f} s of CPU are the hub's, the rest the database's and waiting"
    measured("rows read, judged, written", seconds, "s", peer=rows * LIMIT, beside="the limit", goal=1.0, note=note)
    measured("memory at most", memory, "MB", goal=MEMORY)
    for name, took in _parts(hub, learned.version):
        measured(name, took, "s of CPU")
    began = time.perf_counter()
    moves = scores.reassess(hub, "churn")
    measured("segments that read it made anew", time.perf_counter() - began, "s", note=f"{moves:,} moves")


def _parts(hub: Hub, version: str) -> Iterator[tuple[str, float]]:
    """What the hub's process spends on each, without writing."""
    today = scores.today(hub)
    facts = scores.facts_of(hub, today)
    took, read = timed(lambda: {kind: len(facts.past[kind]) for kind in KINDS if kind != "works"})
    yield f"{read['visits']:,} visits read, and {sum(read.values()) - read['visits']:,} rows of other kinds", took
    took, _ = timed(lambda: facts.frame(FACTS, today))
    yield "facts", took
    scorer, model = scores.scorer_of(hub, "churn"), scores.shelf_of(hub).model("churn", version)
    took, _ = timed(lambda: sum(1 for _ in scorer.score(model, facts, today)))
    yield "facts and judging", took


def _quiet(step: int, steps: int) -> None:
    """Nobody looks."""


def main(customers: int) -> None:
    with threadpool_limits(1):
        alone(customers)
    with opened(lambda: datetime.now(UTC)) as hub:
        region(hub, customers)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
