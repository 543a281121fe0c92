"""The pages of a customer's cars."""

from flask import Flask
from sqlalchemy import select

from desks import Visitor, bare
from hub.core import Hub
from hub.models import Invoice
from hub.own import OWN
from hub.sdk import CustomerKey, FindingRecord, InspectionRecord, InvoiceRecord, VehicleRecord
from kept import some_documents
from mine import Owner, a_newcomer, an_owner, come_in, noon
from shops import folded


def test_a_car_tells_its_visits_the_latest_first(customer: Visitor, owner: Owner) -> None:
    text = customer.get(f"/my/cars/{owner.cars[0]}").text

    assert "4 visits" in text
    days = [text.index(day) for day in ("2 April 2026 ·", "14 November 2025", "11 November 2024", "20 November 2023")]
    assert days == sorted(days)
    assert "Oil and filter" in text
    assert "€170.90" in text, "the sum of the lines of a service"
    assert "Advised: Brakes" in text
    assert "Spreewerk Garage" in text


def test_what_is_shown_can_be_chosen(customer: Visitor, owner: Owner) -> None:
    text = customer.get(f"/my/cars/{owner.cars[0]}?show=advice").text

    assert "Advised: Brakes" in text
    assert "Oil and filter" not in text


def test_a_measure_stands_beside_the_one_before(hub: Hub, customer: Visitor, owner: Owner) -> None:
    key = CustomerKey(partner_id=owner.number)
    looks = [("2024-11-11", 5.6), ("2026-04-02", 4.1)]
    folded(hub, *(
        InspectionRecord(customer=key, key=f"I{day}", at=noon(day), done_at=noon(day), visit_key=f"{owner.number}-{day}",
                         vehicle_partner_id=f"{owner.number}-1",
                         findings=(FindingRecord(part="brakes", safety="advisory", measured=mm, unit="mm"),))
        for day, mm in looks
    ), partner="own")  # fmt: skip

    text = customer.get(f"/my/cars/{owner.cars[0]}").text

    assert "4.1 mm" in text
    assert "before: 5.6 mm" in text


def test_photos_and_films_stand_with_the_visit_they_were_taken_at_and_lead_to_themselves(
    app: Flask, hub: Hub, customer: Visitor, owner: Owner
) -> None:
    kept = some_documents(hub, owner)

    text = customer.get(f"/my/cars/{owner.cars[0]}").text

    latest, earlier = text.split('<li class="visit')[1:3]
    for name in ("photo", "film"):
        assert f"/my/documents/{kept.refs[name]}" in latest
    assert "Front brakes" in latest
    assert "/my/documents/" not in earlier
    for hidden in ("converting", "checking", "invoice"):
        assert kept.refs[hidden] not in text
    assert "Front brakes" in customer.get(f"/my/cars/{owner.cars[0]}?show=readings").text
    assert "Front brakes" not in customer.get(f"/my/cars/{owner.cars[0]}?show=work").text


def test_a_car_of_somebody_else_and_one_that_is_nowhere_are_the_same(app: Flask, hub: Hub, owner: Owner) -> None:
    other = come_in(app, hub, an_owner(hub, "C-18", "Paul Brandt", "B XX 1"))

    foreign, missing = other.get(f"/my/cars/{owner.cars[0]}"), other.get(f"/my/cars/{'0' * 32}")

    assert foreign.status_code == missing.status_code == 404
    assert bare(foreign.text) == bare(missing.text)


def test_a_sold_cars_history_ends_for_the_one_and_is_closed_to_the_other(app: Flask, hub: Hub, owner: Owner) -> None:
    buyer = an_owner(hub, "C-18", "Paul Brandt", "B XX 1")
    sold_on = noon("2026-11-20").date()
    told = VehicleRecord(customer=CustomerKey(partner_id="C-18"), partner_id=f"{owner.number}-1", owned_since=sold_on)
    folded(hub, told, partner="own")

    seller, new = come_in(app, hub, owner), come_in(app, hub, buyer)
    mine, theirs = seller.get(f"/my/cars/{owner.cars[0]}").text, new.get(f"/my/cars/{owner.cars[0]}").text

    assert "Its history ends here" in mine
    assert "4 visits" in mine
    assert "No visit yet" in theirs
    for word in ("Mara", "Oil and filter", "Pads at 4.1 mm", "B TH 4172", "TMBJJ7NE0K0214088"):
        assert word not in theirs


def test_the_mileage_has_its_numbers_behind_it(customer: Visitor, owner: Owner) -> None:
    text = customer.get(f"/my/cars/{owner.cars[0]}").text

    assert "How far it has come" in text
    assert "75,200" in text


def test_an_invoice_to_somebody_else_for_ones_own_visit_keeps_its_number(
    hub: Hub, customer: Visitor, owner: Owner
) -> None:
    firm = a_newcomer(hub)
    bill = InvoiceRecord(
        customer=CustomerKey(partner_id=firm.number), key="R-9", at=noon("2026-04-02"), issued_at=noon("2026-04-02"),
        net_minor=10_168, tax_minor=1_932, total_minor=12_100, currency="EUR", number="R-2026-909",
        visit_key=f"{owner.number}-2026-04-02",
    )  # fmt: skip
    folded(hub, bill, partner=OWN)
    with hub.look() as session:
        row = session.scalars(select(Invoice).where(Invoice.customer_id == firm.customer_id)).one()
        assert row.visit_id is not None

    text = customer.get(f"/my/cars/{owner.cars[0]}").text

    assert "€121.00" in text
    assert "R-2026-909" not in text


def test_all_cars_stand_in_one_list(customer: Visitor) -> None:
    text = customer.get("/my/cars/").text

    assert "Octavia" in text
    assert "Yaris" in text
