"""Scorers at the command line, on a history that came in as a file: trained, judged, shelved, and refused where they should be."""

import json

import pytest

from hub.past.streams import day_of
from lives import TODAY, some_lives

AS_OF = ("--region", "eu", "--as-of", TODAY.isoformat())


@pytest.fixture
def run(run, settings):
    """Commands of a hub that scores."""
    listed = settings.config / "hub.yaml"
    listed.write_text(listed.read_text().replace("compliance, portal", "compliance, scoring, portal"))
    return run


@pytest.fixture
def history(run, settings, tmp_path):
    rows = [f"{one['customer_id']:04},{day_of(one['day'])},1,{one['amount']:.2f}" for one in some_lives()["visits"]]
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(["customer_id,date,items,spend", *rows]) + "\n")
    assert run("import", path, "--mapping", settings.config / "mappings" / "purchases.yaml", "--region", "eu")[0] == 0


def test_from_a_file_of_visits_to_scores_of_everybody(run, history, tmp_path):
    code, out, _ = run("train", "churn", *AS_OF, "--json")
    told = json.loads(out)
    assert (code, told["promoted"]) == (0, True)

    code, out, _ = run("score", "churn", *AS_OF, "--json")
    assert code == 0
    assert json.loads(out)["rows"] > 200
    beside = run("score", "churn", *AS_OF, "--engine", "duckdb", "--json")
    same = {**json.loads(out), "rows": 0}  # DuckDB says the same of everybody, so nothing is written again
    assert (beside[0], json.loads(beside[1] or "{}"), beside[2]) == (0, same, "")
    everyone = json.loads(run("score", *AS_OF, "--json")[1])["scorers"]
    assert [one["scorer"] for one in everyone] == ["churn"]

    shelved = json.loads(run("models", "list", "--region", "eu", "--json")[1])["items"]
    assert [(one["version"], one["state"]) for one in shelved] == [(told["version"], "in force")]
    drawn = tmp_path / "picture.svg"
    card = json.loads(run("models", "show", "churn", "--region", "eu", "--picture", drawn, "--json")[1])
    assert (card["as_of"], card["worth"]) == (TODAY.isoformat(), True)
    assert drawn.read_text().startswith("<svg")


def test_a_second_model_waits_until_it_is_promoted_by_hand_and_can_be_taken_back(run, history):
    first = json.loads(run("train", "churn", *AS_OF, "--json")[1])["version"]
    second = json.loads(run("train", "churn", *AS_OF, "--json")[1])

    assert not second["promoted"]
    assert "too little has happened" in second["said"]
    assert "in force" in run("models", "promote", "churn", second["version"], "--region", "eu")[1]
    assert first in run("models", "rollback", "churn", "--region", "eu")[1]
    assert "brier" in run("models", "compare", "churn", first, second["version"], "--region", "eu")[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("train", "nope", "--region", "eu"), 1, "No plugin brings a scorer"),
        (("train", "churn", "--region", "eu"), 1, "The history is 0 days long"),
        (("train", "churn", "--region", "eu", "--as-of", "2999-01-01"), 2, "still to come"),
        (("score", "churn", "--region", "eu"), 1, "has no model in force"),
        (("models", "show", "churn", "--region", "eu"), 1, "There is no model"),
        (("models", "rollback", "churn", "--region", "eu"), 1, "no champion before"),
        (("outreach", "--region", "eu", "--branch", "nowhere", "--top", "50"), 1, "no branch “nowhere”"),
        (("score", "upsell", "--region", "eu"), 1, "need has no model in force"),
        (("outreach", "note", "1", "booked", "--by", "me", "--region", "eu"), 1, "no such line"),
    ],
)
def test_a_mistake_is_told_without_a_trace(run, words, code, said):
    found, _, errors = run(*words)

    assert (found, said in errors, "Traceback" in errors) == (code, True, False)


def test_a_mistake_in_what_we_sell_is_found_by_the_check(run, settings):
    (settings.config / "services.yaml").write_text("services: {a: {codes: [x]}, b: {codes: [x]}}")

    code, out, errors = run("check")

    assert code == 1
    assert "code x belongs to a and to b" in out + errors
