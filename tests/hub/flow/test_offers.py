"""Offers and referrals follow the shop's latest word; nobody who was held back has heard of one, nobody brings themselves."""

from datetime import date

from sqlalchemy import select

from hub.models import AuditEntry, Customer, Offer, Referral, Visit
from hub.sdk import CustomerKey, OfferRecord, ReferralRecord, VisitRecord
from shops import BERLIN, KEY, at, folded, standing

FRIEND = CustomerKey(partner_id="C-18")


def an_offer(version=1, **more):
    given = {"key": "O-1", "code": "spring-check", "channel": "mail", "percent": 10.0, "branch": BERLIN.code}
    days = {"valid_from": date(2026, 3, 2), "valid_until": date(2026, 3, 23), "made_at": at("2026-03-02")}
    return OfferRecord(customer=KEY, at=at("2026-03-02"), version=version, **{**given, **days, **more})


def a_referral(customer=KEY, referred=FRIEND, **more):
    given = {"key": "T-1", "at": at("2026-03-02"), "made_at": at("2026-03-02"), "branch": BERLIN.code}
    return ReferralRecord(customer=customer, referred=referred, **{**given, **more})


def rows(hub, model):
    with hub.look() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def test_an_offer_is_made_once_and_used_once_whatever_is_told_again(hub):
    used = an_offer(2, redeemed_at=at("2026-03-09"), visit_key="V-1")

    folded(hub, BERLIN, an_offer())
    folded(hub, used)
    folded(hub, an_offer(), used)

    (offer,) = rows(hub, Offer)
    assert (offer.code, offer.percent, offer.redeemed_at, offer.version) == ("spring-check", 10.0, at("2026-03-09"), 2)
    assert [event.kind for event in standing(hub)] == ["offer_made", "offer_redeemed"]


def test_an_offer_finds_its_visit_whenever_that_is_told(hub):
    folded(hub, BERLIN, an_offer(redeemed_at=at("2026-03-09"), visit_key="V-1"))
    assert rows(hub, Offer)[0].visit_id is None

    folded(hub, VisitRecord(customer=KEY, key="V-1", at=at("2026-03-09"), opened_at=at("2026-03-09")))

    assert [offer.visit_id for offer in rows(hub, Offer)] == [visit.id for visit in rows(hub, Visit)]


def test_whoever_is_held_back_has_a_row_and_no_event(hub):
    folded(hub, BERLIN, an_offer(held_back=True))

    assert [offer.held_back for offer in rows(hub, Offer)] == [True]
    assert standing(hub) == []


def test_a_referral_names_somebody_who_may_be_told_of_later(hub):
    folded(hub, BERLIN, a_referral())

    (referral,), people = rows(hub, Referral), rows(hub, Customer)
    assert {referral.customer_id, referral.referred_id} == {one.id for one in people}
    assert [(event.kind, event.customer_id) for event in standing(hub)] == [("referral_made", referral.customer_id)]


def test_nobody_brings_themselves_under_another_name(hub):
    mine = CustomerKey(partner_id="C-17", customer_number="EU-1")
    also = CustomerKey(partner_id="C-17-old", customer_number="EU-1")

    done = folded(hub, BERLIN, a_referral(mine, also))

    assert (rows(hub, Referral), standing(hub), done.new, done.repeats) == ([], [], 1, 1)
    assert "referral_of_oneself" in {entry.action for entry in rows(hub, AuditEntry)}
