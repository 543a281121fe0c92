"""Scores by an engine are written as all others are: through the same door, and nothing of the snapshot stays."""

import pytest
from sqlalchemy import select

from hub.errors import ConfigError, PartDown
from hub.flow import rescoring, scores
from hub.models import Membership, Score
from hub.sdk import EventRecord, ScoreGiven
from hub.snapshots.room import ROOM
from scorers import Bringing, Gut
from shops import BERLIN, KEY, at, folded


class RowByRow(Gut):
    def rows(self, model, facts, as_of):
        return facts.frame(["visits.count"], as_of)

    def judge(self, model, rows):
        for one, visits in zip(rows["customer_id"].tolist(), rows["visits.count"].tolist(), strict=True):
            yield ScoreGiven(one, self.value, 0.6, 0.8, int(visits), ("visits.count=1:+",))


class Breaks(RowByRow):
    def judge(self, model, rows):
        raise PartDown("No more of this.")


def a_region_with(hub, scorer):
    hub.plugins.register(Bringing(scorer), name="gut")
    folded(hub, BERLIN, EventRecord(customer=KEY, kind="visit", key="e", at=at("2026-11-20"), zone="Europe/Berlin"))
    return scores.train(hub, "churn", scores.today(hub), 0, quiet, "test")


def quiet(step, steps):
    pass


def score(hub):
    return rescoring.score(hub, "churn", scores.today(hub), quiet, "duckdb")


def test_what_an_engine_says_is_written_and_no_file_stays(hub):
    learned = a_region_with(hub, RowByRow())

    done = score(hub)

    with hub.look() as session:
        row = session.scalars(select(Score)).one()
        assert list(session.scalars(select(Membership.segment))) == []
    assert (done.rows, done.version) == (1, learned.version)
    assert (row.value, row.low, row.high, row.support, row.reasons) == (0.7, 0.6, 0.8, 1, ["visits.count=1:+"])
    assert list((hub.region.folder / ROOM).iterdir()) == []


def test_a_scorer_that_judges_all_together_is_refused_before_anything_is_read(hub):
    a_region_with(hub, Gut())

    with pytest.raises(ConfigError, match=r"all its rows together.*Leave --engine out"):
        score(hub)


def test_one_that_breaks_leaves_no_file_behind(hub):
    a_region_with(hub, Breaks())

    with pytest.raises(PartDown):
        score(hub)

    assert list((hub.region.folder / ROOM).iterdir()) == []
