"""Boxes of a graph in layers, so that few ways cross and most of them run straight down.

After Sugiyama, Tagawa, Toda (1981): ranks by the longest way, a place for a long way in each layer that it passes, orders by
barycentre; then x by least squares, which within one layer is an isotonic regression and so exact in one pass."""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Way = tuple[str, str]
Size = tuple[float, float]
Point = tuple[float, float]
SWEEPS = 12
LIGHT = 0.5  # what the place of a long way weighs beside a box


@dataclass(frozen=True)
class Layout:
    """boxes: name -> the middle of its box. ways: (from, to) -> points from lower edge to upper edge. Sizes in pixels."""

    boxes: Mapping[str, Point]
    ways: Mapping[Way, Sequence[Point]]
    width: float
    height: float


def laid_out(sizes: Mapping[str, Size], ways: Sequence[Way], across: float = 32, down: float = 60) -> Layout:
    """sizes: width and height of each box, in the order in which they are told. ways: without a circle."""
    ranks = _ranks(sizes, ways)
    layers: list[list[str]] = [[] for _ in range(1 + max(ranks.values(), default=0))]
    for name in sizes:
        layers[ranks[name]].append(name)
    widths = {name: size[0] for name, size in sizes.items()}
    runs = {way: _run(way, ranks, layers, widths) for way in dict.fromkeys(ways)}
    short = [pair for run in runs.values() for pair in itertools.pairwise(run)]
    near = _Near(short)
    layers = _ordered(layers, near)
    xs = _across(layers, widths, near, across)
    ys, height = _down(layers, sizes, down)
    left = min((xs[name] - widths[name] / 2 for name in xs), default=0)
    right = max((xs[name] + widths[name] / 2 for name in xs), default=0)
    spots = {name: (x - left, ys[ranks[name]]) for name, x in xs.items() if name in ranks}
    deep = {name: index for index, layer in enumerate(layers) for name in layer}
    paths = {
        (a, b): [
            (spots[a][0], spots[a][1] + sizes[a][1] / 2),
            *((xs[name] - left, ys[deep[name]]) for name in run[1:-1]),
            (spots[b][0], spots[b][1] - sizes[b][1] / 2),
        ]
        for (a, b), run in runs.items()
    }
    return Layout(spots, paths, right - left, height)


class _Near:
    """Who is joined to whom in the layer above and below."""

    def __init__(self, pairs: Sequence[Way]) -> None:
        self.pairs = pairs
        self.above: dict[str, list[str]] = defaultdict(list)
        self.below: dict[str, list[str]] = defaultdict(list)
        for a, b in pairs:
            self.above[b].append(a)
            self.below[a].append(b)


def _ranks(sizes: Mapping[str, Size], ways: Sequence[Way]) -> dict[str, int]:
    """The longest way to each box from those that nothing leads to."""
    into: dict[str, list[str]] = defaultdict(list)
    for a, b in ways:
        into[b].append(a)
    ranks: dict[str, int] = {}
    for name in sizes:
        waiting = [name]
        while waiting:
            one = waiting[-1]
            missing = [before for before in into[one] if before not in ranks]
            if missing:
                waiting += missing
            else:
                ranks[one] = 1 + max((ranks[before] for before in into[one]), default=-1)
                waiting.pop()
    return ranks


def _run(way: Way, ranks: Mapping[str, int], layers: list[list[str]], widths: dict[str, float]) -> list[str]:
    """The boxes of a way, with a place for it in every layer that it passes."""
    a, b = way
    places = [f"{a}>{b}@{rank}" for rank in range(ranks[a] + 1, ranks[b])]
    for rank, place in enumerate(places, ranks[a] + 1):
        layers[rank].append(place)
        widths[place] = 12.0
    return [a, *places, b]


def _ordered(layers: list[list[str]], near: _Near) -> list[list[str]]:
    """The best order of several sweeps; of equals the first, so that a document's own order stands where it can."""
    best, least = layers, _crossings(layers, near)
    current = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        joined = near.above if downwards else near.below
        order = range(1, len(current)) if downwards else range(len(current) - 2, -1, -1)
        for index in order:
            beside = {name: at for at, name in enumerate(current[index - 1 if downwards else index + 1])}
            own = {name: at for at, name in enumerate(current[index])}
            heart = {name: _mean([beside[one] for one in joined[name] if one in beside], own[name]) for name in own}
            current[index] = sorted(current[index], key=lambda name: heart[name])
        crossed = _crossings(current, near)
        if crossed < least:
            best, least = [list(layer) for layer in current], crossed
    return best


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(layers: Sequence[Sequence[str]], near: _Near) -> int:
    at = {name: index for layer in layers for index, name in enumerate(layer)}
    deep = {name: index for index, layer in enumerate(layers) for name in layer}
    by_layer: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for a, b in near.pairs:
        by_layer[deep[a]].append((at[a], at[b]))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in by_layer.values()
        for index, (a, b) in enumerate(pairs)
        for c, d in pairs[index + 1 :]
    )


def _across(layers: Sequence[Sequence[str]], widths: Mapping[str, float], near: _Near, gap: float) -> dict[str, float]:
    xs: dict[str, float] = {}
    for layer in layers:
        x = 0.0
        for name in layer:
            xs[name] = x + widths[name] / 2
            x += widths[name] + gap
    for sweep in range(2 * SWEEPS):
        joined = near.above if sweep % 2 == 0 else near.below
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_mean([xs[one] for one in joined[name]], xs[name]) for name in layer]
            weights = [(LIGHT if "@" in name else 1.0) if joined[name] else 0.1 for name in layer]
            apart = [(widths[a] + widths[b]) / 2 + gap for a, b in itertools.pairwise(layer)]
            xs |= zip(layer, spread(wanted, weights, apart), strict=True)
    return xs


def spread(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones (weighted squares) that keep their order and lie `apart`: pool adjacent violators."""
    offsets = [0.0]
    for one in apart:
        offsets.append(offsets[-1] + one)
    pools: list[list[float]] = []  # mean, weight, how many
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        pools.append([want - offset, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, heavy, count = pools.pop()
            before = pools[-1]
            before[0] = (before[0] * before[1] + mean * heavy) / (before[1] + heavy)
            before[1], before[2] = before[1] + heavy, before[2] + count
    means = [mean for mean, _, count in pools for _ in range(int(count))]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _down(layers: Sequence[Sequence[str]], sizes: Mapping[str, Size], gap: float) -> tuple[list[float], float]:
    """The middle of each layer, and the height of all."""
    found, y = [], 0.0
    for layer in layers:
        high = max((sizes[name][1] for name in layer if name in sizes), default=0)
        found.append(y + high / 2)
        y += high + gap
    return found, y - gap
