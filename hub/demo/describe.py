"""What the demo garage looks like in numbers, beside the bounds within which a garage owner would believe them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hub.demo.world import jobs
from hub.demo.world.agreements import AGREEMENTS
from hub.demo.world.books import DAYS, ITEMS, STATES, Books
from hub.demo.world.causes import CAUSES, told

YEAR_WEEKS = 52


@dataclass(frozen=True)
class Measure:
    """low, high: the target. value: None where there is too little to say."""

    name: str
    unit: str
    value: float | None
    low: float
    high: float

    @property
    def fits(self) -> bool:
        return self.value is not None and bool(self.low <= self.value <= self.high)


# name -> unit, numerator, denominator, low, high: the sums of all branches are divided, so one branch at a time is enough
RATIOS: Mapping[str, tuple[str, str, str, float, float]] = {
    "visits": ("per customer and active year", "visits", "active", 1.4, 2.2),
    "spend": ("€ at home per visit", "spend", "visits", 230, 340),
    "spend of a customer": ("€ at home per active year", "spend", "active", 380, 680),
    "margin": ("share of the amount", "margin", "spend", 0.38, 0.55),
    "findings": ("per visit", "findings", "visits", 0.5, 0.9),
    "declined": ("share of findings", "declined", "findings", 0.33, 0.45),
    "breakdowns": ("share of visits", "breakdowns", "visits", 0.04, 0.11),
    "long waits": ("share of visits", "waits", "visits", 0.03, 0.13),
    "nps": ("points", "nps", "surveys", 40, 60),
    "answered surveys": ("share of visits", "surveys", "visits", 0.36, 0.46),
    "complaints": ("per 1,000 visits", "complaints1000", "visits", 5, 25),
    "missed appointments": ("share of appointments", "missed", "appointments", 0.03, 0.08),
    "churn in the first year": ("share of customers", "left1", "there1", 0.10, 0.22),
    "churn in the second year": ("share of customers", "left2", "there2", 0.12, 0.23),
    "churn in the third year": ("share of customers", "left3", "there3", 0.11, 0.23),
    "cars": ("per customer", "owned", "customers", 1.2, 1.6),
    "customers in a household": ("people", "customers", "households", 1.25, 1.65),
    "kilometres": ("per car and year", "km", "cars", 12_000, 22_000),
    "members": ("share of customers", "members", "customers", 0.52, 0.64),
    "consents": ("share of customers", "consents", "customers", 0.58, 0.74),
    "referred": ("share of newcomers", "referred", "newcomers", 0.11, 0.21),
    "fleet drivers": ("share of customers", "drivers", "customers", 0.035, 0.06),
    "fleets": ("drivers per contract", "drivers", "fleets", 5, 8),
    "offers": ("per customer and active year", "sent", "active", 0.6, 1.4),
    "held back": ("share of offers", "held_back", "offered", 0.17, 0.23),
    "offers used": ("share of those sent", "used", "sent", 0.07, 0.2),
    "came without one": ("share of those held back", "came_anyway", "held_back", 0.05, 0.14),
    "text messages": ("share of customers who agree", "agree_sms", "customers", 0.30, 0.38),
    "profiling": ("share of customers who agree", "agree_profiling", "customers", 0.52, 0.62),
    "agreements taken back": ("share of them", "taken_back", "agreements", 0.05, 0.11),
    "wheels in season": ("share of wheel changes", "wheels_season", "wheels", 0.85, 1.0),
    "cooling before the heat": ("share of cooling work", "cooling_season", "cooling", 0.85, 1.0),
}


def measure(worlds: Iterable[Books]) -> list[Measure]:
    """Reads branch after branch; of each only the sums are kept."""
    sums: dict[str, float] = {}
    for books in worlds:
        for name, value in _sums(books).items():
            sums[name] = sums.get(name, 0.0) + value
    return [
        Measure(name, unit, float(sums[above] / sums[below]) if sums.get(below) else None, low, high)
        for name, (unit, above, below, low, high) in RATIOS.items()
    ]


def _sums(books: Books) -> dict[str, float]:
    return {**_of_visits(books), **_of_people(books), **_of_years(books), **_of_offers(books)}


def _of_visits(books: Books) -> dict[str, float]:
    visits, findings, prices = books.visits, books.findings, books.branch.prices
    past = visits["day"] < DAYS
    lines, found = past[books.lines["visit"]], past[findings["visit"]]
    spend, cost = visits["amount"][past].sum(), books.lines["cost"][lines] * _quantities(books)[lines]
    score, states = books.surveys["score"], books.appointments["state"]
    months = np.array([books.day(day).month for day in visits["day"][past].tolist()])
    wheels, cooling = visits["reason"][past] == jobs.TYRES, visits["reason"][past] == jobs.COOLING
    return {
        "visits": past.sum(),
        "spend": spend / prices,
        "margin": (spend - cost.sum()) / prices,
        "findings": found.sum(),
        "declined": (~findings["sold"][found]).sum(),
        "breakdowns": (visits["reason"][past] == jobs.BREAKDOWN).sum(),
        "waits": (visits["wait"][past] > books.run.causes.wait_mark).sum(),
        "surveys": len(score),
        "nps": 100 * ((score >= 9).sum() - (score <= 6).sum()),
        "complaints1000": 1000 * len(books.complaints["day"]),
        "appointments": len(states),
        "missed": (states >= STATES.index("missed")).sum(),
        "wheels": wheels.sum(),
        "wheels_season": np.isin(months[wheels], books.branch.tyre_months).sum(),
        "cooling": cooling.sum(),
        "cooling_season": np.isin(months[cooling], books.branch.heat_months).sum(),
    }


def _quantities(books: Books) -> Any:
    return np.array([item.quantity for item in ITEMS])[books.lines["item"]]


def _of_people(books: Books) -> dict[str, float]:
    people, run = books.people, books.run
    new = people.joined >= 0
    return {
        "customers": people.count,
        "households": len(np.unique(people.household)),
        "members": people.member.sum(),
        "consents": people.consents.sum(),
        "newcomers": new.sum(),
        "referred": (people.referrer[new] >= 0).sum(),
        "drivers": (people.fleet >= 0).sum(),
        "fleets": people.fleets,
        "owned": (run.owner >= 0).sum(),
        "cars": books.cars.count,
        "km": 365.25 * books.cars.rate.sum(),
    }


def _of_offers(books: Books) -> dict[str, float]:
    sent, came, agreed = books.contacts["sent"], books.contacts["redeemed"], books.agreements
    given = [agreed["granted"] & (agreed["about"] == about) for about in range(len(AGREEMENTS))]
    named = {
        channel if channel == "sms" else purpose: found.sum()
        for (purpose, channel, _), found in zip(AGREEMENTS, given, strict=True)
    }
    return {
        "offered": len(sent),
        "sent": sent.sum(),
        "held_back": (~sent).sum(),
        "used": (came & sent).sum(),
        "came_anyway": (came & ~sent).sum(),
        "agree_sms": named["sms"],
        "agree_profiling": named["profiling"],
        "agreements": agreed["granted"].sum(),
        "taken_back": (~agreed["granted"]).sum(),
    }


def _of_years(books: Books) -> dict[str, float]:
    """Customers there at the beginning of each year, and those of them who left within it; years of people who were there."""
    joined, left = books.people.joined // 7, books.run.left
    sums: dict[str, float] = {}
    for year in range(3):
        week = year * YEAR_WEEKS
        there = (joined <= week) & (left >= week)
        sums |= {f"there{year + 1}": there.sum(), f"left{year + 1}": (there & (left < week + YEAR_WEEKS)).sum()}
    weeks = np.minimum(left, DAYS // 7) - np.maximum(joined, 0)
    return {**sums, "active": np.maximum(weeks, 0).sum() / YEAR_WEEKS}


def description(worlds: Iterable[Books]) -> dict[str, Any]:
    """What `hub demo --describe --json` prints."""
    return {
        "causes": [{"name": name, "size": value, "unit": unit, "says": says} for name, value, unit, says in told(CAUSES)],
        "distributions": [
            {"name": one.name, "unit": one.unit, "value": None if one.value is None else round(one.value, 4),
             "target": [one.low, one.high], "fits": one.fits}
            for one in measure(worlds)
        ],
    }  # fmt: skip
