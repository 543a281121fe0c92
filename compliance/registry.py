"""Where a person is found: every table that points at one, and how its rows end, read from the classified columns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from sqlalchemy import Column, Table, UniqueConstraint

from hub.models import Base

Verb = Literal["shred", "anonymise", "archive"]

# Rows that are the person: they stay as shells that say nothing, so that what is archived keeps its refs.
SHELLS = ("persons", "customers", "drivers", "staff")
# Made from the rest, or only of use for one person: no total needs them.
DERIVED = ("profiles", "scores", "needs", "membership_cards", "counterparts")
KEY_HOLDER = "data_keys"


@dataclass(frozen=True)
class RecordSet:
    """A table's rows about a person. column: the one that points at the person or customer (`about`), or at a row of
    `parent` that is about them. sealed: columns under the person's key that end with it while the row stays."""

    table: Table
    column: Column[int]
    about: Literal["person", "customer", "parent"]
    verb: Verb
    sealed: tuple[str, ...] = ()
    parent: "RecordSet | None" = None

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def way(self) -> tuple[str, ...]:
        """The tables from the person down to this one."""
        return (*(self.parent.way if self.parent else ()), self.name)


@cache
def record_sets() -> tuple[RecordSet, ...]:
    """All of them, children before their parents, so that they can be worked off in order."""
    found = _walked(lambda parent: parent.verb == "shred")  # what hangs below must go before its parent goes
    return tuple(sorted(found, key=lambda one: (-one.depth, one.name, one.column.name)))


@cache
def readable_sets() -> tuple[RecordSet, ...]:
    """Like record_sets, parents before their children, and with the rows that hang below anonymised ones, too (a visit's
    lines, an inspection's findings): what a person may ask to see."""
    return tuple(_walked(lambda _parent: True))


@cache
def bound_to(name: str) -> frozenset[str]:
    """Record sets without which this one cannot stay, or that cannot stay without it: those on the ways to it, and those that
    hang below it. A visit that is held is worth nothing without its lines."""
    ways = [one.way for one in record_sets() if name in one.way]
    return frozenset(other for way in ways for other in way) - {name}


def by_table(sets: Iterable[RecordSet]) -> dict[str, list[RecordSet]]:
    """The ways to each table, in the order of the first: a row that two ways lead to is still one row."""
    found: dict[str, list[RecordSet]] = {}
    for one in sets:
        found.setdefault(one.name, []).append(one)
    return found


def _walked(goes_below: Callable[[RecordSet], bool]) -> list[RecordSet]:
    """Every way down from a person. Whatever points at somebody itself is theirs alone, wherever else it hangs: the invoice
    of who paid is not shown to who drove."""
    found = [one for table in Base.metadata.sorted_tables if table.name not in SHELLS for one in _direct(table)]
    owned = {one.name for one in found}
    for parent in found:  # grows while it is walked
        if goes_below(parent):
            found.extend(child for child in _below(parent) if child.name not in owned)
    return found


def _direct(table: Table) -> list[RecordSet]:
    sets = []
    for column in table.columns:
        for key in column.foreign_keys:
            target = key.column.table.name
            if target in ("persons", "customers"):
                about: Literal["person", "customer"] = "person" if target == "persons" else "customer"
                sets.append(RecordSet(table, column, about, _verb(table, column), _sealed(table)))
    return sets


def _below(parent: RecordSet) -> list[RecordSet]:
    """One for each column that points at the parent's rows; never back up the way that led here."""
    return [
        RecordSet(table, column, "parent", "shred", parent=parent)
        for table in Base.metadata.sorted_tables
        if table.name not in SHELLS and table.name not in parent.way
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == parent.name
    ]


def _verb(table: Table, column: Column[int]) -> Verb:
    if column.info["erase"] in ("archive", "keep"):
        return "archive"
    if column.info["erase"] == "shred" or table.name in DERIVED or column.info["purpose"] == "campaigns":
        return "shred"
    must_stay = [one for one in table.columns if one.info["erase"] == "shred" and not one.nullable]
    return "shred" if must_stay or _is_unique(table, column) else "anonymise"


def _sealed(table: Table) -> tuple[str, ...]:
    return tuple(one.name for one in table.columns if one.info["erase"] == "shred" and one.nullable)


def _is_unique(table: Table, column: Column[int]) -> bool:
    """Two people's rows cannot both become nobody's."""
    uniques = [
        *(one.columns for one in table.constraints if isinstance(one, UniqueConstraint)),
        table.primary_key.columns,
    ]
    indexes = [one.columns for one in table.indexes if one.unique]
    return any(column.name in {one.name for one in columns} for columns in (*uniques, *indexes))
