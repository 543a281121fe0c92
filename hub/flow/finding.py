"""Finding a customer by what they say at the counter: plate, VIN, phone, mail, number or name, by keyed hash; nothing is opened."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.identity import fold_email, fold_phone, fold_plate, name_words
from hub.models import Alias, Customer, Person

MOST = 10  # that are shown at once: who finds more says more
FEWEST = 2  # signs to look for
PHONE = re.compile(r"[+(]?\d[\d\s()/.-]{4,24}")


@dataclass(frozen=True)
class Match:
    """ids: of customers, at most MOST; more: there are others."""

    ids: tuple[int, ...]
    more: bool = False


def find(hub: Hub, session: Session, text: str, among: Any) -> Match:
    """What is one's own (plate, VIN, phone, mail, number) is tried first, then the name: all its words, in any order.

    Words are found whole, as their hashes say nothing of what is alike. among: a condition on customers, for whoever asks."""
    said = " ".join(text.split())[:120]
    if len(said) < FEWEST:
        return Match(())
    own = or_(*(_known_by(hub, session, kind, value) for kind, value in _own(hub, said)))
    return _matching(session, _one_of(own), among) or _by_name(hub, session, said, among) or Match(())


def _own(hub: Hub, said: str) -> Iterator[tuple[str, str]]:
    yield "customer_number", said
    yield "plate", fold_plate(said)
    yield "vin", fold_plate(said)
    if "@" in said:
        yield "email", fold_email(said)
    if PHONE.fullmatch(said):
        numbers = {fold_phone(said, country) for country in (None, hub.here.jurisdiction, *hub.here.residences)}
        yield from (("phone", number) for number in sorted(numbers) if number)


def _by_name(hub: Hub, session: Session, said: str, among: Any) -> Match | None:
    words = sorted(name_words(said), key=len, reverse=True)
    if not words:
        return None
    all_of_them = and_(*(_one_of(_known_by(hub, session, "name_word", word)) for word in words))
    return _matching(session, all_of_them, among)


def _known_by(hub: Hub, session: Session, kind: str, value: str) -> ColumnElement[bool]:
    return and_(Alias.kind == kind, Alias.hash.in_(hub.vault.blinds(session, kind, value)))


def _one_of(known_by: ColumnElement[bool]) -> ColumnElement[bool]:
    """Alternatives stand inside: several of these joined by `or` would have PostgreSQL read every customer."""
    return Customer.person_id.in_(select(Alias.person_id).where(known_by))


def _matching(session: Session, condition: Any, among: Any) -> Match | None:
    rows = (
        select(Customer.id)
        .join(Person, Person.id == Customer.person_id)
        .where(condition, among, Person.erased_at.is_(None))
        .order_by(Customer.id)
        .limit(MOST + 1)
    )
    ids = list(session.scalars(rows))
    return Match(tuple(ids[:MOST]), len(ids) > MOST) if ids else None
