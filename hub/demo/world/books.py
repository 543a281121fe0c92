"""The books of one branch: everything that its own system would hold, as columns; days are counted from the first one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from hub.demo.world import jobs
from hub.demo.world.agreements import make_agreements
from hub.demo.world.campaigns import CAMPAIGNS
from hub.demo.world.cars import Cars, make_cars
from hub.demo.world.causes import CAUSES, Causes
from hub.demo.world.dice import Ints, Rng, chance, stream
from hub.demo.world.floor import Floor, open_floor
from hub.demo.world.people import People, make_people
from hub.demo.world.places import Branch, branches_of
from hub.demo.world.state import Column, Run, begin
from hub.demo.world.years import live

WEEKS = 156  # of history
AHEAD = 26  # weeks that are lived on, so that the truth knows what comes
SPARE = 40  # weeks of open doors behind that, for full days
BOOKED_AHEAD = 21  # days for which appointments stand in the book
DAYS = WEEKS * 7
VISITS_A_WEEK = 0.025  # per customer, for the size of a floor
SHARES = (0.40, 0.33, 0.27)  # of a region's customers per branch
POINT = 10.0  # euros at home
REDEEMED_WITHIN = 21  # days
VOUCHER = 50  # points that are spent at once
TIERS = ((45, "gold"), (18, "silver"), (0, "bronze"))  # points earned within a year
STATES = ("kept", "booked", "missed", "cancelled")  # of an appointment

Table = Mapping[str, Column]


@dataclass(frozen=True)
class Books:
    """today: the last day of the history (day number DAYS - 1). Each table is a mapping of equally long columns.

    visits: car, owner, reason, day, hour, bay, odometer, wait, felt, amount, off, offer, ... (those to come have day >= DAYS;
    amount: of its lines; off: what the bill is less for an offer, by its index in CAMPAIGNS, or -1)
    lines: visit, item, quantity, price, cost, amount (minor units) - findings: visit, car, defect, sold, words, price
    appointments: car, owner, reason, day, hour, bay, state - surveys: visit, owner, day, score - complaints: visit, owner, day
    ledger: owner, day, points, balance - consents: owner, day, granted (marketing by mail)
    agreements: owner, day, granted, about (index of AGREEMENTS) - contacts: person, campaign, day, sent, redeemed, visit
    ownerships: car, owner, since, until (-1: still)"""

    region: str
    today: date
    people: People
    cars: Cars
    floor: Floor
    run: Run
    visits: Table
    lines: Table
    findings: Table
    appointments: Table
    surveys: Table
    complaints: Table
    ledger: Table
    consents: Table
    agreements: Table
    contacts: Table
    ownerships: Table

    @property
    def branch(self) -> Branch:
        return self.people.branch

    def day(self, number: int) -> date:
        return self.today + timedelta(days=int(number) - DAYS + 1)

    def tiers(self) -> list[str]:
        """Of every customer, by the points of the last year; of use for members only."""
        recent = (self.ledger["day"] > DAYS - 366) & (self.ledger["points"] > 0)
        earned = np.bincount(
            self.ledger["owner"][recent].astype(np.int64),
            weights=self.ledger["points"][recent],
            minlength=self.people.count,
        )
        return [next(name for least, name in TIERS if points >= least) for points in earned.tolist()]


def split(count: int) -> tuple[int, ...]:
    """A region's customers over its branches; the first gets what does not divide."""
    rest = [int(count * share) for share in SHARES[1:]]
    return (count - sum(rest), *rest)


def make_world(region: str, count: int, today: date, seed: int, causes: Causes = CAUSES) -> Iterator[Books]:
    """One branch after the other, so that only one is in memory."""
    for index, (branch, share) in enumerate(zip(branches_of(region), split(count), strict=True)):
        if share:
            yield make_books(region, branch, index, share, today, seed, causes)


def make_books(region: str, branch: Branch, index: int, count: int, today: date, seed: int, causes: Causes) -> Books:
    start = today - timedelta(days=DAYS - 1)
    weeks = WEEKS + AHEAD
    people = make_people(branch, f"{region.upper()}-{index + 1}", count, DAYS, causes, seed)
    cars = make_cars(people, region, str(index + 1), weeks, causes, seed)
    floor = open_floor(start, (weeks + SPARE) * 7, branch.workdays, count * VISITS_A_WEEK)
    run = begin(people, cars, floor, causes, stream(seed, branch.code, "years"), start)
    live(run, weeks)
    agreements = make_agreements(people, DAYS, causes, stream(seed, branch.code, "agreements"))
    return _write_up(region, run, today, agreements, stream(seed, branch.code, "books"))


