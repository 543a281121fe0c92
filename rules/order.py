"""In which order segments are read, so that each comes after those that it names; and which go round in a circle."""

from collections.abc import Iterator, Mapping
from typing import Any


def ordered(documents: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], dict[str, list[str]]]:
    """(names in order, circles: by the first name of each, the way round). Nobody in a circle is in the order."""
    reads = {name: sorted(named(document.get("when")) & documents.keys()) for name, document in documents.items()}
    order: list[str] = []
    circles: dict[str, list[str]] = {}
    settled: set[str] = set()

    def visit(name: str, way: list[str]) -> None:
        if name in way:
            circle = way[way.index(name) :]
            start = circle.index(min(circle))
            circles[min(circle)] = circle[start:] + circle[:start]
        elif name not in settled:
            for other in reads[name]:
                visit(other, [*way, name])
            settled.add(name)
            order.append(name)

    for name in sorted(documents):
        visit(name, [])
    round_about = {name for circle in circles.values() for name in circle}
    return [name for name in order if name not in round_about], circles


def named(block: Any) -> set[str]:
    """The segments that a condition names, before it is checked."""
    return set(_named(block))


def _named(block: Any) -> Iterator[str]:
    if isinstance(block, Mapping):
        for key, value in block.items():
            if key == "segment" and isinstance(value, Mapping):
                yield from (name for name in value.values() if isinstance(name, str))
            else:
                yield from _named(value)
    elif isinstance(block, list):
        for item in block:
            yield from _named(item)
