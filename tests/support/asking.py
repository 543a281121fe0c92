"""Requests as a privacy desk sees them on a busy day: of every kind and state, one late, one held by law."""

from collections.abc import Sequence
from datetime import timedelta

from compliance import breaches, erasure, holds, requests
from compliance.breaches import Noticed
from compliance.holds import Wanted
from compliance.requests import Wish
from hub.core import Hub
from hub.models import Customer, Person, PersonRequest
from mine import with_own_door


def some_requests(hub: Hub, customers: Sequence[str]) -> str:
    """Answers the ref of an erasure that was planned and that a hold stands in the way of."""
    with_own_door(hub)
    first, second, third, fourth, fifth = customers[:5]
    requests.intake(hub, Wish(first, "access", "mail"), "petra")
    correction = requests.intake(hub, Wish(second, "rectification", "desk", wish={"phone": "+49 30 1234"}), "petra")
    requests.verify(hub, correction, "petra", "call_back")
    requests.intake(hub, Wish(second, "objection", "portal", "marketing"), "portal")
    refused = requests.intake(hub, Wish(third, "portability", "api"), "api")
    requests.refuse(hub, refused, "petra", "not_identified")
    with hub.begin() as work:
        person = work.session.query(Person).join(Customer).filter(Customer.ref == fourth).one()
        person.jurisdiction = "GB"
    paused = requests.intake(hub, Wish(fourth, "access", "mail"), "petra")
    requests.pause(hub, paused, "petra")
    late = requests.intake(
        hub, Wish(fifth, "review", "desk", "segment:gold_tier", {"text": "Why am I in it?"}), "petra"
    )
    with hub.begin() as work:
        row = work.session.query(PersonRequest).filter(PersonRequest.ref == late).one()
        row.due_on = hub.clock().date().replace(day=22)
    holds.place(hub, Wanted(first, "profiles", "lawsuit", "§ 142 ZPO, 7 O 114/26", "Legal department"), "legal")
    wish = erasure.intake(hub, first, "portal")
    erasure.verify(hub, wish, "portal", "session")
    erasure.plan(hub, wish, "petra")
    return wish


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
