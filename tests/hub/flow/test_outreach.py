"""Whom a branch calls today: dangers first, then money; the policy is asked, nobody twice in a month, and the list says how good it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from hub.errors import NotFound, WrongInput
from hub.flow import insights, outreach, scores
from hub.models import AuditEntry, Customer, Need, Outreach, Ownership, Person, Profile, Score
from hub.sdk import (
    AppointmentRecord,
    ConsentRecord,
    CustomerKey,
    CustomerRecord,
    Decision,
    RecommendationRecord,
    Trained,
    VehicleRecord,
    hookimpl,
)
from shops import BERLIN, at, folded


class Phone:
    """The policy of the test: notices by phone, unless somebody said no."""

    @hookimpl
    def decide(self, hub, question):
        said = question.facts["consent"] == "withdrawn"
        return [Decision("deny" if said else "allow", "phone", "said no" if said else "contract")]


@pytest.fixture
def branch(hub):
    hub.plugins.register(Phone(), name="phone")
    folded(hub, BERLIN, *(record for number in (1, 2, 3) for record in a_customer(number)))
    return "berlin-mitte"


def key(number):
    return CustomerKey(partner_id=f"C-{number}", customer_number=f"C-{number}")


def a_customer(number):
    yield CustomerRecord(customer=key(number), email=f"c{number}@example.org", branch="berlin-mitte")
    yield VehicleRecord(customer=key(number), partner_id=f"V-{number}", vin=f"WVWZZZ1JZXW00000{number}", fuel="electric",
                        owned_since=date(2024, 1, 1))  # fmt: skip


def needs(hub, **chances):
    """c1={"brakes": 0.5}: of the first customer's car; every service brings 100.00."""
    with hub.begin() as work:
        owned = work.session.execute(
            select(Ownership.customer_id, Ownership.vehicle_id).order_by(Ownership.customer_id)
        ).all()
        for name, services in chances.items():
            customer, car = owned[int(name[1:]) - 1]
            for service, chance in services.items():
                work.add(Need(customer_id=customer, vehicle_id=car, service=service, as_of=scores.today(hub), value=chance,
                              low=chance / 2, high=chance, support=3, price_minor=20_000, margin_minor=10_000, currency="EUR",
                              reasons=["done_due=1.2:+"], model="m"))  # fmt: skip


def listed(hub, capacity=10, one_in=1 << 62):
    """Made, and looked at."""
    outreach.make(hub, "berlin-mitte", capacity, "advisor", one_in)
    return outreach.listed(hub, "berlin-mitte")


def refs(hub):
    with hub.look() as session:
        return list(session.scalars(select(Customer.ref).order_by(Customer.id)))


def declined(number, safety="critical", state="declined", key_="F-1", day="2026-06-01"):
    return RecommendationRecord(
        customer=key(number), key=key_, at=at(day), branch="berlin-mitte", vehicle_partner_id=f"V-{number}", code="brakes",
        part="brakes", safety=safety, amount_minor=30_000, currency="EUR", state=state, made_at=at(day, 7), decided_at=at(day),
    )  # fmt: skip


def test_the_dearest_comes_first(hub, branch):
    needs(hub, c1={"oil": 0.3}, c2={"oil": 0.6}, c3={"oil": 0.4, "tyres": 0.1})

    found = listed(hub)

    one, two, three = refs(hub)
    assert [(row.rank, row.customer_ref, row.value_minor) for row in found.entries] == [
        (1, two, 1300), (2, three, 800), (3, one, 550)
    ]  # fmt: skip


def test_a_danger_goes_before_money(hub, branch):
    folded(hub, declined(1))
    needs(hub, c1={"brakes": 0.03}, c2={"oil": 0.9})

    assert [(row.service, row.safety) for row in listed(hub).entries] == [("brakes", True), ("oil", False)]


def test_a_danger_that_was_mended_is_none(hub, branch):
    folded(hub, declined(1), declined(1, state="sold", key_="F-2", day="2026-07-01"))
    needs(hub, c1={"brakes": 0.5})

    assert [row.safety for row in listed(hub).entries] == [False]


def test_the_list_is_as_long_as_there_is_capacity(hub, branch):
    needs(hub, c1={"oil": 0.3}, c2={"oil": 0.6}, c3={"oil": 0.4})

    assert len(listed(hub, 2).entries) == 2


def test_whoever_said_no_is_not_called_and_the_profile_says_why(hub, branch):
    folded(
        hub,
        ConsentRecord(
            customer=key(1),
            purpose="service_notice",
            channel="phone",
            state="withdrawn",
            notice="1",
            at=at("2026-01-01"),
        ),
    )
    needs(hub, c1={"oil": 0.9})

    assert listed(hub).entries == ()
    insight = insights.of_customer(hub, refs(hub)[0])
    assert (insight.best, insight.runners_up[0].denied) == (None, "phone: said no")


def test_whoever_has_an_appointment_is_left_in_peace(hub, branch):
    start = at("2026-12-01")
    folded(hub, AppointmentRecord(customer=key(1), key="A-1", at=at("2026-11-20"), branch="berlin-mitte", starts_at=start,
                                  ends_at=start + timedelta(hours=1), booked_at=at("2026-11-20")))  # fmt: skip
    needs(hub, c1={"oil": 0.9})

    assert listed(hub).entries == ()


def test_a_list_stays_the_same_all_day_and_nobody_is_on_it_again_within_a_month(hub, branch, clock):
    needs(hub, c1={"oil": 0.9})
    first = listed(hub)

    assert listed(hub) == first
    clock.pass_by(days=1)
    assert listed(hub).entries == ()
    clock.pass_by(days=31)
    assert len(listed(hub).entries) == 1


