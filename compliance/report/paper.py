"""The report to read: what the tables say, in one language, on a few pages whatever the number of people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from compliance.anonymity import told
from compliance.purposes import Purposes
from compliance.report.words import WORDS, ltr, say, value
from hub.sheet import Sheet

SHOWN = 40  # rows of a table; the others stand in its file
CODED = ("basis", "cause", "channel", "record_set", "risk")  # columns of codes that have words
IN_TIME = ("yes", "no", "open", "late")


@dataclass
class Read:
    """A table as it went by. head: its first rows; tally: how many rows had these values."""

    columns: tuple[str, ...]
    rows: int = 0
    head: list[tuple[Any, ...]] = field(default_factory=list)
    tally: Counter[tuple[Any, ...]] = field(default_factory=Counter)


@dataclass(frozen=True)
class Facts:
    """files: name -> rows (None: no table) and SHA-256 in hex."""

    known: Purposes
    region: str
    law: str
    made_at: datetime
    signer: str
    entries: int
    unsealed: int
    head: str
    read: Mapping[str, Read]
    files: Mapping[str, tuple[int | None, str]]
    least: int


def paper(facts: Facts, language: str) -> bytes:
    """The PDF's bytes."""
    return _Paper(facts, language).made()


class _Paper:
    def __init__(self, facts: Facts, language: str) -> None:
        self.facts, self.language = facts, language
        self.sheet = Sheet(language, self.say("title"), facts.made_at, self.say("page"), self.say("none"))

    def made(self) -> bytes:
        self._front()
        self._requests()
        self._table("deadlines", ("law", "days", "months", "longer_days", "longer_months", "source", "read_on", "unverified"),
                    (0.6, 0.5, 0.7, 0.8, 0.8, 3, 1, 2))  # fmt: skip
        self._table(
            "certificates", ("request", "cause", "customer", "erased_at", "backups_forget_by"), (2, 1.2, 2, 1.4, 1.2)
        )
        self._table("consents", ("purpose", "channel", "granted", "withdrawn", "events"), (3, 2, 1, 1.2, 1.2), 3)
        self._table("processing", ("purpose", "basis", "categories", "kept", "recipients", "transfers"),
                    (1.1, 1.2, 2.2, 2.2, 1.2, 1))  # fmt: skip
        self._table("transfers", ("partner", "from", "to", "topic", "sent", "held_back", "last_at"),
                    (1.4, 0.6, 0.6, 2, 0.8, 1, 1.6), title="crossings")  # fmt: skip
        self._table("holds", ("customer", "record_set", "basis", "owner", "placed_at", "ends_at", "released_at"),
                    (1.2, 1.2, 2, 1.2, 1, 1, 1))  # fmt: skip
        self._table("breaches", ("noticed_at", "summary", "risk", "law", "people", "due_at", "authority_told_at", "people_told_at"),
                    (1.1, 2, 0.8, 0.6, 0.8, 1.1, 1.1, 1.1))  # fmt: skip
        self._table("deeds", ("action", "times", "last_at"), (3, 1, 1.6))
        self._chain()
        return self.sheet.end()

    def _front(self) -> None:
        facts, who = self.facts, self.facts.known.controller
        people, asked = facts.read["subjects"], facts.read["requests"]
        self.sheet.title(self.say("title"))
        made = self.shown(facts.made_at)
        self.sheet.lead(
            say(self.language, "lead", controller=who["name"], region=ltr(self.language, facts.region), made=made)
        )
        self.sheet.figures([
            (self.say("subjects"), self.count(people.rows)),
            (self.say("erased"), self.count(_where(people, 1, "erased"))),
            (self.say("restricted"), self.count(_where(people, 1, "restricted"))),
            (self.say("open"), self.count(_where(asked, 1, "open") + _where(asked, 1, "late"))),
            (self.say("late"), self.count(_where(asked, 1, "late"))),
            (self.say("holds_now"), self.count(facts.read["holds"].rows)),
        ])  # fmt: skip
        self.sheet.lead("")
        self.sheet.facts([
            (self.say("controller"), who["name"]), (self.say("contact"), ltr(self.language, who["contact"])),
            (self.say("region"), ltr(self.language, facts.region)), (self.say("law"), facts.law), (self.say("made"), made),
        ])  # fmt: skip
        self.sheet.note(f"{self.say('signer')} {ltr(self.language, facts.signer)} (Ed25519)")

    def _requests(self) -> None:
        self.sheet.section(self.say("requests"), self.say("requests_about"))
        tally = self.facts.read["requests"].tally
        kinds = sorted({kind for kind, _ in tally})
        rows = [[value(self.language, kind), *(self.count(tally[kind, one]) for one in IN_TIME)] for kind in kinds]
        heads = [self.say("kind"), *(self.say(f"in_time_{one}") for one in IN_TIME)]
        self.sheet.table(heads, rows, (3, 1, 1, 1, 1.4), len(IN_TIME))

    def _table(
        self, name: str, columns: Sequence[str], widths: Sequence[float], numbers: int = 0, title: str = ""
    ) -> None:
        read, about = self.facts.read[name], f"{name}_about"
        self.sheet.section(self.say(title or name), self.say(about) if about in WORDS else "")
        places = [read.columns.index(one) for one in columns]
        rows = [[self._cell(one, row[place]) for one, place in zip(columns, places, strict=True)] for row in read.head]
        self.sheet.table([self.say(one) for one in columns], rows, widths, numbers)
        if read.rows > len(read.head):
            rest = self.number(read.rows - len(read.head))
            self.sheet.note(say(self.language, "more", number=rest, file=ltr(self.language, f"{name}.csv")))

    def _chain(self) -> None:
        facts = self.facts
        self.sheet.section(self.say("chain"), self.say("chain_about"))
        self.sheet.facts(
            [(self.say("entries"), self.number(facts.entries)), (self.say("unsealed"), self.number(facts.unsealed))]
        )
        self.sheet.note(f"{self.say('head')} {ltr(self.language, facts.head)}")
        self.sheet.section(self.say("files"), self.say("files_about"))
        rows = [
            [ltr(self.language, name), "" if rows is None else self.number(rows), ltr(self.language, digest)]
            for name, (rows, digest) in facts.files.items()
        ]
        self.sheet.table([self.say("file"), self.say("rows"), "SHA-256"], rows, (1.6, 0.7, 4))

    def _cell(self, column: str, cell: Any) -> str:
        if column == "purpose" and cell in self.facts.known.purposes:
            title = self.facts.known.purposes[cell].title(self.language)
            return title if title != cell else self.shown(cell)
        if column in ("request", "customer"):
            return ltr(self.language, str(cell)[:12])
        return value(self.language, cell) if column in CODED else self.shown(cell)

    def shown(self, cell: Any) -> str:
        if cell is None:
            return ""
        if isinstance(cell, tuple):
            return ltr(self.language, ", ".join(str(one).replace("_", " ") for one in cell))
        if isinstance(cell, int):
            return self.number(cell)
        if isinstance(cell, datetime):
            return ltr(self.language, f"{cell:%Y-%m-%d %H:%M} UTC")
        return ltr(self.language, cell.isoformat()) if isinstance(cell, date) else ltr(self.language, _day(str(cell)))

    def number(self, number: int) -> str:
        return f"{number:,}"

    def count(self, number: int) -> str:
        """Of people, or of what each of them asked: the paper is handed on, so few are told as few."""
        cut = told(number, self.facts.least)
        return ltr(self.language, cut) if isinstance(cut, str) else self.number(cut)

    def say(self, word: str) -> str:
        return say(self.language, word)


def _where(read: Read, place: int, wanted: str) -> int:
    return sum(number for values, number in read.tally.items() if values[place] == wanted)


def _day(text: str) -> str:
    """An instant inside a certificate, to the day."""
    try:
        return datetime.fromisoformat(text).date().isoformat() if "T" in text else text
    except ValueError:
        return text
