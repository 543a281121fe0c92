"""A list says in a terminal how good it is: of the backtest, of what came true since, and that nothing is known where it is not."""

import json
from datetime import date

from hub.cli.outreach import said
from hub.flow.outreach import Listed, measures_of

BACKTEST = {
    "list_length": 50, "model": "m", "precision": 0.48, "interval": [0.41, 0.55], "by_lot": 0.12, "lift": 4.0, "lift_interval": [3.4, 4.6],
    "auc": 0.67, "auc_interval": [0.6, 0.74], "rows": 200, "horizon_days": 182,
}  # fmt: skip
SINCE = {
    "calls": {"rows": 90, "precision": 0.4, "interval": [0.3, 0.5]}, "control": {"rows": 10, "precision": 0.2, "interval": [0.06, 0.51]},
    "gain": 0.2, "gain_interval": [-0.12, 0.37], "by_lot": 0.1, "ap": 0.5, "ap_interval": [0.4, 0.6],
}  # fmt: skip


def a_list(accuracy, proven):
    return Listed("berlin", date(2026, 11, 25), (), accuracy, {}, proven, 0, measures_of(accuracy, proven))


def test_the_backtest_stands_beside_what_came_true_since():
    sentences = list(said(a_list(BACKTEST, SINCE)))

    assert sentences[0].startswith(
        "Of lists of 50 in the backtest 48 % were right [41, 55]; of cars drawn by lot 12 %."
    )
    assert sentences[1] == (
        "Since then, within 182 days of a call 40 % [30, 50] of 90 were given it, and of 10 left alone 20 % [6, 51], "
        "+20 points [-12, +37]."
    )
    assert [" ".join(one.split()) for one in sentences[3:]] == [
        "calls that came true 0.480 [0.410, 0.550] 0.400 [0.300, 0.500]",
        "times a lot 4.000 [3.400, 4.600] not known yet",
        "AUC 0.670 [0.600, 0.740] not known yet",
        "average precision not known yet 0.500 [0.400, 0.600]",
    ]


def test_where_no_model_is_in_force_nothing_is_known(run):
    assert "no model of what cars need is in force" in run("outreach", "accuracy", "--branch", "x", "--region", "eu")[1]
    assert json.loads(run("outreach", "accuracy", "--branch", "x", "--region", "eu", "--json")[1]) == {
        "measures": [], "backtest": {}, "live": {}
    }  # fmt: skip
    assert run("outreach", "accuracy", "--branch", "x", "--region", "eu", "--csv")[1].startswith(
        "branch,day,measure,source"
    )
