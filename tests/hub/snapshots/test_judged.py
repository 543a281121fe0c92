"""Scorers judge by an engine as they do in their own process: the same rows, to the last digit, of files that nobody else can read."""

from collections.abc import Iterator

import pytest

from hub.sdk import JudgesRows, ScoreGiven, Scorer
from hub.snapshots.engines import judging
from hub.snapshots.files import put
from hub.snapshots.judged import Judging, given, table_of
from lives import TODAY, a_reader, some_lives
from scoring import register_scorers
from scoring.churn import Churn
from scoring.needs import CarNeed
from snapshots import KEY, needs_spark

FACTS = a_reader(some_lives())
ENGINES = ("duckdb", pytest.param("spark", marks=needs_spark))


@pytest.fixture(scope="module", params=[Churn, CarNeed], ids=lambda kind: kind.__name__)
def trained(request: pytest.FixtureRequest) -> tuple[Scorer, bytes]:
    scorer = request.param()
    return scorer, scorer.train(FACTS, TODAY, 0, lambda *_: None).model


@pytest.fixture(params=ENGINES)
def by_engine(request: pytest.FixtureRequest, trained: tuple[Scorer, bytes], tmp_path) -> Iterator[list[ScoreGiven]]:
    """In three files at the least, so that each is judged without the others."""
    scorer, model = trained
    rows = scorer.rows(model, FACTS, TODAY)
    table = table_of(rows)
    held = put(tmp_path, KEY, "rows", table, most=table.num_rows // 3)
    assert len(held.parts) >= 3
    with judging(request.param)(
        held, tmp_path, {"PATH": "/usr/bin:/bin"}, Judging(scorer, model, tuple(rows))
    ) as answers:
        yield list(given(answers))


def test_the_scores_are_those_of_the_process_itself(trained: tuple[Scorer, bytes], by_engine: list[ScoreGiven]) -> None:
    scorer, model = trained
    plain = list(scorer.score(model, FACTS, TODAY))

    def order(one: ScoreGiven) -> tuple[int, int, str]:
        return one.customer_id, one.vehicle_id, one.service

    assert len(plain) > 20
    assert sorted(by_engine, key=order) == sorted(plain, key=order)


def test_each_of_ours_judges_row_by_row_and_says_so_before_it_is_loaded() -> None:
    assert [one.name for one in register_scorers() if isinstance(one, JudgesRows)] == ["churn", "need"]


def test_the_files_hold_nothing_that_could_be_read(tmp_path) -> None:
    somebody = 7_340_032_777_001

    held = put(tmp_path, KEY, "rows", table_of({"customer_id": [somebody] * 9}))

    assert [somebody.to_bytes(8, "little") in part.path.read_bytes() for part in held.parts] == [False]
