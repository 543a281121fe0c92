"""Invoices and warranties of the demo garage as PDF, in the customer's language; the same bytes for the same seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import numpy as np

from hub.demo.rows import Pen
from hub.demo.world.books import DAYS, ITEMS, Books
from hub.fonts import Fonts

WARRANTY_MONTHS = 24
ENDING = timedelta(days=28)
PARTS = [index for index, item in enumerate(ITEMS) if item.kind == "part"]
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"invoice": "Invoice", "warranty": "Warranty", "date": "Date", "for": "For", "car": "Car", "item": "Work and parts",
           "amount": "Amount", "net": "Net", "tax": "Tax", "total": "Total", "covers": "We stand for these parts for 24 months:",
           "fiction": "A paper of the demo garage. Everything in it is made up."},
    "de": {"invoice": "Rechnung", "warranty": "Garantie", "date": "Datum", "for": "Für", "car": "Fahrzeug", "item": "Arbeiten und Teile",
           "amount": "Betrag", "net": "Netto", "tax": "USt.", "total": "Summe", "covers": "Für diese Teile stehen wir 24 Monate lang ein:",
           "fiction": "Ein Papier der Beispielwerkstatt. Alles darin ist erfunden."},
    "ar": {"invoice": "فاتورة", "warranty": "ضمان", "date": "التاريخ", "for": "إلى", "car": "السيارة", "item": "الأعمال وقطع الغيار",
           "amount": "المبلغ", "net": "الصافي", "tax": "الضريبة", "total": "المجموع", "covers": "نضمن هذه القطع لمدة 24 شهرا:",
           "fiction": "مستند من ورشة تجريبية. كل ما فيه من نسج الخيال."},
    "th": {"invoice": "ใบแจ้งหนี้", "warranty": "ใบรับประกัน", "date": "วันที่", "for": "ถึง", "car": "รถยนต์", "item": "งานและอะไหล่",
           "amount": "จำนวนเงิน", "net": "ก่อนภาษี", "tax": "ภาษี", "total": "รวม", "covers": "เรารับประกันอะไหล่เหล่านี้ 24 เดือน:",
           "fiction": "เอกสารของอู่ตัวอย่าง ทุกอย่างในนี้เป็นเรื่องสมมุติ"},
}  # fmt: skip


@dataclass(frozen=True)
class Paper:
    """kind: invoice or warranty. visit: its number in the books. note: what could not be shown, or nothing."""

    visit: int
    kind: str
    number: str
    customer: str
    content: bytes
    note: str


def papers_of(books: Books, fonts: Fonts, visits: Sequence[int]) -> Iterator[Paper]:
    """An invoice per visit, and a warranty where parts were built in."""
    pen = Pen(books)
    for visit in visits:
        customer = books.people.number(int(books.visits["owner"][visit]))
        lines = pen.lines[visit]
        yield Paper(visit, "invoice", pen.key("R", visit), customer, _invoice(pen, fonts, visit, lines), fonts.note)
        parts = [line for line in lines if ITEMS[books.lines["item"][line]].kind == "part"]
        if parts:
            yield Paper(
                visit, "warranty", pen.key("W", visit), customer, _warranty(pen, fonts, visit, parts), fonts.note
            )


def latest_visits(books: Books, count: int) -> list[int]:
    """Of as many customers: the last visit of each of the last ones who came."""
    rows = np.flatnonzero(books.visits["day"] < DAYS)[::-1]
    _, first = np.unique(books.visits["owner"][rows], return_index=True)
    found: list[int] = rows[np.sort(first)[:count]].tolist()
    return found


def ending_visits(books: Books, count: int) -> list[int]:
    """The visits with parts whose warranty ends next, within four weeks."""
    ago = DAYS - 1 - books.visits["day"]
    rows = np.flatnonzero((ago > 365 * 2 - ENDING.days - 2) & (ago < 365 * 2 + 2))  # a leap year more, a leap day less
    last = {visit: ends_on(books.day(int(books.visits["day"][visit]))) for visit in rows.tolist()}
    parts = set(books.lines["visit"][np.isin(books.lines["item"], PARTS)].tolist())
    due = [visit for visit, day in last.items() if books.today < day <= books.today + ENDING and visit in parts]
    return sorted(due, key=lambda visit: (last[visit], visit))[:count]


def ends_on(day: date) -> date:
    """The last day of a warranty; of a leap day the day before."""
    year = day.year + WARRANTY_MONTHS // 12
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def visits_of(books: Books, number: str, count: int) -> list[int]:
    """The last visits of one customer, the latest first; none of somebody of another branch."""
    past = np.flatnonzero(books.visits["day"] < DAYS)[::-1].tolist()
    mine = (visit for visit in past if books.people.number(int(books.visits["owner"][visit])) == number)
    return list(islice(mine, count))


def _invoice(pen: Pen, fonts: Fonts, visit: int, lines: Sequence[int]) -> bytes:
    books = pen.books
    sheet = _sheet(pen, fonts, visit, "invoice", pen.key("R", visit))
    for line in lines:
        sheet.pair(ITEMS[books.lines["item"][line]].words, money(books, int(books.lines["amount"][line])))
    if off := int(books.visits["off"][visit]):
        sheet.pair(pen.let_off_words(visit), money(books, -off))
    total = pen.due(visit)
    net = pen.net(total)
    for name, amount in (("net", net), ("tax", total - net), ("total", total)):
        sheet.pair(sheet.words[name], money(books, amount), bold=name == "total")
    return sheet.end()


def _warranty(pen: Pen, fonts: Fonts, visit: int, parts: Sequence[int]) -> bytes:
    sheet = _sheet(pen, fonts, visit, "warranty", pen.key("W", visit))
    sheet.line(sheet.words["covers"])
    for line in parts:
        item = ITEMS[pen.books.lines["item"][line]]
        sheet.pair(item.words, item.code)
    return sheet.end()


def money(books: Books, minor: int) -> str:
    return f"{minor / 10**books.branch.decimals:,.{books.branch.decimals}f} {books.branch.currency}"


def _sheet(pen: Pen, fonts: Fonts, visit: int, kind: str, number: str) -> "Sheet":
    """Head of a paper: whose, for whom, which car. Where letters cannot be set it is in English, and names the number."""
    books, visits = pen.books, pen.books.visits
    owner, car, day = (int(visits[name][visit]) for name in ("owner", "car", "day"))
    tongue, date = books.people.tongue_of(owner), books.day(day)
    readable = fonts.can_set(WORDS[tongue.language]["invoice"])
    language, script = (tongue.language, tongue.script) if readable else ("en", "Latn")
    sheet = Sheet(fonts, WORDS[language], script, datetime.combine(date, time(12), UTC))
    sheet.line(books.branch.name, 16)
    sheet.line(f"{sheet.words[kind]} {number}", 13)
    sheet.pair(sheet.words["date"], date.isoformat())
    name, address = books.people.name(owner), books.people.address(owner)
    sheet.pair(sheet.words["for"], name if fonts.can_set(name) else books.people.number(owner))
    sheet.line(address if fonts.can_set(address) else "")
    model = books.cars.model_of(car)
    sheet.pair(
        sheet.words["car"],
        f"{model.make} {model.name}, {books.cars.vin(car, books.day(0))}, {int(visits['odometer'][visit]):,} km",
    )
    sheet.pair(sheet.words["item"], sheet.words["amount"], bold=True)
    return sheet


class Sheet:
    """One A4 page, written from the side on which the script begins. made: stands in the file, so that it is the same again."""

    def __init__(self, fonts: Fonts, words: Mapping[str, str], script: str, made: datetime) -> None:
        from fpdf import FPDF

        self.words = words
        self.rtl = script == "Arab"
        self.pdf: Any = FPDF()
        self.pdf.set_creation_date(made)
        self.pdf.set_producer("Garage Hub demo")
        for name, path in fonts.files.items():
            self.pdf.add_font(name, fname=path)
        self.unicode = bool(fonts.files)
        self.family = script if script in fonts.files else next(iter(fonts.files), "Helvetica")
        self.pdf.add_page()
        self.pdf.set_font(self.family, size=10)
        if self.unicode:
            self.pdf.set_fallback_fonts([name for name in fonts.files if name != self.family], exact_match=False)
            self.pdf.set_text_shaping(use_shaping_engine=True)

    def line(self, text: str, size: int = 10) -> None:
        self.pdf.set_font(self.family, size=size)
        self.pdf.cell(0, size * 0.75, self._shown(text), align="R" if self.rtl else "L", new_x="LMARGIN", new_y="NEXT")
        self.pdf.set_font(self.family, size=10)

    def pair(self, name: str, value: str, bold: bool = False) -> None:
        """A name where reading begins and a value where it ends; a rule above what is to stand out."""
        if bold:
            self.pdf.line(10, self.pdf.get_y(), 200, self.pdf.get_y())
        left, right = (value, name) if self.rtl else (name, value)
        self.pdf.cell(95, 7.5, self._shown(left), align="L")
        self.pdf.cell(0, 7.5, self._shown(right), align="R", new_x="LMARGIN", new_y="NEXT")

    def end(self) -> bytes:
        self.line("")
        self.line(self.words["fiction"], 8)
        return bytes(self.pdf.output())

    def _shown(self, text: str) -> str:
        """Without any font of this machine only Western letters can be set."""
        return text if self.unicode else text.encode("latin-1", "replace").decode("latin-1")
