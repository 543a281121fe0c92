"""Small made-up worlds with causes in them: inspections that age and make explain, baskets that habit explains."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

MAKES = {"Audi": 0.0, "Skoda": 0.1, "Fiat": 1.2, "Toyota": -0.8}
PART = {"Audi": "axle", "Skoda": "axle", "Fiat": "brakes", "Toyota": "tyres"}


def inspections(seed: int = 7, models: int = 4, years: range = range(2008, 2020)) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    rows = []
    for make, worse in MAKES.items():
        for number in range(models):
            for year in years:
                km = (2022 - year) * 15_000 + int(chance.integers(-5_000, 5_000))
                odds = -3.2 + 0.17 * (2022 - year) + worse + chance.normal(0, 0.1)
                row = [
                    year,
                    make,
                    f"Model {number}",
                    int(chance.integers(200, 3000)),
                    round(100 / (1 + np.exp(-odds)), 2),
                ]
                rows.append([*row, km, km - 3_000, PART[make], "lamps", ""])
    columns = ["first_registered", "make", "model", "inspections", "failed_percent", "mean_km", "median_km"]
    return pd.DataFrame(rows, columns=[*columns, "top_reason", "second_reason", "third_reason"])


def baskets(seed: int = 7, shoppers: int = 150) -> dict[str, Any]:
    """Each has two items of habit out of 40, one of them in every basket; the rest is chance."""
    chance = np.random.default_rng(seed)
    told = {}
    for number in range(shoppers):
        habit = [int(item) for item in chance.choice(40, 2, replace=False)]
        several = [
            [habit[at % 2], *(int(item) for item in chance.choice(40, 2))] for at in range(int(chance.integers(3, 7)))
        ]
        told[f"c{number:03}"] = {"history": several[:-1], "next": [several[-1]]}
    return told


def leavers(customers: int = 1200, seed: int = 7) -> pd.DataFrame:
    """Short contracts by the month leave, most of all expensive ones; some fees are blank."""
    chance = np.random.default_rng(seed)
    months, plan = chance.integers(1, 60, customers), chance.choice(["month", "year"], customers)
    fee = chance.uniform(20, 100, customers).round(2)
    odds = np.where(plan == "month", 0.6, -1.6) - months / 25 + (fee - 60) / 30 * (plan == "month")
    left = chance.random(customers) < 1 / (1 + np.exp(-odds))
    return pd.DataFrame(
        {
            "customer": [f"c{number:05}" for number in range(customers)],
            "plan": plan,
            "months": months.astype(str),
            "fee": np.where(chance.random(customers) < 0.05, " ", fee.astype(str)),
            "left": np.where(left, "yes", "no"),
        }
    )


def written(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    if isinstance(content, pd.DataFrame):
        content.to_csv(path, index=False)
    else:
        path.write_text(json.dumps(content))
    return path


Change = Callable[[pd.DataFrame], pd.DataFrame]


def visits(customers: int = 160, seed: int = 7, days: int = 420) -> pd.DataFrame:
    """Each customer comes at a rate of their own from 2024-01-01 on, and stays away for good after a while of their own."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        at, gap, end = chance.integers(0, 60), chance.gamma(2, 15) + 4, chance.exponential(260)
        first = at
        while at < days and at - first <= end:
            day = (pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(at))).date().isoformat()
            rows.append([f"{number:04}", day, int(chance.integers(1, 4)), round(float(chance.uniform(10, 90)), 2)])
            at += 1 + chance.exponential(gap)
    return pd.DataFrame(rows, columns=["customer_id", "date", "items", "spend"])
