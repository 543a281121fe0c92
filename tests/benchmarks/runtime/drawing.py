"""Memory over time as a picture of its own: one line, and a mark where something was struck."""

from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, BELOW = 900, 320, 70, 40
STYLE = (
    "text{font:12px sans-serif;fill:#555}.a{stroke:#0b6e69;fill:none;stroke-width:2}"
    ".g{stroke:#ddd}.s{stroke:#c0392b;stroke-width:1;opacity:.6}"
)


def drawn(looks: Sequence[tuple[float, int]], strikes: Sequence[float]) -> str:
    """looks: (seconds, bytes); strikes: seconds."""
    last, most = max(at for at, _ in looks) or 1.0, max(size for _, size in looks) * 1.1

    def x(at: float) -> float:
        return LEFT + at / last * (WIDTH - LEFT - 20)

    def y(size: float) -> float:
        return (HEIGHT - BELOW) * (1 - size / most) + 10

    grid = [most * part / 4 for part in range(5)]
    parts = [f'<line class="g" x1="{LEFT}" x2="{WIDTH - 20}" y1="{y(size):.1f}" y2="{y(size):.1f}"/>'
             f'<text x="{LEFT - 8}" y="{y(size) + 4:.1f}" text-anchor="end">{size / 2**20:,.0f} MB</text>' for size in grid]  # fmt: skip
    parts += [
        f'<line class="s" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="10" y2="{y(0):.1f}"/>'
        for at in strikes
        if 0 <= at <= last
    ]
    parts += [f'<text x="{x(last * part / 6):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{last * part / 360:.1f} min</text>'
              for part in range(7)]  # fmt: skip
    line = " ".join(f"{x(at):.1f},{y(size):.1f}" for at, size in looks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Memory over time">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}<polyline class="a" points="{line}"/></svg>\n'
    )
