"""A4 pages in one language: headings, facts, figures, tables and charts, from the side on which its script begins."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.charts import HEIGHT, Curves, Ruler
from hub.charts import WIDTH as BREADTH
from hub.errors import ConfigError
from hub.fonts import packaged_fonts

INK, SOFT, LINE, ACCENT = (24, 28, 36), (96, 104, 118), (222, 226, 232), (15, 98, 106)
MARGIN, WIDTH = 18, 174  # mm of an A4 page
SCRIPTS = {"ar": "Arab", "th": "Thai"}
RIGHT_TO_LEFT = frozenset({"Arab"})
SMALL, BODY, HEAD, TITLE, LARGE = 7.5, 9.5, 13, 22, 30  # points
BAND = 0.16  # opacity of an interval
UNIT, GRID, NAMES = (
    0.32,
    14,
    26,
)  # mm of a unit of a curve's drawing; beside it for its shares and the names of its arms


class Sheet:
    """made: stands in the file, so that the same report is the same bytes. foot: of each page, with its %(number)s. none: stands
    for a table without rows. Raises ConfigError without letters for the language."""

    def __init__(self, language: str, title: str, made: datetime, foot: str, none: str) -> None:
        fonts, script = packaged_fonts().files, SCRIPTS.get(language, "Latn")
        self.none, self.rtl = none, script in RIGHT_TO_LEFT
        self.align = "R" if self.rtl else "L"
        if not {script, "Latn"} <= fonts.keys():
            raise ConfigError(
                f"There are no letters for a report in “{language}”.", "Run ./garage again: it installs them."
            )
        self.pdf = _paper(language, made, foot)
        self.pdf.set_title(title)
        for name, path in fonts.items():
            self.pdf.add_font(name, fname=path)
        self.family = script
        self.pdf.add_page()
        self.pdf.set_font(script, size=BODY)
        self.pdf.set_fallback_fonts([name for name in fonts if name != script], exact_match=False)
        self.pdf.set_text_shaping(use_shaping_engine=True)

    def title(self, text: str) -> None:
        self._text(text, TITLE, INK, 10)
        self.pdf.ln(1)

    def section(self, text: str, about: str = "") -> None:
        """Never alone at the foot of a page."""
        if self.pdf.will_page_break(42):
            self.pdf.add_page()
        else:
            self.pdf.ln(7)
        self._text(text, HEAD, ACCENT, 7)
        if about:
            self.lead(about)
        self.pdf.ln(1)

    def lead(self, text: str) -> None:
        self._text(text, BODY, SOFT, 5)

    def note(self, text: str) -> None:
        self.pdf.ln(1)
        self._text(text, SMALL, SOFT, 4)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """A name and its value in each line."""
        for name, value in pairs:
            self._row((name, value), (1, 4), (SOFT, INK), BODY, 6)

    def figures(self, pairs: Sequence[tuple[str, str]]) -> None:
        """A few numbers that tell it all, side by side in boxes."""
        self.pdf.ln(4)
        gap = 3
        width = (WIDTH - gap * (len(pairs) - 1)) / len(pairs)
        top = self.pdf.get_y()
        for place, (name, number) in enumerate(pairs):
            left = MARGIN + (len(pairs) - 1 - place if self.rtl else place) * (width + gap)
            self.pdf.set_draw_color(*LINE)
            self.pdf.rect(left, top, width, 18, round_corners=True, corner_radius=1.5)
            for text, size, ink, down, height in ((number, 14, INK, 2.5, 5), (name, SMALL, SOFT, 9.5, 3.4)):
                self._pen(size, ink)
                self.pdf.set_xy(left + 1.5, top + down)
                self.pdf.multi_cell(width - 3, height, text, align=self.align)
        self.pdf.set_xy(MARGIN, top + 19)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], numbers: int = 0
    ) -> None:
        """numbers: how many of the last columns hold figures. The heads stand again on each page."""
        if not rows:
            self.lead(self.none)
            return
        from fpdf.fonts import FontFace

        aligns = ["L"] * (len(heads) - numbers) + ["R"] * numbers
        if self.rtl:
            aligns = [{"L": "R", "R": "L"}[one] for one in aligns]
        self._pen(SMALL, INK)
        self.pdf.set_draw_color(*LINE)
        with self.pdf.table(
            col_widths=tuple(self._way(widths)), text_align=tuple(self._way(aligns)), borders_layout="HORIZONTAL_LINES",
            headings_style=FontFace(color=SOFT, emphasis=""), line_height=4, padding=(1.2, 1.5), v_align="T", width=WIDTH,
        ) as grid:  # fmt: skip
            for cells in (heads, *rows):
                row = grid.row()
                for cell in self._way(cells):
                    row.cell(cell)

    def headline(self, text: str, size: float) -> None:
        """A number that matters. size: points."""
        self._text(text, size, ACCENT, size / 2)

    def scale(self, axis: Ruler, value: float, low: float, high: float, ends: tuple[str, str]) -> None:
        """A value and its interval on a straight axis; the dashed line is zero. ends: words for those of the axis."""
        self.pdf.ln(3)
        top = self.pdf.get_y()

        def x(amount: float) -> float:
            part = axis.place(amount) / 100 * WIDTH
            return MARGIN + (WIDTH - part if self.rtl else part)

        self.pdf.set_draw_color(*LINE)
        self.pdf.line(MARGIN, top + 4, MARGIN + WIDTH, top + 4)
        with self.pdf.local_context(fill_color=ACCENT, fill_opacity=BAND):
            self.pdf.rect(min(x(low), x(high)), top + 1, abs(x(high) - x(low)), 6, style="F")
        with self.pdf.local_context(draw_color=INK, dash_pattern={"dash": 1, "gap": 1}):
            self.pdf.line(x(0), top - 1, x(0), top + 9)
        with self.pdf.local_context(fill_color=ACCENT):
            self.pdf.circle(x(value), top + 4, 1.6, style="F")
        for at, text, before in ((axis.low, ends[0], False), (axis.high, ends[1], True)):
            self._beside(x(at), top + 9, text, SOFT, before=before)
        self.pdf.set_xy(MARGIN, top + 14)

    def curves(
        self, told: Curves, names: Mapping[str, str], percent: Callable[[float], str], feet: tuple[str, str]
    ) -> None:
        """Of both arms with their bands. names: of the arms. feet: words for the first day and the last one."""
        self.pdf.ln(2)
        left, top = MARGIN + (NAMES if self.rtl else GRID), self.pdf.get_y() + 2

        def points(path: str) -> list[tuple[float, float]]:
            pairs = (point.split(",") for point in path.split())
            return [(left + float(x) * UNIT, top + float(y) * UNIT) for x, y in pairs]

        start, end = (left + BREADTH * UNIT, left) if self.rtl else (left, left + BREADTH * UNIT)
        self.pdf.set_draw_color(*LINE)
        for share, y in ((0.0, float(HEIGHT)), *told.grid):
            at = top + y * UNIT
            self.pdf.line(left, at, left + BREADTH * UNIT, at)
            self._beside(start, at - 2, percent(share), SOFT, before=True)
        for arm, ink in (("held", SOFT), ("treated", ACCENT)):
            one = told.arms[arm]
            with self.pdf.local_context(fill_color=ink, fill_opacity=BAND):
                self.pdf.polygon(points(one.area), style="F")
            with self.pdf.local_context(draw_color=ink, line_width=0.6):
                self.pdf.polyline(points(one.line))
            for text, down in ((names[arm], -4.5), (percent(one.share), -0.5)):
                self._beside(end, top + one.label * UNIT + down, text, ink)
        self.pdf.set_y(top + HEIGHT * UNIT + 1)
        for at, text, before in ((start, feet[0], False), (end, feet[1], True)):
            self._beside(at, self.pdf.get_y(), text, SOFT, before=before)
        self.pdf.set_xy(MARGIN, self.pdf.get_y() + 6)

    def end(self) -> bytes:
        return bytes(self.pdf.output())

    def _row(
        self, cells: Sequence[str], parts: Sequence[float], inks: Sequence[Any], size: float, height: float
    ) -> None:
        for cell, part, ink in zip(self._way(cells), self._way(parts), self._way(inks), strict=True):
            self._pen(size, ink)
            self.pdf.cell(WIDTH * part / sum(parts), height, cell, align=self.align)
        self.pdf.ln(height)

    def _beside(self, x: float, y: float, text: str, ink: tuple[int, int, int], *, before: bool = False) -> None:
        """Words that begin at x, or end there, in the way of reading."""
        self._pen(SMALL, ink)
        width, leftwards = self.pdf.get_string_width(text) + 2, before != self.rtl
        self.pdf.set_xy(x - width - 1 if leftwards else x + 1, y)
        self.pdf.cell(width, 4, text, align="R" if leftwards else "L")

    def _way(self, several: Sequence[Any]) -> Sequence[Any]:
        return several[::-1] if self.rtl else several

    def _text(self, text: str, size: float, ink: tuple[int, int, int], height: float) -> None:
        self._pen(size, ink)
        self.pdf.multi_cell(0, height, text, align=self.align, new_x="LMARGIN", new_y="NEXT")

    def _pen(self, size: float, ink: tuple[int, int, int]) -> None:
        self.pdf.set_font(self.family, size=size)
        self.pdf.set_text_color(*ink)


def _paper(language: str, made: datetime, foot: str) -> Any:
    from fpdf import FPDF

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_y(-14)
            self.set_font(size=SMALL)
            self.set_text_color(*SOFT)
            self.cell(0, 5, foot % {"number": self.page_no()}, align="C")

    pdf = Paper()
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.set_lang(language)
    pdf.set_creation_date(made)
    pdf.set_producer("Garage Hub")
    return pdf
