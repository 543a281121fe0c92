"""What the partners of a region tell by webhook: who is a member, the last thirty days, and a life that goes on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from hub.demo.rows import NOTICE, Pen
from hub.demo.world.books import DAYS, POINT, TIERS, VOUCHER, Books
from hub.demo.world.places import TONGUES
from hub.sdk.effects_log import EffectsLog

RECENT = 30  # days of history that come as webhooks
CONTACTS = {"hubspot": ("contact", "id", "address"), "salesforce": ("Contact", "Id", "MailingStreet")}  # in their books
ELSE_EVERY = 12  # about one event in so many is a customer of the CRM who has moved


@dataclass(frozen=True)
class Told:
    """One webhook of the loyalty programme. id: the same for the same seed, so that a repeat is nothing."""

    id: str
    kind: str
    at: datetime
    member: Mapping[str, Any]


def enrolled(books: Books) -> Iterator[dict[str, Any]]:
    """The programme's books of thirty days ago: every member with their card, and what they had said to offers by mail."""
    balances, versions = _cards(books, DAYS - RECENT)
    tiers, said = books.tiers(), _said(books, DAYS - RECENT)
    for one in np.flatnonzero(books.people.member & (books.people.joined < DAYS)).tolist():
        number, day = books.people.number(one), max(int(books.people.joined[one]), DAYS - RECENT - 1)
        member = {**_card(number, tiers[one], balances.get(one, 0)), "version": versions.get(one, 0) + 1}
        if one in said:
            member["consent"] = _consent(said[one])
        yield {**member, "updated_at": _noon(books.day(day)).isoformat()}


def _said(books: Books, until: int) -> dict[int, str]:
    consents = books.consents
    rows = sorted(zip(*(consents[name].tolist() for name in ("day", "owner", "granted")), strict=True))
    return {owner: "granted" if granted else "withdrawn" for day, owner, granted in rows if granted or day < until}


def last_month(books: Books, seed: int) -> Iterator[Told]:
    """Points as they moved, and consents as they were withdrawn, in the order of time."""
    _, versions = _cards(books, DAYS - RECENT)
    tiers, ledger, told = books.tiers(), books.ledger, []
    for row in np.flatnonzero(ledger["day"] >= DAYS - RECENT).tolist():
        one, day, balance = (int(ledger[name][row]) for name in ("owner", "day", "balance"))
        versions[one] = versions.get(one, 0) + 1
        number = books.people.number(one)
        member = {**_card(number, tiers[one], balance), "version": versions[one] + 1}
        told.append(
            Told(f"evt_{seed}_{number}_{versions[one] + 1}", "member.points_changed", _noon(books.day(day)), member)
        )
    consents = books.consents
    late = ~consents["granted"] & books.people.member[consents["owner"]] & (consents["day"] >= DAYS - RECENT)
    for row in np.flatnonzero(late).tolist():
        one, day = int(consents["owner"][row]), int(consents["day"][row])
        number = books.people.number(one)
        member = {"member_id": f"m-{number}", "customer_number": number, "consent": _consent("withdrawn")}
        told.append(Told(f"evt_{seed}_{number}_withdrawn", "member.consent_changed", _noon(books.day(day)), member))
    yield from sorted(told, key=lambda one: one.at)


def _cards(books: Books, until: int) -> tuple[dict[int, int], dict[int, int]]:
    """Balance and number of entries of every member before a day; the ledger is in the order of members and time."""
    before = books.ledger["day"] < until
    owner, balance = books.ledger["owner"][before].tolist(), books.ledger["balance"][before].tolist()
    entries = np.bincount(books.ledger["owner"][before], minlength=books.people.count)
    return dict(zip(owner, balance, strict=True)), {one: int(entries[one]) for one in set(owner)}


def _card(number: str, tier: str, points: int) -> dict[str, Any]:
    return {"member_id": f"m-{number}", "customer_number": number, "tier": tier, "points": points}


def _consent(state: str) -> dict[str, str]:
    return {"purpose": "marketing", "channel": "mail", "state": state, "notice": NOTICE}


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@dataclass(frozen=True)
class Coming:
    """A visit that was still to come, told as if it were now. member: the card after it, without a version; empty without a card."""

    books: Books
    pen: Pen
    visit: int
    round: int
    number: str
    member: Mapping[str, Any]

    def rows(self, now: datetime) -> Iterator[dict[str, Any]]:
        """Rows of the shop under keys of their own, with the clock's time."""
        stamp = now.isoformat()
        for row in self.pen.visit(self.visit):
            times = {name: stamp for name in row if name == "at" or name.endswith("_at")}
            yield row | times | {"key": f"{row['key']}/{self.books.today:%y%m%d}/{self.round}"} | self._renamed(row)

    def _renamed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"visit": f"{row['visit']}/{self.books.today:%y%m%d}/{self.round}"} if "visit" in row else {}


def going_on(worlds: Sequence[Books], rng: Random) -> Iterator[Coming]:
    """The visits that are still to come, in their order, again and again."""
    cards: dict[str, tuple[int, int]] = {}
    pens = {id(books): Pen(books) for books in worlds}
    visits = [(int(day), books, visit) for books in worlds for visit, day in _ahead(books)]
    visits.sort(key=lambda one: one[0])
    for again in count():
        for _, books, visit in visits:
            owner = int(books.visits["owner"][visit])
            number = books.people.number(owner)
            member = _next_card(cards, books, visit, number, rng) if books.people.member[owner] else {}
            yield Coming(books, pens[id(books)], visit, again, number, member)
        if not visits:
            return


def _next_card(
    cards: dict[str, tuple[int, int]], books: Books, visit: int, number: str, rng: Random
) -> Mapping[str, Any]:
    balance, earned = cards.get(number, (rng.randrange(VOUCHER), 0))
    points = max(1, round(int(books.visits["amount"][visit]) / (POINT * books.branch.prices)))
    cards[number] = ((balance + points) % VOUCHER, earned + points)
    tier = next(name for least, name in TIERS if cards[number][1] >= least)
    return _card(number, tier, cards[number][0])


def _ahead(books: Books) -> Iterator[tuple[int, int]]:
    coming = np.flatnonzero((books.visits["day"] >= DAYS) & (books.people.joined[books.visits["owner"]] < DAYS))
    return ((visit, books.visits["day"][visit]) for visit in coming.tolist())


def moved(folder: Path, crm: str, account: str, rng: Random) -> dict[str, str]:
    """A customer of the CRM has a new address: what a person at its desk types in; nothing while it knows nobody."""
    kind, number, street = CONTACTS[crm]
    known = "SELECT body FROM things WHERE kind = ? ORDER BY id LIMIT 500"
    log = EffectsLog(folder / f"{crm}.db")
    rows = log.transact(lambda db: db.execute(known, (f"{kind}:{account}",)).fetchall())
    if not rows:
        return {}
    contact, tongue = json.loads(rng.choice(rows)[0]), TONGUES[rng.choice(sorted(TONGUES))]
    return {"id": str(contact[number]), street: f"{rng.choice(tongue.streets)} {rng.randrange(1, 180)}"}
