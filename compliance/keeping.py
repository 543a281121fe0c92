"""How long rows are kept: config/privacy/retention.yaml, a period per class of retention, other ones by jurisdiction."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from compliance import law
from hub.errors import ConfigError
from hub.models import Base

KEYS = {"days", "until", "source", "reviewed_on"}
STRANGERS, MODELS = "strangers", "models"  # whole people and files, not columns
ERASURE, TERM = "erasure", "term"
EXAMPLES, EXAMPLE = "examples", {"name", "class", "law", "days", "expect"}
KEPT, ENDS = "kept", "ends"
MOST_DAYS = 40_000


@dataclass(frozen=True)
class Period:
    """days: after what the rows are about has ended; None: until the person asks to be forgotten, or until the term that each row
    bears. source, reviewed_on: where the law was read, and when."""

    days: int | None
    source: str
    reviewed_on: date
    until: str = ""


@dataclass(frozen=True)
class Keeping:
    """class of retention -> its period; (class, jurisdiction) -> another one."""

    periods: Mapping[str, Period]
    others: Mapping[tuple[str, str], Period]

    def of(self, retention: str, jurisdiction: str = "") -> Period:
        return self.others.get((retention, jurisdiction)) or self.periods[retention]

    def laws_of(self, retention: str) -> list[str]:
        """Jurisdictions with a period of their own for this class."""
        return sorted(jurisdiction for name, jurisdiction in self.others if name == retention)

    def longest(self, retentions: Iterable[str], jurisdiction: str) -> int | None:
        """Days of the class that is kept longest; None where one is kept until the person asks."""
        days = [self.of(one, jurisdiction).days for one in retentions]
        return None if None in days else max(day for day in days if day is not None)

    def is_over(self, retention: str, jurisdiction: str, days: int) -> bool:
        """Of a row that went so many whole days after it had ended; a term that it bore was over then."""
        period = self.of(retention, jurisdiction)
        return days >= period.days if period.days is not None else period.until == TERM

    def verdict(self, retention: str, jurisdiction: str, days: int) -> str:
        """Of a row that ended so many days ago and that no hold and no open request protects."""
        period = self.of(retention, jurisdiction)
        return ENDS if period.days is not None and days > period.days else KEPT


def read_keeping(config: Path) -> Keeping:
    """Raises ConfigError for the first mistake."""
    return law.sound(*_read(config))


def read_proposed(path: Path) -> Keeping:
    """Another file in its place, wherever it lies. Raises ConfigError for the first mistake."""
    return law.sound(*_sorted(*law.read_file(path, "It says how long each class of rows is kept.")))


def problems_of(config: Path) -> list[str]:
    return _read(config)[1]


def classes() -> set[str]:
    """Every class of retention that a column names, and those of whoever never became a customer and of models."""
    named = {column.info["retention"] for table in Base.metadata.tables.values() for column in table.columns}
    return {STRANGERS, MODELS, *named}


def _read(config: Path) -> tuple[Keeping | None, list[str]]:
    try:
        path, top = law.read(config, "retention.yaml", "It says how long each class of rows is kept.")
    except ConfigError as error:
        return None, [str(error)]
    return _sorted(path, top)


def _sorted(path: Path, top: Any) -> tuple[Keeping | None, list[str]]:
    if not isinstance(top, CommentedMap):
        return None, [f"{path}:1: it maps classes of retention to periods."]
    problems, periods, others = [], {}, {}
    examples = top.get(EXAMPLES, [])
    for name, block in top.items():
        if name == EXAMPLES:
            continue
        where = f"{path}:{top.lc.key(name)[0] + 1}"
        own = {key: value for key, value in block.items() if key != "by"} if isinstance(block, dict) else block
        by = block.get("by", {}) if isinstance(block, dict) else {}
        for jurisdiction, one in {"": own, **by}.items():
            if wrong := law.no_law(jurisdiction, "") or _wrong(one):
                problems.append(f"{where}: {f'{jurisdiction}: ' if jurisdiction else ''}{wrong}")
            elif jurisdiction:
                others[name, jurisdiction] = _period(one)
            else:
                periods[name] = _period(one)
    problems += [f"{path}:1: “{name}” has no period, and rows end by it." for name in sorted(classes() - set(top))]
    lengths = [periods.get(MODELS), *(one for (name, _), one in others.items() if name == MODELS)]
    if any(one is not None and one.days is None for one in lengths):
        problems.append(f"{path}:{top.lc.key(MODELS)[0] + 1}: {MODELS} ends after days, as nobody asks for it.")
    if not problems:
        problems = list(_tried(path, top, examples, Keeping(periods, others)))
    return (None, problems) if problems else (Keeping(periods, others), [])


def _tried(path: Path, top: CommentedMap, examples: Any, keeping: Keeping) -> Iterator[str]:
    """What is wrong with the examples, each by its line."""
    if not isinstance(examples, list):
        yield f"{path}:{top.lc.key(EXAMPLES)[0] + 1}: examples is a list."
        return
    for number, one in enumerate(examples):
        where = f"{path}:{examples.lc.item(number)[0] + 1}"  # type: ignore[attr-defined]  # a list that knows its lines
        if not isinstance(one, dict) or set(one) != EXAMPLE or type(one["days"]) is not int:
            yield f"{where}: an example has {', '.join(sorted(EXAMPLE))}; days is a whole number."
        elif one["class"] not in keeping.periods:
            yield f"{where}: there is no class “{one['class']}”. Known: {', '.join(sorted(keeping.periods))}."
        elif wrong := law.no_law(one["law"]):
            yield f"{where}: {wrong}"
        elif (found := keeping.verdict(one["class"], one["law"], one["days"])) != one["expect"]:
            yield f"{where}: the example “{one['name']}” is {found}, and should be {one['expect']}."


def _wrong(block: Any) -> str:
    if not isinstance(block, dict) or not {"source", "reviewed_on"} <= set(block) or not {"days", "until"} & set(block):
        return "a period needs days or until, source and reviewed_on."
    if unknown := sorted(set(block) - KEYS):
        return f"there is no “{unknown[0]}” in a period. Known: {', '.join(sorted(KEYS))}."
    if "until" in block and ("days" in block or block["until"] not in (ERASURE, TERM)):
        return "until is `erasure` or `term`, and stands in place of days."
    if "days" in block and (type(block["days"]) is not int or not 1 <= block["days"] <= MOST_DAYS):
        return "days is a whole number from 1."
    return law.unread(block)


def _period(block: Mapping[str, Any]) -> Period:
    return Period(block.get("days"), str(block["source"]), block["reviewed_on"], block.get("until", ""))
