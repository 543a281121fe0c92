"""Whoever asked once and became no customer leaves nothing when their term is over; a hold and a visit keep them."""

import csv

import pytest
from sqlalchemy import func, select

from compliance import cases, erasure, execution, holds, report, requests, retention
from compliance.cases import RETENTION
from compliance.coming import Came
from compliance.holds import Wanted
from compliance.requests import Wish
from hub.errors import WrongInput
from hub.flow import conversations, customers, pipeline, strangers
from hub.flow.conversations import Words
from hub.models import AuditEntry, Conversation, Customer, ErasureRequest, Person, PersonalValue, Post
from hub.sdk import CustomerKey, CustomerRecord


@pytest.fixture
def guest(hub):
    """The ref of somebody who asked from a site."""
    with hub.begin() as work:
        found = strangers.receive(hub, work, "form-1", "Zoë", "zoe@example.org", "https://garage.example", "de")
        conversations.write(hub, work, found, Words("Do you fit tyres?"), "de")
        return found.ref


def due_at(hub, ref):
    """A run began to forget them, and got no further."""
    with hub.begin() as work:
        return erasure.put(hub, work, ref, "clock", None, RETENTION)


def left_of(hub, ref):
    """(values, words, conversations, is there a key)"""
    with hub.look() as session:
        rows = (select(func.count()).select_from(model) for model in (PersonalValue, Post, Conversation))
        key = select(Person.data_key_id).join(Customer, Customer.person_id == Person.id).where(Customer.ref == ref)
        return (*(session.scalar(one) for one in rows), session.scalar(key) is not None)


def test_a_question_that_led_to_nothing_is_forgotten_after_its_term_with_a_certificate(hub, guest, clock):
    clock.pass_by(days=89)
    assert "customers" not in retention.run(hub, "petra")
    clock.pass_by(days=2)
    assert [(one.record_set, one.verb, one.rows, one.kept) for one in retention.plan(hub)] == [
        ("customers", "forget", 1, 0)
    ]

    assert retention.run(hub, "petra") == {"customers": 1}

    assert left_of(hub, guest) == (0, 0, 0, False)
    with hub.begin() as work:
        row = work.session.scalars(select(ErasureRequest)).one()
        customer_id = work.session.scalar(select(Customer.id).where(Customer.ref == guest))
        assert (row.state, row.cause, row.asked_by) == ("certified", "retention", "petra")
        assert execution.remains(work, row.person_id, customer_id) == []
        told = work.session.scalars(select(AuditEntry.action).where(AuditEntry.about_id == row.person_id)).all()
        went = work.session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "retention_batch")).all()
    assert {"erasure_received", "erasure_approved", "erasure_certified"} <= set(told)
    assert [one["went"] for one in went] == [[["customers", "strangers", "DE", 91, 1]]]
    assert retention.run(hub, "petra") == {}


def test_the_term_runs_since_the_last_word(hub, guest, clock):
    clock.pass_by(days=60)
    with hub.begin() as work:
        conversations.write(hub, work, work.session.scalars(select(Customer)).one(), Words("And winter wheels?"), "de")
    clock.pass_by(days=60)

    assert retention.run(hub, "petra") == {}


@pytest.mark.parametrize("shield", ["hold", "request", "erasure", "partner"])
def test_who_is_held_asks_for_something_or_became_a_customer_stays(hub, guest, clock, shield):
    if shield == "hold":
        holds.place(hub, Wanted(guest, "posts", "lawsuit", "7 O 114/26", "legal"), "legal")
    elif shield == "request":
        requests.intake(hub, Wish(guest, "access", Came("mail")), "petra")
    elif shield == "erasure":
        erasure.intake(hub, guest, "mail", Came("desk"))
    else:
        with hub.begin() as work:
            told = CustomerRecord(customer=CustomerKey(partner_id="C-1", ref=guest), name="Zoë Canary")
            folded = customers.fold(hub, work, hub.partner("files"), [told])
            pipeline.follow(hub, work, folded.touched, folded.intents)
    clock.pass_by(days=91)

    assert "customers" not in retention.run(hub, "petra")
    assert left_of(hub, guest)[1:] == (2, 1, True)


@pytest.mark.parametrize("stopped_at", ["received", "verified", "planned"])
def test_what_a_kill_left_halfway_is_ended_by_the_next_run(hub, guest, clock, stopped_at):
    request = due_at(hub, guest)
    if stopped_at != "received":
        erasure.verify(hub, request, "clock", RETENTION)
    if stopped_at == "planned":
        erasure.plan(hub, request, "clock")

    retention.run(hub, "petra")

    assert left_of(hub, guest) == (0, 0, 0, False)


def test_who_became_a_customer_while_it_was_under_way_stays(hub, guest, clock):
    request = due_at(hub, guest)
    with hub.begin() as work:
        told = CustomerRecord(customer=CustomerKey(partner_id="C-1", ref=guest), name="Zoë Canary")
        customers.fold(hub, work, hub.partner("files"), [told])

    retention.run(hub, "petra")

    with hub.look() as session:
        assert session.scalar(select(ErasureRequest.state).where(ErasureRequest.ref == request)) == "refused"
    assert left_of(hub, guest)[3]


@pytest.mark.parametrize("state", ["received", "planned"])
def test_a_wish_of_their_own_makes_it_a_request_that_is_answered_by_its_day(hub, guest, clock, state):
    request = due_at(hub, guest)
    if state == "planned":
        erasure.verify(hub, request, "clock", RETENTION)
        erasure.plan(hub, request, "clock")
    with hub.look() as session:
        before = session.scalars(select(ErasureRequest.due_on)).one()
    clock.pass_by(days=3)

    assert erasure.intake(hub, guest, "mail", Came("desk")) == request

    with hub.look() as session:
        row = session.scalars(select(ErasureRequest)).one()
        assert (row.state, row.cause, row.asked_by) == ("received", "wish", "mail")
        assert row.due_on > before
    assert "customers" not in retention.run(hub, "petra")
    with pytest.raises(WrongInput, match="“retention”"):
        erasure.verify(hub, request, "petra", RETENTION)
    erasure.verify(hub, request, "petra", "e_mail_we_know")


def test_what_nobody_asked_for_is_no_request_in_a_report(hub, guest, clock, told, approved, tmp_path):
    erasure.run(hub, approved(told()))
    clock.pass_by(days=91)
    retention.run(hub, "petra")

    report.bundle(hub, tmp_path / "bundle", "petra")

    asked, signed, people = (
        list(csv.DictReader((tmp_path / "bundle" / f"{name}.csv").read_text("utf-8-sig").splitlines()))
        for name in ("requests", "certificates", "subjects")
    )
    assert [row["kind"] for row in asked] == ["erasure"]
    assert [row["cause"] for row in signed] == ["wish", "retention"]
    assert sorted((row["state"], row["requests"]) for row in people) == [("erased", "0"), ("erased", "1")]
    with hub.look() as session:
        shown = cases.all_of(session, hub.clock().date())
    assert sorted((one.kind, one.scope) for one in shown) == [("erasure", ""), ("erasure", "retention")]
