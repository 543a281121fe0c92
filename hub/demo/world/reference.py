"""The two open reference files: which cars there are, and how an inspector words what is wrong with them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "reference"
OLDEST = 2008  # a model that was sold for the last time before is no longer met
RARE = {"Two Seaters", "Special Purpose Vehicle 2WD", "Special Purpose Vehicle 4WD", "Vans, Cargo Type"}
ELECTRIC = {("Nissan", "Leaf"), ("Tesla", "Model S"), ("Ford", "Focus Electric"), ("Chevrolet", "Spark EV"), ("Honda", "Fit EV"),
            ("Toyota", "RAV4 EV"), ("smart", "fortwo electric drive coupe")}  # fmt: skip
NO_CAR = (
    "handlebar",
    "sidecar",
    "motorbicycle",
    "tricycle",
    "quadricycle",
    "sulky",
    "trailer",
    "coupling",
    "wheels aligned",
)


@dataclass(frozen=True)
class Model:
    make: str
    name: str
    kind: str
    electric: bool


@dataclass(frozen=True)
class Reason:
    """One way to word a defect: the official number, the part, and the words."""

    number: int
    part: str
    words: str


@cache
def models() -> tuple[Model, ...]:
    """In the order of the file; a model of several classes stands with the first."""
    found: dict[tuple[str, str], Model] = {}
    for row in _rows("epa_vehicle_classes.csv"):
        named = (row["make"], row["model"])
        if int(row["last_year"]) >= OLDEST and row["class"] not in RARE:
            electric = named in ELECTRIC
            if electric or not any(word in row["model"] for word in ("Electric", " EV", "electric")):
                found.setdefault(named, Model(*named, row["class"], electric))
    return tuple(found.values())


@cache
def reasons(parts: Sequence[str]) -> tuple[Reason, ...]:
    """Advisory wordings of parts whose name begins like one of these; how a part fails where there is no advisory."""
    rows = [
        row for row in _rows("dvsa_inspection_reasons.csv") if row["part"].startswith(tuple(parts)) and _of_a_car(row)
    ]
    advised = [row for row in rows if row["advisory"]] or rows
    return tuple(Reason(int(row["reason_id"]), row["part"], row["advisory"] or row["fails_when"]) for row in advised)


def _of_a_car(row: dict[str, str]) -> bool:
    text = f"{row['part']} {row['fails_when']} {row['advisory']}".casefold()
    return not any(word in text for word in NO_CAR)


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
