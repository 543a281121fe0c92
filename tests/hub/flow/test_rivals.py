"""Several journeys, one allowance: the message that is expected to bring more goes, the others wait or are dropped, and say to whom
they gave way."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from hub.flow import outbox
from hub.flow.outbox import Intent
from hub.flow.rivals import Priced, Wanting, better, wanting
from hub.models import Consent, Customer, Message, Need, Ownership, Vehicle
from hub.rates import Rates
from partners import drain_all
from rules.parse import read_text
from rules.read_sending import read_sending
from rules.sending import Cap
from walking import rows

CAPS = "caps: [{purpose: marketing, most: 1, within: 7d}]\nstale_after: {marketing: 20d}\n"
DAY = timedelta(days=1)


@pytest.fixture
def customer(hub, noting, told_by_club) -> int:
    told_by_club(member_id="m-1", phone="+493012345", email="a@b.example", version=1)
    noting["texts"].told.clear()
    obey(hub, CAPS)
    with hub.begin() as work:
        one = work.session.scalars(select(Customer)).one()
        person = one.person_id
        for channel in ("sms", "mail"):
            work.put(Consent, person_id=person, purpose="marketing", channel=channel, state="granted", notice="n", at=work.now,
                     received_at=work.now, connection_id=hub.partner("club").id, source_hash=channel.encode())  # fmt: skip
        return one.id


def obey(hub, rules):
    hub.book.stand = replace(hub.book.stand, sending=read_sending(read_text(rules.encode(), "sending.yaml")))


def worth(euros, service="", chance=1.0):
    return {"chance": chance, "uplift": 1.0, "margin_minor": round(euros * 100), "currency": "EUR", "service": service}


def put(hub, customer_id, journey, euros=None, after=0.0, topic="marketing", **refs):
    with hub.begin() as work:
        ref = work.session.get_one(Customer, customer_id).ref
        more = {"customer_id": customer_id, "journey": journey, **refs}
        if euros is not None:
            more["worth"] = worth(euros)
        outbox.put(work, hub.partner("texts"), [Intent(topic, ref, journey, more)], after)


def told(noting):
    return [push.key for push in noting["texts"].told]


def stands(hub):
    return {one.effect_key: (one.state, one.why) for one in rows(hub, Message, Message.id)}


def test_the_dearest_goes_though_it_came_last_and_the_others_say_to_whom_they_gave_way(hub, noting, customer, clock):
    put(hub, customer, "tyres", 5)
    put(hub, customer, "wash", 2)
    put(hub, customer, "brakes", 40)
    drain_all(hub)

    assert told(noting) == ["brakes"]
    assert stands(hub) == {"tyres": ("waiting", "outranked"), "wash": ("waiting", "outranked"), "brakes": ("sent", "")}
    reasons = {one.effect_key: one.reason for one in rows(hub, Message, Message.id)}
    assert reasons["tyres"] == "“brakes” is expected to bring them 40.00 EUR, this 5.00 EUR"

    clock.pass_by(days=7, seconds=1)
    drain_all(hub)
    assert told(noting) == ["brakes", "tyres"], "the next allowance goes to the dearest of the rest"


def test_what_would_be_too_old_when_its_turn_comes_is_dropped_as_outranked(hub, noting, customer):
    obey(hub, CAPS.replace("20d", "3d"))
    put(hub, customer, "tyres", 5)
    put(hub, customer, "brakes", 40)
    drain_all(hub)

    assert (told(noting), stands(hub)) == (["brakes"], {"tyres": ("refused", "outranked"), "brakes": ("sent", "")})


def test_one_that_is_worth_more_and_comes_within_the_window_is_waited_for(hub, noting, customer, clock):
    put(hub, customer, "brakes", 40, after=3 * 86_400)
    put(hub, customer, "tyres", 5, topic="marketing")
    drain_all(hub)
    assert told(noting) == []
    clock.pass_by(days=3, minutes=1)
    drain_all(hub)
    assert told(noting) == ["brakes"]


def test_what_it_gave_way_to_may_fail_so_it_looks_again(hub, noting, customer, clock):
    put(hub, customer, "brakes", 40, after=3 * 86_400)
    put(hub, customer, "tyres", 5)
    drain_all(hub)
    with hub.begin() as work:
        work.session.scalars(select(Message).where(Message.effect_key == "brakes")).one().state = "cancelled"
    clock.pass_by(minutes=16)
    drain_all(hub)
    assert told(noting) == ["tyres"]


def test_law_and_safety_give_way_to_none_and_neither_does_what_no_journey_tells(hub, noting, customer):
    put(hub, customer, "recall", 0, exempt="safety")
    put(hub, customer, "brakes", 40, after=60)
    drain_all(hub)
    assert told(noting) == ["recall"]


def test_where_nobody_declares_anything_the_first_come_goes(hub, noting, customer):
    put(hub, customer, "first")
    put(hub, customer, "second")
    drain_all(hub)
    assert told(noting) == ["first"]
    assert stands(hub)["second"] == ("waiting", "cap")


def test_a_cap_for_each_car_counts_what_is_about_that_car_alone(hub, noting, customer):
    obey(hub, "caps: [{purpose: marketing, per: vehicle, most: 1, within: 7d}]\n")
    for number, car in enumerate((1, 1, 2, None, None)):
        put(hub, customer, f"j{number}", vehicle_id=car)
    drain_all(hub)
    drain_all(hub)
    assert sorted(told(noting)) == ["j0", "j2", "j3", "j4"]
    assert [one.reason for one in rows(hub, Message) if one.state == "waiting"] == [
        "1 marketing about one car within 7 days are the most"
    ]


# --- what a message is worth


def refs(customer, service="brakes", **more):
    return {"customer_id": customer, "journey": "j", "worth": worth(100, service, chance=0.1), **more}


def test_the_customers_own_score_says_chance_and_margin_where_there_is_one(hub, customer, clock):
    with hub.begin() as work:
        cars = [work.add(Vehicle(ref=f"{number:032d}", made_at=work.now)) for number in range(2)]
        work.session.flush()
        for car, chance in zip(cars, (0.5, 0.2), strict=True):
            work.add(Ownership(customer_id=customer, vehicle_id=car.id, role="owner", since=work.now.date()))
            work.add(Need(customer_id=customer, vehicle_id=car.id, service="brakes", as_of=work.now.date(), value=chance,
                          low=0, high=1, support=9, price_minor=30_000, margin_minor=20_000, currency="EUR", reasons=[],
                          model="m"))  # fmt: skip
        work.session.flush()
        rates = Rates(messages={"sms": {"EUR": Decimal("0.50")}})
        priced = Priced(work.session, rates, "sms", [customer])
        assert priced.worth(refs(customer), refs(customer)["worth"]) == (0.5 * 20_000 - 50, "EUR"), (
            "the surest of their cars"
        )
        about = refs(customer, vehicle_id=cars[1].id)
        assert priced.worth(about, about["worth"]) == (0.2 * 20_000 - 50, "EUR")
        other = refs(customer, "tyres")
        assert priced.worth(other, other["worth"]) == pytest.approx((0.1 * 10_000 - 50, "EUR")), (
            "as the journey declares it"
        )


def test_another_currency_is_no_comparison_and_a_journey_does_not_outrank_itself(clock):
    now, cap = clock(), Cap(1, 7 * DAY)
    mine = Wanting(now, "marketing", "sms", "a", None, 10.0, "EUR")
    others = [
        Wanting(now, "marketing", "sms", "b", None, 99.0, "AED"),
        Wanting(now, "marketing", "sms", "a", None, 99.0, "EUR"),
    ]
    assert better(cap, mine, others, now) == []
    assert [one.journey for one in better(cap, mine, [replace(others[0], currency="EUR")], now)] == ["b"]


def test_what_no_journey_tells_takes_no_part(clock):
    assert wanting({"customer_id": 1}, clock(), "marketing", "sms", None).minor is None
