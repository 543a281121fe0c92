"""How long a tax law wants an invoice kept, and what must stand on it: config/privacy/archives.yaml, data with a source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml.comments import CommentedMap

from compliance import law
from compliance.periods import after
from hub.errors import ConfigError

ISSUE, YEAR_END = "issue", "year_end"
KEYS = {"years", "from", "source", "reviewed_on"}
MOST_YEARS = 30
KEEPS, STEP, DEFAULT = "keeps", "second_step", "default"
PROOF, NONE = "proof", "none"
OF_A_PERSON = ("name", "address", "customer_number")


@dataclass(frozen=True)
class Term:
    """years: from the day of issue, or from the end of that calendar year. source, reviewed_on: where the law was read, and when."""

    years: int
    since: str
    source: str
    reviewed_on: date

    def ends_at(self, issued_on: date, zone: str) -> datetime:
        """The first moment at which the law asks for it no more, in UTC."""
        begins = date(issued_on.year + 1, 1, 1) if self.since == YEAR_END else after(issued_on, 0, 1)
        ends = after(begins, 12 * self.years, 0)
        return datetime.combine(ends, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True)
class Terms:
    """keeps: fields of the person that an invoice must show. second_step: what the desk asks of whoever opens one, beside the
    reason: proof (that it is still them, just now) or none."""

    keeps: tuple[str, ...]
    by_law: Mapping[str, Term]
    second_step: str = PROOF

    def of(self, jurisdiction: str) -> Term:
        return self.by_law.get(jurisdiction) or self.by_law[DEFAULT]


def read_terms(config: Path) -> Terms:
    """Raises ConfigError for the first mistake."""
    return law.sound(*_read(config))


def problems_of(config: Path) -> list[str]:
    return _read(config)[1]


def _read(config: Path) -> tuple[Terms | None, list[str]]:
    try:
        path, top = law.read(config, "archives.yaml", "It says how long invoices of somebody who was erased are kept.")
    except ConfigError as error:
        return None, [str(error)]
    if not isinstance(top, CommentedMap) or not {KEEPS, DEFAULT} <= set(top):
        return None, [f"{path}:1: it has “{KEEPS}”, “{DEFAULT}”, and a term for each law that has another."]
    lines = {name: f"{path}:{top.lc.key(name)[0] + 1}" for name in top}
    keeps = top[KEEPS]
    problems = []
    if not isinstance(keeps, list) or not set(keeps) <= set(OF_A_PERSON):
        problems.append(f"{lines[KEEPS]}: {KEEPS} is a list of {', '.join(OF_A_PERSON)}.")
    step = top.get(STEP, PROOF)
    if step not in (PROOF, NONE):
        problems.append(f"{lines[STEP]}: {STEP} is {PROOF} or {NONE}.")
    laws = {name: block for name, block in top.items() if name not in (KEEPS, STEP)}
    problems += [f"{lines[name]}: {wrong}" for name in laws if (wrong := law.no_law(name, DEFAULT))]
    problems += [f"{lines[name]}: {name}: {wrong}" for name, block in laws.items() if (wrong := _wrong(block))]
    return (None, problems) if problems else (Terms(tuple(keeps), {name: _term(laws[name]) for name in laws}, step), [])


def _wrong(block: Any) -> str:
    if not isinstance(block, dict) or set(block) != KEYS:
        return f"a term has {', '.join(sorted(KEYS))}."
    if type(block["years"]) is not int or not 1 <= block["years"] <= MOST_YEARS:
        return f"years is a whole number from 1 to {MOST_YEARS}."
    if block["from"] not in (ISSUE, YEAR_END):
        return f"from is {ISSUE} or {YEAR_END}."
    return law.unread(block)


def _term(block: Mapping[str, Any]) -> Term:
    return Term(block["years"], block["from"], str(block["source"]), block["reviewed_on"])
