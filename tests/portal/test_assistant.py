"""The assistant answers from the customer's own rows, says that it is one, and passes on to people what it does not know."""

import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from desks import NOW, Clock, Visitor
from hub.core import Hub
from hub.flow import entrusting, transcripts
from hub.models import Handoff, ReplyTimer
from hub.own import OWN
from hub.sdk import (
    AppointmentRecord,
    CustomerKey,
    InvoiceRecord,
    LineRecord,
    RecommendationRecord,
    VisitRecord,
)
from mine import BERLIN, Owner, a_newcomer, come_in
from shops import folded

FILE = Path(__file__).parents[2] / "config" / "assistant.yaml"


@pytest.fixture(autouse=True)
def assistant(hub: Hub) -> None:
    shutil.copy(FILE, hub.settings.config / "assistant.yaml")


def ask(customer: Visitor, text: str, language: str = "en") -> str:
    """What the page says after these words."""
    sent = {"token": customer.token("/my/"), "text": text, "client_id": f"message-{len(text)}-{ord(text[0])}"}
    assert customer.post("/my/chat/", sent, Accept_Language=language).status_code == 303
    return customer.get("/my/chat/", Accept_Language=language).text


def handoff(hub: Hub) -> Handoff:
    with hub.look() as session:
        return session.scalars(select(Handoff)).one()


def test_points_are_told_with_what_ends_next(customer: Visitor) -> None:
    text = ask(customer, "How many points do I have?")

    assert "You have 29 points." in text
    assert "20 of them end on 15 November 2027." in text
    assert "Assistant, automatic" in text
    assert "Your message waits for an advisor." not in text


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "When is my next appointment?", "Your next appointment: Thursday 26 November, 08:00, at Spreewerk Garage."),
        ("de", "Wann ist mein Termin?", "Ihr nächster Termin: Do., 26. November, 08:00, bei Spreewerk Garage."),
        ("ar", "متى موعدي القادم؟", "موعدك القادم:"),
        ("th", "นัดครั้งถัดไปเมื่อไหร่", "นัดครั้งถัดไปของคุณ:"),
    ],
)  # fmt: skip
def test_the_next_appointment_is_told_in_the_readers_language(
    customer: Visitor, language: str, question: str, answer: str
) -> None:
    assert answer in ask(customer, question, language)


def test_a_car_that_is_here_is_told_with_the_time_it_is_planned_for_and_one_that_was_finished_is_ready(
    hub: Hub, owner: Owner, customer: Visitor, clock: Clock
) -> None:
    key, opened = CustomerKey(partner_id=owner.number), NOW - timedelta(hours=1)
    visit = VisitRecord(
        customer=key, key="V-now", at=NOW, opened_at=opened, vehicle_partner_id=f"{owner.number}-1", branch=BERLIN.code, lines=()
    )  # fmt: skip
    came = AppointmentRecord(
        customer=key, key="A-now", at=NOW, branch=BERLIN.code, starts_at=opened, ends_at=NOW + timedelta(hours=3), booked_at=opened,
        vehicle_partner_id=f"{owner.number}-1", state="arrived",
    )  # fmt: skip
    assert "None of your cars is with us now." in ask(customer, "Is my car ready?")

    folded(hub, visit, came, partner=OWN)
    text = ask(customer, "And now, is my car ready?")
    assert "Škoda Octavia: still with us." in text
    assert "It is planned to be ready by Wednesday 25 November, 13:00." in text

    clock.pass_by(hours=1)
    folded(hub, replace(visit, at=clock(), closed_at=clock()), partner=OWN)
    assert "Škoda Octavia: ready. The work was finished on 25 Nov, 11:00." in ask(customer, "Is the car ready at last?")


def test_the_last_invoice_is_told_and_hours_are_those_of_the_branch(hub: Hub, owner: Owner, customer: Visitor) -> None:
    bill = InvoiceRecord(customer=CustomerKey(partner_id=owner.number), key="R-1", at=NOW, issued_at=NOW, net_minor=10_000, tax_minor=1_900,
                         total_minor=11_900, currency="EUR", number="R-2026-118")  # fmt: skip
    folded(hub, bill, partner=OWN)

    text = ask(customer, "Where is my last invoice, and what are your opening hours?")

    assert "Your last invoice is of 25 November 2026: €119.00." in text
    assert "Its number is R-2026-118." in text
    assert "We answer here around the clock." in text, "no desk of this region names a calendar"


def test_somebody_of_whom_nothing_is_known_gets_honest_answers(app: Flask, hub: Hub) -> None:
    nina = come_in(app, hub, a_newcomer(hub))

    assert "You have no card with us yet." in ask(nina, "How many points?")
    assert "You have no appointment." in ask(nina, "My appointment?")
    assert "There is no invoice for you yet." in ask(nina, "The invoice?")


