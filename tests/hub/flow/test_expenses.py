"""What a campaign cost beside what can be reckoned: told once by its key, spread over its days, and adding up to what was told."""

from datetime import date

import pytest

from hub.flow import expenses, ledger
from hub.flow.expenses import Expense
from hub.models import AuditEntry, Cost, JourneyVersion
from walking import rows

MEDIA = Expense("INV-17", "brakes", "media", 100_000, "EUR", date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def garage(hub):
    with hub.begin() as work:
        work.add(JourneyVersion(journey="brakes", hash="h", text="", applied_at=work.now, applied_by="t"))
    return hub


def tell(hub, *some):
    with hub.begin() as work:
        return [one["verdict"] for one in expenses.tell(work, some, "cli")]


def test_the_same_key_is_the_same_cost_and_other_words_correct_it(garage):
    hub = garage
    less = Expense(**{**vars(MEDIA), "amount_minor": 90_000})

    assert [tell(hub, one) for one in (MEDIA, MEDIA, less)] == [["told"], ["unchanged"], ["corrected"]]
    assert [row.amount_minor for row in rows(hub, Cost, Cost.id)] == [90_000]
    assert [one.action for one in rows(hub, AuditEntry, AuditEntry.id)][-2:] == ["cost_told", "cost_corrected"]
    with hub.look() as session:
        assert expenses.told(session) == [less]


def test_a_year_is_spread_over_its_days_and_months_add_up_to_it(garage):
    tell(garage, MEDIA, Expense("print", "brakes", "media", 1, "EUR", date(2026, 3, 3), date(2026, 3, 3)))
    months = [
        (date(2026, m, 1), date(2026, m, 28 if m == 2 else 30 if m in (4, 6, 9, 11) else 31)) for m in range(1, 13)
    ]

    with garage.look() as session:
        parts = [ledger.costs(session, *month)["brakes"]["EUR"]["media"] for month in months]
        year = ledger.costs(session, date(2025, 6, 1), date(2027, 6, 1))
        assert ledger.costs(session, date(2027, 1, 1), date(2027, 2, 1)) == {}

    assert sum(parts) == year["brakes"]["EUR"]["media"] == 100_001
    assert parts[1] == pytest.approx(100_000 * 28 / 365, abs=1)


def test_what_is_wrong_leaves_nothing_behind_and_says_how_to_mend_it(garage):
    strange = Expense("a", "breaks", "media", 5, "EUR", date(2026, 1, 1), date(2026, 1, 2))
    backwards = Expense("b", "brakes", "media", 5, "EUR", date(2026, 1, 2), date(2026, 1, 1))
    fine = Expense("c", "brakes", "media", 5, "EUR", date(2026, 1, 2), date(2026, 1, 2))

    with garage.begin() as work:
        verdicts = expenses.tell(work, [strange, backwards, fine, fine], "cli")

    assert [one["verdict"] for one in verdicts] == ["refused", "refused", "told", "refused"]
    assert [one.get("reason") for one in verdicts] == [
        "there is no campaign “breaks”", "the span ends before it begins", None, "this key stands there twice",
    ]  # fmt: skip
    assert [row.key for row in rows(garage, Cost, Cost.id)] == ["c"]


def test_an_amount_of_nothing_takes_it_back(garage):
    tell(garage, MEDIA)
    tell(garage, Expense(**{**vars(MEDIA), "amount_minor": 0}))

    with garage.look() as session:
        assert ledger.costs(session, date(2026, 1, 1), date(2026, 12, 31)) == {}
