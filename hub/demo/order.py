"""What a run of the demo is asked for, checked before anything is touched: how many, where, from which seed, how fast."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hub.demo.world.places import BRANCHES
from hub.errors import PartDown, WrongInput

SEED = 7
CUSTOMERS = 2_000
PACE = 2.0  # events a second, over all regions
BYTES_EACH = 40_000  # of disk per customer with three years of history, with room to spare
BYTES_ALWAYS = 200_000_000


@dataclass(frozen=True)
class Order:
    """counts: customers per region. today: the last day of the history; life goes on from there."""

    counts: Mapping[str, int]
    seed: int
    today: date
    pace: float


def regions_asked(text: str | None, there: Sequence[str]) -> list[str]:
    """Of `eu,gcc`, in the configuration's order. Raises WrongInput."""
    ours = [code for code in there if code in BRANCHES]
    if text is None:
        if not ours:
            hint = f"The demo's chain is in {', '.join(BRANCHES)}; name one of them in hub.yaml."
            raise WrongInput("No region of this configuration has branches of the demo's chain.", hint)
        return ours
    asked = [one.strip() for one in text.split(",") if one.strip()]
    for code in asked:
        if code not in ours:
            raise WrongInput(f"There is no region “{code}” for the demo.", f"Regions: {', '.join(ours)}.")
    if not asked:
        raise WrongInput("No region is named.", f"Regions: {', '.join(ours)}.")
    return [code for code in ours if code in asked]


def shares(total: int, regions: Sequence[str]) -> dict[str, int]:
    """How many customers each region gets: the first ones get what does not divide. Raises WrongInput."""
    if total < 1:
        raise WrongInput(f"{total} customers make no demo.", "Ask for at least 1.")
    return {code: total // len(regions) + (index < total % len(regions)) for index, code in enumerate(regions)}


def check_pace(pace: float) -> float:
    if not 0 < pace <= 1_000:
        raise WrongInput(f"A pace of {pace:g} is none.", "Ask for 0.1 to 1000 events a second.")
    return pace


def check_seed(seed: int) -> int:
    if seed < 0:
        raise WrongInput(f"{seed} is no seed.", "Take 0 or more.")
    return seed


def room_on(path: Path) -> int:
    """Free bytes where this path is, or will be."""
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    return shutil.disk_usage(there).free


def check_room(home: Path, customers: int, room: Callable[[Path], int] = room_on) -> None:
    """Raises PartDown before a full disk stops the demo half way."""
    needed, free = BYTES_ALWAYS + customers * BYTES_EACH, room(home)
    if free < needed:
        hint = "Free some, ask for fewer customers, or set HUB_HOME to another disk."
        raise PartDown(
            f"The disk of {home} has {free / 1e6:,.0f} MB free; {customers:,} customers need {needed / 1e6:,.0f} MB.",
            hint,
        )


def first_day(home: Path, counts: Mapping[str, int], seed: int, now: date) -> date:
    """The day on which this very world was first run here: run again tomorrow, its history is the same, and nothing is new."""
    path = home / "demo" / "worlds.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    name = " ".join([f"seed={seed}", *(f"{code}={count}" for code, count in counts.items())])
    if name not in known:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**known, name: now.isoformat()}, indent=1) + "\n")
    return date.fromisoformat(known.get(name, now.isoformat()))
