"""The scorer `churn`: the probability that a customer does not come within a horizon, how sure that is, and why."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import isnan
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from hub.sdk import FactReader, ScoreGiven, Tell, Trained, WrongInput
from scoring import churn_trial, drift, stored, table_model
from scoring.backtest import Backtest
from scoring.calibration import Calibrator, chosen
from scoring.coverage import coverage
from scoring.measure import compared, measured
from scoring.pictures import picture
from scoring.sheet import Sheet
from scoring.silence import FLOOR, RECENCY, Silence
from scoring.snapshots import unlabelled

Numbers = NDArray[Any]

HORIZON = 182  # days: half a year, within which a car that is looked after comes at least once
FACTS = (
    "visits.count", "visits.silent_days", "visits.in_year", "visits.in_half_year", "visits.same_season", "visits.per_year",
    "visits.gap_days", "visits.gap_spread", "visits.overdue", "visits.service_due", "spend.per_visit", "spend.in_year",
    "spend.trend", "spend.surprise", "survey.last", "survey.trend", "survey.silent_days", "survey.worst",
    "complaints.in_year", "late.in_year", "late.per_visit", "late.silent_days", "advice.open", "advice.declined",
    "advice.declined_days", "advice.declined_safety", "cars.count", "cars.due", "cars.sold_days", "cars.age_years",
    "cars.electric", "cars.km_per_day", "loyalty.points", "appointments.missed", "appointments.cancelled",
    "appointments.per_visit", "consent.marketing",
)  # fmt: skip
FORM = "churn 1"
SUPPORT, WATCHED = "visits.count", "visits.watched_days"
FEWEST_VISITS, FEWEST_DAYS = 2, 182  # whoever came once, and not long ago, has shown nothing yet
WIDEST = 0.5  # of a band that says anything
JUDGED_AFTER = 30  # days from which a champion can be asked about outcomes it was not told
MEASURED = 20_000  # rows that figures and their intervals are told from
REASONS, FELT = 3, 0.02  # told of a row, at most; and what moves the log-odds less is none
MANY = 50_000  # rows scored at a time


class Churn:
    """See hub.sdk.scores.Scorer."""

    name = "churn"
    about: Literal["customer", "vehicle"] = "customer"
    meaning = f"the probability that the customer does not come within {HORIZON} days, 0 to 1"

    def __init__(self, horizon: int = HORIZON) -> None:
        self.horizon = horizon

    def train(self, facts: FactReader, as_of: date, seed: int, tell: Tell, champion: bytes | None = None) -> Trained:
        wanted = churn_trial.plan(facts, as_of, self.horizon)
        done = iter(range(1, 100))
        steps = len(wanted.origins) + 2

        def step() -> None:
            tell(next(done), steps)

        with threadpool_limits(1):
            names, left_out = steady(facts, wanted, as_of)
            snapshots = churn_trial.Snapshots(facts, names, self.horizon)
            trial = churn_trial.tried(snapshots, wanted, seed, step)
            ids, values, silent = snapshots.together(wanted.learn)
            model = Silence(names, seed).fit(ids, values, silent, refits=30)
            step()
            best = trial.champion
            calibrator = chosen(trial.chance[best], trial.truth, trial.sizes)
            right = calibrator(trial.chance[best])
            card = {
                "scorer": self.name,
                "meaning": self.meaning,
                "as_of": as_of.isoformat(),
                "horizon_days": self.horizon,
                "seed": seed,
                "rows": len(silent),
                "customers": len(np.unique(ids)),
                "base_rate": round(float(silent.mean()), 4),
                "learned_from": [day.isoformat() for day in wanted.learn],
                "origins": [(date(1970, 1, 1) + timedelta(days=one)).isoformat() for one in trial.origins],
                "champion": best,
                "calibrator": calibrator.kind,
                "sets": coverage(right, trial.truth, trial.sizes),
                **verdict(trial, best, right, seed),
                "features": list(names),
                "left_out": left_out,
                "data_hash": data_hash(ids, values, silent),
                "versions": stored.versions(),
            }
            if champion is not None:
                card["against_champion"] = self._against(champion, facts, wanted, right, trial, seed)
            step()
        state = _state(model, as_of, self.horizon, best, calibrator)
        return Trained(stored.dump(state, FORM), card, picture("Who stays away", right, trial.truth))

    def score(self, model: bytes, facts: FactReader, as_of: date) -> Iterator[ScoreGiven]:
        return self.judge(model, self.rows(model, facts, as_of))

    def rows(self, model: bytes, facts: FactReader, as_of: date) -> Mapping[str, Any]:
        names = stored.load(model, FORM)["names"]
        return facts.frame(list(dict.fromkeys((*names, SUPPORT, WATCHED))), as_of)

    def judge(self, model: bytes, rows: Mapping[str, Any]) -> Iterator[ScoreGiven]:
        known = stored.load(model, FORM)
        values = np.column_stack([rows[name] for name in known["names"]]).astype(float)
        support, watched = rows[SUPPORT].astype(int), rows[WATCHED]
        shown = (support >= FEWEST_VISITS) | (watched >= FEWEST_DAYS)
        fitted = _restored(known)
        with threadpool_limits(1):
            for start in range(0, len(values), MANY):
                some = start + np.flatnonzero(shown[start : start + MANY])
                yield from _given(fitted, known, rows["customer_id"][some], values[some], support[some])

    def train_table(
        self, path: Path, label: str, positive: str | None, id_column: str | None, seed: int, tell: Tell
    ) -> Trained:
        return table_model.train(path, label, positive, id_column, seed, tell)

    def score_table(self, model: bytes, path: Path) -> Iterator[tuple[str, float]]:
        return table_model.score(model, path)

    def _against(
        self, champion: bytes, facts: FactReader, wanted: churn_trial.Plan, right: Numbers, trial: Backtest, seed: int
    ) -> Mapping[str, Any] | None:
        """On the customers of the latest origin. None where the champion has learned from nearly the same days: it would be
        asked about what it was told."""
        try:
            known = stored.load(champion, FORM)
        except WrongInput:  # of an earlier version of ours: nothing can be compared
            return None
        age = (wanted.as_of - date.fromisoformat(known["as_of"])).days
        if known["horizon"] != self.horizon or age < JUDGED_AFTER:
            return None
        values = unlabelled(facts, list(known["names"]), wanted.origins[0]).values
        rows = by_lot(trial.sizes[0], seed)
        return compared(right[rows], _chance(_restored(known), known, values[rows]), trial.truth[rows], seed)


def steady(facts: FactReader, wanted: churn_trial.Plan, as_of: date) -> tuple[list[str], dict[str, float]]:
    """Facts whose customers of today are like those that would be learned from, and of the others the stability index.

    A fact that was not yet told in those days (appointments, a new loyalty programme) would teach that it is never there."""
    then = np.vstack([unlabelled(facts, FACTS, day).values for day in wanted.learn])
    psi = drift.moved(FACTS, then, unlabelled(facts, FACTS, as_of).values)
    left_out = {name: value for name, value in psi.items() if value >= drift.ALARM and name != RECENCY}
    return [name for name in FACTS if name not in left_out], left_out


def by_lot(rows: int, seed: int) -> Numbers:
    """At most MEASURED of so many rows: an interval by drawing again is no truer for a million, and takes minutes."""
    if rows <= MEASURED:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, MEASURED, replace=False))


def verdict(trial: Backtest, best: str, right: Numbers, seed: int) -> dict[str, Any]:
    """Is it worth being used? Only if it tells more than how long somebody has been away."""
    some = by_lot(len(trial.truth), seed)
    floor = compared(right[some], trial.chance[FLOOR][some], trial.truth[some], seed)
    worth = best != FLOOR and not any(one["proved_worse"] for one in floor.values())
    said = "better than recency alone" if worth else "recency is enough: nothing beats the days since the last visit"
    return {
        "metrics": measured(right[some], trial.truth[some], seed),
        "against_floor": floor,
        "by_origin": _by_origin(trial, right),
        "worth": worth,
        "verdict": said,
    }


def _by_origin(trial: Backtest, right: Numbers) -> list[dict[str, float]]:
    """Calibration in the large: what was promised and what came, one origin after the other."""
    cuts = np.cumsum(trial.sizes)[:-1]
    parts = zip(np.split(right, cuts), np.split(trial.truth, cuts), strict=True)
    return [{"promised": round(float(one.mean()), 4), "came": round(float(truth.mean()), 4)} for one, truth in parts]


def data_hash(*columns: Numbers) -> str:
    digest = hashlib.sha256()
    for values in columns:
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def _state(model: Silence, as_of: date, horizon: int, best: str, calibrator: Calibrator) -> dict[str, Any]:
    return {
        "names": model.names,
        "as_of": as_of.isoformat(),
        "horizon": horizon,
        "champion": best,
        "calibrator": [calibrator.kind, calibrator.numbers],
        "sheet": model.sheet_.state,
        "regression": model.regression_,
        "floor": model.floor_,
        "refits": model.refits_,
        "varying": model.varying_,
        "boosting": model.boosting_,
    }


def _restored(known: Mapping[str, Any]) -> Silence:
    model = Silence(known["names"])
    model.sheet_ = Sheet.of(known["names"], known["sheet"])
    model.regression_, model.floor_, model.refits_ = known["regression"], known["floor"], known["refits"]
    model.varying_, model.boosting_ = known["varying"], known["boosting"]
    return model


def _chance(model: Silence, known: Mapping[str, Any], values: Numbers) -> Numbers:
    return Calibrator(*known["calibrator"])(model.chance(values)[known["champion"]])


def _given(model: Silence, known: Any, ids: Numbers, values: Numbers, support: Numbers) -> Iterator[ScoreGiven]:
    if not len(ids):
        return
    told = model.judge(values, known["champion"], Calibrator(*known["calibrator"]))
    sure = told.high - told.low <= WIDEST
    why = strongest(known["names"], values[sure], told.pulls[sure])
    columns = (ids, told.chance, told.low, told.high, support)
    for one, chance, low, high, seen, reasons in zip(*(each[sure].tolist() for each in columns), why, strict=True):
        yield ScoreGiven(one, round(chance, 4), round(low, 4), round(high, 4), seen, reasons)


def strongest(names: Sequence[str], values: Numbers, pulls: Numbers) -> Iterator[tuple[str, ...]]:
    """Per row the reasons that move it furthest, of REASONS at most; of two alike the one that is named first."""
    left, said = np.abs(pulls), []
    rows = np.arange(len(pulls))
    for _ in range(min(REASONS, len(names))):
        at = left.argmax(1)
        there = left[rows, at] > FELT
        left[rows, at] = -1.0
        told = zip(at.tolist(), values[rows, at].tolist(), pulls[rows, at].tolist(), there.tolist(), strict=True)
        said.append(
            [reason(names[fact], value, f"{pull:+.2f}") if is_felt else "" for fact, value, pull, is_felt in told]
        )
    return (tuple(filter(None, row)) for row in zip(*said, strict=True))


def reason(fact: str, value: float, way: str) -> str:
    """`visits.overdue=2.3:+0.41`: the value seen, and which way it moves the score and how far; a missing value is left blank."""
    seen = "" if isnan(value) else f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{fact}={seen}:{way}"
