"""The page of a customer's points."""

from flask import Flask

from desks import Visitor
from hub.core import Hub
from hub.sdk import CustomerKey, LoyaltyRecord
from mine import Owner, a_newcomer, come_in, noon
from shops import folded


def test_every_point_is_explained_and_the_tier_too(customer: Visitor) -> None:
    text = customer.get("/my/points/").text

    assert "Why you are Silver" in text
    assert "You earned 9 points since 25 November 2025." in text
    assert "Silver takes 18 within 12 months." in text
    assert "36 points more, and you are Gold." in text
    assert "Your visit on 2 April 2026" in text
    assert "+9" in text
    assert "15 November 2027" in text, "what was gained a year ago ends in a year"


def test_the_open_page_hears_what_the_programme_tells(hub: Hub, customer: Visitor, owner: Owner) -> None:
    stream = iter(customer.get("/my/points/stream").response)
    first = next(stream), next(stream)

    key = CustomerKey(partner_id=owner.number)
    folded(hub, LoyaltyRecord(customer=key, version=3, at=noon("2026-11-24"), points=41), partner="own")
    told = next(stream)

    assert b"29" in first[1]
    assert b"event: part" in told
    assert b"41" in told


def test_whoever_has_no_card_is_told_how_to_get_one(app: Flask, hub: Hub) -> None:
    assert "You have no card yet" in come_in(app, hub, a_newcomer(hub)).get("/my/points/").text
