"""The scorer `need`: which service a car will ask for within a horizon, from its own history and that of cars like it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from hub.sdk import FactReader, ScoreGiven, Tell, Trained, WrongInput
from scoring import stored
from scoring.calibration import Calibrator, chosen
from scoring.churn import JUDGED_AFTER, by_lot, data_hash, reason
from scoring.churn_trial import Plan, plan
from scoring.measure import compared, measured
from scoring.need_rows import COLUMNS, NeedRows, need_rows
from scoring.pictures import picture

Numbers = NDArray[Any]

FORM = "need 3"
HORIZON = 182
APART = HORIZON // 2  # between days that are learned from: as between origins, so that each is read once for all
LEARNED = 6  # days that are learned from, at most: the oldest still have a year before them that tells of the season
LEARN_FROM = 200_000  # rows of cars and services
MEASURED = 4_000  # rows, drawn by lot, that figures and their intervals are told from
FIRST = 3  # services of a car that count as found
LISTS = (10, 25, 50, 100)
RESAMPLES = 300
FEWEST = 30  # outcomes
JUST_DONE = 30  # days within which nobody wants it again
FLOOR = "popular among its like"
SHARP = 0.02  # a chance below this is no proposal


class CarNeed:
    """See hub.sdk.scores.Scorer."""

    name = "need"
    about: Literal["customer", "vehicle"] = "vehicle"
    meaning = f"the probability that the car is given this service within {HORIZON} days, 0 to 1"

    def train(self, facts: FactReader, as_of: date, seed: int, tell: Tell, champion: bytes | None = None) -> Trained:
        planned = plan(facts, as_of, HORIZON)
        wanted = replace(planned, learn=_before(planned, as_of))
        read: dict[date, NeedRows] = {}
        with threadpool_limits(1):
            judged, chances = [], []
            for step, origin in enumerate(wanted.origins, start=1):
                model = _fit(_rows(facts, read, _before(wanted, origin)), seed)
                judged.append(_at(facts, read, origin))
                chances.append(model.predict_proba(_wide(judged[-1].values, len(facts.services)))[:, 1])
                tell(step, len(wanted.origins) + 1)
            together = [_told(rows, chance) for rows, chance in zip(judged, chances, strict=True)]
            chance, truth, floor = (np.concatenate(parts) for parts in zip(*together, strict=True))
            calibrator = chosen(chance, truth, [len(one[0]) for one in together])
            some = np.random.default_rng(seed).permutation(len(truth))[:MEASURED]
            learned = _rows(facts, read, wanted.learn)
            model = _fit(learned, seed)
            card = self._card(wanted, judged, chances, calibrator, seed)
            card |= {
                "metrics": {**measured(calibrator(chance)[some], truth[some], seed), **card["metrics"]},
                "against_floor": compared(chance[some], floor[some], truth[some], seed),
                "calibrator": calibrator.kind,
                "rows": sum(len(one.done) for one in learned),
                "data_hash": data_hash(*(one.values for one in learned), *(one.done for one in learned)),
            }
            if champion is not None:
                card["against_champion"] = _against(champion, wanted, judged[0], calibrator(chances[0]), seed)
            tell(len(wanted.origins) + 1, len(wanted.origins) + 1)
        bins = _bins(calibrator(chance), truth)
        state = {
            "as_of": as_of.isoformat(),
            "boosting": model,
            "calibrator": [calibrator.kind, calibrator.numbers],
            "services": list(facts.services),
            "bins": bins,
        }
        return Trained(stored.dump(state, FORM), card, picture("What cars ask for", calibrator(chance), truth))

    def score(self, model: bytes, facts: FactReader, as_of: date) -> Iterator[ScoreGiven]:
        return self.judge(model, self.rows(model, facts, as_of))

    def rows(self, model: bytes, facts: FactReader, as_of: date) -> Mapping[str, Any]:
        """A row per car and service, with what others like it had: so none needs the others any more."""
        rows = need_rows(facts, as_of, HORIZON, answers=False)
        whose = {"customer_id": rows.customers, "vehicle_id": rows.vehicles}
        columns = dict(zip(COLUMNS, _recoded(rows, stored.load(model, FORM)["services"]).T, strict=True))
        return {**{name: np.repeat(ids, len(rows.services)) for name, ids in whose.items()}, **columns}

    def judge(self, model: bytes, rows: Mapping[str, Any]) -> Iterator[ScoreGiven]:
        known = stored.load(model, FORM)
        values = np.column_stack([rows[name] for name in COLUMNS]).astype(float)
        with threadpool_limits(1):
            chance = _chance(known, values)
        spread = _spread(chance, known["bins"])
        just_done, new = rows["done_days"] < JUST_DONE, np.isnan(rows["service"])
        for at in np.flatnonzero((chance >= SHARP) & ~just_done & ~new).tolist():
            low, high = max(0.0, chance[at] - spread[at]), min(1.0, chance[at] + spread[at])
            row = dict(zip(COLUMNS, values[at].tolist(), strict=True))
            yield ScoreGiven(
                int(rows["customer_id"][at]), round(float(chance[at]), 4), round(low, 4), round(high, 4), int(row["car.visits"]),
                _reasons(row), int(rows["vehicle_id"][at]), known["services"][int(row["service"])],
            )  # fmt: skip

    def _card(
        self, wanted: Plan, judged: Sequence[NeedRows], chances: Sequence[Numbers], calibrator: Calibrator, seed: int
    ) -> dict[str, Any]:
        ours = np.concatenate([_recall(rows, chance) for rows, chance in zip(judged, chances, strict=True)])
        theirs = np.concatenate([_recall(rows, rows.column(FLOOR)) for rows in judged])
        draws = np.random.default_rng(seed).integers(0, len(ours), (RESAMPLES, len(ours)))
        gain = np.quantile((ours - theirs)[draws].mean(1), (0.025, 0.975))
        worth = bool(gain[0] > 0)
        return {
            "scorer": self.name, "meaning": self.meaning, "as_of": wanted.as_of.isoformat(), "horizon_days": HORIZON, "seed": seed,
            "learned_from": [day.isoformat() for day in wanted.learn], "origins": [day.isoformat() for day in wanted.origins],
            "features": list(COLUMNS), "champion": "boosting",
            "metrics": {
                "recall_3": round(float(ours.mean()), 4), "recall_3_interval": _interval(ours, draws),
                "recall_3_of_popularity": round(float(theirs.mean()), 4),
            },
            "precision_at": {
                str(length): _precision(judged, [calibrator(one) for one in chances], length, seed) for length in LISTS
            },
            "worth": worth,
            "verdict": "better than what is popular among cars like it" if worth else "what is popular among cars like it is enough",
            "versions": stored.versions(),
        }  # fmt: skip


def _chance(known: Mapping[str, Any], values: Numbers) -> Numbers:
    """values: (rows, COLUMNS), services by the numbers that the model knows them by."""
    wide = _wide(values, len(known["services"]))
    return Calibrator(*known["calibrator"])(known["boosting"].predict_proba(wide)[:, 1])


def _against(champion: bytes, wanted: Plan, rows: NeedRows, right: Numbers, seed: int) -> Mapping[str, Any] | None:
    """On the cars of the latest origin. None where the champion has learned from nearly the same days, or was another kind."""
    try:
        known = stored.load(champion, FORM)
    except WrongInput:
        return None
    if (wanted.as_of - date.fromisoformat(known["as_of"])).days < JUDGED_AFTER:
        return None
    told = np.flatnonzero(~np.isnan(rows.done))
    some = told[by_lot(len(told), seed)]
    return compared(
        right[some], _chance(known, _recoded(rows, known["services"]))[some], rows.done[some].astype(int), seed
    )


def _at(facts: FactReader, read: dict[date, NeedRows], day: date) -> NeedRows:
    if day not in read:
        read[day] = need_rows(facts, day, HORIZON, answers=True)
    return read[day]


def _before(wanted: Plan, day: date) -> list[date]:
    """The days whose outcome was known on this one, as far as the history goes back."""
    days = [day - timedelta(days=HORIZON + place * APART) for place in range(LEARNED)]
    return [one for one in days if one >= wanted.began]


def _rows(facts: FactReader, read: dict[date, NeedRows], days: Sequence[date]) -> list[NeedRows]:
    return [_at(facts, read, day) for day in days]


def _fit(several: Sequence[NeedRows], seed: int) -> HistGradientBoostingClassifier:
    """Raises WrongInput where hardly anything was done."""
    values, done = np.vstack([one.values for one in several]), np.concatenate([one.done for one in several])
    known = np.flatnonzero(~np.isnan(done))
    if np.nansum(done) < FEWEST:
        raise WrongInput(
            f"Within {HORIZON} days {int(np.nansum(done))} services were done.", f"At least {FEWEST} are needed."
        )
    if len(known) > LEARN_FROM:
        known = np.sort(np.random.default_rng(seed).choice(known, LEARN_FROM, replace=False))
    return HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=120, max_leaf_nodes=12, min_samples_leaf=60, l2_regularization=1.0, early_stopping=False,
        random_state=seed,
    ).fit(_wide(values[known], len(several[0].services)), done[known])  # fmt: skip


def _wide(values: Numbers, count: int) -> Numbers:
    """The service as a column of its own for each; one that is new to the model is none of them. A column that is missing
    everywhere becomes zeros: trees cannot be given nothing."""
    plain = values[:, :-1].copy()
    plain[:, np.isnan(plain).all(0)] = 0.0
    return np.hstack([plain, values[:, [-1]] == np.arange(count)])


def _told(rows: NeedRows, chance: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    known = ~np.isnan(rows.done)
    return chance[known], rows.done[known].astype(int), rows.column(FLOOR)[known]


def _recall(rows: NeedRows, scores: Numbers) -> Numbers:
    """Per car that was given something: the share of it among the first FIRST."""
    count = len(rows.services)
    done, ranked = (
        rows.done.reshape(-1, count),
        np.argsort(-scores.reshape(-1, count), axis=1, kind="stable")[:, :FIRST],
    )
    asked = np.nansum(done, axis=1) > 0
    hits = np.take_along_axis(done, ranked, axis=1).sum(1)[asked]
    return np.asarray(hits / np.nansum(done, axis=1)[asked])


def _precision(judged: Sequence[NeedRows], chances: Sequence[Numbers], length: int, seed: int) -> dict[str, Any]:
    """A list of the `length` cars whose likeliest service is likeliest: of how many it came true (precision), how many of all cars
    were given the same services (by_lot), one over the other (lift), and how good the chances on it were."""
    listed, came, usual = [], [], []
    for rows, chance in zip(judged, chances, strict=True):
        wide, done = (values.reshape(-1, len(rows.services)) for values in (chance, rows.done))
        first = np.argsort(-wide.max(1), kind="stable")[:length]
        best = wide[first].argmax(1)
        told = done[first, best]
        known = ~np.isnan(told)
        listed.append(wide[first, best][known])
        came.append(told[known])
        usual.append(np.nanmean(done, axis=0)[best[known]])
    chance, truth, lot = np.concatenate(listed), np.concatenate(came), np.concatenate(usual)
    figures = measured(chance, truth.astype(int), seed)
    return {
        "precision": round(float(truth.mean()), 4),
        "interval": _bounds(truth, np.ones(len(truth)), most=1.0),
        "by_lot": round(float(lot.mean()), 4),
        **(
            {"lift": round(float(truth.sum() / lot.sum()), 4), "lift_interval": _bounds(truth, lot)}
            if lot.sum()
            else {}
        ),
        **{name: value for name, value in figures.items() if "lift" not in name and np.isfinite(value).all()},
        "rows": len(truth),
    }


def _bounds(came: Numbers, usual: Numbers, most: float = np.inf) -> list[float]:
    """95 % interval of the one sum over the other, by the delta method."""
    ratio = came.sum() / usual.sum()
    half = 1.96 * float(np.sqrt(((came - ratio * usual) ** 2).sum())) / usual.sum()
    return [round(float(max(0.0, ratio - half)), 4), round(float(min(most, ratio + half)), 4)]


def _interval(values: Numbers, draws: Numbers) -> list[float]:
    return [round(float(one), 4) for one in np.quantile(values[draws].mean(1), (0.025, 0.975))]


def _bins(chance: Numbers, truth: Numbers) -> Numbers:
    """Upper edge and rows of groups of equal size: what a probability of that size rests on."""
    groups = np.array_split(np.sort(chance), 20)
    return np.array([[one[-1], len(one)] for one in groups if len(one)])


def _spread(chance: Numbers, bins: Numbers) -> Numbers:
    """Half of the 90 % band: how far the share of its group may be off by chance."""
    at = np.minimum(np.searchsorted(bins[:, 0], chance), len(bins) - 1)
    return np.asarray(1.645 * np.sqrt(chance * (1 - chance) / bins[at, 1]))


def _recoded(rows: NeedRows, services: Sequence[str]) -> Numbers:
    """Services by the numbers the model knows them by; one that is new to it is missing."""
    known = {name: place for place, name in enumerate(services)}
    codes = np.array([known.get(name, np.nan) for name in rows.services], float)
    values = rows.values.copy()
    values[:, -1] = np.tile(codes, len(rows.vehicles))
    return values


def _reasons(row: Mapping[str, float]) -> tuple[str, ...]:
    """What speaks for it, the most telling first: declined, still open, due by its own rhythm, the season, usual for such cars."""
    found = [reason(name, row[name], "+") for name in ("declined_days", "open_days") if not np.isnan(row[name])]
    if row["done_due"] >= 0.8:
        found.append(reason("done_due", row["done_due"], "+"))
    if row["season"] == 1:
        found.append(reason("season", 1, "+"))
    found.append(reason("popular", row[FLOOR], "+"))
    return tuple(found[:3])
