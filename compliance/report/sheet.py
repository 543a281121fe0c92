"""A4 pages in one language: headings, facts, figures and tables, from the side on which its script begins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from compliance.report.words import say
from hub.errors import ConfigError
from hub.fonts import packaged_fonts

INK, SOFT, LINE, ACCENT = (24, 28, 36), (96, 104, 118), (222, 226, 232), (15, 98, 106)
MARGIN, WIDTH = 18, 174  # mm of an A4 page
SCRIPTS = {"ar": "Arab"}
SMALL, BODY, HEAD, TITLE = 7.5, 9.5, 13, 22  # points


class Sheet:
    """made: stands in the file, so that the same report is the same bytes. Raises ConfigError without letters for the language."""

    def __init__(self, language: str, title: str, made: datetime) -> None:
        self.language, self.rtl = language, language in SCRIPTS
        self.align = "R" if self.rtl else "L"
        fonts = packaged_fonts().files
        script = SCRIPTS.get(language, "Latn")
        if not {script, "Latn"} <= fonts.keys():
            raise ConfigError(
                f"There are no letters for a report in “{language}”.", "Run ./garage again: it installs them."
            )
        self.pdf = _paper(language, made)
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
            self.pdf.rect(left, top, width, 17, round_corners=True, corner_radius=1.5)
            for text, size, ink, down in ((number, 14, INK, 2.5), (name, SMALL, SOFT, 10)):
                self._pen(size, ink)
                self.pdf.set_xy(left + 1.5, top + down)
                self.pdf.cell(width - 3, 5, text, align=self.align)
        self.pdf.set_xy(MARGIN, top + 18)

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], numbers: int = 0
    ) -> None:
        """numbers: how many of the last columns hold figures. The heads stand again on each page."""
        if not rows:
            self.lead(say(self.language, "none"))
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

    def end(self) -> bytes:
        return bytes(self.pdf.output())

    def _row(
        self, cells: Sequence[str], parts: Sequence[float], inks: Sequence[Any], size: float, height: float
    ) -> None:
        for cell, part, ink in zip(self._way(cells), self._way(parts), self._way(inks), strict=True):
            self._pen(size, ink)
            self.pdf.cell(WIDTH * part / sum(parts), height, cell, align=self.align)
        self.pdf.ln(height)

    def _way(self, several: Sequence[Any]) -> Sequence[Any]:
        return several[::-1] if self.rtl else several

    def _text(self, text: str, size: float, ink: tuple[int, int, int], height: float) -> None:
        self._pen(size, ink)
        self.pdf.multi_cell(0, height, text, align=self.align, new_x="LMARGIN", new_y="NEXT")

    def _pen(self, size: float, ink: tuple[int, int, int]) -> None:
        self.pdf.set_font(self.family, size=size)
        self.pdf.set_text_color(*ink)


def _paper(language: str, made: datetime) -> Any:
    from fpdf import FPDF

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_y(-14)
            self.set_font(size=SMALL)
            self.set_text_color(*SOFT)
            self.cell(0, 5, say(language, "page", number=str(self.page_no())), align="C")

    pdf = Paper()
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.set_lang(language)
    pdf.set_creation_date(made)
    pdf.set_producer("Garage Hub")
    return pdf
