"""A customer with the key that opens their values: who asks for their own pages, or whom an advisor looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound
from hub.flow.values import value_context
from hub.models import Customer, DataKey, Person, PersonalValue
from hub.vault import OpenKey, Vault
from portal import guard


@dataclass(frozen=True)
class Me:
    """values: (field, id of the vehicle it is about, else 0) -> the person's own, opened."""

    customer_id: int
    person_id: int
    ref: str
    branch: str | None
    language: str | None
    jurisdiction: str
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
    found = next(iter(opened(hub, session, Customer.person_id == person.person_id)), None) if person else None
    if found is None:
        raise _nobody()
    return found


def my_id() -> int:
    """The id alone of who is signed in, as a customer: nothing more is asked. Raises NotFound as `me` does."""
    person = guard.who()
    if person is None or person.customer_id is None:
        raise _nobody()
    return person.customer_id


def _nobody() -> NotFound:
    return NotFound("There is no customer behind this session.", "Sign out and come in by a new link.")


def opened(hub: Hub, session: Session, condition: ColumnElement[bool]) -> list[Me]:
    """Customers with their values, in two queries for all of them; those who were erased have none, and are not there."""
    rows = session.execute(
        select(Customer, Person.jurisdiction, DataKey.id, DataKey.wrapped)
        .join(Person, Person.id == Customer.person_id)
        .join(DataKey, DataKey.id == Person.data_key_id)
        .where(condition)
        .order_by(Customer.id)
    ).all()
    known = {customer.person_id: hub.vault.unwrap(key_id, wrapped) for customer, _, key_id, wrapped in rows}
    values = _values(hub.vault, session, known)
    return [
        Me(
            customer_id=customer.id,
            person_id=customer.person_id,
            ref=customer.ref,
            branch=customer.branch,
            language=customer.language,
            jurisdiction=jurisdiction,
            key=known[customer.person_id],
            vault=hub.vault,
            values=values.get(customer.person_id, {}),
        )
        for customer, jurisdiction, *_ in rows
    ]


def _values(vault: Vault, session: Session, keys: Mapping[int, OpenKey]) -> Mapping[int, Mapping[tuple[str, int], str]]:
    found: dict[int, dict[tuple[str, int], str]] = {}
    for row in session.scalars(select(PersonalValue).where(PersonalValue.person_id.in_(keys))):
        context = value_context(row.person_id, row.field, row.about_id)
        value = vault.unseal(keys[row.person_id], row.sealed, context).decode()
        found.setdefault(row.person_id, {})[row.field, row.about_id] = value
    return found
