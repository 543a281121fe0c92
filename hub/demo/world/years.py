"""Week after week: who comes and why, what is found, how it is felt, and who does not come back. All customers at once.

handovers ▶ what each car asks for ▶ missed appointments ▶ a place on the floor ▶ the bill and the findings ▶ how it was felt
▶ offers ▶ who leaves. What a week leaves behind (open brake work, anger, kilometres) is what the next one starts from."""

import numpy as np

from hub.demo.world import jobs
from hub.demo.world.campaigns import CAMPAIGNS, QUIET, fires
from hub.demo.world.cars import YEAR
from hub.demo.world.dice import Flags, Floats, Ints, chance, pick
from hub.demo.world.people import ANNOYED
from hub.demo.world.state import CARLESS, HOUSEHOLD, PESTERED, SCORE, SHOCK, WAIT, Run, add_anger
from hub.demo.world.wishes import wishes

PUSH_WEEKS = 3
RISE_WEEK = 60
MOST_FINDINGS = 5


def live(run: Run, weeks: int) -> None:
    outgoing: dict[int, list[int]] = {}
    for week, campaign in fires(run.people.branch, run.start, weeks):
        outgoing.setdefault(week, []).append(campaign)
    sold_in = np.searchsorted(run.cars.handovers[0], np.arange(weeks + 1))
    for week in range(weeks):
        _hand_over(run, week, slice(sold_in[week], sold_in[week + 1]))
        _visit(run, week)
        for campaign in outgoing.get(week, ()):
            _offer(run, week, campaign)
        _leave(run, week)


def _hand_over(run: Run, week: int, which: slice) -> None:
    cars, buyers = run.cars.handovers[1][which], run.cars.handovers[2][which]
    sellers = run.owner[cars]
    run.owner[cars] = buyers
    left_without = sellers[~np.isin(sellers, run.owner) & (run.people.fleet[sellers] < 0)]
    gone = left_without[chance(run.rng, run.causes.leave_with_the_car, len(left_without))]
    _gone(run, week, gone, np.full(len(gone), CARLESS))


def _visit(run: Run, week: int) -> None:
    cars, reason = wishes(run, week)
    cars, reason = _missed(run, week, cars, reason)
    if not len(cars):
        return
    day = 7 * week + run.rng.integers(0, 7, len(cars))
    order = np.argsort(day, kind="stable")
    cars, reason, place = cars[order], reason[order], run.floor.give(day[order])
    _serve(run, week, cars, reason, place)


def _missed(run: Run, week: int, cars: Ints, reason: Ints) -> tuple[Ints, Ints]:
    """Some had an appointment and did not come: their place was kept for them, and the wish remains."""
    fails = chance(run.rng, run.causes.missed, len(cars)) & (reason != jobs.BREAKDOWN)
    fails &= run.people.joined[run.owner[cars]] // 7 != week
    count = int(fails.sum())
    if count:
        place = run.floor.give(np.sort(7 * week + run.rng.integers(0, 7, count)))
        called = chance(run.rng, 0.6, count)
        run.missed.add(
            car=cars[fails], owner=run.owner[cars[fails]], reason=reason[fails], place=place, called_off=called
        )
    return cars[~fails], reason[~fails]


def _serve(run: Run, week: int, cars: Ints, reason: Ints, place: Ints) -> None:
    causes, rng, people = run.causes, run.rng, run.people
    owner, day, first = run.owner[cars], run.floor.day(place), run.visits.count
    wait = causes.wait_usual * rng.lognormal(0, 0.55, len(cars)) * (1 + run.floor.fullness(place) ** 4)
    rise = 1 + causes.price_rise * (people.branch.raises_prices and week >= RISE_WEEK)
    factor = rise * rng.lognormal(0, jobs.JOB_SPREADS[reason]) * np.where(people.fleet[owner] >= 0, 0.85, 1.0)
    from_brakes = (reason == jobs.BREAKDOWN) & run.brakes_open[cars]
    extra = _inspect(run, first, cars, reason, day, from_brakes, rise)
    bill = factor * jobs.JOB_PRICES[reason] + extra
    shock = (factor > causes.shock_mark) | (
        bill > causes.shock_mark * (jobs.JOB_PRICES[reason] + 1.1 * jobs.USUAL_PRICE)
    )
    shock &= chance(rng, 0.75, len(cars))  # some were told before
    botched = chance(rng, causes.botched, len(cars))
    felt = _felt(run, owner, wait, shock, botched)
    run.visits.add(car=cars, owner=owner, reason=reason, place=place, wait=wait, factor=factor, felt=felt,
                   shock=shock, from_brakes=from_brakes)  # fmt: skip
    _remember(run, cars, reason, day)
    for cause, hit, hazard in (
        (SCORE, felt <= 6, causes.leave_after_bad_score),
        (SHOCK, shock, causes.leave_after_price_shock),
        (WAIT, wait > causes.wait_mark, causes.leave_after_long_wait),
    ):
        add_anger(run, owner[hit], cause, hazard)


