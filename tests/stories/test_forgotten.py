"""Somebody asks to be forgotten: the CRM's own books forget them too, and nothing that comes later brings them back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from compliance import certificates, erasure
from connectors.hubspot import HubSpot
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.core import Hub
from hub.flow.identity import link
from hub.gate import erase_rows
from hub.models import Customer, ErasureRequest, Event, Link, Person, PersonalValue, Profile
from hub.sdk import Push
from partners import drain_all
from proving import CRM_SECRET, account_of
from served import calling


@pytest.fixture
def crm_books(hub: Hub, tmp_path: Path) -> Iterator[HubSpot]:
    """The crm connection talks to HubSpot's sandbox over a socket."""
    sandbox = HubSpotSandbox(tmp_path / "sandbox", burst=100_000)
    with calling(sandbox.wsgi) as api:
        connector = HubSpot(account_of(CRM_SECRET, api))
        partner = hub.partners["crm"]
        settings = replace(partner.settings, hears={"person_erased": ("delete",)})
        hub.partners["crm"] = replace(partner, settings=settings, connector=connector)  # type: ignore[index]
        yield connector


def contacts(crm: HubSpot) -> dict[str | None, Any]:
    return {seen.ref: seen for seen in crm.list("contact", ["email"], None).seen}


def test_the_crm_forgets_too_and_a_later_sync_does_not_bring_them_back(
    hub: Hub, crm_books: HubSpot, told: Any, approved: Any
) -> None:
    ref, other = told("C-1"), told("C-2", email="bo@example.org")
    for number, one in enumerate((ref, other), 1):
        fields = {"firstname": f"N{number}", "email": f"n{number}@example.org"}
        [outcome] = crm_books.push(
            [Push("set_fields", f"k{number}", one, None, {"kind": "contact", "fields": fields}, 1)]
        )
        assert outcome.partner_id
        _relink(hub, one, outcome.partner_id)
    assert set(contacts(crm_books)) == {ref, other}

    request = approved(ref)
    erasure.run(hub, request)
    drain_all(hub)
    assert erasure.run(hub, request) == "certified"

    assert set(contacts(crm_books)) == {other}
    with hub.look() as session:
        certificate = session.scalars(select(ErasureRequest.certificate)).one()
        assert session.scalar(select(func.count()).select_from(Profile)) == 1
        assert session.scalar(select(func.count()).select_from(Event)) == 6
        left = session.scalar(select(func.count(func.distinct(PersonalValue.person_id))).select_from(PersonalValue))
    assert left == 1
    assert certificate is not None
    assert certificates.is_genuine(certificate, hub.vault.signer())
    assert certificate["statement"]["partners"] == [
        {"connection": "crm", "state": "sent", "reason": "", "asked_again": "gone"}
    ]

    with pytest.raises(StopIteration):
        told("C-1")  # the club tells of them again: nobody is made


def _relink(hub: Hub, ref: str, partner_id: str) -> None:
    """The CRM's real number in place of the made-up one."""
    with hub.begin() as work:
        customer, person = work.session.execute(
            select(Customer, Person).join(Person, Person.id == Customer.person_id).where(Customer.ref == ref)
        ).one()
        crm = hub.partners["crm"]
        mine = (Link.person_id == person.id) & (Link.connection_id == crm.id)
        erase_rows(work.session, Link, mine, record_set="links", persons=[person.id], now=work.now)
        link(work, crm, "customer", partner_id, customer.id, person)
