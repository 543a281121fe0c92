"""Shares of credit by each rule, against published figures, and to the last minor unit."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hub.sdk import Sale, Touch
from scoring import credits as rules
from scoring.attribution import AttributionAnalysis

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def a_sale(path: str, amount: int = 1000, currency: str = "EUR", days: int = 7) -> Sale:
    """path: one letter per touch, the last of them now, each `days` after the one before."""
    ages = range(len(path) - 1, -1, -1)
    touches = tuple(Touch(name, NOW - timedelta(days=days * age)) for name, age in zip(path, ages, strict=True))
    return Sale(amount, currency, NOW, touches)


def test_the_first_the_last_and_all_alike() -> None:
    sale = a_sale("abb")

    assert rules.shared_out(900, rules.first(sale)) == {"a": 900}
    assert rules.shared_out(900, rules.last(sale)) == {"b": 900}
    assert rules.shared_out(900, rules.linear(sale)) == {"a": 300, "b": 600}


def test_forty_twenty_forty_and_half_each_where_there_are_two() -> None:
    assert rules.shared_out(1000, rules.position(a_sale("abcd"))) == {"a": 400, "b": 100, "c": 100, "d": 400}
    assert rules.shared_out(1000, rules.position(a_sale("ab"))) == {"a": 500, "b": 500}


def test_a_touch_of_a_week_ago_counts_half() -> None:
    assert rules.shared_out(900, rules.decay(a_sale("ab"))) == {"a": 300, "b": 600}


def test_removal_effects_are_those_of_the_published_table() -> None:
    # serhiipuzyrov.com 2019: G bought twice, M once, G > M once, G alone did not buy once
    paths = {("G",): (2, 1), ("M",): (1, 0), ("G", "M"): (1, 0)}

    found = rules.removal_effects(paths)

    assert found == pytest.approx({"G": 0.75, "M": 0.5})


def test_a_campaign_that_adds_nothing_gets_nothing_of_a_shared_sale() -> None:
    worth = {frozenset("a"): 100.0, frozenset("ab"): 0.0, frozenset("b"): 0.0}

    assert rules.shared_out(1000, rules.shapley(worth)(a_sale("ab"))) == {"a": 1000, "b": 0}


def test_campaigns_that_only_work_together_share_alike() -> None:
    assert rules.shared_out(1001, rules.shapley({frozenset("ab"): 10.0})(a_sale("ab"))) == {"a": 501, "b": 500}


def test_a_refund_takes_back_what_was_credited() -> None:
    told = AttributionAnalysis().share([a_sale("ab", 999), a_sale("ab", -999)], {})

    assert told["EUR"]["models"]["linear"] == {"a": 0, "b": 0}


sales = some.builds(
    a_sale,
    some.text("abcd", max_size=6),
    some.integers(-10_000_000, 10_000_000),
    some.sampled_from(["EUR", "KWD", "JPY"]),
    some.integers(0, 400),
)
silent = some.dictionaries(
    some.lists(some.sampled_from("abcd"), max_size=4).map(tuple), some.integers(0, 50), max_size=5
)


@given(some.lists(sales, max_size=25), silent)
def test_credits_and_what_nobody_touched_are_the_invoices_to_the_last_unit_in_each_currency(
    invoices: list[Sale], without: dict[tuple[str, ...], int]
) -> None:
    told = AttributionAnalysis().share(invoices, without)

    assert set(told) == {sale.currency for sale in invoices}
    for currency, books in told.items():
        invoiced = sum(sale.amount_minor for sale in invoices if sale.currency == currency)
        assert books["invoiced"] == invoiced
        assert len(books["models"]) == 7
        for credited in books["models"].values():
            assert sum(credited.values()) + books["unattributed"] == invoiced


@given(
    some.integers(-(10**12), 10**12),
    some.dictionaries(some.text("abc", min_size=1, max_size=3), some.floats(0, 1e6), min_size=1),
)
def test_nobody_is_more_than_a_unit_away_from_their_share(amount: int, shares: dict[str, float]) -> None:
    told = rules.shared_out(amount, shares)

    assert sum(told.values()) == amount
    total = sum(shares.values())
    if total > 0:
        for name, money in told.items():
            assert abs(money - amount * shares[name] / total) <= 1 + abs(amount) * 1e-12
    order = sorted(shares, key=lambda name: shares[name])
    assert all(abs(told[one]) <= abs(told[two]) + 1 for one, two in pairwise(order)) or total <= 0
