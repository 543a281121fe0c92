"""One order shown to somebody without an account: once, for a time, and nothing else; prices only for who pays."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from desks import Clock, Visitor
from hub.core import Hub
from hub.models import AuditEntry, Estimate, GuestLink, Person
from hub.own import OWN
from mine import Owner, an_estimate, an_owner, come_in
from shops import folded


@pytest.fixture
def path(hub: Hub, owner: Owner) -> str:
    folded(hub, an_estimate(owner), partner=OWN)
    with hub.look() as session:
        return f"/my/estimates/{session.scalars(select(Estimate.ref)).one()}"


def invited(customer: Visitor, path: str, sees: str = "driver", hours: str = "24") -> str:
    """The path of the address that the page shows."""
    sent = {"token": customer.token("/my/"), "sees": sees, "hours": hours}
    found = re.search(r">https?://[^/]+(/guest/[\w-]{43})<", customer.post(f"{path}/guests", sent).text)
    assert found is not None
    return found[1]


def link(hub: Hub) -> GuestLink:
    with hub.look() as session:
        return session.scalars(select(GuestLink)).one()


def test_a_driver_sees_safety_and_state_of_the_one_order_and_no_price(
    app: Flask, hub: Hub, customer: Visitor, path: str
) -> None:
    address, guest = invited(customer, path), Visitor(app)

    assert guest.get(address).status_code == 200
    assert link(hub).opens == 0, "what a scanner of mails fetches opens nothing"
    answer = guest.post(address)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/guest/")

    text = guest.get("/guest/").text
    assert "Order for the Škoda Octavia" in text
    assert "It matters for safety. The car can be driven, but plan it in soon." in text
    assert "Spreewerk Garage" in text
    for kept_back in ("€", "289", "Mara", "B TH 4172", "TMBJJ7NE0K0214088", "Pads at", "We can do both"):
        assert kept_back not in text, kept_back
    assert "Opened on 25 Nov, 10:00" in customer.get(path).text
    assert guest.get(path).status_code == guest.get("/my/").status_code == 401, "nothing leads on from here"


def test_who_pays_sees_prices(app: Flask, customer: Visitor, path: str) -> None:
    guest = Visitor(app)
    guest.post(invited(customer, path, "payer"))

    assert "€289.00" in guest.get("/guest/").text
    assert "€478.00" in guest.get("/guest/").text


def test_it_opens_once_and_says_the_same_of_every_address_that_does_not(
    app: Flask, hub: Hub, customer: Visitor, path: str
) -> None:
    address, missing = invited(customer, path), "/guest/" + "x" * 43
    Visitor(app).post(address)

    second = Visitor(app)
    pages = [second.post(one).text.replace(one, "") for one in (address, missing)]

    assert pages[0].split("nonce")[0] == pages[1].split("nonce")[0]
    assert "It was opened before, or has ended" in pages[0]
    offers = [second.get(one).text.replace(one, "").split("nonce")[0] for one in (address, missing)]
    assert offers[0] == offers[1]
    assert second.get("/guest/").status_code == 404
    assert link(hub).opens == 1


def test_what_was_opened_closes_when_its_owner_ends_it(app: Flask, hub: Hub, customer: Visitor, path: str) -> None:
    guest = Visitor(app)
    guest.post(invited(customer, path))

    ended = customer.post(f"/my/estimates/guests/{link(hub).ref}/end", {"token": customer.token("/my/")})

    assert ended.status_code == 303
    assert guest.get("/guest/").status_code == 404
    assert "Ended by you" in customer.get(path).text
    with hub.look() as session:
        told = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("guest%")).order_by(AuditEntry.id)
        )
        assert list(told) == ["guest_link_made", "guest_link_opened", "guest_link_ended"]


def test_it_ends_by_itself(app: Flask, customer: Visitor, path: str, clock: Clock) -> None:
    late, sitting = invited(customer, path, hours="1"), Visitor(app)
    sitting.post(invited(customer, path))

    clock.now += timedelta(minutes=31)
    assert sitting.get("/guest/").status_code == 404
    clock.now += timedelta(minutes=30)
    assert Visitor(app).post(late).status_code == 422


@pytest.mark.parametrize("lost", [{"data_key_id": None}, {"restricted_at": "now"}])
def test_nothing_is_shown_of_somebody_who_was_erased_or_restricted(
    app: Flask, hub: Hub, customer: Visitor, path: str, lost: dict[str, str | None]
) -> None:
    guest, other = Visitor(app), invited(customer, path)
    guest.post(invited(customer, path))

    with hub.begin() as work:
        work.session.execute(update(Person).values({name: value and work.now for name, value in lost.items()}))

    assert guest.get("/guest/").status_code == 404
    assert Visitor(app).post(other).status_code == 422


def test_a_cookie_that_was_written_by_hand_opens_nothing(app: Flask, hub: Hub, customer: Visitor, path: str) -> None:
    invited(customer, path)
    guest = Visitor(app)

    for token in (f"{link(hub).ref}.9999999999.{'0' * 64}", "x", "..", "ä.1.2"):
        guest.client.set_cookie("guest", token, domain="eu.localhost", path="/guest/")
        assert guest.get("/guest/").status_code == 404


def test_nobody_makes_or_ends_an_address_of_somebody_else(app: Flask, hub: Hub, customer: Visitor, path: str) -> None:
    invited(customer, path)
    stranger = come_in(app, hub, an_owner(hub, "C-18", "Paul Brandt", "B XX 1"))
    sent = {"token": stranger.token("/my/"), "sees": "payer", "hours": "24"}

    assert stranger.post(f"{path}/guests", sent).status_code == 404
    assert stranger.post(f"/my/estimates/guests/{link(hub).ref}/end", sent).status_code == 404
    assert link(hub).revoked_at is None


def test_what_was_not_offered_is_refused_in_words(customer: Visitor, path: str) -> None:
    sent = {"token": customer.token("/my/"), "sees": "owner", "hours": "9999"}

    answer = customer.post(f"{path}/guests", sent)

    assert answer.status_code == 422
    assert "Choose what they see and one of the times." in answer.text
