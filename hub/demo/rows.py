"""The books of a branch in the words of its own system, as connectors/shop/README.md has them: one row is one thing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from hub.demo.world import jobs
from hub.demo.world.books import BOOKED_AHEAD, DAYS, ITEMS, STATES, Books
from hub.demo.world.campaigns import CAMPAIGNS, Campaign
from hub.demo.world.cars import FUEL_NAMES
from hub.demo.world.floor import OPENS
from hub.demo.world.reference import reasons
from hub.demo.world.truth import vehicle_number

Row = dict[str, Any]
STAY = timedelta(hours=1)  # a slot
LUNCH = 12  # o'clock: of what has a day and no hour
NOTICE = "2023-01"
SPRING = range(2, 8)  # months in which winter wheels come off
SET_LASTS, NEW_TREAD, LEAST_TREAD = 36_000, 8.0, 1.6  # km of a set, mm
# their words for our jobs and states
REASONS = ("service", "inspection", "service", "service", "repair", "breakdown")
APPOINTMENT = {"kept": "arrived", "booked": "booked", "missed": "no_show", "cancelled": "cancelled"}
SAFETY = {"brakes": "important", "tyres": "important", "steering": "critical", "belts": "critical"}
TAXES = {"DE": 0.19, "AT": 0.20, "AE": 0.05, "SA": 0.15, "QA": 0.0, "SG": 0.09, "TH": 0.07, "MY": 0.08}


@dataclass(frozen=True)
class Pen:
    """Writes rows of one branch. Which rows of each table belong to whom is looked up once."""

    books: Books
    zone: ZoneInfo = field(init=False)
    lines: dict[int, list[int]] = field(init=False)
    findings: dict[int, list[int]] = field(init=False)
    appointments: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        books = self.books
        put = object.__setattr__
        put(self, "zone", ZoneInfo(books.branch.zone))
        put(self, "lines", grouped(books.lines["visit"]))
        put(self, "findings", grouped(books.findings["visit"]))
        put(self, "appointments", grouped(books.appointments["owner"]))

    def moment(self, day: int, hour: int, minutes: int = 0) -> str:
        """The clock on the branch's wall."""
        return datetime.combine(self.books.day(day), time(hour, minutes), self.zone).isoformat()

    def row(self, kind: str, key: str, at: str, **fields: Any) -> Row:
        return {"type": kind, "key": key, "at": at, **fields}

    def about(self, kind: str, key: str, at: str, owner: int, **fields: Any) -> Row:
        return self.row(
            kind, key, at, customer=self.books.people.number(owner), branch=self.books.branch.code, **fields
        )

    def key(self, letter: str, number: int) -> str:
        return f"{self.books.people.tag}-{letter}{number + 1:07d}"

    # --- who and what there is

    def branch(self) -> Row:
        branch = self.books.branch
        return self.row("branch", branch.code, self.moment(0, OPENS), title=branch.name, zone=branch.zone)

    def slots(self) -> Iterator[Row]:
        """Every bay and hour of the weeks for which appointments are taken."""
        floor, made = self.books.floor, self.moment(DAYS - 1, OPENS)
        for day in floor.days[(floor.days >= DAYS - 1) & (floor.days < DAYS + BOOKED_AHEAD)].tolist():
            for place in range(floor.places):
                spot = np.array([place])
                hour, bay = int(floor.hour(spot)[0]), int(floor.bay(spot)[0])
                starts = datetime.fromisoformat(self.moment(day, hour))
                yield self.row("slot", f"{self.books.branch.code}/{bay}/{starts:%Y%m%dT%H}", made, branch=self.books.branch.code,
                               bay=bay_name(bay), starts_at=starts.isoformat(), ends_at=(starts + STAY).isoformat())  # fmt: skip

    def customer(self, one: int) -> Row:
        people, joined = self.books.people, self.books.day(self.books.people.joined[one])
        number = people.number(one)
        return self.row("customer", number, self.moment(people.joined[one], OPENS), number=number, name=people.name(one),
                        email=people.email(one), phone=people.phone_number(one), address=people.address(one),
                        language=people.tongue_of(one).language, residence=people.branch.country, branch=people.branch.code,
                        joined_on=joined.isoformat())  # fmt: skip

    def consent(self, row: int) -> Row:
        consents = self.books.consents
        number, granted = self.books.people.number(int(consents["owner"][row])), bool(consents["granted"][row])
        return self.row("consent", f"{number}/mail/{int(granted)}", self.moment(consents["day"][row], OPENS, 5), customer=number,
                        purpose="marketing", channel="mail", state="granted" if granted else "withdrawn", notice=NOTICE)  # fmt: skip

    def vehicle(self, row: int) -> Row:
        """One owner of one car; what is told later of the same car is its next owner."""
        owned, cars = self.books.ownerships, self.books.cars
        car, owner, since, until = (int(owned[name][row]) for name in ("car", "owner", "since", "until"))
        model = cars.model_of(car)
        registered = int(cars.first[car])  # whoever joined before the books begin has a car that came later
        fields = {
            "vin": cars.vin(car, self.books.day(0)), "plate": f"{self.books.branch.plate}-XX {car + 1:05d}",
            "make": model.make, "model": model.name, "vehicle_class": model.kind, "fuel": FUEL_NAMES[cars.fuel[car]],
            "first_registered": self.books.day(registered).isoformat(),
            "owned_since": self.books.day(max(since, registered)).isoformat(),
            "odometer_km": int(cars.odometer(np.array([car]), np.array([DAYS - 1]))[0]),
        }  # fmt: skip
        if until >= 0:
            fields["owned_until"] = self.books.day(until).isoformat()
        number = self.books.people.number(owner)
        return self.row(
            "vehicle", vehicle_number(self.books, car), self.moment(since, OPENS, 10), customer=number, **fields
        )

    # --- what happened

    def visit(self, visit: int) -> Iterator[Row]:
        """The visit with its lines, what was found, advised and billed."""
        visits = self.books.visits
        owner, car, day, hour = (int(visits[name][visit]) for name in ("owner", "car", "day", "hour"))
        opened, closed = self.moment(day, hour), self.moment(day, hour, 55)
        vehicle = vehicle_number(self.books, car)
        yield self.about("visit", self.key("S", visit), closed, owner, vehicle=vehicle, reason=REASONS[visits["reason"][visit]],
                         opened_at=opened, closed_at=closed, odometer_km=int(visits["odometer"][visit]),
                         currency=self.books.branch.currency,
                         lines=self._lines(visit))  # fmt: skip
        found = self.findings.get(visit, ())
        if found:
            yield self.about("inspection", self.key("I", visit), self.moment(day, hour, 20), owner, vehicle=vehicle,
                             visit=self.key("S", visit), done_at=self.moment(day, hour, 20), odometer_km=int(visits["odometer"][visit]),
                             findings=[{"part": self._defect(one), "safety": self.safety(one)} for one in found])  # fmt: skip
        for one in found:
            yield self._advice(one, visit, owner, vehicle, day, hour)
        if visits["reason"][visit] == jobs.TYRES:
            yield self._stored(visit, owner, vehicle, closed)
        yield self._invoice(visit, owner, closed)

    def _lines(self, visit: int) -> list[Row]:
        """Without tax, as margins are reckoned from them; they add up to the invoice's net, to the last minor unit."""
        gross = [int(self.books.lines["amount"][row]) for row in self.lines[visit]]
        off = int(self.books.visits["off"][visit])
        nets = self._without_tax([*gross, -off] if off else gross)
        told = [self._line(row, net) for row, net in zip(self.lines[visit], nets, strict=False)]
        return [*told, self._let_off(visit, nets[-1])] if off else told

    def _line(self, row: int, net: int) -> Row:
        lines, item = self.books.lines, ITEMS[self.books.lines["item"][row]]
        return {
            "code": item.code.lower(), "kind": item.kind, "title": item.words.capitalize(), "price_minor": net,
            "cost_minor": round(int(lines["cost"][row]) * item.quantity), "quantity_milli": round(1000 * item.quantity),
        }  # fmt: skip

    def _let_off(self, visit: int, net: int) -> Row:
        """A credit under the offer's own code: so the hub can tell what the offer cost."""
        return {"code": self.offer(visit).code, "kind": "credit", "title": self.let_off_words(visit), "price_minor": net,
                "cost_minor": 0}  # fmt: skip

    def net(self, total: int) -> int:
        return round(total / self._taxed)

    def _without_tax(self, gross: list[int]) -> list[int]:
        """Each part's net, whole minor units that add up to the net of all; what rounding leaves goes to the largest rests."""
        exact = [one / self._taxed for one in gross]
        parts = [floor(one) for one in exact]
        by_rest = sorted(range(len(exact)), key=lambda place: parts[place] - exact[place])
        for place in by_rest[: self.net(sum(gross)) - sum(parts)]:
            parts[place] += 1
        return parts

    @property
    def _taxed(self) -> float:
        """What a net amount is multiplied by for its total."""
        return 1 + TAXES[self.books.branch.country]

    def offer(self, visit: int) -> Campaign:
        return CAMPAIGNS[self.books.visits["offer"][visit]]

    def let_off_words(self, visit: int) -> str:
        return f"{self.offer(visit).title}: {self.offer(visit).discount} % off"

    def due(self, visit: int) -> int:
        """What there is to pay, minor units with tax."""
        return int(self.books.visits["amount"][visit] - self.books.visits["off"][visit])

    def _stored(self, visit: int, owner: int, vehicle: str, at: str) -> Row:
        """The wheels that came off, with as much tread as the kilometres have left of them."""
        season = "winter" if self.books.day(self.books.visits["day"][visit]).month in SPRING else "summer"
        worn = int(self.books.visits["odometer"][visit]) % SET_LASTS / SET_LASTS
        return self.about("tyre_set", self.key("Y", visit), at, owner, vehicle=vehicle, season=season,
                          tread=round(NEW_TREAD - worn * (NEW_TREAD - LEAST_TREAD), 1), stored_at=at)  # fmt: skip

    def _defect(self, finding: int) -> str:
        return jobs.DEFECTS[self.books.findings["defect"][finding]].name

    def safety(self, finding: int) -> str:
        return SAFETY.get(self._defect(finding), "advisory")

    def _advice(self, finding: int, visit: int, owner: int, vehicle: str, day: int, hour: int) -> Row:
        findings, defect = self.books.findings, jobs.DEFECTS[self.books.findings["defect"][finding]]
        known = reasons(defect.parts)
        reason = known[int(findings["words"][finding]) % len(known)]
        return self.about("recommendation", self.key("F", finding), self.moment(day, hour, 40), owner, vehicle=vehicle,
                          visit=self.key("S", visit), code=defect.name, part=defect.name, safety=self.safety(finding),
                          amount_minor=int(findings["price"][finding]), currency=self.books.branch.currency,
                          state="sold" if findings["sold"][finding] else "declined", made_at=self.moment(day, hour, 25),
                          decided_at=self.moment(day, hour, 40), note=f"{reason.part}: {reason.words}")  # fmt: skip

    def _invoice(self, visit: int, owner: int, at: str) -> Row:
        total = self.due(visit)
        net = self.net(total)
        return self.about("invoice", self.key("R", visit), at, owner, visit=self.key("S", visit), number=self.key("R", visit),
                          issued_at=at, net_minor=net, tax_minor=total - net, total_minor=total,
                          currency=self.books.branch.currency)  # fmt: skip

    def appointment(self, row: int, now: datetime) -> Row:
        book = self.books.appointments
        owner, car, day, hour, bay = (int(book[name][row]) for name in ("owner", "car", "day", "hour", "bay"))
        starts = datetime.fromisoformat(self.moment(day, hour))
        booked = starts - timedelta(days=3 + row % 12)
        state = STATES[book["state"][row]]
        fields = {"ended_at": (starts - timedelta(hours=20)).isoformat()} if state == "cancelled" else {}
        if state == "booked" and starts < now:  # this world was begun some days ago
            state = "kept"
        told = min(booked, datetime.fromisoformat(self.moment(DAYS - 1, OPENS))) if state == "booked" else starts
        booked = min(booked, told)
        return self.about("appointment", f"{self.books.branch.code}/{bay}/{starts:%Y%m%dT%H}", told.isoformat(), owner,
                          vehicle=vehicle_number(self.books, car), bay=bay_name(bay), starts_at=starts.isoformat(),
                          ends_at=(starts + STAY).isoformat(), booked_at=booked.isoformat(), state=APPOINTMENT[state],
                          services=[jobs.JOBS[book["reason"][row]].name], **fields)  # fmt: skip

    def survey(self, row: int) -> Row:
        surveys, at = self.books.surveys, self.moment(self.books.surveys["day"][row], LUNCH)
        owner, visit = int(surveys["owner"][row]), int(surveys["visit"][row])
        return self.about("survey", self.key("N", visit), at, owner, answered_at=at, score=int(surveys["score"][row]))

    def complaint(self, row: int) -> Row:
        complaints, at = self.books.complaints, self.moment(self.books.complaints["day"][row], LUNCH, 30)
        owner, visit = int(complaints["owner"][row]), int(complaints["visit"][row])
        return self.about("complaint", self.key("K", visit), at, owner, made_at=at)


def bay_name(bay: int) -> str:
    return f"Bay {bay + 1}"


def grouped(owners: Any) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for row, owner in enumerate(owners.tolist()):
        found[owner].append(row)
    return found
