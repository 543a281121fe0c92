"""Made-up lives of customers as a past: some come like clockwork, and each stops one day; days before `TODAY` only."""

from datetime import date
from typing import Any

import numpy as np

from hub.past.reader import PastReader
from hub.past.streams import day_number
from pasts import a_past

TODAY = date(2026, 6, 30)
YEARS = 3


def some_lives(customers: int = 300, seed: int = 1, *, signal: bool = True) -> dict[str, list[dict[str, Any]]]:
    """signal: whoever answered a survey badly comes no more; else everybody comes by the same dice."""
    rng = np.random.default_rng(seed)
    end = day_number(TODAY)
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in ("visits", "surveys", "owned", "works", "advice")}
    for one in range(1, customers + 1):
        day, gap = end - 365 * YEARS + int(rng.integers(0, 200)), rng.uniform(40, 200) if signal else 110
        car = {"customer_id": one, "vehicle_id": 1000 + one}
        found["owned"].append({**car, "day": day, "registered": day - 2000})
        while day <= end:
            found["visits"].append({**car, "day": day, "amount": float(rng.uniform(50, 300)), "odometer": 30.0 * day})
            work = {"visit_id": len(found["visits"]), "service": "oil" if rng.random() < 0.7 else "tyres"}
            found["works"].append({**car, "day": day, **work})
            unhappy = rng.random() < 0.12
            if rng.random() < 0.7:
                found["surveys"].append({"customer_id": one, "day": day, "value": 3.0 if unhappy and signal else 9.0})
            if rng.random() < 0.2:
                found["advice"].append({**car, "day": day, "service": "brakes", "state": "recommendation_declined"})
            if unhappy and (signal or rng.random() < 0.2):
                break
            day += max(7, int(rng.exponential(gap)))
    return found


def a_reader(lives: dict[str, list[dict[str, Any]]], until: date = TODAY) -> PastReader:
    return PastReader(a_past(day_number(until), **lives))
