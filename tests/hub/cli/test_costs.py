"""hub costs: told once by its key, listed, and refused with what mends it."""

import json

import pytest

from hub.models import JourneyVersion

TELL = (
    "costs",
    "tell",
    "--region",
    "eu",
    "--key",
    "INV-17",
    "--kind",
    "media",
    "--since",
    "2026-01-01",
    "--until",
    "2026-03-31",
)


@pytest.fixture
def brakes(hub):
    with hub.begin() as work:
        work.add(JourneyVersion(journey="brakes", hash="h", text="", applied_at=work.now, applied_by="t"))


def test_what_is_told_is_listed_and_told_again_it_is_the_same(run, brakes):
    told = [run(*TELL, "--campaign", "brakes", "--amount", amount)[:2] for amount in ("1200.00", "1200.00", "1100.50")]
    _, listed, _ = run("costs", "list", "--region", "eu", "--json")

    assert told == [(0, "told: INV-17\n"), (0, "unchanged: INV-17\n"), (0, "corrected: INV-17\n")]
    [one] = json.loads(listed)
    assert (one["amount_minor"], one["currency"], one["until"]) == (110_050, "EUR", "2026-03-31")


@pytest.mark.parametrize(
    ("campaign", "amount", "code", "words"),
    [("breaks", "1.00", 1, "There is no campaign “breaks”."), ("brakes", "much", 2, "--amount much is no amount of EUR"),
     ("brakes", "-1", 2, "--amount -1 is no amount of EUR")],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_kept(run, brakes, campaign, amount, code, words):
    got, _, said = run(*TELL, "--campaign", campaign, "--amount", amount)

    assert got == code
    assert words in said
    assert json.loads(run("costs", "list", "--region", "eu", "--json")[1]) == []
