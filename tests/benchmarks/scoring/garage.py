"""The scorers on the demo garage, beside its latent truth: python tests/benchmarks/scoring/garage.py [customers] [lives]

Each region's history comes in by the shop's door and is read as the hub reads it; the scorers learn from it as of its last day, and
are judged by the half year that the generator lived beyond it. Beside them stands the latent truth: the same half year lived
anew `lives` times from the state of the last day, which knows every cause, every chance, and who has already left.

A car's needs: the share of what it was given that is among the first three, over cars that were given something. The floor is
popularity among cars of its kind (electric or not, by age) of its region within a year. What was done within a month is left out
of both lists."""

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from redis import Redis
from sqlalchemy import select

sys.path.insert(0, "tests/benchmarks/scoring")
sys.path.insert(0, "tests/support")

from futures import CODES, chances, half, start

from benchmark import measured
from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.demo.history import history, write_rows
from hub.demo.order import SEED, shares
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS, Books, make_world
from hub.demo.world.truth import TODAY, vehicle_number
from hub.flow.sync import history_of, import_pages
from hub.models import Link
from hub.past.reader import PastReader, read_facts
from hub.services import read_services
from hub.settings import load_settings
from scoring.churn import Churn
from scoring.measure import figures
from scoring.need_rows import NeedRows, need_rows
from scoring.needs import FIRST, FLOOR, HORIZON, JUST_DONE, CarNeed

Numbers = NDArray[Any]

BENCHMARK = {
    "name": "scoring/garage", "goal": "churn within .02 of the latent truth; needs half as good again as popularity",
    "quick": ["600", "20"], "full": ["2000", "400"],
}  # fmt: skip
REGIONS = ("eu", "gcc", "apac")


@dataclass
class Region:
    """One region's facts, and per branch its books with the hub's ids of its people and cars."""

    code: str
    facts: PastReader
    branches: Sequence[tuple[Books, Numbers, Numbers]]
    services: Mapping[str, str]


def pour(code: str, customers: int) -> Region:
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings({**os.environ, "HUB_HOME": home, "HUB_CONFIG": "config"})
        open_region(settings, code)
        hub = build_hub(settings, code, Redis.from_url("unix:///nowhere"))
        branches = [_brought(hub, books, Path(home)) for books in make_world(code, customers, TODAY, SEED)]
        services = read_services(settings.config).by_code
        with hub.look() as session:
            facts = read_facts(session, TODAY, services)
        hub.close()
    return Region(code, facts, branches, services)


def _brought(hub: Hub, books: Books, home: Path) -> tuple[Books, Numbers, Numbers]:
    partner = hub.partner(f"shop_{hub.region.code}")
    file = home / "history.ndjson"
    rows = write_rows(file, history(Pen(books), DAYS, hub.clock()))
    done = import_pages(hub, partner, history_of(hub, partner, file), Random(1))
    assert (done.imported, done.rejected) == (rows, 0), done.problems[:1]
    people = [books.people.number(one) for one in range(books.people.count)]
    cars = [vehicle_number(books, one) for one in range(books.cars.count)]
    return books, _ids(hub, "customer", people), _ids(hub, "vehicle", cars)


def _ids(hub: Hub, about: str, names: Sequence[str]) -> Numbers:
    """0 for one that was never told of."""
    partner = hub.partner(f"shop_{hub.region.code}").id
    with hub.begin() as work:
        kind = f"link:{partner}:{about}"
        blinds = {name: work.vault.blinds(work.session, kind, name) for name in names}
        mine = select(Link.hash, Link.about_id).where(Link.connection_id == partner, Link.about == about)
        known = {blind: found for blind, found in work.session.execute(mine)}
    return np.array([next((known[one] for one in blinds[name] if one in known), 0) for name in names])


@dataclass(frozen=True)
class Judged:
    """churn: (customers, 4): silent, and the chance of it told by our scorer, by the latent truth, and by one who knows all but who
    has left. needs: (cars that were given something, 4): share found by ours, by popularity, by that of the season, by the truth."""

    churn: Numbers
    needs: Numbers


