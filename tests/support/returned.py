"""Returns as a count leaves them behind: sums made by hand, told by the analyses that tell real ones."""

import random
from datetime import UTC, date, datetime, timedelta

from hub.core import Hub
from hub.flow import roi
from hub.flow.brought import Brought
from hub.flow.ledger import Dealt, Earned
from hub.flow.roi import WHOLE, Books
from hub.flow.tallies import tally
from hub.models import ReturnReport
from hub.sdk import Sale, Touch
from scoring.attribution import AttributionAnalysis
from scoring.survival import SurvivalAnalysis
from scoring.trials import TrialAnalysis

ANALYSES = {one.name: one for one in (TrialAnalysis(), AttributionAnalysis(), SurvivalAnalysis())}
SINCE, UNTIL = date(2025, 11, 26), date(2026, 11, 25)
# name -> (treated, held, what a treated one brings more, share of the held that the plan says)
CAMPAIGNS = {
    "declined_brakes": (1800, 200, 6_000, 0.1),
    "inspection_due": (900, 100, 0, 0.1),
    "offer:spring-check": (640, 160, 900, 0.2),
    "winter_tyres": (600, 240, 5_000, 0.1),  # somebody is lost on one side
    "welcome": (12, 1, 0, 0.1),
}


def some_books(names: tuple[str, ...] = tuple(CAMPAIGNS)) -> Books:
    """A year of one branch."""
    rng, books = random.Random(7), Books(SINCE, UNTIL, {name: name for name in names}, 90)
    number = 0
    for name in names:
        treated, held, more, _ = CAMPAIGNS[name]
        for arm, count in (("treated", treated), ("held", held)):
            for _ in range(count):
                number += 1
                day = SINCE + timedelta(days=rng.randrange(10, 170))
                came = day + timedelta(days=int(rng.expovariate(1 / (70 if arm == "treated" else 110))))
                margin = int(rng.lognormvariate(8.6, 0.6)) + (more if arm == "treated" else 0)
                mine = [Earned(number, came, margin, 2 * margin, 2 * margin, "EUR")]
                met = Dealt(name, arm, "event", number, datetime(day.year, day.month, day.day, 8, tzinfo=UTC))
                tally(books.tallies, [met], {number: mine}, {number: "berlin-spree"},
                      lambda one: planned(one.campaign), UNTIL, 90)  # fmt: skip
        at = datetime(2026, 6, 1, tzinfo=UTC)
        books.sales["berlin-spree"].append(Sale(211_317 * len(name), "EUR", at, (Touch(name, at),)))
        books.costs[name, "berlin-spree"] = {"EUR": {"messages": 12 * treated, "people": 95 * treated}}
    books.sales["berlin-spree"].append(Sale(31_207_719, "EUR", at))
    books.invoiced["berlin-spree"] = {"EUR": sum(sale.amount_minor for sale in books.sales["berlin-spree"])}
    friends = Brought(told=41, rewarded=30, came=26)
    friends.refused.update(same_contact=2, known_before=4)
    friends.margin.update(EUR=412_060)
    books.brought["berlin-spree"] = friends
    return books


def planned(name: str) -> dict[str, float]:
    share = CAMPAIGNS[name][3]
    return {"held": share, "treated": 1 - share}


def a_report(hub: Hub, names: tuple[str, ...] = tuple(CAMPAIGNS), span: str = "365d") -> None:
    """Counted an hour ago, for the region and its one branch."""
    books = some_books(names)
    with hub.begin() as work:
        for branch in (WHOLE, "berlin-spree"):
            document = roi.told(ANALYSES, books, branch, list(books.titles))
            work.add(ReturnReport(span=span, branch=branch, since=SINCE, until=UNTIL, took=0.5, mark="m" * 64,
                                  counted_at=work.now - timedelta(hours=1), document=document))  # fmt: skip
