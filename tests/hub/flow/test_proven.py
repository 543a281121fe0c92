"""What came true of lists whose time is over: of those called, and of those left alone by lot."""

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import select

from garage_days import CAR, a_visit
from hub.flow import proven
from hub.models import Outreach, Ownership
from hub.services import Services
from shops import BERLIN, folded

TODAY = date(2026, 11, 25)
DONE = date(2026, 2, 1)


@pytest.fixture
def lists(hub):
    """One car had its oil changed on the first of February: lists of the ten days before came true, those of twenty days after did not."""
    folded(hub, BERLIN, CAR, a_visit("S-1", DONE.isoformat()))
    with hub.begin() as work:
        customer, car = work.session.execute(select(Ownership.customer_id, Ownership.vehicle_id)).one()
        for place in range(-10, 20):
            work.add(Outreach(
                customer_id=customer, vehicle_id=car, branch="berlin-mitte", listed_on=DONE + timedelta(days=place), rank=1,
                control=place % 5 == 0, safety=False, service="oil", churn=None, chance=0.6 if place < 0 else 0.2, value_minor=1,
                currency="EUR", reasons=[], model="m",
            ))  # fmt: skip


def told(hub, day=TODAY, horizon=182):
    with hub.look() as session:
        return proven.proven(session, "berlin-mitte", day, horizon, Services({}))


def test_those_called_stand_beside_those_left_alone(hub, lists):
    found = told(hub)

    assert (found["calls"]["rows"], found["calls"]["precision"]) == (24, round(8 / 24, 4))
    assert (found["control"]["rows"], found["control"]["precision"], found["lift"]) == (6, round(2 / 6, 4), 1.0)
    assert (found["auc"], found["brier"]) == (1.0, round((10 * 0.16 + 20 * 0.04) / 30, 4))
    assert found["gap"] == pytest.approx((10 * -0.4 + 20 * 0.2) / 30)


def test_of_lists_whose_time_is_not_over_nothing_is_said(hub, lists):
    assert told(hub, DONE + timedelta(days=182)) == {}


def test_another_service_is_not_what_was_foretold(hub, lists):
    with hub.begin() as work:
        for row in work.session.scalars(select(Outreach)):
            row.service = "brakes"

    assert told(hub)["calls"]["precision"] == 0.0


@pytest.mark.parametrize(("came", "rows"), [(0, 7), (3, 10), (90, 100)])
def test_the_interval_of_a_share_is_wilsons(came, rows):
    from statsmodels.stats.proportion import proportion_confint

    low, high = proven._precision(np.array([1.0] * came + [0.0] * (rows - came)))["interval"]

    assert (low, high) == pytest.approx(proportion_confint(came, rows, method="wilson"), abs=1e-4)


def test_the_interval_of_the_auc_holds_the_truth_as_often_as_it_says():
    """Chances whose ranking is right in 3 of 4 pairs: normal ones, apart by sqrt(2) times the quantile of 0.75."""
    rng, held = np.random.default_rng(4), 0
    for _ in range(300):
        came = (rng.random(120) < 0.4).astype(float)
        low, high = proven._auc(rng.normal(0.954 * came), came)["auc_interval"]
        held += low <= 0.75 <= high

    assert 0.91 < held / 300 < 0.98
