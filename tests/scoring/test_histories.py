"""hub evaluate churn --history, on made-up customers who come at their own pace and stay away one day."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from hub.errors import WrongInput
from measured import Change, visits, written
from scoring.commands import evaluate
from scoring.histories import History
from scoring.repeat import BgNbd, ParetoNbd, Seen

AS_OF = ("--as-of", "2024-11-01", "--horizon", "60d")


def evaluated(*words: object) -> Result:
    return CliRunner().invoke(evaluate, ["churn", *map(str, words)])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], bytes]:
    folder = tmp_path_factory.mktemp("history")
    answer = evaluated(
        "--history", written(folder, "a.csv", visits()), *AS_OF, "--predictions", folder / "out.csv", "--json"
    )
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output), (folder / "out.csv").read_bytes()


def test_every_customer_known_on_the_day_gets_one_answer_under_their_own_id(
    told: tuple[dict[str, object], bytes], tmp_path: Path
) -> None:
    (tmp_path / "out.csv").write_bytes(told[1])

    out = pd.read_csv(tmp_path / "out.csv", dtype={"customer_id": str})

    assert list(out.columns) == ["customer_id", "probability", "low", "high", "support", "expected_purchases"]
    assert "0001" in set(out.customer_id)
    assert (out.low <= out.probability).all()
    assert (out.probability <= out.high).all()
    assert (out.expected_purchases >= 0).all()
    outcome = told[0]["outcome"]
    assert isinstance(outcome, dict)
    assert outcome["auc"] > 0.7


def test_what_happens_later_changes_no_answer_and_neither_does_the_order_of_the_rows(
    told: tuple[dict[str, object], bytes], tmp_path: Path
) -> None:
    rows = visits()
    past = rows[rows.date <= "2024-11-01"]
    later = past.drop_duplicates("customer_id").assign(date="2024-11-02", spend=9999.0, items=99)
    table = written(tmp_path, "a.csv", pd.concat([past, later]).sample(frac=1, random_state=1))

    answer = evaluated("--history", table, *AS_OF, "--predictions", tmp_path / "out.csv", "--json")

    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "out.csv").read_bytes() == told[1]


def test_a_history_cannot_be_asked_for_what_it_does_not_know_yet() -> None:
    rows = pd.DataFrame({"customer_id": ["a", "a"], "day": [1, 9], "items": 1.0, "spend": 1.0})
    known = History(rows, 9).cut(5)

    assert list(known.visits.day) == [1]
    with pytest.raises(ValueError, match="window ends after"):
        known.silent(known.customers(), 3, 5)
    with pytest.raises(ValueError, match="after its own end"):
        known.cut(6)


@pytest.mark.parametrize("model", [BgNbd, ParetoNbd])
def test_what_a_model_expects_within_no_time_is_nothing_and_silence_is_sure(model: type[BgNbd | ParetoNbd]) -> None:
    chance = np.random.default_rng(2)
    watched = np.full(400, 40.0)
    count = chance.poisson(chance.gamma(0.6, 4.0, 400)).astype(float)
    last = np.where(count > 0, chance.uniform(0, 40, 400), 0)
    past = Seen(count, last, watched)

    fitted = model().fit(past)

    assert fitted.silent(past, 1e-9) == pytest.approx(np.ones(400), abs=1e-6)
    assert fitted.expected(past, 1e-9) == pytest.approx(np.zeros(400), abs=1e-6)
    assert (fitted.silent(past, 50) <= fitted.silent(past, 10) + 1e-9).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.head(0), "no rows"),
        (lambda rows: rows[rows.customer_id < "0003"], "too few"),
        (lambda rows: rows.assign(spend=-1), "no number from 0"),
        (lambda rows: rows.assign(spend="EUR 5"), "no number from 0"),
        (lambda rows: rows.assign(date="2999-01-01"), "in the future"),
        (lambda rows: rows.assign(date="yesterday"), "no day"),
        (lambda rows: rows.assign(currency=["EUR", *["USD"] * (len(rows) - 1)]), "currencies are mixed"),
        (lambda rows: rows.drop(columns="items"), "no column items"),
    ],
)
def test_a_history_that_cannot_be_learned_from_is_refused_with_what_is_missing(
    tmp_path: Path, change: Change, said: str
) -> None:
    answer = evaluated("--history", written(tmp_path, "a.csv", change(visits())), *AS_OF)

    assert isinstance(answer.exception, WrongInput)
    assert said in str(answer.exception)
