"""A CRM we own, for tests of two-way sync: it keeps contacts, a change log, and count of every call; it can be out of order."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from hub.core import Hub
from hub.flow import effects, ours, outward
from hub.flow.held import Held
from hub.flow.identity import Known
from hub.models import Customer, Person
from hub.sdk import (
    SET_FIELDS,
    EffectClass,
    FieldShape,
    Incoming,
    Kind,
    Listing,
    Outcome,
    Page,
    Push,
    RetryLater,
    Seen,
    Topic,
)
from hub.targets import SYNCED
from rules.parse import read_text
from rules.syncmap import SyncMap, read_sync

MAPPING = """
sync: office
title: The office CRM
flush: 5
every: 60
objects:
  contact:
    ours: customer
    purpose: crm_sync
    creates: [here]
    fields:
      first: given_name
      last: family_name
      mail: {ours: email, transform: email, owner: newest}
      tel: {ours: phone, transform: phone, owner: theirs}
      street: {ours: address, owner: manual}
      tongue: {ours: language, owner: ours}
"""
FIELDS = ("first", "last", "mail", "tel", "street", "tongue")


@dataclass
class Crm:
    """tells_origin: its log says who changed a thing. away: every call fails. lost: chance that a call works and nobody
    hears of it; busy: that it does not. shuffled: its log is told out of order and some of it twice. log_from: entries
    before have been thrown away."""

    clock: Callable[[], datetime]
    dice: Random = field(default_factory=lambda: Random(1))
    tells_origin: bool = False
    away: bool = False
    lost: float = 0.0
    busy: float = 0.0
    shuffled: bool = False
    log_from: int = 0
    things: dict[str, Seen] = field(default_factory=dict)
    shapes: list[FieldShape] = field(default_factory=lambda: [FieldShape(name, "text") for name in FIELDS])
    log: list[Seen] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    empty_writes: int = 0
    written: list[tuple[str, Mapping[str, str | None]]] = field(default_factory=list)
    name: ClassVar[str] = "office"
    kind: ClassVar[Kind] = "crm"
    batch_size: ClassVar[int] = 100
    kinds: ClassVar[tuple[str, ...]] = ("contact",)
    topics: ClassVar[tuple[Topic, ...]] = (Topic(SET_FIELDS, EffectClass.NATURAL, "crm_sync"),)

    # --- what its own people do

    def make(self, ref: str | None = None, **fields: str | None) -> str:
        number = str(1000 + len(self.things))
        self._set(number, Seen("contact", number, ref, dict.fromkeys(FIELDS) | fields, self.clock()), None)
        return number

    def edit(self, number: str, **fields: str | None) -> None:
        old = self.things[number]
        self._set(number, replace(old, fields={**old.fields, **fields}, at=self.clock()), None, fields)

    def merge(self, loser: str, winner: str) -> None:
        self._set(loser, replace(self.things[loser], state="merged", into=winner, at=self.clock()), None)

    def archive(self, number: str) -> None:
        self._set(number, replace(self.things[number], state="archived", at=self.clock()), None)

    def restore(self, number: str) -> None:
        self._set(number, replace(self.things[number], state="live", at=self.clock()), None)

    def _set(self, number: str, seen: Seen, origin: str | None, told: Mapping[str, str | None] | None = None) -> None:
        self.things[number] = seen
        told = dict(seen.fields) if told is None else told
        self.log.append(replace(seen, fields=told, origin=origin if self.tells_origin else None))

    # --- what the hub sees of it

    def normalise(self, payload: bytes) -> Iterator[Any]:
        return iter(())

    def observe(self, payload: bytes) -> Sequence[Seen]:
        found = json.loads(payload)
        return [Seen(**{**found, "at": datetime.fromisoformat(found["at"])})]

    def fetch(self, cursor: str | None) -> Page:
        self._call("fetch")
        start = int(cursor or 0)
        resync, start = start < self.log_from, max(start, self.log_from)
        end = min(len(self.log), start + 100)
        told = [self._incoming(number) for number in range(start, end)]
        if self.shuffled:
            told += self.dice.sample(told, k=len(told) // 5)
            self.dice.shuffle(told)
        return Page(told, str(end), more=end < len(self.log), resync=resync)

    def _incoming(self, number: int) -> Incoming:
        seen = self.log[number]
        payload = json.dumps({**vars(seen), "fields": dict(seen.fields), "at": seen.at and seen.at.isoformat()})
        return Incoming(f"log:{number}", seen.id, payload.encode(), seen.at)

    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        self._call("list")
        live = sorted((one for one in self.things.values() if one.state == "live"), key=lambda one: int(one.id))
        start = int(cursor or 0)
        return Listing([self._told(one, fields) for one in live[start : start + 100]],
                       str(start + 100) if start + 100 < len(live) else None, len(live))  # fmt: skip

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        self._call("read")
        missing = Seen("contact", "", state="missing")
        return [self._told(self.things.get(one, replace(missing, id=one)), fields) for one in ids]

    def _told(self, seen: Seen, fields: Sequence[str]) -> Seen:
        known = {shape.name for shape in self.shapes}
        told = {name: seen.fields.get(name) for name in fields if name in known}
        return replace(seen, fields=told if seen.state == "live" else {})

    def describe(self, kind: str) -> Sequence[FieldShape]:
        self._call("describe")
        return self.shapes

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        self._call("push")
        outcomes = [self._write(one) for one in batch]
        if self.dice.random() < self.lost:
            raise RetryLater("nobody heard of it", happened=True)
        return outcomes

    def _write(self, push: Push) -> Outcome:
        fields = dict(push.body["fields"])
        if fields.keys() - {shape.name for shape in self.shapes}:
            return Outcome(push.key, "refused", "no such field")
        number = push.partner_id or next((one.id for one in self.things.values() if one.ref == push.entity), None)
        if number is None:
            number = str(1000 + len(self.things))
            self.things[number] = Seen("contact", number, push.entity, dict.fromkeys(FIELDS), self.clock())
        old = self.things[number]
        self.empty_writes += all(old.fields.get(name) == value for name, value in fields.items())
        self.written.append((number, fields))
        self._set(number, replace(old, fields={**old.fields, **fields}, at=self.clock()), "us", fields)
        return Outcome(push.key, "sent", partner_id=number)

    def _call(self, kind: str) -> None:
        self.calls[kind] += 1
        if self.away:
            raise RetryLater("the CRM is away")
        if self.dice.random() < self.busy:
            raise RetryLater("the CRM is busy", after=self.dice.choice((None, 2.0)))


def a_mapping(text: str = MAPPING) -> SyncMap:
    return read_sync(read_text(text.encode(), "office.yaml"), SYNCED)


def keep_in_step(hub: Hub, crm: Any, mapping: SyncMap) -> None:
    """From now on the connection `crm` is this CRM, kept in step by this mapping."""
    old = hub.partners["crm"]
    settings = replace(old.settings, options={**old.settings.options, "two_way": True})
    partner = replace(old, connector=crm, settings=settings)
    hub.partners["crm"] = partner  # type: ignore[index]
    hub.book.stand = replace(hub.book.stand, syncs={**hub.book.stand.syncs, crm.name: mapping})


def we_edit(hub: Hub, number: int = 0, **fields: str | None) -> None:
    """Somebody at the garage changes a customer."""
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer).order_by(Customer.id)).all()[number]
        known = Known(customer, work.session.get_one(Person, customer.person_id))
        subject = effects.load_subjects(work, [customer.id])[customer.id]
        touched = ours.write(work, Held(work), known, ours.read(work, [subject])[customer.id], fields)
        outward.notice(hub, work, {customer.id: touched})


def rows(hub: Hub, model: Any) -> list[Any]:
    with hub.look() as session:
        return list(session.scalars(select(model).order_by(model.id)))


@pytest.fixture
def office(hub: Hub, clock: Callable[[], datetime]) -> Crm:
    made = Crm(clock)
    keep_in_step(hub, made, a_mapping())
    return made


__all__ = ["Crm", "a_mapping", "keep_in_step", "office", "rows", "we_edit"]
