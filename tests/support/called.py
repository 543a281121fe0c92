"""What scorers leave behind, made by hand: a list of calls, chances, and what cars will need."""

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

import compliance
from hub.core import Hub
from hub.flow import scores
from hub.models import Need, Outreach, Ownership, Score
from hub.sdk import Trained
from scoring.measure import compared, measured
from scoring.pictures import picture


def a_call(hub: Hub, customer_id: int, **given: Any) -> int:
    """A line of today's list of the branch of the pages' tests; its id."""
    line: dict[str, Any] = {
        "branch": "berlin-spree", "listed_on": scores.today(hub), "rank": 1, "control": False, "safety": False,
        "service": "brakes", "chance": 0.31, "value_minor": 1800, "currency": "EUR", "reasons": ["declined_days=90:+"],
        "model": "m",
    }  # fmt: skip
    with hub.begin() as work:
        row = Outreach(customer_id=customer_id, **line | given)
        work.add(row)
    return row.id


def some_proof(hub: Hub, customer_ids: Sequence[int], car: int) -> None:
    """A model of what cars need, and a year and a half of lists of these people, all about one car: it had new tyres and was
    serviced in that time."""
    told = {
        "precision": 0.482, "interval": [0.41, 0.553], "by_lot": 0.127, "lift": 3.795, "lift_interval": [3.2, 4.37], "auc": 0.67,
        "auc_interval": [0.6, 0.74], "ap": 0.61, "ap_interval": [0.52, 0.7], "brier": 0.212, "brier_interval": [0.19, 0.234],
        "ece": 0.062, "ece_interval": [0.045, 0.118], "rows": 190,
    }  # fmt: skip
    shelf, rng, today = scores.shelf_of(hub), np.random.default_rng(9), scores.today(hub)
    card = {"precision_at": {"50": told}, "metrics": {}, "horizon_days": 182, "worth": True, "as_of": today.isoformat(),
            "verdict": "better than what is popular", "features": [], "origins": [], "rows": 9_417}  # fmt: skip
    shelf.put("need", "20261122T020000", Trained(b"", card, ""))
    shelf.promote("need", "20261122T020000")
    for place in range(90):
        listed_on = today - timedelta(days=190 + 6 * place)
        chance = 0.25 + 0.35 * (date(2025, 7, 1) < listed_on < date(2025, 11, 20)) + rng.normal(0, 0.12)
        a_call(hub, customer_ids[place % len(customer_ids)], vehicle_id=car, listed_on=listed_on, service="srv-l" if place % 3 else "tyr-l",
               chance=min(0.95, max(0.05, chance)), control=place % 6 == 0)  # fmt: skip


def some_models(hub: Hub) -> None:
    """Three of one scorer: before, in force, and its challenger; each measured on its own made-up backtest."""
    shelf, rng = scores.shelf_of(hub), np.random.default_rng(5)
    for number, version in enumerate(("20261101T020000", "20261122T020000", "20261124T020000")):
        truth = (rng.random(600) < 0.3).astype(float)
        chance = np.clip(0.3 + (truth - 0.3) * (0.2 + 0.1 * number) + rng.normal(0, 0.1, 600), 0.01, 0.99)
        card = {
            "scorer": "churn", "meaning": "who stays away", "as_of": f"{version[:4]}-{version[4:6]}-{version[6:8]}", "horizon_days": 182,
            "rows": 9_417, "features": ["visits.count", "visits.silent_days"], "worth": True, "verdict": "better than recency alone",
            "metrics": measured(chance, truth, 0), "against_floor": compared(chance, truth.mean() + rng.normal(0, 0.01, 600), truth, 0),
            "by_origin": [{"promised": 0.31, "came": 0.3}, {"promised": 0.38, "came": 0.29}], "left_out": {"loyalty.points": 0.41},
            "origins": ["2026-02-24", "2026-05-25"], "data_hash": "5f" * 32, "versions": {},
        }  # fmt: skip
        shelf.put("churn", version, Trained(b"", card, picture("Who stays away", chance, truth)))
    shelf.promote("churn", "20261101T020000")
    shelf.promote("churn", "20261122T020000")


def some_words(hub: Hub) -> None:
    """What the demo's advisors say first."""
    folder = hub.settings.config / "templates"
    folder.mkdir(exist_ok=True)
    for path in (POLICY.parents[1] / "templates").glob("call*.yaml"):
        shutil.copy(path, folder)


POLICY = Path(__file__).parents[2] / "config/policies/service_notices.yaml"


def may_be_called(hub: Hub) -> None:
    """By the policy of the demo: about their own car, unless they said no."""
    folder = hub.settings.config / "policies"
    folder.mkdir(exist_ok=True)
    shutil.copy(POLICY, folder)
    hub.plugins.register(compliance)


def some_scores(hub: Hub, customer_id: int, support: int = 6) -> None:
    """Half a year in which they grew cold, and two things that their first car will probably need."""
    today = scores.today(hub)
    with hub.begin() as work:
        for months, value in enumerate((0.62, 0.51, 0.4, 0.38, 0.21)):
            work.add(Score(
                customer_id=customer_id, name="churn", as_of=today - timedelta(days=30 * months), value=value,
                low=value - 0.12, high=value + 0.11, support=support, model="churn-1",
                reasons=["visits.silent_days=237:+1.2", "survey.last=9:-0.5", "advice.declined_safety=1:+0.3"],
            ))  # fmt: skip
        car = work.session.scalars(select(Ownership.vehicle_id).where(Ownership.customer_id == customer_id)).first()
        for service, value, margin in (("brakes", 0.44, 9_400), ("air_conditioning", 0.2, 4_100)):
            work.add(Need(
                customer_id=customer_id, vehicle_id=car or 0, service=service, as_of=today, value=value, low=value - 0.1,
                high=value + 0.12, support=40, price_minor=margin * 3, margin_minor=margin, currency="EUR",
                reasons=["declined_days=237:+", "done_due=1.2:+"], model="need-1",
            ))  # fmt: skip
