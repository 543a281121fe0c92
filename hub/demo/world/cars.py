"""The cars of one branch's customers: models that exist, numbers that check, and who owned them from when to when."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from hub.demo.world.causes import Causes
from hub.demo.world.dice import Flags, Floats, Ints, Rng, chance, pick, stream
from hub.demo.world.people import People
from hub.demo.world.places import FUELS, KM_A_YEAR, MAKES
from hub.demo.world.reference import Model, models

FUEL_NAMES = ("petrol", "diesel", "hybrid", "electric")
ELECTRIC = 3
PER_CUSTOMER = (0.74, 0.19, 0.05, 0.02)  # 1 to 4 cars
FLEET_KM = 2.4  # times what a private car runs
YEAR = 365.25
ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"  # no I, O, Q in a VIN
VALUES = {**{str(n): n for n in range(10)}, **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
          **dict(zip("JKLMNPR", (1, 2, 3, 4, 5, 7, 9), strict=True)), **dict(zip("STUVWXYZ", range(2, 10), strict=True))}  # fmt: skip
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"  # 1980 and 2010 are A


@dataclass(frozen=True)
class Cars:
    """One entry per car. first: day of first registration; since: day it came to its first owner here; km: on that day (or on
    day 0); rate: km per day. handovers (week, car, new owner or -1) are in the order of time."""

    maker: str  # the three letters of a maker that does not exist
    plant: str
    model: Ints
    fuel: Ints
    first: Ints
    since: Ints
    owner: Ints
    km: Floats
    rate: Floats
    handovers: tuple[Ints, Ints, Ints]

    @property
    def count(self) -> int:
        return len(self.model)

    def odometer(self, cars: Ints, days: Ints) -> Ints:
        return (self.km[cars] + self.rate[cars] * (days - np.maximum(self.since[cars], 0))).astype(np.int64)

    def model_of(self, car: int) -> Model:
        return models()[int(self.model[car])]

    def vin(self, car: int, start: date) -> str:
        """ISO 3779 with the check digit of North America; the maker is made up."""
        year = (start + timedelta(days=int(self.first[car]))).year
        kind = int(self.model[car]) * 4 + int(self.fuel[car])
        described = "".join(ALPHABET[kind // 33**power % 33] for power in (4, 3, 2, 1, 0))
        draft = f"{self.maker}{described}0{YEAR_CODES[(year - 1980) % 30]}{self.plant}{car % 10**6:06d}"
        return f"{draft[:8]}{check_digit(draft)}{draft[9:]}"


def check_digit(vin: str) -> str:
    rest = sum(VALUES[sign] * weight for sign, weight in zip(vin, WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def make_cars(people: People, region: str, plant: str, weeks: int, causes: Causes, seed: int) -> Cars:
    """weeks: how long cars may be sold for; every sale may bring a buyer here and another car of the seller."""
    rng = stream(seed, people.branch.code, "cars")
    owners = np.repeat(np.arange(people.count), 1 + pick(rng, list(PER_CUSTOMER), people.count))
    batches, hands = [], []
    since = people.joined[owners]
    made = 0
    for _ in range(3):  # a car, its successor, and the successor's
        batch = _batch(rng, region, owners, since, people)
        week, sold, inside, buyer = _sales(rng, people, owners, since, weeks, causes)
        hands.append(np.stack([week[sold], made + np.flatnonzero(sold), np.where(inside, buyer, -1)[sold]]))
        batches.append(batch)
        made += len(owners)
        again = sold & chance(rng, causes.replaced, len(owners)) & (people.fleet[owners] < 0)
        owners, since = owners[again], week[again] * 7 + 7
    model, fuel, first, came, owner, km, rate = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    handovers = np.concatenate(hands, axis=1)
    handovers = handovers[:, np.argsort(handovers[0], kind="stable")]
    maker = f"ZG{1 + list(MAKES).index(region)}"
    return Cars(maker, plant, model, fuel, first, came, owner, km, rate, (handovers[0], handovers[1], handovers[2]))


def _batch(rng: Rng, region: str, owners: Ints, since: Ints, people: People) -> tuple[Ints | Floats, ...]:
    """model, fuel, first, since, owner, km, rate of one car per owner."""
    count = len(owners)
    driven = np.where(people.fleet[owners] >= 0, FLEET_KM, 1.0)
    yearly = KM_A_YEAR[region] * driven * rng.lognormal(-0.06, 0.35, count)
    age = np.clip(rng.gamma(1.9, 3.3, count), 0.02, 21) / driven
    fuel = pick(rng, list(FUELS[region]), count)
    day = np.maximum(since, 0)
    first = day - (age * YEAR).astype(np.int64)
    km = age * yearly * rng.lognormal(0, 0.1, count)
    return _models(rng, region, fuel), fuel, first, since, owners, km, yearly / YEAR


def _models(rng: Rng, region: str, fuel: Ints) -> Ints:
    shares = MAKES[region]
    known = models()
    seen = {make: sum(one.make == make and not one.electric for one in known) for make in shares}
    petrol = [shares.get(one.make, 0.0) / max(1, seen.get(one.make, 1)) * (not one.electric) for one in known]
    electric = [float(one.electric) for one in known]
    return np.where(fuel == ELECTRIC, pick(rng, electric, len(fuel)), pick(rng, petrol, len(fuel)))


def _sales(
    rng: Rng, people: People, owners: Ints, since: Ints, weeks: int, causes: Causes
) -> tuple[Ints, Flags, Flags, Ints]:
    """When a car is sold, whether within the years, whether to another customer of ours, and to whom: one who had joined."""
    count = len(owners)
    week = np.maximum(since, 0) // 7 + 4 + rng.geometric(causes.car_sold, count)
    sold = week < weeks
    buyer = (rng.random(count) * max(1, people.count)).astype(np.int64)
    fits = (buyer != owners) & (people.fleet[buyer] < 0) & (people.joined[buyer] // 7 < week) if count else sold
    inside = sold & fits & chance(rng, causes.sold_within, count)
    return week, sold, inside, buyer
