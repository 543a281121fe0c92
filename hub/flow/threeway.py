"""Two people changed one text: what each changed since they began, line by line, and both woven into one where they do not meet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "mine", "theirs", "both", "clash"]


@dataclass(frozen=True)
class Chunk:
    """Lines that belong together. kind: nobody changed them, I did, they did, both did alike, or both did and differ."""

    kind: Kind
    base: tuple[str, ...]
    mine: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """As they are woven: where both differ, mine."""
        return self.theirs if self.kind == "theirs" else self.mine


def chunks(base: str, mine: str, theirs: str) -> list[Chunk]:
    """By the lines that all three share (S. Khanna, K. Kunal, B. Pierce, 2007: A formal investigation of diff3)."""
    texts = base.splitlines(), mine.splitlines(), theirs.splitlines()
    found, at = list[Chunk](), (0, 0, 0)
    for *starts, length in [*_shared(*texts), (*map(len, texts), 0)]:
        between = [tuple(text[a:b]) for text, a, b in zip(texts, at, starts, strict=True)]
        if any(between):
            found.append(Chunk(_kind(*between), *between))
        if length:
            same = tuple(texts[0][starts[0] : starts[0] + length])
            found.append(Chunk("same", same, same, same))
        at = (starts[0] + length, starts[1] + length, starts[2] + length)
    return found


def woven(found: Sequence[Chunk]) -> str:
    return "".join(f"{line}\n" for one in found for line in one.lines)


def _kind(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> Kind:
    if mine == theirs:
        return "both"
    if mine == base:
        return "theirs"
    return "mine" if theirs == base else "clash"


def _shared(base: list[str], mine: list[str], theirs: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """(start in each of the three, length), in order."""
    one, other = _blocks(base, mine), _blocks(base, theirs)
    while one and other:
        (a, m, n), (b, t, k) = one[0], other[0]
        start, end = max(a, b), min(a + n, b + k)
        if start < end:
            yield start, m + start - a, t + start - b, end - start
        (one if a + n <= b + k else other).pop(0)


def _blocks(base: list[str], text: list[str]) -> list[tuple[int, int, int]]:
    return [(*found[:3],) for found in SequenceMatcher(None, base, text, autojunk=False).get_matching_blocks()]
