"""A long story of edits on both sides of a CRM, with an oracle that has seen them all and says what must stand in the end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select

from hub.clock import tick
from hub.core import Hub
from hub.flow import effects, ours, outward, pulls
from hub.flow.held import Held
from hub.flow.identity import Known
from hub.models import Connection, Customer, Person
from hubspots import Portal
from orgs import Org

# HubSpot's name -> ours, of fields whose newest edit counts
NEWEST = {"firstname": "given_name", "lastname": "family_name", "email": "email", "phone": "phone"}


class Killed(BaseException):
    """What a `kill -9` of a worker is to its transactions: nothing after this point happens."""


@dataclass
class Story:
    """stands: (contact, HubSpot's field) -> (when, value) of the newest edit of either side. pause: the most seconds from one
    edit to the next."""

    portal: Portal | Org
    dice: Random
    people: list[tuple[str, int]] = field(default_factory=list)
    stands: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)
    edits: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    pause: float = 4.0

    @property
    def hub(self) -> Hub:
        return self.portal.hub

    def begin(self, many: int) -> None:
        for n in range(many):
            number = self.portal.make(
                firstname=f"First{n}", lastname=f"Last{n}", email=f"n{n}@example.org", phone=f"+4930{n}"
            )
            for name in NEWEST:
                self.stands[number, name] = (self.portal.now(), self.portal.properties(number)[name])
        self.portal.work()
        with self.hub.begin() as work:
            ids = list(work.session.scalars(select(Customer.id)))
            links = effects.open_links(work, self.hub.partners["crm"], list(effects.load_subjects(work, ids).values()))
        self.people = sorted((number, customer_id) for customer_id, number in links.items())

    def edit(self) -> None:
        """One edit of one field, here or there."""
        number, customer_id = self.dice.choice(self.people)
        name, n = self.dice.choice(sorted(NEWEST)), sum(self.edits.values())
        value = {"email": f"e{n}@example.org", "phone": f"+4940{n}"}.get(name, f"Name{n}")
        self.portal.clock.pass_by(seconds=self.dice.uniform(0.05, self.pause))
        if self.dice.random() < 0.5:
            self.portal.edit(number, **{name: value})
            self.edits["theirs"] += 1
            self.stands[number, name] = (self.portal.now(), value)
        else:
            self._we_edit(customer_id, **{NEWEST[name]: value})
            self.edits["ours"] += 1
            self.stands[number, name] = (self.portal.clock(), value)

    def _we_edit(self, customer_id: int, **fields: str) -> None:
        with self.hub.begin() as work:
            customer = work.session.get_one(Customer, customer_id)
            known = Known(customer, work.session.get_one(Person, customer.person_id))
            subject = effects.load_subjects(work, [customer_id])[customer_id]
            touched = ours.write(work, Held(work), known, ours.read(work, [subject])[customer_id], fields)  # type: ignore[arg-type]
            outward.notice(self.hub, work, {customer_id: touched})

    def work(self, seconds: float = 7) -> None:
        """What workers and the clock would do; a worker that was killed is followed by another."""
        try:
            self.portal.work(rounds=1, seconds=seconds)
        except Killed:
            self.kills += 1
        tick(self.hub)

    def settle(self, rounds: int = 12) -> None:
        """No more faults, and time enough: connections that were parked go on, as an operator would have it."""
        with self.hub.begin() as work:
            if work.session.get_one(Connection, self.hub.partners["crm"].id).state == "parked":
                pulls.resume(work, self.hub.partners["crm"], "test")
        for _ in range(rounds):
            self.work(seconds=67)

    def wrong(self) -> list[str]:
        """Where either side does not say what the newest edit said; no values."""
        with self.hub.begin() as work:
            subjects = effects.load_subjects(work, [customer_id for _, customer_id in self.people])
            mine = ours.read(work, subjects.values())
        found = []
        for number, customer_id in self.people:
            theirs = self.portal.properties(number)
            for name, our_name in NEWEST.items():
                value = self.stands[number, name][1]
                found += [f"{number}.{name} here"] if mine[customer_id][our_name] != value else []
                found += [f"{number}.{name} there"] if theirs[name] != value else []
        return found


def killing(portal: Portal, dice: Random, chance: float) -> Callable[[], None]:
    """From now on a worker dies now and then while it talks to HubSpot: before the call, or after its effect. Answers
    how to end it."""
    api: Any = portal.hub.partners["crm"].connector.objects.api  # type: ignore[attr-defined]
    real = api.request

    def request(*words: Any, **given: Any) -> Any:
        if dice.random() < chance / 2:
            raise Killed
        found = real(*words, **given)
        if dice.random() < chance / 2:
            raise Killed
        return found

    api.request = request
    return lambda: setattr(api, "request", real)
