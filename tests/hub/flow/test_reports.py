"""Returns counted ahead: one walk for all branches, taken again when the last is old by its own measure."""

from datetime import timedelta

import pytest
from sqlalchemy import update

import scoring
from hub import heads
from hub.errors import NotFound
from hub.flow import reports
from hub.models import ReturnReport


@pytest.fixture
def counted(hub, clock):
    hub.plugins.register(scoring, "scoring")
    clock.pass_by(minutes=5)
    while reports.count_due(hub):
        pass
    return hub


def test_each_span_is_counted_once_and_then_rests(counted):
    assert [reports.latest(counted, span).until for span in reports.COUNTED]
    assert reports.due(counted) is None


def test_a_count_that_took_long_rests_longer(counted, clock):
    with counted.begin() as work:
        work.session.execute(update(ReturnReport).where(ReturnReport.span == "365d").values(took=600.0))

    clock.pass_by(hours=2)

    assert counted_anew(counted) == {"30d", "90d", "journeys", "segments", "people"}
    clock.pass_by(seconds=heads.SHARE * 600 - timedelta(hours=2).total_seconds() + 1)
    assert counted_anew(counted) == {"30d", "90d", "365d", "journeys", "segments", "people"}


def counted_anew(hub):
    """All that is due now, counted until nothing is."""
    found = set()
    while span := reports.due(hub):
        found.add(span)
        reports.count(hub, span)
    return found


def test_the_same_numbers_have_the_same_mark(counted, clock):
    before = reports.latest(counted)

    clock.pass_by(minutes=2)
    reports.count(counted, "365d")

    after = reports.latest(counted)
    assert (after.mark, after.counted_at > before.counted_at) == (before.mark, True)


def test_without_statistics_nothing_is_counted_and_nothing_breaks(hub, clock):
    clock.pass_by(minutes=5)

    assert reports.count_due(hub) is False
    assert reports.latest(hub) is None


def test_an_unknown_span_or_branch_is_named_with_those_there_are(counted):
    with pytest.raises(NotFound, match="30d, 90d, 365d"):
        reports.latest(counted, "7d")
    with pytest.raises(NotFound, match="no report of this branch"):
        reports.latest(counted, branch="nowhere")
