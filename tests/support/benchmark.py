"""What a benchmark measured: a line for whoever runs it by hand, and a row for `./garage bench`, which names a file for them.

A benchmark is a script with a literal BENCHMARK = {"name", "goal", "quick", "full", "curve", "environ", "by"} at its top: quick and
full are the words of its command line, curve the sizes it can grow over (one run each, in place of the first number of
`full`), environ what it is told by the environment as (quick, full), by "pytest" where it is a test."""

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

OUT = "HUB_BENCH_OUT"


@dataclass(frozen=True)
class Measure:
    """peer: the same asked of something else, or a limit, in the same unit; beside: what that is. goal: of the ratio to the peer
    where there is one, else of the value. more: more is better."""

    what: str
    value: float
    unit: str
    peer: float | None = None
    beside: str = ""
    goal: float | None = None
    more: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        """None where no goal was set, or where the goal is a ratio and there is nothing to compare with."""
        told = self.value if self.peer is None else self.ratio
        if self.goal is None or told is None:
            return None
        return told >= self.goal if self.more else told <= self.goal

    def __str__(self) -> str:
        parts = [f"{self.what}: {number(self.value)} {self.unit}"]
        if self.peer is not None:
            parts.append(f"{self.beside or 'the peer'} {number(self.peer)} {self.unit}")
        if self.ratio is not None:
            parts.append(f"{number(self.ratio)} x")
        if self.goal is not None:
            verdict = {True: "met", False: "missed", None: "not comparable"}[self.met]
            parts.append(
                f"goal {'>=' if self.more else '<='} {number(self.goal)}{' x' if self.peer else ''}, {verdict}"
            )
        return ", ".join([*parts, *filter(None, [self.note])])


def end_in_order() -> None:
    """For one that starts processes of its own: told to end, it ends them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def number(value: float) -> str:
    """Three figures that count, and thousands apart."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def measured(
    what: str, value: float, unit: str, *, peer: float | None = None, beside: str = "", goal: float | None = None,
    more: bool = False, note: str = "",
) -> Measure:  # fmt: skip
    """Tell one measure, with the load of that moment."""
    found = Measure(what, value, unit, peer, beside, goal, more, note)
    load = os.getloadavg()[0]
    print(f"{found}, load {load:.1f}", flush=True)
    if os.environ.get(OUT):
        row = {**asdict(found), "ratio": found.ratio, "met": found.met, "load": round(load, 1)}
        with Path(os.environ[OUT]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    return found
