"""A customer's start page."""

import re

from flask import Flask

from desks import Clock, Visitor
from hub.core import Hub
from hub.models import Person
from mine import Owner, a_newcomer, an_owner, come_in


def test_a_customer_lands_on_their_own_page(customer: Visitor) -> None:
    answer = customer.get("/")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/my/")


def test_the_page_says_what_the_car_needs_next_and_why(customer: Visitor) -> None:
    text = customer.get("/my/").text

    assert "Hello, Mara Lindner." in text
    assert "Your Octavia wants a visit soon." in text
    assert "Next: Brakes." in text
    assert "We saw this on 2 April 2026." in text
    assert "€289.00" in text
    assert "Pads at 4.1 mm" in text
    assert "due in November 2026" in text, "the service, by the car's own rhythm"
    assert "B TH 4172" in text


def test_the_next_visit_stands_in_the_zone_of_its_branch(customer: Visitor) -> None:
    text = customer.get("/my/").text

    assert "Thursday 26 November<br>08:00" in text
    assert "Central European Standard Time" in text


def test_the_points_stand_before_the_next_tier(customer: Visitor) -> None:
    text = customer.get("/my/").text

    assert "29 of 45 points to Gold" not in text, "20 of them were gained more than a year ago"
    assert "9 of 45 points to Gold" in text
    assert "Silver since November 2025" in text


def test_another_car_is_chosen_by_its_ref(customer: Visitor, owner: Owner) -> None:
    text = customer.get(f"/my/?car={owner.cars[1]}").text

    assert "We do not know your Yaris yet." in text


def test_what_is_not_theirs_is_not_shown(app: Flask, hub: Hub, owner: Owner) -> None:
    other = an_owner(hub, "C-18", "Paul Brandt", "B XX 1")

    text = come_in(app, hub, other).get(f"/my/?car={owner.cars[0]}").text

    assert "Mara" not in text
    assert "B TH 4172" not in text
    assert "Paul Brandt" in text


def test_somebody_erased_is_nobody_here(hub: Hub, owner: Owner, customer: Visitor) -> None:
    with hub.begin() as work:
        work.session.get_one(Person, owner.person_id).data_key_id = None

    assert customer.get("/my/").status_code == 404


def test_the_chain_wears_its_own_name_and_colour(customer: Visitor) -> None:
    assert "Tarn &amp; Holt" in customer.get("/my/").text
    assert customer.get("/brand.css").text == ":root{--hue:30;--chroma:0.1}"


def test_the_first_view_is_light(customer: Visitor) -> None:
    page = customer.get("/my/")
    files = [customer.get(path, **{"Accept-Encoding": "gzip"}) for path in re.findall(r'"(/static/[^"]+)"', page.text)]

    assert len(files) > 3
    assert len(page.data) + sum(len(file.data) for file in files) <= 60_000


def test_a_visit_that_is_over_is_no_next_one(app: Flask, hub: Hub, owner: Owner, clock: Clock) -> None:
    clock.pass_by(days=3)

    assert "None is booked." in come_in(app, hub, owner).get("/my/").text


def test_a_newcomer_finds_a_page_that_says_what_will_be_here(app: Flask, hub: Hub) -> None:
    text = come_in(app, hub, a_newcomer(hub)).get("/my/").text

    assert "No car of yours is with us yet" in text
    assert "None is booked." in text
