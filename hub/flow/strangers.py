"""Somebody whom nobody knows asks from a garage's own site: a person of their own, whom neither name nor address leads to until they
are proved, and a token by which their browser alone goes on.

A question makes no customer: a stranger has no profile, and so rules, scores, campaigns and partners know nothing of them. They become one
by what only a customer has (`BY`); from then on they have a profile, and are a stranger no more."""

import hmac
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from hub.core import Hub
from hub.flow.batches import among
from hub.flow.identity import Identities
from hub.flow.values import set_value
from hub.models import (
    Appointment,
    Connection,
    Customer,
    Link,
    MembershipCard,
    Ownership,
    Person,
    PersonalValue,
    Principal,
    Profile,
    Visit,
)
from hub.own import OWN
from hub.sdk import CustomerKey
from hub.vault import Vault
from hub.work import Work

FROM = "asked_from"  # the personal value that a stranger has and nobody else: the site they asked from
LASTS = timedelta(days=30)  # how long their browser finds its conversation again
# What only a customer has, beside a partner who knows them and a way in of their own.
BY: tuple[Any, ...] = (Visit, Appointment, Ownership, MembershipCard)
THEM = aliased(Customer)
ASKED = exists().where(
    PersonalValue.person_id == Customer.person_id, PersonalValue.field == FROM
)  # once, whatever came of it


def receive(hub: Hub, work: Work, once: str, name: str, address: str, site: str, language: str) -> Customer:
    """The customer that a stranger is from now on. once: of their form; the same form again is the same stranger.

    No alias is made: who is searched for by this name or address, or asks by mail to be let in, never meets what somebody else
    has only claimed to be. That they were erased before hinders nothing: nothing of then comes back by it."""
    people = Identities(work, hub.partner(OWN), hub.here.jurisdiction, profiled=False)
    key = CustomerKey(partner_id=f"stranger:{once}")
    people.load([key])
    known = people.of(key)
    if known is None:
        raise LookupError("a new key has no tombstone")
    if known.customer.id in people.made:
        for field, value in (("name", name), ("email", address), (FROM, site)):
            set_value(work, people.held, known, field, value)
        known.customer.language = language
        work.audit("portal", "stranger_received", "customer", known.customer.id)
    work.session.flush()
    return known.customer


def is_stranger(session: Session, customer_id: int) -> bool:
    """Has nobody proved yet who this is?"""
    return session.scalar(select(claimed(customer_id))) is True


def claimed(customer_id: Any) -> ColumnElement[bool]:
    """The same, as part of another question. customer_id: a number, or the column of a query around it."""
    asked = exists().where(
        THEM.id == customer_id, PersonalValue.person_id == THEM.person_id, PersonalValue.field == FROM,
        PersonalValue.about_id == 0,
    )  # fmt: skip
    ours = select(Connection.id).where(Connection.name == OWN)
    known = exists().where(Link.about == "customer", Link.about_id == customer_id, Link.connection_id.not_in(ours))
    comes_in = exists().where(THEM.id == customer_id, Principal.person_id == THEM.person_id)
    has = (exists().where(model.customer_id == customer_id).correlate_except(model) for model in BY)
    return and_(
        asked.correlate_except(THEM, PersonalValue),
        ~known.correlate_except(Link),
        ~comes_in.correlate_except(THEM, Principal),
        *(~one for one in has),
    )


def count(session: Session) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).select_from(Customer).where(ASKED, claimed(Customer.id))) or 0


def become(session: Session, customer_ids: Collection[int]) -> set[int]:
    """Who of these, that have no profile, was a stranger and is a customer by now."""
    theirs = select(Customer.id).where(among(Customer.id, customer_ids), ASKED, ~claimed(Customer.id))
    return set(session.scalars(theirs))


def but_strangers(session: Session, customer_ids: Collection[int]) -> set[int]:
    """Those of these who are customers."""
    wanted = select(Profile.customer_id).where(among(Profile.customer_id, customer_ids))
    return set(session.scalars(wanted)) if customer_ids else set()


def token(hub: Hub, ref: str) -> str:
    """What the stranger's browser keeps, good for LASTS. ref: of the customer that they are."""
    until = int((hub.clock() + LASTS).timestamp())
    return f"{ref}.{until}.{_proof(hub.vault, ref, until)}"


def came_before(hub: Hub, session: Session, given: str) -> Customer | None:
    """Whose browser this is; nobody's once it is too old, they were erased or rest, or they are known by now."""
    ref, _, rest = given.partition(".")
    until, _, proof = rest.partition(".")
    if len(given) > 200 or not (until.isascii() and until.isdecimal()) or int(until) <= hub.clock().timestamp():
        return None
    if not hmac.compare_digest(proof.encode(), _proof(hub.vault, ref, int(until)).encode()):
        return None
    usable = (Person.data_key_id.is_not(None), Person.restricted_at.is_(None), Person.moved_to.is_(None))
    wanted = select(Customer).join(Person, Person.id == Customer.person_id).where(Customer.ref == ref, *usable)
    found = session.scalars(wanted).first()
    return found if found is not None and is_stranger(session, found.id) else None


def _proof(vault: Vault, ref: str, until: int) -> str:
    return vault.fingerprint("stranger", ref, str(until)).hex()
