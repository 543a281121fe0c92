"""Customers and members are counted at each look while that is quick, and read as they were counted ahead where it is not."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from counting import counted
from hub import heads
from hub.flow import reports
from hub.models import ReturnReport
from hub.status import status_of
from talking import Talk


@pytest.fixture
def ahead(hub):
    """One customer, counted."""
    Talk(hub)
    reports.count(hub, reports.PEOPLE)
    return hub


def slow(hub, took=0.4):
    with hub.begin() as work:
        work.session.execute(update(ReturnReport).values(took=took))


def looked(hub):
    status = status_of(hub)
    return status["customers"], status["counted_at"]


def test_what_is_counted_quickly_is_counted_at_each_look(ahead):
    Talk(ahead)

    assert looked(ahead) == (2, None)


def test_what_takes_long_is_read_as_it_was_counted_and_says_when(ahead, clock):
    slow(ahead)
    counted_at = reports.latest(ahead, reports.PEOPLE).counted_at
    Talk(ahead)
    clock.pass_by(seconds=90)

    with counted(ahead) as statements:
        assert looked(ahead) == (1, counted_at.isoformat())

    assert not any("FROM profiles" in one or "FROM memberships" in one for one in statements)


def test_where_nobody_counts_ahead_any_more_a_look_counts_for_itself(ahead, clock):
    slow(ahead)
    Talk(ahead)
    clock.pass_by(seconds=(heads.MISSED * heads.SOONEST + timedelta(seconds=1)).total_seconds())

    assert looked(ahead) == (2, None)


def test_a_count_that_takes_minutes_stands_as_long_as_it_needs(ahead, clock):
    slow(ahead, took=120.0)
    clock.pass_by(hours=5)

    assert looked(ahead)[0] == 1
    assert looked(ahead)[1] is not None