def _write_up(region: str, run: Run, today: date, agreements: Table, rng: Rng) -> Books:
    visits, findings = dict(run.visits.table()), dict(run.findings.table())
    visits |= _placed(run.floor, visits["place"])
    visits["odometer"] = run.cars.odometer(visits["car"], visits["day"])
    findings["price"] = np.rint(
        findings["factor"] * jobs.DEFECT_PRICES[findings["defect"]] * run.people.branch.prices
    ).astype(np.int64)
    lines = _lines(visits, findings, run.people.branch.prices)
    visits["amount"] = np.bincount(lines["visit"], weights=lines["amount"], minlength=len(visits["car"])).astype(
        np.int64
    )
    past = np.flatnonzero(visits["day"] < DAYS)
    contacts = _contacts(run, visits)
    visits |= _let_off(visits, contacts)
    surveys, complaints = _told(run, visits, past, rng)
    return Books(
        region, today, run.people, run.cars, run.floor, run,
        visits=visits,
        lines=lines,
        findings=findings,
        appointments=_appointments(run, visits),
        surveys=surveys,
        complaints=complaints,
        ledger=_ledger(run, visits, past),
        consents=_consents(run),
        agreements=agreements,
        contacts=contacts,
        ownerships=_ownerships(run.cars),
    )  # fmt: skip


def _placed(floor: Floor, place: Ints) -> dict[str, Column]:
    return {"day": floor.day(place), "hour": floor.hour(place), "bay": floor.bay(place)}


ITEMS = tuple(line for group in (*jobs.JOBS, *jobs.DEFECTS) for line in group.lines)


def _lines(visits: Mapping[str, Column], findings: Mapping[str, Column], prices: float) -> Table:
    """Item by item over all visits, then in the order of visits."""
    sold = np.flatnonzero(findings["sold"])
    whose = [(np.flatnonzero(visits["reason"] == index), job.lines) for index, job in enumerate(jobs.JOBS)]
    parts = [(which, visits["factor"][which], lines) for which, lines in whose]
    for index, defect in enumerate(jobs.DEFECTS):
        which = sold[findings["defect"][sold] == index]
        parts.append((findings["visit"][which], findings["factor"][which], defect.lines))
    rows = [_line(item, visit, factor, prices) for visit, factor, lines in parts for item in lines]
    table = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    order = np.lexsort((table["item"], table["visit"]))
    return {name: column[order] for name, column in table.items()}


def _line(item: jobs.Part, visit: Column, factor: Column, prices: float) -> dict[str, Column]:
    """Amounts in minor units: price and cost of one, and the amount of the line."""
    price = np.rint(item.price * factor * prices).astype(np.int64)
    count = len(visit)
    return {
        "visit": visit.astype(np.int64),
        "item": np.full(count, ITEMS.index(item)),
        "price": price,
        "cost": np.full(count, round(item.cost * prices)),
        "amount": np.rint(price * item.quantity).astype(np.int64),
    }


def _appointments(run: Run, visits: Mapping[str, Column]) -> Table:
    """Kept, booked and missed ones; a breakdown has none."""
    missed = run.missed.table() or {
        name: np.zeros(0, dtype=np.int64) for name in ("car", "owner", "reason", "place", "called_off")
    }
    placed = _placed(run.floor, missed["place"].astype(np.int64))
    day = visits["day"]
    kept = (visits["reason"] != jobs.BREAKDOWN) & (day < DAYS + BOOKED_AHEAD)
    was = placed["day"] < DAYS
    columns = {name: np.concatenate([visits[name][kept], missed[name][was]]) for name in ("car", "owner", "reason")}
    columns |= {name: np.concatenate([visits[name][kept], placed[name][was]]) for name in ("day", "hour", "bay")}
    states = np.where(missed["called_off"][was].astype(bool), STATES.index("cancelled"), STATES.index("missed"))
    columns["state"] = np.concatenate(
        [np.where(day[kept] < DAYS, STATES.index("kept"), STATES.index("booked")), states]
    )
    order = np.lexsort((columns["bay"], columns["hour"], columns["day"]))
    return {name: column[order] for name, column in columns.items()}


