"""Sums of an arm: one giant invoice decides nothing, and those that were dealt as one are judged as one."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from scipy.special import stdtrit

from hub.flow.ledger import SPLIT, Dealt, Earned
from hub.flow.tallies import Asked, Key, Tally, tally
from scoring.moments import winsorised
from scoring.trials import TrialAnalysis

DAY = datetime(2026, 9, 1, 8, tzinfo=UTC)
UNTIL = date(2026, 11, 25)
NAME = SPLIT + "offers"


def tallied(rows, clustered=(NAME,), homes=("mitte",)) -> Tally:
    """rows: (arm, unit, margin after) of one person each."""
    found: dict[Key, Tally] = {}
    for number, (arm, unit, margin) in enumerate(rows, 1):
        earned = {number: [Earned(number, date(2026, 9, 20), margin, margin, margin, "EUR")] if margin else []}
        met = [Dealt(NAME, arm, "event", number, DAY, unit=unit)]
        home = {number: homes[number % len(homes)]}
        shares = {"call": 0.5, "none": 0.5}
        tally(found, met, earned, home, lambda _, s=shares: s, UNTIL, 90, Asked(clustered))
    whole = Tally()
    for one in found.values():
        whole.add(one)
    return whole


def fleets(rng, per_arm, sizes=(1, 40)):
    """Cars of one fleet come and go together."""
    rows = []
    for arm in ("call", "none"):
        for fleet in range(per_arm):
            own = rng.lognormal(8, 0.8)
            rows += [
                (arm, f"fleet:{arm}{fleet}", int(own * rng.lognormal(0, 0.2))) for _ in range(rng.integers(*sizes))
            ]
    return rows


def test_a_fleet_is_judged_as_one_and_its_variance_is_that_of_statsmodels():
    """OLS of what each car brings on the arm, standard errors clustered by fleet (CR0), with the factor G / (G - 1) of as many
    fleets in each arm."""
    from statsmodels.regression.linear_model import OLS  # two seconds, which only this test should take

    rows = fleets(np.random.default_rng(5), per_arm=30)

    trial = tallied(rows, homes=("mitte", "nord")).trial("EUR", "none", unit="fleet")
    [verdict] = TrialAnalysis().judge(trial)["verdicts"]

    y = np.array([margin for _, _, margin in rows], float)
    x = np.array([[1.0, float(arm == "call")] for arm, _, _ in rows])
    groups = np.unique([unit for _, unit, _ in rows], return_inverse=True)[1]
    fit = OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    assert verdict["difference"] == pytest.approx(fit.params[1])
    low, high = verdict["fixed_interval"]
    error = fit.bse[1] * np.sqrt(30 / 29)
    assert (high - low) / 2 / error == pytest.approx(stdtrit(50, 0.975), rel=0.02), "Welch's freedom is that of fleets"
    assert [arm.n for arm in trial.arms] == [30, 30], "and so are the sizes that are judged"
    alone = TrialAnalysis().judge(tallied(rows, clustered=()).trial("EUR", "none"))["verdicts"][0]["fixed_interval"]
    assert high - low > 2 * (alone[1] - alone[0]), "judged car by car it would look far surer than it is"


def test_of_few_fleets_nothing_is_told_and_of_not_many_with_a_warning():
    rng = np.random.default_rng(5)

    few, some = (
        TrialAnalysis().judge(tallied(fleets(rng, count)).trial("EUR", "none", unit="fleet")) for count in (9, 12)
    )

    assert few["too_few"]
    assert few["least"] == 10
    assert "verdicts" not in few
    assert some["few"]
    assert not some["too_few"]
    assert "verdicts" in some


def test_a_car_that_was_drawn_by_itself_is_judged_by_what_it_brings():
    found: dict[Key, Tally] = {}
    earned = {
        1: [Earned(1, date(2026, 9, 20), 500, 500, 500, "EUR", 7), Earned(1, date(2026, 9, 20), 900, 1, 1, "EUR", 8)]
    }
    met = [Dealt(NAME, arm, "event", 1, DAY, unit=f"vehicle:{car}") for arm, car in (("call", 7), ("none", 8))]
    tally(found, met, earned, {1: None}, lambda _: {"call": 0.5, "none": 0.5}, UNTIL, 90, Asked((NAME,)))

    [whole] = found.values()
    assert {arm: one.money["EUR"][0] for arm, one in whole.arms.items()} == {"call": 500, "none": 900}


@pytest.mark.parametrize("clustered", [(), (NAME,)])
def test_one_giant_invoice_counts_as_the_cap_in_what_is_tested_and_as_it_is_beside(clustered):
    rng = np.random.default_rng(3)
    margins = [int(one) for one in rng.lognormal(8, 0.6, 400)] + [50_000_000]
    rows = [("call" if n % 2 else "none", f"vehicle:{n}x", m) for n, m in enumerate(margins)]
    rows = [(arm, unit.replace("vehicle", "fleet"), m) for arm, unit, m in rows]
    whole = tallied(rows + [("call", "fleet:a", 0), ("none", "fleet:b", 0)] * 200, clustered)

    cap = whole.cap("EUR", 0.99)
    arms = {arm.name: arm.metrics["margin"][0][0] for arm in whole.trial("EUR", "none", cap).arms}

    expected = np.minimum(margins, cap)
    assert cap == np.quantile(margins, 0.99, method="inverted_cdf"), "of those who brought anything"
    assert abs(cap - winsorised(np.array(margins, float), 0.99).max()) < 1_000
    assert arms["none"] == sum(expected[0::2])
    assert arms["call"] == sum(expected[1::2])
    raw = {arm.name: arm.metrics["margin"][0][0] for arm in whole.trial("EUR", "none").arms}
    assert sum(raw.values()) == sum(margins), "nothing is lost beside"
    [tested] = TrialAnalysis().judge(whole.trial("EUR", "none", cap))["verdicts"]
    [plain] = TrialAnalysis().judge(whole.trial("EUR", "none"))["verdicts"]
    assert abs(tested["difference"]) < abs(plain["difference"]) / 100
