"""The little of SOQL that a garage asks for: fields of one object, comparisons, IN, AND, OR, an order and a limit."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r"\s*('(?:[^'\\]|\\.)*'|[<>=!]+|[(),]|[^\s<>=!(),]+)")
WHOLE = re.compile(
    r"\s*SELECT\s+(?P<fields>[\w\s,]+?)\s+FROM\s+(?P<name>\w+)(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>[\w\s,]+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
Test = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class Query:
    name: str
    fields: tuple[str, ...]
    holds: Test
    order: tuple[str, ...]
    limit: int
    among: tuple[str, frozenset[str]] | None = None  # the whole condition, if it is one field IN values


def parse(text: str) -> Query:
    """Raises ValueError."""
    found = WHOLE.fullmatch(text)
    if found is None:
        raise ValueError("unexpected token")
    where = found["where"]
    return Query(
        found["name"], _names(found["fields"]), _Reader(where).whole() if where else lambda _: True,
        _names(found["order"] or "Id"), int(found["limit"] or 2000), _among(where or ""),
    )  # fmt: skip


def _among(where: str) -> tuple[str, frozenset[str]] | None:
    reader = _Reader(where)
    if len(reader.tokens) < 2 or reader.tokens[1].upper() != "IN":
        return None
    name, _, values = reader.tokens.pop(0), reader.tokens.pop(0), reader.values()
    return None if reader.tokens else (name, frozenset(values))


def _names(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(","))


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = TOKEN.findall(text)

    def whole(self) -> Test:
        test = self.any()
        if self.tokens:
            raise ValueError(f"unexpected token: {self.tokens[0]}")
        return test

    def any(self) -> Test:
        tests = [self.all()]
        while self._next("OR"):
            tests.append(self.all())
        return lambda row: any(test(row) for test in tests)

    def all(self) -> Test:
        tests = [self.one()]
        while self._next("AND"):
            tests.append(self.one())
        return lambda row: all(test(row) for test in tests)

    def one(self) -> Test:
        if self._next("("):
            test = self.any()
            if not self._next(")"):
                raise ValueError("a bracket is missing")
            return test
        name, operator = self._take(), self._take().upper()
        if operator == "IN":
            values = set(self.values())
            return lambda row: row.get(name) in values
        value = _value(self._take())
        return lambda row: _compare(row.get(name), operator, value)

    def values(self) -> list[Any]:
        if not self._next("("):
            raise ValueError("a bracket is missing")
        values = [_value(self._take())]
        while self._next(","):
            values.append(_value(self._take()))
        if not self._next(")"):
            raise ValueError("a bracket is missing")
        return values

    def _take(self) -> str:
        if not self.tokens:
            raise ValueError("unexpected end")
        return str(self.tokens.pop(0))

    def _next(self, word: str) -> bool:
        if self.tokens and self.tokens[0].upper() == word:
            self.tokens.pop(0)
            return True
        return False


def _value(token: str) -> Any:
    if token.startswith("'"):
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    known = {"null": None, "true": True, "false": False}
    return known[token] if token in known else token.replace("Z", "+0000")


def _compare(found: Any, operator: str, value: Any) -> bool:
    if operator in ("=", "!="):
        return bool((found == value) == (operator == "="))
    if found is None or value is None:
        return False
    order = {"<": found < value, "<=": found <= value, ">": found > value, ">=": found >= value}
    if operator not in order:
        raise ValueError(f"unexpected token: {operator}")
    return bool(order[operator])
