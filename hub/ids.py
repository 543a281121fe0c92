"""63-bit ids that sort by time and say which cell made them: 37 bits of 10 ms ticks, 7 cell, 10 node, 9 counter.

No autoincrement: two cells can be merged or split without renumbering. 2**37 ticks reach to the year 2069; one process
makes 51,200 ids a second before it borrows from the ticks ahead."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(milliseconds=10)
CELLS, NODES, COUNTS = 1 << 7, 1 << 10, 1 << 9


class Ids:
    """cell: this database's number. node: a number that no other running process has (see `Node`)."""

    def __init__(self, cell: int, node: int, clock: Callable[[], datetime]) -> None:
        if not (0 <= cell < CELLS and 0 <= node < NODES):
            raise ValueError(f"cell {cell} or node {node} is out of range")
        self.low = (cell * NODES + node) * COUNTS
        self.clock = clock
        self.tick = 0
        self.count = 0
        self.lock = threading.Lock()

    def next(self) -> int:
        with self.lock:
            tick = (self.clock() - EPOCH) // TICK
            if tick > self.tick:
                self.tick, self.count = tick, 0
            elif self.count + 1 < COUNTS:
                self.count += 1
            else:  # the clock stands or went back, or the tick is full: go on from the last id, never behind it
                self.tick, self.count = self.tick + 1, 0
            return self.tick * CELLS * NODES * COUNTS + self.low + self.count


def cell_of(number: int) -> int:
    return number // (NODES * COUNTS) % CELLS


def made_at(number: int) -> datetime:
    """When an id was made, to 10 ms."""
    return datetime.fromtimestamp(EPOCH.timestamp() + number // (CELLS * NODES * COUNTS) / 100, UTC)


def first_at(moment: datetime) -> int:
    """The lowest id that could have been made at this moment or later."""
    return max(0, int((moment - EPOCH).total_seconds() * 100)) * CELLS * NODES * COUNTS
