"""Somebody with a history, known to a club, to a shop and to a CRM that can forget."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from compliance import erasure
from compliance.coming import Came
from hub.core import Hub
from hub.flow import customers
from hub.flow.identity import link
from hub.models import Customer, Person
from hub.sdk import CustomerKey, CustomerRecord, EffectClass, EventRecord, Outcome, Push, Record, Topic


@dataclass
class Forgetful:
    """A partner that takes `delete` and notes whom it was told to forget."""

    told: list[Push] = field(default_factory=list)
    answer: str = "sent"
    name: ClassVar[str] = "forgetful"
    kind: ClassVar[str] = "crm"
    batch_size: ClassVar[int] = 10
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("delete", EffectClass.NATURAL, "crm_sync"),
        Topic("segment_entered", EffectClass.NATURAL, "crm_sync"),
    )

    def push(self, batch: list[Push]) -> list[Outcome]:
        self.told += batch
        return [Outcome(push.key, self.answer) for push in batch]  # type: ignore[arg-type]


@pytest.fixture
def crm(hub: Hub) -> Forgetful:
    partner, connector = hub.partners["crm"], Forgetful()
    hears = {"person_erased": ("delete",), "segment_entered": ("segment_entered",)}
    settings = replace(partner.settings, hears=hears)
    hub.partners["crm"] = replace(partner, settings=settings, connector=connector)  # type: ignore[index]
    return connector


Told = Callable[..., str]


@pytest.fixture
def told(hub: Hub, clock: Any) -> Told:
    """Fold a customer with three visits, known to the club and to the CRM; answers their ref."""

    def tell(number: str = "C-1", *, email: str = "anna@example.org", branch: str = "mitte", by: str = "club") -> str:
        key = CustomerKey(partner_id=f"m-{number}", customer_number=number)
        at = clock().replace(hour=8)
        visits = [
            EventRecord(
                customer=key,
                kind="visit",
                key=f"{number}-{n}",
                at=at,
                zone="Europe/Berlin",
                amount_minor=100 + n,
                currency="EUR",
            )
            for n in range(3)
        ]
        person = CustomerRecord(
            customer=key, name="Anna Weiß", email=email, phone="+493012345", branch=branch, residence="DE"
        )
        records: list[Record] = [person, *visits]
        with hub.begin() as work:
            folded = customers.fold(hub, work, hub.partners[by], records)
            customer_id = next(iter(folded.touched))
            customer = work.session.get_one(Customer, customer_id)
            owner = work.session.get_one(Person, customer.person_id)
            link(work, hub.partners["crm"], "customer", f"crm-{number}", customer_id, owner)
            return customer.ref

    return tell


Approved = Callable[[str], str]


@pytest.fixture
def approved(hub: Hub) -> Approved:
    """A wish that has been verified, planned and approved; answers the request."""

    def bring(customer_ref: str) -> str:
        request = erasure.intake(hub, customer_ref, "portal", Came("desk"))
        erasure.verify(hub, request, "petra", "session")
        erasure.plan(hub, request, "petra")
        erasure.approve(hub, request, "paul")
        return request

    return bring


def person_of(hub: Hub, customer_ref: str) -> Person:
    with hub.look() as session:
        return session.scalars(
            select(Person).join(Customer, Customer.person_id == Person.id).where(Customer.ref == customer_ref)
        ).one()
