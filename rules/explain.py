"""A trace in sentences: what was seen, what was asked, and whether it holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, assert_never

from rules.operators import MISSING
from rules.predicate import Trace, View, trace
from rules.tree import All, AnyOf, Condition, EventTest, FactTest, FieldTest, Not, Test
from rules.values import from_minor


@dataclass(frozen=True)
class Explained:
    holds: bool
    sentences: tuple[str, ...]
    trace: Trace


def explain(condition: Condition, view: View, now: datetime, zone: str) -> Explained:
    found = trace(condition, view, now, zone)
    return Explained(found.holds, tuple(_sentences(found, 0)), found)


def _sentences(found: Trace, depth: int) -> Iterator[str]:
    indent = "  " * depth
    mark = "yes" if found.holds else "no "
    match found.node:
        case All():
            yield f"{indent}{mark}: all of these"
        case AnyOf():
            yield f"{indent}{mark}: any of these"
        case Not():
            yield f"{indent}{mark}: not this"
        case FactTest() as node:
            seen = "is missing" if found.seen is None else f"is {_say(found.seen, found.currency)}"
            yield f"{indent}{mark}: {node.fact.name} {seen}; asked: {' and '.join(_asked(test) for test in node.tests)}"
        case EventTest() as node:
            yield f"{indent}{mark}: {found.seen} {node.kind.name} event(s){_window(node)}; asked: {_count(node)}"
        case unknown:
            assert_never(unknown)
    for part in found.parts:
        yield from _sentences(part, depth + 1)


def _asked(test: Test) -> str:
    if test.operator is MISSING:
        return "is missing"
    several = test.argument if isinstance(test.argument, tuple) else (test.argument,)
    return f"{test.operator.words} {', '.join(_say(item, test.currency) for item in several)}"


def _window(node: EventTest) -> str:
    parts = []
    if node.within:
        parts.append(f" within {node.within}")
    if node.since:
        parts.append(f" from {node.since}")
    if node.up_to:
        parts.append(f" up to {node.up_to}")
    parts += [f" where {_where(test)}" for test in node.where]
    return "".join(parts)


def _where(node: FieldTest) -> str:
    return f"{node.field} {' and '.join(_asked(test) for test in node.tests)}"


def _count(node: EventTest) -> str:
    if node.high is None:
        return f"at least {node.low}"
    return f"exactly {node.low}" if node.high == node.low else f"{node.low} to {node.high}"


def _say(value: Any, currency: str | None) -> str:
    if currency is not None:
        return from_minor(value, currency)
    return value.isoformat() if isinstance(value, date) else str(value)
