"""How far the regions' histories have come in, told by the children that read them to the one that shows it."""

import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SLOT = struct.Struct("qq")  # rows that are in, rows there are (0: not known yet)


@dataclass
class Gauge:
    """A pair of numbers per region in memory that forked children share; each region has one writer."""

    regions: Sequence[str]
    memory: mmap.mmap = field(init=False)

    def __post_init__(self) -> None:
        self.memory = mmap.mmap(-1, max(1, len(self.regions)) * SLOT.size)

    def expect(self, region: str, rows: int, rest: int) -> None:
        """So many rows come next; behind them about `rest`."""
        done, _ = self._read(region)
        self._write(region, done, done + rows + rest)

    def advance(self, region: str, rows: int) -> None:
        done, total = self._read(region)
        self._write(region, done + rows, total)

    def seen(self) -> Mapping[str, tuple[int, int]]:
        return {region: self._read(region) for region in self.regions}

    def _read(self, region: str) -> tuple[int, int]:
        done, total = SLOT.unpack_from(self.memory, self.regions.index(region) * SLOT.size)
        return done, total

    def _write(self, region: str, done: int, total: int) -> None:
        SLOT.pack_into(self.memory, self.regions.index(region) * SLOT.size, done, total)