def test_what_is_not_understood_goes_to_people_with_what_was_asked_and_answered(
    app: Flask, hub: Hub, owner: Owner, customer: Visitor
) -> None:
    ask(customer, "How many points do I have?")
    text = ask(customer, "There is a hum in the front left wheel")

    assert "I pass this on to a person." in text
    assert "A first answer comes by" in text
    assert "we tell you by mail" in text
    assert (handoff(hub).cause, handoff(hub).tried) == ("not_understood", ["points"])
    with hub.look() as session:
        timer = session.scalars(select(ReplyTimer).where(ReplyTimer.measure == "first")).one()
    assert timer.state == "running", "what the assistant says is no answer of a person"

    advisor = Visitor(app).sign_in(hub, "advisor", title="Jonas Weber")
    with hub.look() as session:
        said = transcripts.of_customer(hub, session, owner.customer_id)
    seen = advisor.get(f"/desk/inbox/?c={said[0]['ref']}").text
    assert "The assistant did not know an answer." in seen
    assert "Answered before: points." in " ".join(seen.split())
    assert "There is a hum in the front left wheel" in seen
    assert "They come next on 26 Nov, 08:00." in seen
    assert [one["author"] for one in said[0]["posts"] if one["kind"] == "said"] == [
        "customer",
        "bot",
        "customer",
        "bot",
    ]


def test_a_person_can_be_asked_for_by_a_button_before_any_word(hub: Hub, customer: Visitor) -> None:
    assert "Ask for a person" in customer.get("/my/chat/").text

    for _ in range(2):  # a double click
        assert customer.post("/my/chat/person", {"token": customer.token("/my/")}).status_code == 303

    assert (handoff(hub).cause, handoff(hub).tried) == ("asked", [])
    text = customer.get("/my/chat/").text
    assert text.count("I pass this on to a person.") == 1
    assert "Ask for a person" not in text


def test_the_same_words_sent_twice_are_answered_once(hub: Hub, customer: Visitor) -> None:
    for _ in range(2):
        text = ask(customer, "How many points do I have?")

    assert text.count("You have 29 points.") == 1


def test_once_a_person_has_it_the_assistant_is_silent(hub: Hub, customer: Visitor) -> None:
    ask(customer, "I want to talk to a person")

    assert "You have 29 points." not in ask(customer, "How many points do I have?")


def test_what_it_says_lies_sealed(hub: Hub, customer: Visitor) -> None:
    ask(customer, "I want to talk to a person about my purple cat")

    with hub.look() as session:
        summary = session.scalars(select(Handoff.summary)).one()
    assert summary is not None
    assert b"purple cat" not in summary


@pytest.fixture
def driver(app: Flask, hub: Hub, owner: Owner) -> Visitor:
    """Of the owner's first car, since yesterday; with no car of their own there."""
    other = a_newcomer(hub)
    with hub.begin() as work:
        work.now -= timedelta(days=1)
        secret = entrusting.invite(work, owner.customer_id, owner.cars[0], "driver", "my daughter", "test")
        entrusting.accept(hub, work, other.customer_id, secret, "test")
    return come_in(app, hub, other)


def test_a_driver_hears_how_far_the_car_is_and_what_touches_its_safety_and_no_price(
    hub: Hub, owner: Owner, driver: Visitor
) -> None:
    key = CustomerKey(partner_id=owner.number)
    visit = VisitRecord(
        customer=key, key="V-now", at=NOW, opened_at=NOW, vehicle_partner_id=f"{owner.number}-1", branch=BERLIN.code,
        currency="EUR", note="Zoë-blue", lines=(LineRecord(code="brk", title="Zoë-blue pads", price_minor=11_977),),
    )  # fmt: skip
    pads = RecommendationRecord(
        customer=key, key="REC-now", at=NOW, made_at=NOW, vehicle_partner_id=f"{owner.number}-1", code="brk", part="front_brake_pads",
        safety="critical", amount_minor=31_900, currency="EUR", note="Zoë-blue",
    )  # fmt: skip
    folded(hub, visit, pads, partner=OWN)

    ready = ask(driver, "Is my car ready?")
    safe = ask(driver, "And is it safe to drive then?")

    assert "Škoda Octavia: still with us." in ready
    assert re.search(r"Škoda Octavia: Front brake pads, seen on 25 November 2026. The car is not safe like this.", safe)
    for secret in ("119.77", "319", "Zoë"):
        assert secret not in safe


def test_a_driver_hears_nothing_from_before_the_car_was_theirs_and_gets_a_person_for_anything_else(
    hub: Hub, owner: Owner, driver: Visitor
) -> None:
    key, before = CustomerKey(partner_id=owner.number), NOW - timedelta(days=9)
    visit = VisitRecord(
        customer=key, key="V-before", at=before, opened_at=before, vehicle_partner_id=f"{owner.number}-1", branch=BERLIN.code, lines=()
    )  # fmt: skip
    folded(hub, visit, partner=OWN)

    assert "None of your cars is with us now." in ask(driver, "Is my car ready?")
    assert "Your message waits for an advisor." in ask(driver, "It pulls to the left since Monday")
    assert handoff(hub).cause == "not_understood"
