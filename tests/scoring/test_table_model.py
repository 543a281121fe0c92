"""hub train churn --table, hub score churn --table: learned from one file, told of another, nothing run when it is read."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from hub.cli import scores
from hub.errors import NotFound, WrongInput
from measured import leavers, written

CONFIG = Path(__file__).parents[2] / "config"
LABEL = ("--label", "left", "--id", "customer")


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HUB_CONFIG", str(CONFIG))
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "var"))


def run(*words: object) -> Result:
    command, *rest = map(str, words)
    return CliRunner().invoke(scores.COMMANDS[command], rest)


def test_a_model_of_one_table_judges_another(tmp_path: Path) -> None:
    known = leavers()
    learn, ask = written(tmp_path, "learn.csv", known), written(tmp_path, "ask.csv", known.drop(columns=["left"])[::-1])

    card = json.loads(run("train", "churn", "--table", learn, *LABEL, "--out", tmp_path / "m", "--json").output)
    judged = run("score", "churn", "--table", ask, "--model", card["model"], "--predictions", tmp_path / "out.csv")
    out = pd.read_csv(tmp_path / "out.csv", dtype={"id": str})

    assert card["worth"]
    assert card["learned_from"] == {"label": "left", "positive": "yes", "id": "customer"}
    assert {"auc", "auc_interval", "ap", "brier", "ece"} <= card["metrics"].keys()
    assert judged.exit_code == 0
    assert list(out.id) == list(known.customer.astype(str))[::-1], "in the order of the file"
    told = out.set_index("id").probability[known.customer.astype(str)].to_numpy()
    assert told[known.left == "yes"].mean() > told[known.left == "no"].mean() + 0.1


def test_the_same_table_in_any_order_makes_the_same_model(tmp_path: Path) -> None:
    one, other = (
        written(tmp_path, "a.csv", leavers()),
        written(tmp_path, "b.csv", leavers().sample(frac=1, random_state=3)),
    )

    cards = [
        json.loads(run("train", "churn", "--table", path, *LABEL, "--out", tmp_path / path.stem, "--json").output)
        for path in (one, other)
    ]
    asked = [run("score", "churn", "--table", one, "--model", card["model"]).output for card in cards]

    assert cards[0]["data_hash"] == cards[1]["data_hash"]
    assert asked[0] == asked[1]


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    learn = written(tmp_path, "learn.csv", leavers())
    card = json.loads(run("train", "churn", "--table", learn, *LABEL, "--out", tmp_path / "m", "--json").output)
    lacking = written(tmp_path, "ask.csv", leavers().drop(columns=[card["features"][0]]))

    wrong = run("score", "churn", "--table", lacking, "--model", card["model"]).exception

    assert isinstance(wrong, WrongInput)
    assert f"there is no column “{card['features'][0]}”" in str(wrong)


def test_what_cannot_be_learned_is_refused(tmp_path: Path) -> None:
    odd = leavers().assign(left=lambda rows: rows.left.map({"yes": "red", "no": "blue"}))
    table = written(tmp_path, "odd.csv", odd)

    unclear = run("train", "churn", "--table", table, *LABEL, "--out", tmp_path / "m").exception
    nobody = run("train", "need", "--table", table, *LABEL, "--out", tmp_path / "m").exception

    assert "which “left” means leaving? It is: blue, red." in str(unclear)
    assert isinstance(nobody, NotFound)
    assert not (tmp_path / "m").exists()