def test_looking_writes_nothing_and_so_lets_nobody_rest(hub, branch, clock):
    needs(hub, c1={"oil": 0.9})

    assert outreach.listed(hub, "berlin-mitte").entries == ()
    with hub.look() as session:
        assert session.scalars(select(Outreach)).all() == []
    clock.pass_by(days=1)
    assert len(listed(hub).entries) == 1


def test_a_list_is_lengthened_by_those_who_come_next_and_keeps_who_was_on_it(hub, branch):
    needs(hub, c1={"oil": 0.3}, c2={"oil": 0.6}, c3={"oil": 0.4})
    _one, two, three = refs(hub)

    first, longer = listed(hub, 1), listed(hub, 2)

    assert [row.customer_ref for row in first.entries] == [two]
    assert [(row.rank, row.customer_ref) for row in longer.entries] == [(1, two), (2, three)]
    assert listed(hub, 1) == longer, "a shorter wish takes nobody off"
    with hub.look() as session:
        told = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "outreach_listed")).all()
    assert list(told) == [{"calls": 1, "left_alone": 0}] * 2


def test_two_who_make_it_at_once_get_one_list(hub, branch):
    needs(hub, c1={"oil": 0.5}, c2={"oil": 0.6}, c3={"oil": 0.7})
    meet = Barrier(2)

    def look(_):
        meet.wait()
        return [row.customer_ref for row in listed(hub).entries]

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(look, range(2))

    assert first == second
    assert len(first) == 3


def test_a_part_drawn_by_lot_is_left_alone_but_never_with_a_danger(hub, branch):
    folded(hub, declined(1))
    needs(hub, c1={"brakes": 0.5}, c2={"oil": 0.9})

    found = listed(hub, one_in=1)

    assert ([row.service for row in found.entries], found.controls) == (["brakes"], 1)


def test_the_lot_falls_on_about_one_in_ten():
    drawn = sum(outreach._drawn(f"{number:032x}", date(2026, 11, 25), outreach.CONTROL) for number in range(3000))

    assert 200 < drawn < 400


def test_a_service_that_a_car_cannot_have_is_not_proposed(hub, branch):
    (hub.settings.config / "services.yaml").write_text(
        "services: {exhaust: {unless_fuel: [electric]}, breakdown: {offer: false}}"
    )
    needs(hub, c1={"exhaust": 0.9, "breakdown": 0.9, "oil": 0.2})

    assert [row.service for row in listed(hub).entries] == ["oil"]


def test_a_car_that_was_sold_since_is_proposed_nothing_for(hub, branch):
    needs(hub, c1={"oil": 0.9})
    with hub.begin() as work:
        for row in work.session.scalars(select(Ownership)):
            row.until = date(2026, 11, 20)

    assert listed(hub).entries == ()


def test_the_accuracy_is_that_of_lists_of_this_length(hub, branch):
    card = {"precision_at": {"10": {"precision": 0.5}, "50": {"precision": 0.4}}, "worth": True}
    scores.shelf_of(hub).put("need", "1", Trained(b"", card, ""))
    scores.shelf_of(hub).promote("need", "1")

    assert outreach.accuracy_of(hub, 12)["precision"] == 0.5
    assert outreach.accuracy_of(hub, 80)["list_length"] == 50


def test_what_came_of_a_call_is_kept_counted_and_audited(hub, branch):
    needs(hub, c1={"oil": 0.9})
    entry = listed(hub).entries[0]

    with hub.begin() as work:
        outreach.note(work, entry.id, "booked", "advisor")

    assert (listed(hub).entries[0].outcome, listed(hub).live) == ("booked", {"booked": 1})
    with hub.look() as session:
        assert "outreach_noted" in session.scalars(select(AuditEntry.action)).all()


def test_wrong_words_are_told(hub, branch):
    with pytest.raises(NotFound, match="no branch “nowhere”"):
        outreach.make(hub, "nowhere", 5, "advisor")
    with hub.begin() as work:
        with pytest.raises(WrongInput, match="is no outcome"):
            outreach.note(work, 1, "sold", "advisor")
        with pytest.raises(NotFound, match="no such line"):
            outreach.note(work, 1, "booked", "advisor")


def test_a_profile_shows_scores_with_history_and_what_to_do_with_runners_up(hub, branch):
    needs(hub, c1={"oil": 0.3, "tyres": 0.6})
    ref = refs(hub)[0]
    with hub.begin() as work:
        customer = work.session.scalar(select(Customer.id).where(Customer.ref == ref))
        for day, value in ((date(2026, 11, 1), 0.4), (date(2026, 11, 2), 0.5)):
            work.add(Score(customer_id=customer, name="churn", as_of=day, value=value, low=0.3, high=0.7, support=4,
                           reasons=["visits.overdue=2.3:+", "survey.last=:-"], model="m"))  # fmt: skip

    insight = insights.of_customer(hub, ref)

    assert (insight.best.service, [one.service for one in insight.runners_up]) == ("tyres", ["oil"])
    score = insight.scores[0]
    assert (score.value, score.history[0], score.reasons[0]) == (
        0.5,
        (date(2026, 11, 1), 0.4),
        insights.Reason("visits.overdue", 2.3, "+"),
    )
    assert score.reasons[1].value is None
    assert insights.of_customer(hub, "0" * 32) is None


def test_nobody_who_asked_to_be_left_alone_is_on_a_list(hub, branch):
    needs(hub, c1={"oil": 0.9})
    with hub.begin() as work:
        for person in work.session.scalars(select(Person)):
            person.restricted_at = work.now

    assert listed(hub).entries == ()
    with hub.look() as session:
        assert session.scalars(select(Outreach)).all() == []
        assert session.scalars(select(Profile)).all()
