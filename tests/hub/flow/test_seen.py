"""The predicate sees of a customer what SQL sees."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from hub.flow import customers, facts, seen
from hub.models import Consent, Customer, Ownership, Score
from hub.sdk import CustomerKey, EventRecord, VehicleRecord
from rules.check import Checker
from rules.parse import read_text
from rules.predicate import holds
from rules.sql import select_members

WHENS = [
    "{region: {is: eu}}",
    "{vehicle: {some: [{class: {is: Midsize Cars}}, {fuel: {is: diesel}}, {age: {at_least: 4y}}, {event: {kind: visit}}]}}",
    "{vehicle: {every: [{make: {is: Skoda}}, {owned_since: {before: 2026-01-01}}, {odometer: {below: 90000}}]}}",
    "{score.churn: {at_least: 0.6, leave_below: 0.5, max_age: 30d}}",
    "{consent: {purpose: marketing, channel: mail, is: granted}}",
    "{consent: {purpose: marketing, channel: sms, is: missing}}",
    "{event: {kind: visit, sum: {amount: {at_least: 50 EUR}}, distinct: {vehicle: {is: 1}}}}",
    "{sequence: {by: vehicle, steps: [visit, {not: complaint, within: 14d}]}}",
]


@pytest.fixture
def known(hub, noting):
    """A customer with a car, a visit, two scores and consent to mail; and another with nothing."""
    partner, key = hub.partners["files"], CustomerKey(partner_id="C-1", customer_number="C-1")
    nobody = CustomerKey(partner_id="C-2", customer_number="C-2")
    day = datetime(2026, 10, 1, 10, tzinfo=UTC)
    with hub.begin() as work:
        records = [
            VehicleRecord(customer=key, partner_id="V-1", make="Skoda", model="Octavia", vehicle_class="Midsize Cars", fuel="diesel",
                          odometer_km=80_000, first_registered=date(2019, 5, 1), owned_since=date(2020, 1, 1)),
            EventRecord(customer=key, kind="visit", key="1", at=day, zone="Europe/Berlin", vehicle_partner_id="V-1",
                        amount_minor=5000, currency="EUR"),
            EventRecord(customer=nobody, kind="complaint", key="2", at=day, zone="Europe/Berlin"),
        ]  # fmt: skip
        facts.refresh(work, customers.fold(hub, work, partner, records).touched)
        work.session.flush()
        mine = work.session.scalar(select(Ownership.customer_id))
        for number, value in enumerate((0.7, 0.55)):
            work.add(Score(customer_id=mine, name="churn", as_of=date(2026, 11, 20 + number), value=value, low=value - 0.1,
                           high=value + 0.1, support=9, reasons=[], model="m"))  # fmt: skip
        person = work.session.get_one(Customer, mine).person_id
        work.add(Consent(person_id=person, purpose="marketing", channel="mail", state="granted", notice="", at=day,
                         received_at=day, connection_id=partner.id, source_hash=b"1"))  # fmt: skip
    return mine


@pytest.mark.parametrize("when", WHENS)
def test_sql_and_the_predicate_agree_on_the_tables_of_the_hub(hub, known, when):
    source = read_text(f"when: {when}".encode(), "rule.yaml")
    checker = Checker(source, hub.book.catalogue)
    condition = checker.condition(source.top["when"], source.top, "when")
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    with hub.look() as session:
        ids = list(session.scalars(select(Customer.id)))
        by_sql = set(session.scalars(select_members(condition, seen.TABLES, now, "Europe/Berlin")))
        views = seen.load(session, hub.book.catalogue, ids)

    assert len(views) == 2
    assert known in by_sql
    assert by_sql == {one for one, view in views.items() if holds(condition, view, now, "Europe/Berlin")}


def test_a_bucket_is_drawn_alike_by_sql_and_by_the_predicate(hub, known):
    source = read_text(b"when: {bucket: {of: spring, below: 0.5}}", "rule.yaml")
    condition = Checker(source, hub.book.catalogue).condition(source.top["when"], source.top, "when")
    now = hub.clock()

    with hub.look() as session:
        views = seen.load(session, hub.book.catalogue, session.scalars(select(Customer.id)))
        by_sql = set(session.scalars(select_members(condition, seen.TABLES, now, "UTC")))

    assert by_sql == {one for one, view in views.items() if holds(condition, view, now, "UTC")}
