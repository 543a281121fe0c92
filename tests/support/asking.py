"""Requests as a privacy desk sees them on a busy day: of every kind and state, one late, one held by law."""

from collections.abc import Sequence
from datetime import timedelta

from compliance import archives, breaches, erasure, holds, requests
from compliance.breaches import Noticed
from compliance.coming import Came
from compliance.holds import Wanted
from compliance.requests import Wish
from hub.core import Hub
from hub.models import Customer, Person, PersonRequest
from hub.own import OWN
from hub.sdk import CustomerKey, InvoiceRecord, LineRecord, VisitRecord
from mine import BERLIN, a_newcomer, with_own_door
from shops import folded


def some_requests(hub: Hub, customers: Sequence[str]) -> str:
    """Answers the ref of an erasure that was planned and that a hold stands in the way of."""
    with_own_door(hub)
    first, second, third, fourth, fifth = customers[:5]
    requests.intake(hub, Wish(first, "access", Came("mail")), "petra")
    correction = requests.intake(
        hub, Wish(second, "rectification", Came("desk"), wish={"phone": "+49 30 1234"}), "petra"
    )
    requests.verify(hub, correction, "petra", "call_back")
    requests.intake(hub, Wish(second, "objection", Came("portal"), "marketing"), "portal")
    refused = requests.intake(hub, Wish(third, "portability", Came("api")), "api")
    requests.refuse(hub, refused, "petra", "not_identified")
    with hub.begin() as work:
        person = work.session.query(Person).join(Customer).filter(Customer.ref == fourth).one()
        person.jurisdiction = "GB"
    paused = requests.intake(hub, Wish(fourth, "access", Came("mail")), "petra")
    requests.pause(hub, paused, "petra")
    late = requests.intake(
        hub, Wish(fifth, "review", Came("desk"), "segment:gold_tier", {"text": "Why am I in it?"}), "petra"
    )
    with hub.begin() as work:
        row = work.session.query(PersonRequest).filter(PersonRequest.ref == late).one()
        row.due_on = hub.clock().date().replace(day=22)
    holds.place(hub, Wanted(first, "profiles", "lawsuit", "§ 142 ZPO, 7 O 114/26", "Legal department"), "legal")
    wish = erasure.intake(hub, first, "portal", Came("desk"))
    erasure.verify(hub, wish, "portal", "session")
    erasure.plan(hub, wish, "petra")
    return wish


def some_archived(hub: Hub) -> str:
    """Two invoices of somebody that a tax law wants kept, one of which was looked at; answers the ref of the other."""
    owner = a_newcomer(hub, "C-98")
    line = LineRecord(kind="labour", code="brakes", title="Front brake pads", price_minor=28_900)
    key = CustomerKey(partner_id=owner.number)
    visit = VisitRecord(customer=key, key="V-98", at=hub.clock(), branch=BERLIN.code, opened_at=hub.clock() - timedelta(days=400),
                        closed_at=hub.clock() - timedelta(days=399), currency="EUR", lines=(line,))  # fmt: skip
    bills = [
        InvoiceRecord(customer=key, key=f"I-{days}", at=hub.clock(), number=f"2026-{days}", branch=BERLIN.code,
                      visit_key="V-98" if days == 399 else None, net_minor=28_900, tax_minor=5_491, total_minor=34_391,
                      currency="EUR", issued_at=hub.clock() - timedelta(days=days))
        for days in (399, 40)
    ]  # fmt: skip
    folded(hub, BERLIN, visit, *bills, partner=OWN)
    with hub.begin() as work:
        person = work.session.get_one(Person, owner.person_id)
        looked_at, other = archives.keep(hub, work, person, owner.customer_id)
        refs = looked_at.ref, other.ref
    archives.open_one(hub, refs[1], "tax_audit", "Petra Amt")
    return refs[0]


def some_breaches(hub: Hub) -> None:
    """One that was noticed two days ago and concerns two laws, and one of this morning."""
    now = hub.clock()

    def noted(summary: str, hours: float, risk: str) -> str:
        began, noticed = now - timedelta(hours=hours + 20), now - timedelta(hours=hours)
        return breaches.note(hub, Noticed("confidentiality", summary, began, now, noticed, risk), "petra")

    first = noted("A list of appointments went to the wrong garage by mail", 60, "high")
    breaches.assess(hub, first, "everybody", "", "high", "petra")
    breaches.tell(hub, first, "DE", "authority", "petra")
    noted("A laptop was taken from a car", 3, "unknown")
