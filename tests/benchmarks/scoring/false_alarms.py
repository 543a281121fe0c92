"""A/A: 4,000 tests of nothing, looked at 50 times each: how often each interval is wrong, beside what was promised.

Run: .venv/bin/python tests/benchmarks/scoring/false_alarms.py [runs]
"""

import sys

sys.path.insert(0, "tests/support")

import numpy as np

from benchmark import measured
from scoring.intervals import always_valid, fixed
from scoring.moments import Metric, Moments, effect

BENCHMARK = {
    "name": "scoring/false_alarms", "goal": "intervals are wrong as seldom as they promise, however often one looks",
    "quick": ["100"], "full": ["4000"],
}  # fmt: skip
RUNS, LOOKS, UNITS = 4000, 50, 10_000
PROMISED = 5.0  # % of tests of nothing that may cry wolf
COVERED = (94.0, 96.0)  # % of tests of nothing whose planned interval holds the truth


def looks_of(rng: np.random.Generator) -> list[tuple[Moments, Moments]]:
    """One garage's customers as they come in: 12 % buy, lognormal; at each look the two arms so far."""
    spent = (rng.random(UNITS) < 0.12) * rng.lognormal(5, 1, UNITS)
    treated = rng.random(UNITS) < 0.5
    ends = np.linspace(UNITS / LOOKS, UNITS, LOOKS).astype(int) - 1
    arms = []
    for side in (~treated, treated):
        n, sums, squares = np.cumsum(side), np.cumsum(spent * side), np.cumsum(spent**2 * side)
        arms.append([Moments(n[end], sums[[end]], squares[[[end]]]) for end in ends])
    return list(zip(*arms, strict=True))


def main(runs: int) -> None:
    rng = np.random.default_rng(20261126)
    once = peeking = always = covered = 0
    for _ in range(runs):
        found = [one for pair in looks_of(rng) if (one := effect(*pair, Metric()))]
        planned = fixed(found[-1])
        once += planned.p < 0.05
        covered += planned.low <= 0 <= planned.high
        peeking += any(fixed(one).p < 0.05 for one in found)
        always += any(always_valid(one).p < 0.05 for one in found)
    noise = 3 * 100 * (0.05 * 0.95 / runs) ** 0.5  # of a count that is right on average
    slack = 0.0 if runs >= RUNS else noise  # a quick run is too short for the promises as they stand
    note = f"{runs:,} tests of nothing, {LOOKS} looks each"
    measured("false alarms, one planned look", 100 * once / runs, "%", goal=PROMISED + noise, note=note)
    measured("false alarms, daily looks, always valid", 100 * always / runs, "%", goal=PROMISED + slack)
    measured(
        "false alarms, daily looks, planned kind",
        100 * peeking / runs,
        "%",
        note="what the always valid one is there for",
    )
    measured("covered by the planned interval, at least", 100 * covered / runs, "%", goal=COVERED[0] - slack, more=True)
    measured("covered by the planned interval, at most", 100 * covered / runs, "%", goal=COVERED[1] + slack)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
