"""hub evaluate churn, on made-up customers whose causes of leaving are known."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from hub.errors import WrongInput
from measured import Change, leavers, written
from scoring.commands import evaluate

LABEL = ("--label", "left", "--positive", "yes", "--id", "customer")


def evaluated(*words: object) -> Result:
    return CliRunner().invoke(evaluate, ["churn", *map(str, words)])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], pd.DataFrame]:
    folder = tmp_path_factory.mktemp("churn")
    table = written(folder, "table.csv", leavers())
    answer = evaluated("--table", table, *LABEL, "--predictions", folder / "out.csv", "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output), pd.read_csv(folder / "out.csv", dtype={"id": str})


def test_each_customer_gets_one_probability_from_folds_that_do_not_hold_them(
    told: tuple[dict[str, object], pd.DataFrame],
) -> None:
    _, out = told

    assert list(out.columns) == ["id", "fold", "probability"]
    assert sorted(out.id) == sorted(leavers().customer)
    assert sorted(out.fold.unique()) == [0, 1, 2, 3, 4]
    assert out.probability.between(0, 1).all()


def test_who_leaves_is_told_nearly_as_well_as_the_causes_themselves_tell_it(
    told: tuple[dict[str, object], pd.DataFrame],
) -> None:
    figures, _ = told

    assert figures["signal"] is True
    assert float(str(figures["auc"])) > 0.72
    assert float(str(figures["ece"])) < 0.06


def test_a_shuffled_file_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = leavers(300)
    straight = written(tmp_path, "a.csv", rows)
    shuffled = written(tmp_path, "b.csv", rows.sample(frac=1, random_state=3))

    for table, out in ((straight, "a.out"), (shuffled, "b.out")):
        assert evaluated("--table", table, *LABEL, "--predictions", tmp_path / out, "--json").exit_code == 0

    assert (tmp_path / "a.out").read_bytes() == (tmp_path / "b.out").read_bytes()


def test_shuffled_labels_are_told_to_hold_no_signal(tmp_path: Path) -> None:
    rows = leavers()
    rows["left"] = np.random.default_rng(5).permutation(rows.left)

    answer = evaluated("--table", written(tmp_path, "a.csv", rows), *LABEL, "--json")

    figures = json.loads(answer.output)
    assert figures["signal"] is False
    assert "no signal" in figures["verdict"]


def test_a_column_that_nearly_is_the_label_and_rows_that_stand_in_two_folds_are_reported(tmp_path: Path) -> None:
    rows = leavers(300)
    rows["contract_ended"] = np.where(rows.left == "yes", "true", "false")
    again = rows.assign(customer=rows.customer + "x")

    answer = evaluated("--table", written(tmp_path, "a.csv", pd.concat([rows, again])), *LABEL, "--json")

    suspicions = " ".join(json.loads(answer.output)["suspicions"])
    assert "contract_ended" in suspicions
    assert "equal to one in another fold" in suspicions


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        (lambda rows: rows.head(0), LABEL, "no rows"),
        (lambda rows: rows.head(3).assign(left=["yes", "no", "no"]), LABEL, "too few"),
        (lambda rows: rows.assign(left="yes"), LABEL, "in every row"),
        (lambda rows: rows.assign(left=""), LABEL, "blank"),
        (lambda rows: pd.concat([rows, rows.head(2)]), LABEL, "twice"),
        (lambda rows: rows.assign(plan="a", months="1", fee="2"), LABEL, "no column varies"),
        (lambda rows: rows.rename(columns={"left": "gone"}), LABEL, "no column “left”"),
        (lambda rows: rows, ("--label", "left", "--positive", "maybe", "--id", "customer"), "never “maybe”"),
        (lambda rows: rows, ("--label", "left", "--positive", "yes", "--id", "nobody"), "no column “nobody”"),
    ],
)
def test_a_table_that_cannot_be_learned_from_is_refused_with_what_is_missing(
    tmp_path: Path, change: Change, words: tuple[str, ...], said: str
) -> None:
    table = written(tmp_path, "a.csv", change(leavers(300)))

    answer = evaluated("--table", table, *words)

    assert isinstance(answer.exception, WrongInput)
    assert said in str(answer.exception)
