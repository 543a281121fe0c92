"""The tables that rules read, made flat for engines that read columns: each attribute of an event gets one of its own. It is the
database that reads the JSON, so an attribute means there what it means here."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Double,
    FromClause,
    MetaData,
    Select,
    String,
    Table,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from rules.catalogue import Catalogue
from rules.dependencies import Reads
from rules.sql.elements import attribute, own_column
from rules.sql.scope import Tables

TYPES: Mapping[str, TypeEngine[Any]] = {"number": Double(), "text": String(), "flag": Boolean(), "day": Date()}


def flat(tables: Tables, catalogue: Catalogue) -> Tables:
    """For the rules to be compiled over."""
    own = [Column(own_column(*one), TYPES[one[1]]) for one in sorted(_attributes(catalogue))]
    plain = [Column(one.name, one.type, nullable=one.nullable) for one in tables.event.c]
    return replace(tables, event=Table(tables.event.description, MetaData(), *plain, *own))


def select_flat(
    table: FromClause, columns: Collection[str], catalogue: Catalogue, reads: Reads
) -> tuple[list[Column[Any]], Select[Any]]:
    """(the columns, a statement that gives them) of one of our tables. columns: names in the flat one. reads: of all rules
    together; rows of other kinds of events, and of other scores, are left where they are."""
    own = {own_column(*one): one for one in _attributes(catalogue)} if "attributes" in table.c else {}
    found: list[Column[Any]] = []
    given: list[ColumnElement[Any]] = []
    for name in sorted(columns):
        if name in own:
            type_ = TYPES[own[name][1]]
            found.append(Column(name, type_))
            given.append(type_coerce(attribute(table, *own[name]), type_).label(name))
        else:
            found.append(Column(name, table.c[name].type, nullable=table.c[name].nullable))
            given.append(table.c[name])
    statement = select(*given)
    if "kind" in table.c:
        statement = statement.where(table.c.kind.in_(sorted(reads.events)))
    if "as_of" in table.c:
        statement = statement.where(table.c.name.in_(sorted(reads.scores)))
    return found, statement


def _attributes(catalogue: Catalogue) -> set[tuple[str, str]]:
    """(name, type): the same name may be a number in one kind of events and a text in another."""
    return {
        (name, type_) for kind in catalogue.events.values() for name, type_ in kind.fields.items() if type_ != "money"
    }
