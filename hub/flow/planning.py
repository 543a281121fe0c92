"""Is a test worth starting here? From the garage's own past: how much people differ, and how many would come in a week."""

from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import ledger, strangers, verdicts
from hub.flow.tallies import BEFORE_DAYS
from hub.models import Enrollment, JourneyVersion
from hub.rates import read_rates
from rules.calendar import local_day
from rules.values import decimals

WEEKS = 13  # of the past, over which entries are counted


def plan(
    hub: Hub, finds_minor: int, currency: str, journey: str | None = None, weekly: float | None = None
) -> dict[str, Any]:
    """finds_minor: margin a head that the test has to find, in minor units. weekly: who would come in; None: as many as came
    into the journey lately. Raises WrongInput for a test that would never tell, NotFound."""
    analyses = verdicts.analyses_of(hub)
    if weekly is None:
        weekly = _weekly(hub, journey)
    heads, variance, left = _spread(hub, currency)
    if heads < 2 or variance <= 0:
        raise WrongInput(
            f"Nobody has paid in {currency} long enough to tell how much people differ.", "Import the history."
        )
    unit = 10 ** decimals(currency)
    found = analyses["trial"].plan(
        finds_minor / unit, left / unit**2, weekly
    )  # what is refused names amounts people know
    return {
        **found,
        "currency": currency,
        "weekly": weekly,
        "customers": heads,
        "variance": variance,
        "variance_left": left,
    }


def _weekly(hub: Hub, journey: str | None) -> float:
    if journey is None:
        raise WrongInput("How many would come in?", "Name a journey, or say --weekly.")
    since = hub.clock() - timedelta(weeks=WEEKS)
    mine = (Enrollment.journey == journey, Enrollment.entered_at >= since)
    with hub.look() as session:
        if session.scalar(select(JourneyVersion.id).where(JourneyVersion.journey == journey).limit(1)) is None:
            raise NotFound(f"There is no journey “{journey}”.", "hub journeys list names those there are.")
        return (session.scalar(select(func.count()).where(*mine)) or 0) / WEEKS


def _spread(hub: Hub, currency: str) -> tuple[int, float, float]:
    """(customers, variance of one's margin within `effect_days`, what of it is left when the year before is taken off)."""
    until = local_day(hub.clock(), hub.here.zone)
    middle = until - timedelta(days=read_rates(hub.settings.config).effect_days)
    sums = [0] * 5  # after, before, after², after × before, before²
    with hub.look() as session:
        heads = -strangers.count(session)
        for who, homes in ledger.slices(session):
            after, before = Counter[int](), Counter[int]()
            for one in ledger.margins(session, middle - timedelta(days=BEFORE_DAYS - 1), until, who):
                if one.currency == currency:
                    (after if one.day > middle else before)[one.customer_id] += one.margin_minor
            heads += len(homes)
            for customer in after.keys() | before.keys():
                y, x = after[customer], before[customer]
                sums = [a + b for a, b in zip(sums, (y, x, y * y, y * x, x * x), strict=True)]
    if heads < 2:
        return heads, 0.0, 0.0
    y, x, yy, yx, xx = sums
    own, both, known = yy - y * y / heads, yx - y * x / heads, xx - x * x / heads
    return heads, own / (heads - 1), (own - (both**2 / known if known > 0 else 0.0)) / (heads - 1)