def _inspect(run: Run, first: int, cars: Ints, reason: Ints, day: Ints, from_brakes: Flags, rise: float) -> Floats:
    """Look the cars over, sell what can be sold; answers what each visit costs more. Broken brakes are mended, asked or not."""
    causes, rng = run.causes, run.rng
    age = (day - run.cars.first[cars]) / YEAR
    looked = np.where(reason == jobs.TYRES, 0.5, 1.0)
    count = np.minimum(rng.poisson(looked * (causes.findings + causes.findings_by_age * age)), MOST_FINDINGS)
    at = np.repeat(np.arange(len(cars)), count)
    defect = pick(rng, list(jobs.DEFECT_SHARES), len(at))
    again = np.flatnonzero(run.brakes_open[cars])  # what was declined is found again
    at, defect = np.concatenate([at, again]), np.concatenate([defect, np.full(len(again), jobs.BRAKES)])
    keep = np.unique(at * len(jobs.DEFECTS) + defect)  # one finding of a kind per visit, in the visits' order
    at, defect = keep // len(jobs.DEFECTS), keep % len(jobs.DEFECTS)
    factor = rise * rng.lognormal(0, 0.22, len(at))
    price = factor * jobs.DEFECT_PRICES[defect]
    trust = run.people.trust[run.owner[cars[at]]]
    share = (
        causes.sold_at_once + causes.sold_by_trust * trust + causes.sold_by_price * np.log2(price / jobs.USUAL_PRICE)
    )
    sold = chance(rng, np.clip(share, 0.05, 0.97), len(at)) | ((defect == jobs.BRAKES) & from_brakes[at])
    run.findings.add(
        visit=first + at, car=cars[at], defect=defect, factor=factor, sold=sold, words=rng.integers(0, 1 << 20, len(at))
    )
    brakes = defect == jobs.BRAKES
    run.brakes_open[cars[at[brakes]]] = ~sold[brakes]
    return np.bincount(at, weights=price * sold, minlength=len(cars)).astype(np.float64)


def _felt(run: Run, owner: Ints, wait: Floats, shock: Flags, botched: Flags) -> Ints:
    causes = run.causes
    points = causes.felt_usual + 0.45 * run.people.trust[owner] + run.rng.normal(0, 0.85, len(owner))
    points = (
        points + causes.felt_wait * (wait > causes.wait_mark) + causes.felt_shock * shock + causes.felt_fault * botched
    )
    felt: Ints = np.clip(np.rint(points), 0, 10).astype(np.int64)
    return felt


def _remember(run: Run, cars: Ints, reason: Ints, day: Ints) -> None:
    serviced = reason == jobs.SERVICE
    run.serviced_on[cars[serviced]] = day[serviced]
    run.inspected_on[cars[reason == jobs.INSPECTION]] = day[reason == jobs.INSPECTION]
    run.tyres_on[cars[reason == jobs.TYRES]] = day[reason == jobs.TYRES]
    run.cooled_on[cars[reason == jobs.COOLING]] = day[reason == jobs.COOLING]
    run.came_on[run.owner[cars]] = day


def _offer(run: Run, week: int, campaign: int) -> None:
    """The willing get it, but for a random part that is left alone."""
    quiet = 7 * week - run.came_on > QUIET
    there = (run.people.joined <= 7 * week) & (run.left > week) & run.willing & (run.people.fleet < 0)
    whom = np.flatnonzero(there & (quiet == CAMPAIGNS[campaign].missed_only))
    sent = chance(run.rng, run.causes.contacted, len(whom))
    day = 7 * week + run.rng.integers(0, 5, len(whom))
    run.contacts.add(person=whom, campaign=np.full(len(whom), campaign), day=day, sent=sent)
    told = whom[sent]
    run.pushed[told] = week + PUSH_WEEKS
    annoyed = told[run.people.kind[told] == ANNOYED]
    add_anger(run, annoyed, PESTERED, run.causes.leave_after_pestering)
    refuse = annoyed[chance(run.rng, 0.25, len(annoyed))]
    run.willing[refuse] = False
    run.refusals.add(person=refuse, day=7 * week + run.rng.integers(0, 7, len(refuse)))


def _leave(run: Run, week: int) -> None:
    there = np.flatnonzero((run.people.joined // 7 <= week) & (run.left > week))
    steps = np.cumsum(run.anger[there], axis=1)
    dice = run.rng.random(len(there))
    goes = dice < steps[:, -1]
    gone = there[goes]
    _gone(run, week, gone, (dice[goes, None] >= steps[goes]).sum(axis=1))
    run.anger[:, SCORE:] *= run.causes.wears_off
    stay = np.flatnonzero(np.isin(run.people.household, run.people.household[gone]) & (run.left > week))
    add_anger(run, stay, HOUSEHOLD, run.causes.leave_with_household)


def _gone(run: Run, week: int, whom: Ints, cause: Ints) -> None:
    fresh = run.left[whom] > week
    run.left[whom[fresh]] = week
    run.left_for[whom[fresh]] = cause[fresh]
