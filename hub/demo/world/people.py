"""The customers of one branch: columns of numbers, turned into names and addresses only when a row is written."""

from dataclasses import dataclass

import numpy as np

from hub.demo.world.causes import Causes
from hub.demo.world.dice import Flags, Floats, Ints, chance, pick, stream
from hub.demo.world.places import TONGUES, Branch, Tongue

ALONE = 0.68  # share of customers with whom a new household begins
SHARED_MAIL = 0.35  # of the others in it use its one address
KINDS = ("persuadable", "sure", "annoyed", "indifferent")
PERSUADABLE, SURE, ANNOYED, INDIFFERENT = range(len(KINDS))
FLEET_OF = 8  # drivers


@dataclass(frozen=True)
class People:
    """One entry per customer. joined: day counted from the first of the three years (before it: negative).

    keen: how gladly they come when something is due; trust: standard normal; kind: how offers work on them;
    fleet: -1, or which contract they drive under; referrer: -1, or who sent them."""

    branch: Branch
    tag: str  # begins every number of this branch
    tongue: Ints
    given: Ints
    family: Ints
    street: Ints
    house: Ints
    phone: Ints
    household: Ints
    mail_of: Ints
    joined: Ints
    fleet: Ints
    referrer: Ints
    keen: Floats
    trust: Floats
    kind: Ints
    changes_tyres: Flags
    member: Flags
    consents: Flags

    @property
    def count(self) -> int:
        return len(self.joined)

    @property
    def fleets(self) -> int:
        return int(self.fleet.max(initial=-1)) + 1

    def number(self, index: int) -> str:
        return f"{self.tag}{index + 1:06d}"

    def tongue_of(self, index: int) -> Tongue:
        return TONGUES[list(self.branch.tongues)[self.tongue[index]]]

    def name(self, index: int) -> str:
        tongue = self.tongue_of(index)
        return f"{tongue.given[self.given[index] % len(tongue.given)]} {tongue.family[self.family[index] % len(tongue.family)]}"

    def email(self, index: int) -> str:
        """Of a household's one mailbox each has an own address: a CRM takes none twice."""
        box = int(self.mail_of[index])
        own = "" if box == index else f"+{index + 1}"
        return f"{self.number(box).casefold()}{own}@example.org"

    def phone_number(self, index: int) -> str:
        prefix, digits = self.branch.phones
        return f"{prefix}{self.phone[index] % 10**digits:0{digits}d}"

    def address(self, index: int) -> str:
        tongue, branch = self.tongue_of(index), self.branch
        street = tongue.streets[self.street[index] % len(tongue.streets)]
        return f"{street} {self.house[index]}, {branch.postcode} {branch.city}"


def make_people(branch: Branch, tag: str, count: int, days: int, causes: Causes, seed: int) -> People:
    """count customers; `days` is the length of the three years."""
    rng = stream(seed, branch.code, "people")
    drivers = int(count * causes.drivers)
    first_driver = count - drivers
    begins = chance(rng, ALONE, count)
    begins[:1] = True
    begins[first_driver:] = True
    household = np.cumsum(begins) - 1
    heads = np.flatnonzero(begins)[household] if count else household
    shares_mail = chance(rng, SHARED_MAIL, count)
    joined, referrer = _joined(rng, count, days, causes)
    tongue = pick(rng, list(branch.tongues.values()), count)[heads]
    types = [causes.persuadable, causes.sure, causes.annoyed, 1 - causes.persuadable - causes.sure - causes.annoyed]
    fleet = np.full(count, -1)
    fleet[first_driver:] = np.arange(drivers) // FLEET_OF
    return People(
        branch=branch,
        tag=tag,
        tongue=tongue,
        given=rng.integers(0, 1 << 20, count),
        family=rng.integers(0, 1 << 20, count)[heads],
        street=rng.integers(0, 1 << 20, count)[heads],
        house=rng.integers(1, 180, count)[heads],
        phone=rng.integers(0, 1 << 30, count),
        household=household,
        mail_of=np.where(shares_mail, heads, np.arange(count)),
        joined=joined,
        fleet=fleet,
        referrer=referrer,
        keen=0.35 + 1.1 * rng.beta(2.2, 2.0, count),
        trust=rng.standard_normal(count),
        kind=pick(rng, types, count),
        changes_tyres=chance(rng, causes.tyre_users, count),
        member=chance(rng, causes.members, count),
        consents=chance(rng, 0.66, count),
    )


def _joined(rng: np.random.Generator, count: int, days: int, causes: Causes) -> tuple[Ints, Ints]:
    """Days people joined on, and who sent them: somebody who was there before."""
    new = chance(rng, causes.newcomers, count)
    before = -rng.integers(20, 2600, count)
    joined = np.where(new, rng.integers(0, max(1, days - 14), count), before)
    order = np.argsort(joined, kind="stable")
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    sent = chance(rng, causes.referred, count) & new & (place > 0)
    who = order[(rng.random(count) * np.maximum(place, 1)).astype(np.int64)] if count else order
    return joined, np.where(sent, who, -1)
