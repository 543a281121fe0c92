"""Strategies for values and what may be asked of them, each put together once; days as so many before or after a today."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from histories import DAYS_AGO, NUMBERS, SPANS, TEXTS
from rules.calendar import PERIODS
from rules.operators import OF_AGES


@dataclass(frozen=True, order=True)
class Day:
    """A day that is so far from a today which is not known yet; the earlier one is the smaller one, as with dates."""

    ahead: int


def dated(found: Any, today: date) -> Any:
    if isinstance(found, dict):
        return {name: dated(value, today) for name, value in found.items()}
    if isinstance(found, list):
        return [dated(value, today) for value in found]
    return today + timedelta(days=found.ahead) if isinstance(found, Day) else found


def money() -> st.SearchStrategy[Any]:
    return st.sampled_from([0, "0.01 EUR", "1 EUR", "249.90 EUR", "100 EUR", "24.990 KWD", "0.1 KWD", "100 JPY"])


def values(type_: str) -> st.SearchStrategy[Any]:
    return {
        "number": st.sampled_from(NUMBERS),
        "money": money(),
        "text": st.sampled_from(TEXTS),
        "flag": st.booleans(),
        "day": st.sampled_from(DAYS_AGO).map(lambda ago: Day(-ago)),
        "instant": st.sampled_from(DAYS_AGO).map(lambda ago: Day(-ago)),
        "set": st.sampled_from(TEXTS),
    }[type_]


def a_test(type_: str) -> st.SearchStrategy[dict[str, Any]]:
    if type_ in ("age", "vehicle"):
        missing = st.just({"is": "missing"})
        spans = st.builds(lambda name, span: {name: span}, st.sampled_from(list(OF_AGES)), st.sampled_from(SPANS))
        return missing if type_ == "vehicle" else spans | spans | missing
    value = values(type_)
    if type_ == "set":
        several = st.lists(value, min_size=1, max_size=3)
        lists = st.builds(lambda name, v: {name: v}, st.sampled_from(["has_any", "has_all", "has_none"]), several)
        return lists | value.filter(bool).map(lambda v: {"has": v}) | st.just({"is": "missing"})
    tests = [value.map(lambda v: {"is": v}), value.map(lambda v: {"is_not": v}), st.just({"is": "missing"})]
    if type_ in ("number", "text"):
        lists = st.lists(value, min_size=1, max_size=4)
        tests += [lists.map(lambda v: {"one_of": v}), lists.map(lambda v: {"none_of": v})]
    if type_ in ("number", "money"):
        tests += [
            st.builds(lambda name, v: {name: v}, st.sampled_from(["above", "below", "at_least", "at_most"]), value)
        ]
    if type_ in ("day", "instant"):
        fixed = st.sampled_from(["before", "after", "on_or_before", "on_or_after"])
        spans = st.builds(lambda n, v: {n: v}, st.sampled_from(["older_than", "within"]), st.sampled_from(SPANS))
        periods = st.sampled_from(PERIODS).map(lambda period: {"during": period})
        tests += [st.builds(lambda name, v: {name: v}, fixed, value), spans, spans, periods]
    if type_ == "text":
        names = st.sampled_from(["starts_with", "ends_with", "contains"])
        tests += [st.builds(lambda name, v: {name: v}, names, value.filter(bool))]
    if type_ == "money":
        tests.append(st.just({"between": [0, "100 EUR"]}) | st.just({"between": ["0.01 EUR", "249.90 EUR"]}))
    elif type_ in ("number", "day", "instant"):
        tests.append(st.tuples(value, value).map(lambda pair: {"between": sorted(pair)}))
    return st.one_of(tests)


@cache
def several_tests(type_: str) -> st.SearchStrategy[dict[str, Any]]:
    one = a_test(type_)
    return one | st.tuples(one, one).map(lambda pair: pair[0] | pair[1])