def judged(region: Region, lives: int) -> Judged:
    """Of people, by their id, the four columns of `churn` but ours; of cars, what they were given and how likely that was."""
    people: dict[int, Numbers] = {}
    cars: dict[int, Numbers] = {}
    for index, (books, their_ids, car_ids) in enumerate(region.branches):
        run, doubt = start(region.code, index, books, SEED)
        came = half(books.run, run)
        truth, still_here = chances(run, lives, SEED), chances(run, lives, SEED, all_here=True)
        told = 1 - np.column_stack([came.came, truth.came, doubt.stays * still_here.came])
        people |= dict(zip(their_ids.tolist(), told, strict=True))
        cars |= dict(zip(car_ids.tolist(), np.stack([came.done, truth.done], axis=1), strict=True))
    return Judged(_churn(region.facts, people), _needs(region, cars))


def _churn(facts: PastReader, known: Mapping[int, Numbers]) -> Numbers:
    scorer = Churn()
    model = scorer.train(facts, TODAY, 0, _quiet).model
    return np.array([np.insert(known[one.customer_id], 1, one.value) for one in scorer.score(model, facts, TODAY)])


def _needs(region: Region, known: Mapping[int, Numbers]) -> Numbers:
    scorer, facts = CarNeed(), region.facts
    model = scorer.train(facts, TODAY, 0, _quiet).model
    rows = need_rows(facts, TODAY, HORIZON, answers=False)
    names = list(rows.services)
    places = {place: names.index(name) for place, code in enumerate(CODES) if (name := region.services[code]) in names}
    done, truth = np.zeros((2, len(rows.vehicles), len(names)))
    told = np.stack([known[car] for car in rows.vehicles.tolist()], axis=1)
    done[:, list(places.values())], truth[:, list(places.values())] = told[:, :, list(places)]
    ours = np.zeros(done.shape)
    for one in scorer.score(model, facts, TODAY):
        ours[np.searchsorted(rows.vehicles, one.vehicle_id), names.index(one.service)] = one.value
    floors = [_fresh(rows, rows.column(name).reshape(done.shape)) for name in (FLOOR, "popular in season")]
    return np.column_stack([_recall(done, scores) for scores in (ours, *floors, truth)])


def _fresh(rows: NeedRows, scores: Numbers) -> Numbers:
    return np.where((rows.column("done_days") < JUST_DONE).reshape(scores.shape), -1.0, scores)


def _recall(done: Numbers, scores: Numbers) -> Numbers:
    first = np.argsort(-scores, axis=1, kind="stable")[:, :FIRST]
    asked = done.sum(1) > 0
    return np.asarray(np.take_along_axis(done, first, axis=1).sum(1)[asked] / done.sum(1)[asked])


def _quiet(step: int, steps: int) -> None:
    """Nobody looks."""


def main(customers: int, lives: int) -> None:
    found = [judged(pour(code, count), lives) for code, count in shares(customers, REGIONS).items()]
    churn, needs = (np.vstack([getattr(one, name) for one in found]) for name in ("churn", "needs"))
    silent = churn[:, 0].astype(int)
    ours, truth, watcher = (figures(churn[:, at], silent)["auc"] for at in (1, 2, 3))
    note = f"{len(silent):,} customers, {silent.mean():.0%} stay away"
    measured(
        "AUC of churn, below the latent truth", truth - ours, "", goal=0.02, note=f"{ours:.3f}, {truth:.3f}; {note}"
    )
    measured("AUC of churn, below all but who has left", watcher - ours, "", note=f"{ours:.3f}, {watcher:.3f}")
    ours, floor, season, truth = needs.mean(0).tolist()
    note = f"{len(needs):,} cars that were given something"
    beside = {"peer": floor, "beside": "popularity", "more": True}
    measured("recall@3 of needs", ours, "", goal=1.5, note=note, **beside)
    measured("recall@3 of what is popular in the season", season, "", **beside)
    measured("recall@3 of the latent truth", truth, "", **beside)


if __name__ == "__main__":
    words = [*sys.argv[1:], *("2000", "400")[len(sys.argv) - 1 :]]
    main(int(words[0]), int(words[1]))
