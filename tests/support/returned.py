"""Returns as a count leaves them behind: sums made by hand, told by the analyses that tell real ones."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from hub.core import Hub
from hub.flow import expenses, reports, roi
from hub.flow.brought import Brought
from hub.flow.expenses import Expense
from hub.flow.ledger import CONTROL_OF_ALL, SPLIT, Dealt, Earned
from hub.flow.roi import WHOLE, Books, Split
from hub.flow.tallies import Asked, tally
from hub.flow.watched import Watched
from hub.models import Enrollment, JourneyVersion, ReturnReport, StepLog
from hub.sdk import Sale, Touch
from journeying import CONFIG
from rules.journeys.measures import Guardrail
from scoring.attribution import AttributionAnalysis
from scoring.survival import SurvivalAnalysis
from scoring.trials import TrialAnalysis

ANALYSES = {one.name: one for one in (TrialAnalysis(), AttributionAnalysis(), SurvivalAnalysis())}
SINCE, UNTIL = date(2025, 11, 26), date(2026, 11, 25)
RAILS = {
    "declined_brakes": (Guardrail("opt_outs", 0.05), Guardrail("nps", 10.0)),
    SPLIT + "what_we_saw": (Guardrail("complaints", 0.05, stop=True),),
}
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
    rng, books = random.Random(7), Books(SINCE, UNTIL, {name: name.removeprefix("offer:") for name in names}, 90)
    number = 0
    books.grown = {UNTIL - timedelta(days=28 * back): {} for back in range(12, 0, -1)}
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
                for until, found in {**books.grown, UNTIL: books.tallies}.items():
                    if day <= until:
                        tally(
                            found,
                            [met],
                            {number: mine},
                            {number: "berlin-spree"},
                            planned,
                            until,
                            90,
                            watched(number, day),
                        )
        at = datetime(2026, 6, 1, tzinfo=UTC)
        books.sales["berlin-spree"].append(Sale(211_317 * len(name), "EUR", at, (Touch(name, at),)))
        books.costs[name, "berlin-spree"] = {"EUR": {"messages": 12 * treated, "people": 95 * treated}}
    books.sales["berlin-spree"].append(Sale(31_207_719, "EUR", at))
    books.invoiced["berlin-spree"] = {"EUR": sum(sale.amount_minor for sale in books.sales["berlin-spree"])}
    books.buyers.update({WHOLE: 900, "berlin-spree": 900})
    books.rails = RAILS
    _two_arms(books, rng)
    _quarter(books, rng)
    friends = Brought(told=41, rewarded=30, came=26)
    friends.refused.update(same_contact=2, known_before=4)
    friends.margin.update(EUR=412_060)
    books.brought["berlin-spree"] = friends
    return books


def _two_arms(books: Books, rng: random.Random) -> None:
    """A split of one journey: a photo brings more than words."""
    books.splits[SPLIT + "what_we_saw"] = Split("declined_brakes", "customer", "words")
    for number in range(1, 901):
        arm, day = ("photo", "words")[number % 2], SINCE + timedelta(days=number % 150)
        mine = [Earned(number, day, int(rng.lognormvariate(8.6, 0.6)) + 1_500 * (arm == "photo"), 1, 1, "EUR")]
        met = Dealt(SPLIT + "what_we_saw", arm, "event", number, datetime(day.year, day.month, day.day, 8, tzinfo=UTC))
        tally(
            books.tallies,
            [met],
            {number: mine},
            {number: "berlin-spree"},
            lambda _: {"photo": 0.5, "words": 0.5},
            UNTIL,
            90,
            watched(number, day, arm),
        )


def _quarter(books: Books, rng: random.Random) -> None:
    """Every twentieth was left alone by all journeys, and brings less."""
    for number in range(1, 3_001):
        arm, day = "treated" if number % 20 else "held", date(2026, 1, 2 + number % 27)
        margin = int(rng.lognormvariate(8.6, 0.6)) + (4_500 if arm == "treated" else 0)
        met = Dealt(CONTROL_OF_ALL + "2026q1", arm, "event", number, datetime(2026, 1, day.day, 8, tzinfo=UTC),
                    date(2026, 4, 1))  # fmt: skip
        tally(books.tallies, [met], {number: [Earned(number, day, margin, 1, 1, "EUR")]}, {number: "berlin-spree"},
              lambda _: {"held": 0.05, "treated": 0.95}, UNTIL, 90)  # fmt: skip


def watched(number: int, day: date, arm: str = "") -> Asked:
    """Somebody in a hundred takes a consent back; every fourth who saw a photo, and one in fifty of the others, complains."""
    some = {number: [Watched(day + timedelta(days=3))]}
    seen = {
        "opt_outs": some if number % 100 == 0 else {},
        "complaints": some if (number % 8 < 2 and arm == "photo") or number % 50 == 0 else {},
    }
    return Asked((), {name: [one.measure for one in rails] for name, rails in RAILS.items()}, seen)


def planned(one: Dealt) -> dict[str, float]:
    share = CAMPAIGNS[one.campaign][3]
    return {"held": share, "treated": 1 - share}


@cache
def documents(names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    books = some_books(names)
    return {branch: roi.told(ANALYSES, books, branch, list(books.titles)) for branch in (WHOLE, "berlin-spree")}


def a_report(hub: Hub, names: tuple[str, ...] = tuple(CAMPAIGNS), span: str = "365d") -> None:
    """Counted an hour ago, for the region and its one branch."""
    with hub.begin() as work:
        for branch, document in documents(names).items():
            work.add(ReturnReport(span=span, branch=branch, since=SINCE, until=UNTIL, took=0.5, mark="m" * 64,
                                  counted_at=work.now - timedelta(hours=1), document=document))  # fmt: skip


def a_journey_in_force(hub: Hub, customer_ids: Sequence[int]) -> None:
    """The chain's own document about declined brakes, with these people on their way, counted as it is in life."""
    text = (CONFIG / "journeys" / "declined_brakes.yaml").read_text(encoding="utf-8")
    rule = hub.book.journey(text)
    first = next(iter(rule.nodes))
    with hub.begin() as work:
        version = work.add(
            JourneyVersion(journey=rule.name, hash=rule.hash, text=text, applied_at=work.now, applied_by="t")
        )
        for number, customer_id in enumerate(customer_ids):
            state = ("waiting", "waiting", "held", "done")[number % 4]
            way = work.add(
                Enrollment(journey=rule.name, version_id=version.id, customer_id=customer_id, subject_id=number, generation=1,
                           entry="event", state=state, node=first if state == "waiting" else None, visits={}, made_at=work.now,
                           entered_at=work.now, since=work.now,
                           reason="goal" if state == "done" else "")
            )  # fmt: skip
            if state == "done":
                work.add(StepLog(enrollment_id=way.id, seq=1, node=first, outcome="goal", at=work.now, detail={}))
    reports.count(hub, reports.JOURNEYS)


def some_costs(hub: Hub, campaign: str = "declined_brakes") -> None:
    """Three that were told of a journey in force, one of which was taken back."""
    told = (("AG-2026-118", "agency", 124_000), ("PRINT-77", "print", 38_950), ("MEDIA-3", "media", 0))
    with hub.begin() as work:
        expenses.tell(work, [Expense(key, campaign, kind, amount, "EUR", UNTIL - timedelta(days=30), UNTIL)
                             for key, kind, amount in told], "cli")  # fmt: skip