def _told(run: Run, visits: Mapping[str, Column], past: Ints, rng: Rng) -> tuple[Table, Table]:
    """Who answered the survey, and who complained: of the visits so far, and no later than today."""
    answers = past[chance(rng, run.causes.answers, len(past))]
    day = visits["day"][answers] + 1 + rng.integers(0, 4, len(answers))
    in_time = day < DAYS
    surveys = {"visit": answers[in_time], "owner": visits["owner"][answers][in_time], "day": day[in_time],
               "score": visits["felt"][answers][in_time]}  # fmt: skip
    cross = past[(visits["felt"][past] <= 6) & chance(rng, run.causes.complains, len(past))]
    cross = cross[visits["day"][cross] < DAYS - 1]
    return surveys, {"visit": cross, "owner": visits["owner"][cross], "day": visits["day"][cross] + 1}


def _ledger(run: Run, visits: Mapping[str, Column], past: Ints) -> Table:
    """Points for every visit of a member; whenever a voucher is full it is spent at the next visit's desk."""
    mine = past[run.people.member[visits["owner"][past]]]
    order = mine[np.lexsort((visits["day"][mine], visits["owner"][mine]))]
    owner, day = visits["owner"][order], visits["day"][order]
    points = np.rint(visits["amount"][order] / (POINT * run.people.branch.prices)).astype(np.int64)
    first = np.ones(len(owner), dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    before = np.cumsum(points) - points
    earned = before + points - before[first][np.cumsum(first) - 1]
    spent = earned // VOUCHER * VOUCHER
    spent_before = np.where(first, 0, np.roll(spent, 1))
    spends = np.flatnonzero(spent > spent_before)
    table = {
        "owner": np.concatenate([owner, owner[spends]]),
        "day": np.concatenate([day, day[spends]]),
        "points": np.concatenate([points, (spent_before - spent)[spends]]),
        "balance": np.concatenate([earned - spent_before, (earned - spent)[spends]]),
    }
    row = np.argsort(np.concatenate([2 * np.arange(len(owner)), 2 * spends + 1]))
    return {name: column[row] for name, column in table.items()}


def _consents(run: Run) -> Table:
    """Given on the first day, withdrawn by those who were pestered."""
    given = np.flatnonzero(run.people.consents & (run.people.joined < DAYS))
    refused = run.refusals.table() or {"person": np.zeros(0, dtype=np.int64), "day": np.zeros(0, dtype=np.int64)}
    was = refused["day"] < DAYS
    return {
        "owner": np.concatenate([given, refused["person"][was]]),
        "day": np.concatenate([run.people.joined[given], refused["day"][was]]),
        "granted": np.concatenate([np.ones(len(given), dtype=bool), np.zeros(int(was.sum()), dtype=bool)]),
    }


def _contacts(run: Run, visits: Mapping[str, Column]) -> Table:
    """Every offer, whether it went out, and whether the customer came within three weeks (visit: with which, or -1)."""
    empty = {name: np.zeros(0, dtype=np.int64) for name in ("person", "campaign", "day", "sent")}
    made = run.contacts.table() or empty
    table = {name: column[made["day"] < DAYS] for name, column in made.items()}
    span = 1 << 20
    moments = visits["owner"] * span + visits["day"]
    order = np.argsort(moments, kind="stable")
    came, wanted = moments[order], table["person"] * span + table["day"]
    following = np.searchsorted(came, wanted)
    within = np.zeros(len(wanted), dtype=bool)
    inside = following < len(came)
    within[inside] = came[following[inside]] - wanted[inside] < REDEEMED_WITHIN
    visit = np.full(len(wanted), -1)
    visit[within] = order[following[within]]
    return {**table, "redeemed": within, "visit": visit}


def _let_off(visits: Mapping[str, Column], contacts: Table) -> dict[str, Column]:
    """An offer that was sent and used is a share of that visit's bill. Nothing is drawn for it, so no draw moves."""
    used = np.flatnonzero(contacts["redeemed"] & contacts["sent"].astype(bool))
    offer = np.full(len(visits["amount"]), -1)
    offer[contacts["visit"][used]] = contacts["campaign"][used]
    percent = np.array([*(campaign.discount for campaign in CAMPAIGNS), 0])
    return {"offer": offer, "off": np.rint(visits["amount"] * percent[offer] / 100).astype(np.int64)}


def _ownerships(cars: Cars) -> Table:
    week, car, buyer = cars.handovers
    until = np.full(cars.count, -1)
    until[car] = week * 7
    bought = buyer >= 0
    owner, since = np.concatenate([cars.owner, buyer[bought]]), np.concatenate([cars.since, week[bought] * 7])
    ends = np.concatenate([until, np.full(int(bought.sum()), -1)])
    known = since < DAYS
    return {
        "car": np.concatenate([np.arange(cars.count), car[bought]])[known],
        "owner": owner[known],
        "since": since[known],
        "until": np.where(ends[known] < DAYS, ends[known], -1),
    }
