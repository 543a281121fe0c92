"""What leaves as a statistic: nobody is found in it, totals stay right, and two releases subtracted show nothing new."""

import csv
from contextlib import nullcontext
from datetime import timedelta

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import erasure, history
from compliance.anonymity import Cell, released
from compliance.releases import problems_of, release_of
from compliance.request_commands import privacy
from hub.flow import customers
from hub.flow.withholding import withheld
from hub.sdk import CustomerKey, CustomerRecord, EventRecord
from hubs import CONFIG
from partners import drain_all

K, L = 10, 2

places = st.tuples(st.sampled_from(["mitte", "spree"]), st.sampled_from(["visit", "repair", "quote"]))
people = st.frozensets(st.integers(0, 60), max_size=40)
tables = st.dictionaries(places, st.tuples(people, st.integers(0, 10**6)))


def cells_of(table):
    return [Cell((group,), value, who, (amount,)) for (group, value), (who, amount) in table.items()]


@settings(deadline=None)
@given(tables)
def test_no_released_cell_counts_fewer_than_k_people_and_no_group_shares_one_value(table):
    found = released(cells_of(table), K, L)

    told = [*found.shown, *([found.rest] if found.rest else [])]
    assert all(len(cell.people) >= K for cell in told)
    for group in {cell.group for cell in found.shown}:
        assert len({cell.value for cell in found.shown if cell.group == group}) >= L


@settings(deadline=None)
@given(tables)
def test_totals_stay_right_or_are_said_to_be_withheld(table):
    found = released(cells_of(table), K, L)

    told = sum(cell.sums[0] for cell in [*found.shown, *([found.rest] if found.rest else [])])
    if found.withheld:
        assert (found.shown, found.rest, found.withheld) == ((), None, len(table))
    else:
        assert told == sum(amount for _, amount in table.values())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30)))
def test_what_is_withheld_cannot_be_had_by_subtracting_what_is_told(counts):
    hidden = withheld(counts, K)

    assert all(counts[name] == 0 or counts[name] >= K for name in set(counts) - hidden)
    together = sum(counts[name] for name in hidden)
    assert not hidden or together >= K or all(counts[name] < K for name in counts)


@pytest.fixture
def garage(hub, clock):
    """Twelve who came to mitte in October for two things, and one who came for a third."""

    def come(number, kinds):
        key = CustomerKey(partner_id=f"m-{number}", customer_number=f"C-{number}")
        at = clock() - timedelta(days=40)
        return [
            CustomerRecord(customer=key, name=f"Anna {number}", branch="mitte", residence="DE"),
            *(EventRecord(customer=key, kind=kind, key=f"{kind}-{number}", at=at, zone="Europe/Berlin", amount_minor=100,
                          currency="EUR") for kind in kinds),
        ]  # fmt: skip

    records = [one for number in range(12) for one in come(number, ["visit", "purchase"])]
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners["club"], [*records, *come(12, ["inspection"])])


def test_the_history_is_told_by_month_and_who_is_alone_is_told_with_others(hub, garage):
    told = history.release(hub, "petra")

    assert told.columns == ("month", "currency", "branch", "kind", "people", "events", "amount_minor")
    assert told.rows == (
        ("2026-10", "EUR", "", "(other)", 13, 25, 2500),
    )  # one kind alone would tell who is in the group


def test_a_later_release_tells_the_same_of_a_month_that_is_over_and_nothing_of_one_that_is_not(
    hub, garage, told, clock
):
    first = history.release(hub, "petra").rows
    told("C-77", email="new@example.org")

    assert history.release(hub, "petra").rows == first
    clock.pass_by(days=31)
    assert [row[0] for row in history.release(hub, "petra").rows] == ["2026-10", "2026-11"]


def test_who_was_erased_counts_as_nobody_and_their_history_stays_in_the_total(hub, crm, told, approved, clock):
    for number in range(10):
        ref = told(f"C-{number}", email=f"a{number}@example.org")
    clock.pass_by(days=31)
    [whole] = history.release(hub, "petra").rows
    request = approved(ref)
    erasure.run(hub, request)
    drain_all(hub)
    assert erasure.run(hub, request) == "certified"

    assert whole[3:] == ("(other)", 10, 30, 10 * (100 + 101 + 102))
    assert history.release(hub, "petra").rows == (("2026-11", "EUR", "", "(withheld)", "", "", ""),)


def test_it_is_written_as_a_table_and_over_nothing(hub, garage, tmp_path, monkeypatch):
    monkeypatch.setattr("compliance.request_commands.opened", lambda _region: nullcontext(hub))
    out = tmp_path / "history.csv"

    assert CliRunner().invoke(privacy, ["release", "--out", str(out)]).exit_code == 0

    [row] = csv.DictReader(out.read_text().splitlines())
    assert (row["kind"], row["people"]) == ("(other)", "13")
    assert "is there already" in str(CliRunner().invoke(privacy, ["release", "--out", str(out)]).exception)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("k: 10\n  l", "k: 9\n  l", "releases.yaml:6: k is 10 or more"),
        ("l: 2", "l: 1", "l is 2 or more"),
        ("[branch, month]", "[branch]", "one of month, quarter, year"),
        ("[branch, month]", "[branch, plate, month]", "quasi_identifiers are branch"),
        ("sensitive: kind", "sensitive: amount", "sensitive is kind"),
        ("\nreturns:", "\nrefunds:", "not the releases there are"),
    ],
)
def test_a_rule_that_promises_too_little_is_found_by_its_line(tmp_path, before, after, said):
    good = (CONFIG / "privacy" / "releases.yaml").read_text()
    assert release_of(CONFIG, "history").period == "month"
    (tmp_path / "privacy").mkdir()
    (tmp_path / "privacy" / "releases.yaml").write_text(good.replace(before, after, 1))

    [problem] = problems_of(tmp_path)

    assert said in problem
