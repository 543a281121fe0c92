"""What a visit is for, what is found, and what both cost: in euros at home, before the branch's price level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hub.demo.world.dice import Floats

HOUR = 98.0  # a mechanic's hour
LABOUR_COSTS = 0.42  # of its price


@dataclass(frozen=True)
class Part:
    """A line of an invoice. kind: labour (quantity in hours) or part."""

    code: str
    words: str
    kind: str
    quantity: float
    price: float
    cost: float

    @property
    def total(self) -> float:
        return self.quantity * self.price


def hours(code: str, words: str, quantity: float) -> Part:
    return Part(code, words, "labour", quantity, HOUR, HOUR * LABOUR_COSTS)


def piece(code: str, words: str, price: float, cost: float) -> Part:
    return Part(code, words, "part", 1, price, cost)


@dataclass(frozen=True)
class Job:
    """A reason to come. spread: how far one bill is from the next (sigma of a log-normal)."""

    name: str
    lines: Sequence[Part]
    spread: float

    @property
    def price(self) -> float:
        return sum(line.total for line in self.lines)


@dataclass(frozen=True)
class Defect:
    """A group of findings: how often it is found, whose wording it takes, and what mending costs."""

    name: str
    share: float
    lines: Sequence[Part]
    parts: tuple[str, ...]

    @property
    def price(self) -> float:
        return sum(line.total for line in self.lines)


JOBS = (
    Job("service", (hours("SRV-L", "service by plan", 1.3), piece("SRV-O", "oil and filter", 62, 31),
                    piece("SRV-F", "cabin filter", 28, 12)), 0.16),
    Job("inspection", (hours("INS-L", "preparation for the inspection", 0.4), piece("INS-F", "inspection fee", 79, 68)), 0.06),
    Job("tyres", (hours("TYR-L", "change of four wheels", 0.6), piece("TYR-S", "storage for one season", 36, 8)), 0.08),
    Job("cooling", (hours("AIR-L", "air conditioning service", 0.8), piece("AIR-R", "refrigerant", 64, 30)), 0.12),
    Job("repair", (hours("REP-L", "repair", 1.5), piece("REP-P", "spare part", 138, 84)), 0.42),
    Job("breakdown", (piece("REC-V", "recovery", 130, 92), hours("REC-L", "fault finding", 1.4),
                      piece("REC-P", "spare part", 112, 70)), 0.38),
)  # fmt: skip
SERVICE, INSPECTION, TYRES, COOLING, REPAIR, BREAKDOWN = range(len(JOBS))

DEFECTS = (
    Defect("brakes", 0.20, (hours("BRK-L", "brake work", 1.2), piece("BRK-P", "discs and pads", 168, 101)),
           ("Hub components > Brake discs", "Hub components > Brake pads", "Braking system > Component condition")),
    Defect("tyres", 0.20, (hours("WHL-L", "fitting", 0.5), piece("WHL-P", "pair of tyres", 176, 124)), ("Tyres", "Tread depth")),
    Defect("suspension", 0.13, (hours("SUS-L", "suspension work", 1.6), piece("SUS-P", "arm and bushes", 142, 84)),
           ("Macpherson strut", "Coil springs", "Shock absorbers", "Anti-roll bars", "Suspension arms")),
    Defect("steering", 0.08, (hours("STE-L", "steering work", 1.1), piece("STE-P", "track rod end", 74, 41)),
           ("Steering system > Track rod end", "Steering system > Ball joint")),
    Defect("lights", 0.15, (hours("LGT-L", "lamp work", 0.3), piece("LGT-P", "lamp", 26, 10)),
           ("Position lamps > Rear lamps", "Position lamps > Front lamps", "Lamps, Reflectors and Electrical Equipment > Stop lamp")),
    Defect("view", 0.12, (hours("WIP-L", "fitting", 0.1), piece("WIP-P", "wiper blades", 34, 15)), ("Drivers View of the Road",)),
    Defect("exhaust", 0.07, (hours("EXH-L", "exhaust work", 0.9), piece("EXH-P", "silencer", 212, 131)), ("Exhaust, Fuel",)),
    Defect("belts", 0.05, (hours("BLT-L", "seat belt work", 0.7), piece("BLT-P", "seat belt", 128, 77)), ("Seat belts > Condition",)),
)  # fmt: skip
BRAKES = 0

JOB_PRICES: Floats = np.array([job.price for job in JOBS])
JOB_SPREADS: Floats = np.array([job.spread for job in JOBS])
DEFECT_PRICES: Floats = np.array([defect.price for defect in DEFECTS])
DEFECT_SHARES: Floats = np.array([defect.share for defect in DEFECTS])
USUAL_PRICE = float(np.exp(np.average(np.log(DEFECT_PRICES), weights=DEFECT_SHARES)))
