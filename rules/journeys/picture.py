"""A journey drawn: its graph from the top down, a way as wide as the people on it, and who is where and who left."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from rules.journeys.documents import JourneyRule, Jump, Stop
from rules.journeys.layout import Layout, Point, laid_out
from rules.journeys.saying import door, kind, plain, step, terms, worth

ENTRY = "·in"
WIDTH, LINE, PAD = 264, 19, 13
SIGN, SMALL = 6.9, 6.25  # the width of a sign of a title and of a line below it, as system fonts have it
EDGE, LEAST, MOST = 28.0, 1.5, 22.0
ICONS = {  # on a grid of 16
    "door": "M3 14V2h7v12M10 8h5m-2-2 2 2-2 2",
    "message": "M2 4h12v8H2zm0 .5 6 4.5 6-4.5",
    "wait": "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3l2 1.5",
    "branch": "M8 2v4M8 6 3.5 10v4M8 6l4.5 4v4",
    "split": "M2 4h3l6 8h3M2 12h3l6-8h3m-2-2 2 2-2 2m0 4 2 2-2 2",
    "task": "M5 7a3 3 0 1 1 6 0 3 3 0 0 1-6 0zM2.5 14c.5-2.5 2.6-3.5 5.5-3.5s5 1 5.5 3.5",
    "webhook": "M2 8h10m-3-3.5L12.5 8 9 11.5M14.5 3v10",
    "plugged": "M5.5 2v3.5m5-3.5v3.5M3.5 5.5h9v3a4.5 4.5 0 0 1-9 0zM8 13v2.5",
    "update": "M3 2.5h7L13 5.5v8H3zM5.5 7h5m-5 3h5",
    "plugin": "M6 2v3M10 2v3M4 5h8v3a4 4 0 0 1-8 0zM8 12v2.5",
    "jump": "M13 11V9a4 4 0 0 0-4-4H3m3-3L3 5l3 3",
    "stop": "M5 2.5h6l3 3v5l-3 3H5l-3-3v-5z",
}
STYLE = """
.journey { --ink: #1d2529; --soft: #566066; --card: #fdfdfc; --sunk: #f0eee9; --line: #dcd9d3; --edge: #7e888d;
  --accent: #0d5563; --tint: #e2eef1; --good: #2b6647; --paper: #f8f7f4 }
@media (prefers-color-scheme: dark) { .journey { --ink: #eff0ee; --soft: #b0b8bc; --card: #1b2125; --sunk: #242b30;
  --line: #353d42; --edge: #7e888d; --accent: #83cddc; --tint: #1c333a; --good: #8fd3a8; --paper: #13181b } }"""
LOOK = """
.journey text { font: 12px system-ui, "Segoe UI", "Noto Sans", sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums }
.journey .name { font-size: 13px; font-weight: 600; fill: var(--ink) } .journey .here { font-weight: 600; fill: var(--accent) }
.journey .page { fill: var(--paper) } .journey .box { fill: var(--card); stroke: var(--line) }
.journey .wait .box { stroke: var(--edge); stroke-dasharray: 4 3 } .journey .door .box { fill: var(--tint); stroke: var(--accent) }
.journey .goal .box { fill: var(--accent); stroke: var(--accent) } .journey .goal text { fill: var(--card) }
.journey .stop .box, .journey .left .box { fill: var(--sunk); stroke: var(--sunk) }
.journey .icon { fill: none; stroke: var(--soft); stroke-width: 1.4; stroke-linecap: round; stroke-linejoin: round }
.journey .door .icon, .journey .split .icon { stroke: var(--accent) }
.journey .way { fill: none; stroke: var(--accent); stroke-opacity: .28; stroke-linecap: butt }
.journey .thin { fill: none; stroke: var(--edge); stroke-width: 1.25 } .journey .back { stroke-dasharray: 3 4 }
.journey .tip { fill: var(--edge) } .journey .tag { fill: var(--paper); fill-opacity: .86 }
.journey .said { text-anchor: middle } .journey .end { fill: var(--soft) }"""


@dataclass(frozen=True)
class Counts:
    """here: node -> people in it now. passed: (node, outcome) -> how often. left: (node, reason) -> who left out of it, a
    goal by the reason goal. expected, held, inside, ended: enrollments."""

    here: Mapping[str, int] = field(default_factory=dict)
    passed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    left: Mapping[tuple[str, str], int] = field(default_factory=dict)
    entered: int = 0
    expected: int = 0
    held: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)

    def into(self, node: str) -> int:
        """Who came to a node: passed it, left out of it, or stands in it."""
        passed = sum(count for (name, _), count in self.passed.items() if name == node)
        return passed + self.here.get(node, 0) + sum(self.left_from(node).values())

    def left_from(self, node: str) -> Counter[str]:
        return Counter({reason: count for (name, reason), count in self.left.items() if name == node})


def counts_of(rule: JourneyRule, log: Iterable[tuple[str, str, int]], **more: object) -> Counts:
    """log: (node, outcome, how often); what is no way of its node is a reason to leave."""
    passed, left = dict[tuple[str, str], int](), dict[tuple[str, str], int]()
    for node, outcome, count in log:
        known = node in rule.nodes and outcome in (*rule.nodes[node].ways, "stop")
        (passed if known else left)[node, outcome] = count
    return Counts(passed=passed, left=left, **more)  # type: ignore[arg-type]


def table(rule: JourneyRule, counts: Counts) -> list[tuple[str, str, str, int, int, str]]:
    """The numbers behind the picture: (step, kind, what it does, came, are there now, where they went)."""
    rows = []
    for name, node in rule.nodes.items():
        went = {outcome: count for (own, outcome), count in counts.passed.items() if own == name}
        went |= counts.left_from(name)
        told = ", ".join(f"{count:,} {outcome.replace('_', ' ')}" for outcome, count in went.items())
        rows.append((name, kind(node), step(node), counts.into(name), counts.here.get(name, 0), told))
    return rows


def draw(rule: JourneyRule, counts: Counts | None = None, *, alone: bool = True) -> str:
    """An SVG; the same journey and counts give the same bytes. counts: None draws the graph only. alone: with its own
    colours for light and dark; else the page that it stands in brings `LOOK` and the colours."""
    return _Picture(rule, counts).svg(alone)


class _Picture:
    def __init__(self, rule: JourneyRule, counts: Counts | None) -> None:
        self.rule, self.live, self.counts = rule, counts is not None, counts or Counts()
        self.labels: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.people: Counter[tuple[str, str]] = Counter()
        self.back: list[tuple[str, str]] = []
        self.ends: set[str] = set()
        self.left = EDGE
        self._ways()
        sizes = {ENTRY: self._size(ENTRY)} | {name: self._size(name) for name in rule.nodes}
        sizes |= dict.fromkeys(sorted(self.ends), (64.0, 24.0))
        self.sizes = sizes
        self.layout: Layout = laid_out(sizes, list(self.labels))

    def _ways(self) -> None:
        """Outcomes that lead to the same step are one way."""
        self.labels[ENTRY, self.rule.first] = []
        self.people[ENTRY, self.rule.first] = self.counts.into(self.rule.first)
        for name, node in self.rule.nodes.items():
            if isinstance(node.action, Stop):
                continue
            for outcome, to in node.ways.items():
                if outcome == "again" and isinstance(node.action, Jump):
                    self.back.append((name, to or ""))
                    continue
                way = (name, to if to is not None else f"·end {name}")
                self.ends |= {way[1]} if to is None else set()
                self.labels[way].append(outcome)
                self.people[way] += self.counts.passed.get((name, outcome), 0)

    def _lines(self, name: str) -> tuple[str, str, list[str]]:
        """(kind, title, lines below it)."""
        if name == ENTRY:
            more = [*([terms(self.rule)] if terms(self.rule) else []), *worth(self.rule)]
            if self.live:
                late = f" · {self.counts.expected:,} to come" if self.counts.expected else ""
                held = f" · {self.counts.held:,} held" if self.counts.held else ""
                more.append(f"{self.counts.entered:,} in{held}{late}")
            return "door", plain(door(self.rule)), more
        node = self.rule.nodes[name]
        lines = [step(node)]
        if found := self._standing(name):
            lines.append(found)
        return kind(node), plain(name), lines

    def _standing(self, name: str) -> str:
        here, left = self.counts.here.get(name, 0), self.counts.left_from(name)
        goal = left.pop("goal", 0)
        rows = [(here, "here"), (goal, "to the goal"), (sum(left.values()), "left")]
        return " · ".join(f"{count:,} {word}" for count, word in rows if count)

    def _size(self, name: str) -> tuple[float, float]:
        return WIDTH, 2 * PAD - 4 + LINE * (1 + len(self._lines(name)[2]))

    # --- drawing

    def svg(self, alone: bool) -> str:
        footer = self._footer()
        lane = 46 + EDGE * len(self.back) if self.back else 0
        graph = self.layout.width + lane
        width = max(graph, footer[1]) + 2 * EDGE
        self.left = (width - graph) / 2
        height = self.layout.height + 2 * EDGE + (86 if footer[0] else 0)
        style = f"<style>{STYLE}{LOOK}\n</style>\n" if alone else ""
        page = '<rect class="page" width="100%" height="100%"/>\n' if alone else ""
        body = [*self._all_ways(), *(self._box(name) for name in self.sizes), *footer[0]]
        sides = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
        says = f"The journey {escape(self.rule.title)} as a graph, {len(self.rule.nodes)} steps from the top down."
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="journey" {sides} role="img" aria-label="{says}">\n{style}{page}'
            + "\n".join(body)
            + "\n</svg>\n"
        )

    def _all_ways(self) -> list[str]:
        most = max(self.people.values(), default=0)
        found = []
        for way, inner in self.layout.ways.items():
            points = [(x + self.left, y + EDGE) for x, y in inner]
            if most and self.people[way]:
                wide = max(LEAST, MOST * self.people[way] / most)
                found.append(f'<path class="way" stroke-width="{wide:.1f}" d="{_curve(points)}"/>')
            else:
                found.append(f'<path class="thin" d="{_curve(points)}"/>')
            found.append(_tip(points[-1]))
        found += [self._back(way, index) for index, way in enumerate(self.back)]
        return found + [self._tag(way, points) for way, points in self.layout.ways.items()]

    def _tag(self, way: tuple[str, str], points: Sequence[Point]) -> str:
        words = [one.replace("_", " ") for one in self.labels[way]]
        alone = way[0] == ENTRY or len(self.rule.nodes[way[0]].ways) == 1 or not words
        told = [] if alone else [" or ".join(words)]
        if self.people[way]:
            came = self.counts.into(way[0]) if way[0] != ENTRY else 0
            share = f" · {self.people[way] / came:.0%}" if came else ""
            told.append(f"{self.people[way]:,}{share}")
        if not told:
            return ""
        (ax, ay), (bx, by) = points[0], points[1]
        x, y = self.left + ax + (bx - ax) * 0.5, EDGE + ay + (by - ay) * (0.5 if len(points) == 2 else 0.6)
        text = " ".join(told)
        wide = len(text) * SMALL + 10
        return (
            f'<rect class="tag" x="{x - wide / 2:.1f}" y="{y - 9:.1f}" width="{wide:.1f}" height="18" rx="9"/>'
            f'<text class="said" x="{x:.1f}" y="{y + 4:.1f}">{escape(text)}</text>'
        )

    def _back(self, way: tuple[str, str], index: int) -> str:
        (ax, ay), (bx, by) = self.layout.boxes[way[0]], self.layout.boxes[way[1]]
        right = self.left + self.layout.width + EDGE * (index + 0.6)
        ax, bx = ax + self.left + WIDTH / 2, bx + self.left + WIDTH / 2
        ay, by = ay + EDGE, by + EDGE
        d = f"M{ax:.1f} {ay:.1f}H{right - 10:.1f}Q{right:.1f} {ay:.1f} {right:.1f} {ay - 10:.1f}V{by + 10:.1f}"
        d += f"Q{right:.1f} {by:.1f} {right - 10:.1f} {by:.1f}H{bx + 6:.1f}"
        tip = f'<path class="tip" d="M{bx:.1f} {by:.1f}l8 -4.5v9z"/>'
        count = self.counts.passed.get((way[0], "again"), 0)
        text = f'<text x="{right + 6:.1f}" y="{(ay + by) / 2 + 4:.1f}">again{f" {count:,}" if count else ""}</text>'
        return f'<path class="thin back" d="{d}"/>{tip}{text}'

    def _box(self, name: str) -> str:
        x, y = self.layout.boxes[name]
        wide, high = self.sizes[name]
        left, top = x - wide / 2 + self.left, y - high / 2 + EDGE
        if name in self.ends:
            return (
                f'<g class="left"><rect class="box" x="{left:.1f}" y="{top:.1f}" width="{wide:.0f}" height="{high:.0f}" rx="12"/>'
                f'<text class="said" x="{left + wide / 2:.1f}" y="{top + 16:.1f}">end</text></g>'
            )
        sort, title, lines = self._lines(name)
        icon = ICONS.get(sort, ICONS["plugin"])
        parts = [
            f'<g class="{sort}"><title>{escape(" — ".join([title, *lines]))}</title>',
            f'<rect class="box" x="{left:.1f}" y="{top:.1f}" width="{wide:.0f}" height="{high:.0f}" rx="10"/>',
            f'<path class="icon" transform="translate({left + PAD:.1f} {top + PAD - 2:.1f})" d="{icon}"/>',
            f'<text class="name" x="{left + PAD + 24:.1f}" y="{top + PAD + 10:.1f}">{_fit(title, SIGN)}</text>',
        ]
        for index, line in enumerate(lines, 1):
            now = ' class="here"' if self.live and index == len(lines) and sort != "stop" and line != lines[0] else ""
            at = f'x="{left + PAD + 24:.1f}" y="{top + PAD + 10 + LINE * index:.1f}"'
            parts.append(f"<text{now} {at}>{_fit(line, SMALL)}</text>")
        return "".join([*parts, "</g>"])

    def _footer(self) -> tuple[list[str], float]:
        """How it ended: entered = inside + goal + end + left, each with its number. Answers its boxes and their width."""
        goals = " or ".join(one.kind.name.replace("_", " ") for one in self.rule.goals)
        leaves = ", ".join(one.name.replace("_", " ") for one in self.rule.exits)
        boxes = []
        if self.rule.goals:
            boxes.append(("goal", "Goal", "goal", goals))
        if self.rule.exits:
            boxes.append(("left", "Leaves at once", "exits", leaves))
        if self.live:
            boxes += [
                ("left", "Went to the end", "done", "all steps done"),
                ("left", "Inside", "inside", "on their way now"),
            ]
        top, x, found = self.layout.height + 2 * EDGE + 12, EDGE, []
        for sort, title, key, line in boxes:
            wide = max(120.0, 2 * PAD + max(len(title) * SIGN + 46, min(len(line), 40) * SIGN))
            number = f" · {self._ended(key):,}" if self.live else ""
            found.append(
                f'<g class="{sort}"><title>{escape(line or title)}</title>'
                f'<rect class="box" x="{x:.1f}" y="{top:.1f}" width="{wide:.0f}" height="50" rx="10"/>'
                f'<text class="name" x="{x + PAD:.1f}" y="{top + 21:.1f}">{escape(title)}{number}</text>'
                f'<text x="{x + PAD:.1f}" y="{top + 39:.1f}">{_fit(line, SMALL, 40)}</text></g>'
            )
            x += wide + 12
        return found, max(0.0, x - 12 - EDGE)

    def _ended(self, key: str) -> int:
        if key == "inside":
            return sum(self.counts.here.values())
        stops = {node.action.reason for node in self.rule.nodes.values() if isinstance(node.action, Stop)}
        sort = {reason: "done" if reason in stops else reason for reason in self.counts.ended}
        known = {"goal": "goal", "done": "done"}
        return sum(count for one, count in self.counts.ended.items() if known.get(sort[one], "exits") == key)


def _curve(points: Sequence[Point]) -> str:
    """Down, over and down, without a corner."""
    d = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        middle = (ay + by) / 2
        d += f"V{by:.1f}" if abs(ax - bx) < 0.6 else f"C{ax:.1f} {middle:.1f} {bx:.1f} {middle:.1f} {bx:.1f} {by:.1f}"
    return d


def _tip(point: Point) -> str:
    return f'<path class="tip" d="M{point[0]:.1f} {point[1]:.1f}l-4.5 -8h9z"/>'


def _fit(text: str, sign: float, most: int | None = None) -> str:
    room = most or int((WIDTH - 2 * PAD - 24) / sign)
    return escape(text if len(text) <= room else text[: room - 1].rstrip(" ,·") + "…")
