"""The memory of a family of processes over time: a page that several of them share is counted once (PSS, proc(5))."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from town import below

EVERY = 2.0  # seconds between two looks


class Memory:
    """looks: (seconds since the start, bytes)."""

    def __init__(self, pid: int, counted: Callable[[str], bool] = lambda name: "valkey" not in name) -> None:
        self.pid, self.counted = pid, counted
        self.looks: list[tuple[float, int]] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self.began, self.began_at = time.monotonic(), time.time()
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()

    @property
    def last(self) -> float:
        """The median of the last tenth."""
        return _median(self.looks[-max(1, len(self.looks) // 10) :])

    def growth(self, after: float) -> float:
        """By what share the last tenth lies above the tenth that begins when this part of the time is over."""
        tenth = max(1, len(self.looks) // 10)
        first = int(len(self.looks) * after)
        return self.last / _median(self.looks[first : first + tenth]) - 1

    def _watch(self) -> None:
        while not self.over.wait(EVERY):
            self.looks.append((time.monotonic() - self.began, self.now()))

    def now(self) -> int:
        return sum(pss(pid) for pid, name in [(self.pid, ""), *below(self.pid)] if self.counted(name))


def pss(pid: int) -> int:
    """Bytes; 0 of one that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _median(looks: list[tuple[float, int]]) -> float:
    ordered = sorted(size for _, size in looks)
    return float(ordered[len(ordered) // 2])
