"""The customer who asks: whose pages these are, and the key that opens their values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound
from hub.flow.values import value_context
from hub.models import Customer, Person, PersonalValue
from hub.vault import OpenKey, Vault
from portal import guard


@dataclass(frozen=True)
class Me:
    """values: (field, id of the vehicle it is about, else 0) -> the person's own, opened."""

    customer_id: int
    person_id: int
    ref: str
    branch: str | None
    key: OpenKey = field(repr=False)
    vault: Vault = field(repr=False)
    values: Mapping[tuple[str, int], str] = field(repr=False, default_factory=dict)

    def value(self, name: str, about_id: int = 0) -> str:
        return self.values.get((name, about_id), "")

    @property
    def name(self) -> str:
        return self.value("name")

    @property
    def initials(self) -> str:
        """Of the first and last word: two signs at most."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    def opened(self, place: str, row_id: int, sealed: bytes | None) -> str:
        """Free text of one of my rows. place: table and column, `visits.note`."""
        return self.vault.unseal(self.key, sealed, f"{place}:{row_id}").decode() if sealed else ""


def me(hub: Hub, session: Session) -> Me:
    """Who is signed in, as a customer. Raises NotFound for somebody who is none, or who was erased meanwhile."""
    person = guard.who()
    found = _customer(session, person.person_id) if person and person.person_id else None
    if found is None:
        raise NotFound("There is no customer behind this session.", "Sign out and come in by a new link.")
    customer, key_id = found
    key = hub.vault.open_key(session, key_id)
    return Me(
        customer_id=customer.id,
        person_id=customer.person_id,
        ref=customer.ref,
        branch=customer.branch,
        key=key,
        vault=hub.vault,
        values=_values(hub.vault, session, customer.person_id, key),
    )


def _customer(session: Session, person_id: int) -> tuple[Customer, int] | None:
    wanted = (
        select(Customer, Person.data_key_id)
        .join(Person, Person.id == Customer.person_id)
        .where(Customer.person_id == person_id, Person.data_key_id.is_not(None))
    )
    row = session.execute(wanted).first()
    return (row[0], row[1]) if row and row[1] is not None else None


def _values(vault: Vault, session: Session, person_id: int, key: OpenKey) -> dict[tuple[str, int], str]:
    rows = session.scalars(select(PersonalValue).where(PersonalValue.person_id == person_id))
    return {
        (row.field, row.about_id): vault.unseal(
            key, row.sealed, value_context(person_id, row.field, row.about_id)
        ).decode()
        for row in rows
    }
