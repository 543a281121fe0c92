"""What a shop tells of one customer's days: a car, visits with a line, declined work, a survey."""

from datetime import date

from hub.sdk import EventRecord, LineRecord, RecommendationRecord, VehicleRecord, VisitRecord
from shops import KEY, at

CAR = VehicleRecord(
    customer=KEY, partner_id="V-1", vin="WVWZZZ1JZXW000001", fuel="diesel",
    first_registered=date(2020, 1, 1), owned_since=date(2024, 1, 1),
)  # fmt: skip


def a_visit(key, day, km=1000, price=9000):
    line = LineRecord(kind="labour", code="OIL", quantity_milli=1000, price_minor=price, cost_minor=4000)
    return VisitRecord(
        customer=KEY, key=key, at=at(day), branch="berlin-mitte", vehicle_partner_id="V-1", reason="service", opened_at=at(day, 7),
        closed_at=at(day), odometer_km=km, currency="EUR", lines=(line,),
    )  # fmt: skip


def declined(key, day):
    return RecommendationRecord(
        customer=KEY, key=key, at=at(day), branch="berlin-mitte", vehicle_partner_id="V-1", code="brakes", part="brakes",
        safety="critical", amount_minor=31_200, currency="EUR", state="declined", made_at=at(day, 7), decided_at=at(day),
    )  # fmt: skip


def a_survey(day, score):
    return EventRecord(customer=KEY, kind="survey", key=f"N{day}", at=at(day), zone="UTC", attributes={"score": score})
