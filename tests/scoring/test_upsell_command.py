"""hub evaluate upsell, on shoppers with habits."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hub.errors import WrongInput
from measured import baskets, written
from scoring.commands import evaluate


def evaluated(*words: object) -> Result:
    return CliRunner().invoke(evaluate, ["upsell", *map(str, words)])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The figures, the answers, and the truth of the customers asked."""
    folder = tmp_path_factory.mktemp("upsell")
    known, asked = baskets(), baskets(seed=8, shoppers=30)
    histories = {name: {"history": entry["history"]} for name, entry in asked.items()}
    train, predict = written(folder, "train.json", known), written(folder, "asked.json", histories)
    answer = evaluated(
        "--train", train, "--predict", predict, "--predictions", folder / "out.json", "--top", 5, "--json"
    )
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output), json.loads((folder / "out.json").read_text()), asked


def test_habits_are_found_again(told: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    figures, answers, truth = told

    hits = [any(item in entry["next"][0] for item, _ in answers[name]) for name, entry in truth.items()]

    assert sum(hits) / len(hits) > 0.8
    assert figures["recall"] > 0.3
    assert figures["recall_interval"][0] <= figures["recall"] <= figures["recall_interval"][1]


def test_answers_are_ranked_probabilities(told: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    for row in told[1].values():
        chances = [chance for _, chance in row]
        assert len(row) == 5
        assert chances == sorted(chances, reverse=True)
        assert all(0 <= chance <= 1 for chance in chances)


def test_the_floor_stands_beside_the_model(told: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> None:
    assert told[0]["floor"]["name"] in {"popular now", "most often bought"}


def test_nobodys_own_next_basket_helps_to_predict_it(tmp_path: Path) -> None:
    """Nothing but chance: who has found a signal has looked."""
    known = baskets()
    for number, entry in enumerate(known.values()):
        entry["next"] = [[1000 + number]]
    path = written(tmp_path, "train.json", known)

    figures = json.loads(evaluated("--train", path, "--json").output)

    assert figures["recall"] == 0


def test_the_order_of_customers_changes_nothing(tmp_path: Path) -> None:
    known = baskets(shoppers=60)
    forth = written(tmp_path, "forth.json", known)
    back = written(tmp_path, "back.json", dict(reversed(known.items())))

    for name, path in (("a", forth), ("b", back)):
        evaluated("--train", path, "--predict", path, "--predictions", tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "customers are missing"),
        ([1], "customers are missing"),
        ({"a": {"history": 3, "next": [1]}}, "has no history"),
        ({"a": {"history": [[1]]}}, "has no next basket"),
        ({"a": {"history": [[1.5]], "next": [1]}}, "is no item"),
        ({"a": {"history": [1], "next": [1]}}, "a basket must be a list"),
        ({"a": {"history": [[1]], "next": [1]}}, "At least 50"),
        ({str(number): {"history": [[1]], "next": [1]} for number in range(60)}, "the same item"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused_in_words(document: Any, said: str, tmp_path: Path) -> None:
    answer = evaluated("--train", written(tmp_path, "train.json", document))

    assert isinstance(answer.exception, WrongInput)
    assert said in str(answer.exception)


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "train.json").write_bytes(raw)

    assert isinstance(evaluated("--train", tmp_path / "train.json").exception, WrongInput)
