"""A model's picture: what was promised beside what came, and how much of it the first customers of a list hold."""

from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]

SIZE, EDGE = 260, 36
BINS = 10
STYLE = """
svg{--ink:#1c2733;--faint:#d4dbe3;--line:#0b6bcb;--paper:#fff}
@media(prefers-color-scheme:dark){svg{--ink:#e6ebf0;--faint:#33414f;--line:#66b2ff;--paper:#10161d}}
.paper{fill:var(--paper)} text{fill:var(--ink);font:12px system-ui,sans-serif} .axis{stroke:var(--faint);fill:none}
.even{stroke:var(--faint);stroke-dasharray:4 4} .curve{stroke:var(--line);stroke-width:2;fill:none} .dot{fill:var(--line)}
"""


def picture(title: str, chance: Numbers, truth: Numbers) -> str:
    """SVG without a script, light and dark, with what it shows in words for those who cannot see it."""
    promised, came = reliability(chance, truth)
    share, held = gains(chance, truth)
    worst = float(np.abs(promised - came).max())
    words = (
        f"Of {len(truth)} forecasts in {BINS} groups the promise and the outcome differ by at most {100 * worst:.0f} points. "
        f"The first tenth of the list holds {100 * float(np.interp(0.1, share, held)):.0f} % of those concerned."
    )
    width = 2 * (SIZE + EDGE) + EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {SIZE + 2 * EDGE}" role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(title)}</title><desc id="d">{escape(words)}</desc><style>{STYLE}</style>',
        f'<rect class="paper" width="{width}" height="{SIZE + 2 * EDGE}"/>',
        _panel(EDGE, "promised", "came true", promised, came, dots=True),
        _panel(SIZE + 2 * EDGE, "share of the list", "of those concerned", share, held, dots=False),
        "</svg>",
    ]
    return "\n".join(parts)


def reliability(chance: Numbers, truth: Numbers) -> tuple[Numbers, Numbers]:
    """Mean promise and mean outcome of BINS groups of equal size."""
    groups = np.array_split(np.argsort(chance, kind="stable"), BINS)
    groups = [rows for rows in groups if len(rows)]
    return np.array([chance[rows].mean() for rows in groups]), np.array([truth[rows].mean() for rows in groups])


def gains(chance: Numbers, truth: Numbers) -> tuple[Numbers, Numbers]:
    """Share of the list against the share of all positives within it."""
    hits = np.cumsum(truth[np.argsort(-chance, kind="stable")]) / max(truth.sum(), 1)
    at = np.linspace(0, len(hits), 51).astype(int)
    return at / len(hits), np.concatenate([[0], hits])[at]


def _panel(left: int, across: str, up: str, xs: Numbers, ys: Numbers, *, dots: bool) -> str:
    points = [(left + SIZE * float(x), EDGE + SIZE * (1 - float(y))) for x, y in zip(xs, ys, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    marks = "".join(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points) if dots else ""
    return (
        f'<rect class="axis" x="{left}" y="{EDGE}" width="{SIZE}" height="{SIZE}"/>'
        f'<line class="even" x1="{left}" y1="{EDGE + SIZE}" x2="{left + SIZE}" y2="{EDGE}"/>'
        f'<polyline class="curve" points="{line}"/>{marks}'
        f'<text x="{left}" y="{EDGE + SIZE + 18}">{escape(across)}</text><text x="{left}" y="{EDGE - 8}">{escape(up)}</text>'
    )
