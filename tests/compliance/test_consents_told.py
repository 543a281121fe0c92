"""A yes and a no are heard by partners as soon as workers turn round, whoever said them and by whichever way."""

import json
from dataclasses import replace

import pytest
from jsonschema import validate
from sqlalchemy import select

from compliance import consents
from compliance.rights import subject_of
from hub import jobs
from hub.flow import customers
from hub.models import Customer, Message
from hub.sdk import ConsentRecord, CustomerKey
from office import MAPPING, Crm, a_mapping, keep_in_step
from partners import drain_all


@pytest.fixture
def club(hub, noting):
    """The loyalty programme, hearing of consents."""
    hears = {name: (name,) for name in ("consent_granted", "consent_withdrawn")}
    partner = hub.partners["club"]
    hub.partners["club"] = replace(partner, settings=replace(partner.settings, hears=hears))
    return noting["club"]


def says(hub, ref, state, channel="sms"):
    with hub.begin() as work:
        who = subject_of(work, ref=ref)
        word = consents.give if state == "granted" else consents.withdraw
        word(hub, work, who, "marketing", channel, "de", "portal")


def test_a_word_in_the_portal_is_heard_in_the_order_it_was_said(hub, club, told, clock):
    ref = told()
    said = clock.now
    says(hub, ref, "granted")
    says(hub, ref, "withdrawn")

    drain_all(hub)

    heard = [(push.topic, push.partner_id, push.body["kind"], push.body["by"]) for push in club.told]
    assert heard == [
        ("consent_granted", "m-C-1", "marketing", "sms"),
        ("consent_withdrawn", "m-C-1", "marketing", "sms"),
    ]
    assert (clock.now - said).total_seconds() < 60


def test_the_second_step_of_a_double_opt_in_is_the_yes_that_is_heard(hub, club, told, monkeypatch):
    ref = told()
    with hub.begin() as work:
        work_ref = subject_of(work, ref=ref)
        monkeypatch.setattr("compliance.consents.effects.announce", lambda *_: 1)  # the mail itself is another story
        assert consents.give(hub, work, work_ref, "marketing", "mail", "de", "portal") == "asked"
        ask = work.session.scalars(consents._waiting(work_ref.person.id, work.now)).one().ref
    monkeypatch.undo()
    drain_all(hub)
    assert club.told == []

    assert consents.confirm(hub, ask)
    drain_all(hub)

    assert [(push.topic, push.body["by"]) for push in club.told] == [("consent_granted", "mail")]


def test_who_told_us_is_not_told_back_and_history_is_told_to_nobody(hub, club, told, clock):
    told()
    key = CustomerKey(partner_id="m-C-1", customer_number="C-1")
    now = clock()
    years_ago = now.replace(year=now.year - 2)

    def words(by, at):
        record = ConsentRecord(customer=key, purpose="marketing", channel="sms", state="granted", notice="n", at=at)
        with hub.begin() as work:
            return customers.fold(hub, work, hub.partners[by], [record]).intents

    [(_, intent)] = words("club", now)
    assert intent.refs["origin"] == "club"
    assert words("crm", years_ago) == []


def test_while_a_person_is_restricted_their_no_is_heard_still_and_their_yes_is_not(hub, club, told, approved):
    ref = told()
    approved(ref)
    says(hub, ref, "granted")
    says(hub, ref, "withdrawn")

    drain_all(hub)

    assert [push.topic for push in club.told] == ["consent_withdrawn"]
    with hub.look() as session:
        [reason] = session.scalars(select(Message.reason).where(Message.topic == "consent_granted"))
    assert reason.startswith("restricted_people_are_left_alone")


def test_a_withdrawal_that_a_partner_told_stops_what_waits_for_another(hub, noting, told_by_club):
    """The text was put while the answer was unknown; the partner's no comes before it goes."""
    told_by_club(member_id="m-1", tier="gold", version=1, phone="+493012345", drain=False)
    no = {"purpose": "service_notice", "channel": "sms", "state": "withdrawn", "notice": "n1"}
    told_by_club("member.consent_changed", member_id="m-1", consent=no)

    assert noting["texts"].told == []
    with hub.look() as session:
        rows = session.execute(select(Message.state, Message.reason).where(Message.effect_key.contains("tier:")))
        states = {state: reason for state, reason in rows}
    assert states["refused"] == "no_means_no: consent was withdrawn"


def test_a_program_with_the_scope_hears_by_webhook_and_it_fits_the_catalogue(hub, acme, receiver, told):
    ref = told()
    body = {"url": receiver.url(), "events": ["consent.withdrawn"]}
    acme.call("POST", "/webhooks/endpoints", body)

    says(hub, ref, "granted")
    says(hub, ref, "withdrawn")
    drain_all(hub)

    [(_, _, heard)] = receiver.sandbox.heard
    catalogue = acme.client.get("/api/v1/webhooks/events").get_json()["events"]
    validate(json.loads(heard), catalogue["consent.withdrawn"]["schema"])
    assert json.loads(heard)["data"]["customer"] == ref
    assert "Anna" not in heard.decode()


def test_a_crm_that_is_kept_in_step_reads_what_is_agreed_to_in_a_field_of_its_own(office: Crm, hub, clock):
    keep_in_step(
        hub, office, a_mapping(MAPPING.replace("{ours: language, owner: ours}", "{ours: consents, owner: ours}"))
    )
    number = office.make(first="Anna", last="Berg", mail="anna@example.org")
    in_step(hub, clock)
    with hub.look() as session:
        ref = session.scalars(select(Customer.ref)).one()

    says(hub, ref, "granted")
    in_step(hub, clock)
    says(hub, ref, "withdrawn")
    in_step(hub, clock)

    assert office.written == [(number, {"tongue": "marketing:sms"}), (number, {"tongue": None})]


def in_step(hub, clock):
    """A minute passes, and workers do what is due."""
    jobs.serve(hub)
    for _ in range(2):
        clock.pass_by(seconds=30)
        jobs.drain("crm")
