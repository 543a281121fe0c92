"""hub evaluate inspection, on a made-up country of four makes."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from hub.errors import WrongInput
from measured import Change, inspections, written
from scoring.commands import evaluate

ANSWERS = ["failed_percent", "top_reason", "second_reason", "third_reason"]


def evaluated(*words: object) -> Result:
    return CliRunner().invoke(evaluate, ["inspection", *map(str, words)])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], pd.DataFrame, bytes]:
    """The figures, the answers for a model never seen, and their bytes."""
    folder = tmp_path_factory.mktemp("inspection")
    rows = inspections()
    unseen = rows[rows.model == "Model 3"]
    train = written(folder, "train.csv", rows[rows.model != "Model 3"])
    asked = written(folder, "asked.csv", unseen.drop(columns=ANSWERS))
    answer = evaluated("--train", train, "--predict", asked, "--predictions", folder / "out.csv", "--json")
    assert answer.exit_code == 0, answer.output
    raw = (folder / "out.csv").read_bytes()
    return (
        json.loads(answer.output),
        pd.read_csv(folder / "out.csv").assign(truth=unseen.failed_percent.to_numpy()),
        raw,
    )


def test_models_never_seen_are_judged_by_age_mileage_and_make(
    told: tuple[dict[str, object], pd.DataFrame, bytes],
) -> None:
    _, answers, _ = told

    assert (answers.failed_percent - answers.truth).abs().mean() < 3
    assert list(answers.columns[:5]) == ["first_registered", "make", "model", "failed_percent", "reasons"]


def test_reasons_are_ranked_with_the_makes_own_first(told: tuple[dict[str, object], pd.DataFrame, bytes]) -> None:
    _, answers, _ = told

    first = answers.reasons.str.split(";").str[0]

    assert set(first[answers.make == "Fiat"]) == {"brakes"}
    assert set(first[answers.make == "Audi"]) == {"axle"}


def test_the_backtest_leaves_out_whole_models_and_beats_the_mean(
    told: tuple[dict[str, object], pd.DataFrame, bytes],
) -> None:
    rate = told[0]["failure_rate"]

    assert isinstance(rate, dict)
    assert rate["error_points"] < 0.5 * rate["error_points_of_the_mean"]
    assert rate["error_points_interval"][0] <= rate["error_points"] <= rate["error_points_interval"][1]


def test_a_shuffled_file_gives_the_same_bytes(
    told: tuple[dict[str, object], pd.DataFrame, bytes], tmp_path: Path
) -> None:
    rows = inspections()
    shuffled = written(tmp_path, "train.csv", rows[rows.model != "Model 3"].sample(frac=1, random_state=3))
    asked = written(tmp_path, "asked.csv", rows[rows.model == "Model 3"].drop(columns=ANSWERS))

    evaluated("--train", shuffled, "--predict", asked, "--predictions", tmp_path / "out.csv")

    assert (tmp_path / "out.csv").read_bytes() == told[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.drop(columns="mean_km"), "there is no column mean_km"),
        (lambda rows: rows.assign(failed_percent="many"), "failed_percent is “many”, no number from 0 to 100"),
        (lambda rows: rows.assign(failed_percent=5), "the same in every row"),
        (lambda rows: rows.assign(top_reason="axle"), "fewer than two reasons"),
        (lambda rows: rows.assign(make=""), "make and model must not be blank"),
        (lambda rows: pd.concat([rows, rows]), "stands twice"),
        (lambda rows: rows.head(3), "At least 50"),
        (lambda rows: rows.assign(inspections=-1), "inspections is “-1”"),
        (lambda rows: rows.head(0), "has 0 rows"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused_with_the_line(change: Change, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, "train.csv", change(inspections()))

    answer = evaluated("--train", path)

    assert isinstance(answer.exception, WrongInput)
    assert said in str(answer.exception)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")

    answer = evaluated("--train", tmp_path / "train.csv")

    assert isinstance(answer.exception, WrongInput)


def test_asking_without_a_place_for_the_answers_is_a_wrong_call(tmp_path: Path) -> None:
    path = written(tmp_path, "train.csv", inspections())

    assert evaluated("--train", path, "--predict", path).exit_code == 2
