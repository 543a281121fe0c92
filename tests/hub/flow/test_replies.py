"""What comes back of texts: STOP at once and everywhere, START where law lets it, words for a person, receipts of what was blind."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from hub.flow import customers, outbox, pipeline
from hub.flow.outbox import Intent
from hub.models import AuditEntry, Consent, Conversation, Customer, Delivery, Event, Message, Person
from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord, sign
from partners import drain_all, secret
from rules.replies import load_replies
from talking import Talk
from walking import applied, happens, rows, ways

PHONE = "+4915200000017"


@pytest.fixture
def running(hub, noting):
    words = load_replies(Path(__file__).parents[3] / "config")
    hub.book.stand = replace(hub.book.stand, replies=words)
    applied(hub)
    met(hub, "C-1", phone=PHONE)
    return hub


@pytest.fixture
def tell(running, app, clock):
    """The provider's signed webhook, taken through at once; answers the status."""

    def told(kind: str, *, key: str = "msg_1", at: Any = None, **data: Any) -> int:
        at = at or clock()
        body = json.dumps({"type": f"message.{kind}", "timestamp": at.isoformat(), "data": data}).encode()
        headers = sign(secret(running, "TEXTS_WEBHOOK_SECRET"), key, clock(), body)
        answer = app.test_client().post(
            "/webhooks/texts", data=body, headers={"Content-Type": "application/json", **headers}
        )
        drain_all(running)
        return answer.status_code

    return told


def met(hub, number, **fields):
    record(hub, CustomerRecord(customer=key_of(number), **fields))


def said(hub, number, state, purpose="marketing", channel="sms", notice="n"):
    with hub.begin() as work:
        now = work.now
    record(hub, ConsentRecord(customer=key_of(number), purpose=purpose, channel=channel, state=state, notice=notice,
                              at=now))  # fmt: skip


def record(hub, one):
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["files"], [one])
        pipeline.follow(hub, work, folded.touched, folded.intents)


def key_of(number):
    return CustomerKey(partner_id=number, customer_number=number)


def consents(hub):
    """customer -> (purpose, channel) -> the latest word."""
    found = {}
    with hub.look() as session:
        columns = (Customer.id, Consent.purpose, Consent.channel, Consent.state)
        asked = select(*columns).join(Consent, Consent.person_id == Customer.person_id).order_by(Consent.at, Consent.id)
        for customer, purpose, channel, state in session.execute(asked):
            found.setdefault(customer, {})[purpose, channel] = state
    return [found[one] for one in sorted(found)]


def put(hub, key="one", **more):
    """A text that waits until tomorrow."""
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer).order_by(Customer.id)).first()
        intent = Intent("service_notice", customer.ref, key, {"customer_id": customer.id})
        outbox.put(work, hub.partner("texts"), [intent], **more)


def messages(hub):
    return [(one.state, one.why) for one in rows(hub, Message, Message.id)]


def test_stop_ends_it_for_all_who_have_the_number_and_takes_back_what_waits(running, tell):
    met(running, "C-2", phone="+49 152 00000017")
    said(running, "C-1", "granted")
    said(running, "C-1", "granted", channel="mail")
    put(running, after=3600)

    assert tell("received", **{"from": PHONE, "text": "Stop!"}) == 202

    no = {("service_notice", "sms"): "withdrawn", ("marketing", "sms"): "withdrawn"}
    assert consents(running) == [{**no, ("marketing", "mail"): "granted"}, no], "mails go on"
    assert messages(running) == [("cancelled", "withdrawn")]
    assert {one.notice for one in rows(running, Consent, Consent.id) if one.state == "withdrawn"} == {"text_stop"}
    assert rows(running, Conversation) == []


def test_stop_ends_a_journey_that_only_texts_and_its_next_text_is_never_put(running, tell):
    happens(running, "C-1", "complaint")
    assert tell("received", **{"from": PHONE, "text": "หยุด"}) == 202
    assert (ways(running)[0].state, ways(running)[0].reason) == ("exited", "consent_withdrawn")

    happens(running, "C-1", "complaint", key="another")
    assert [one.state for one in rows(running, Message, Message.id) if one.state == "waiting"] == []


def test_the_same_stop_told_again_changes_nothing(running, tell, clock):
    at = clock()
    tell("received", at=at, **{"from": PHONE, "text": "STOP"})
    before = len(rows(running, Consent))
    said(running, "C-1", "granted", "service_notice")
    tell("received", at=at, **{"from": PHONE, "text": "STOP"})
    assert len(rows(running, Consent)) == before + 1

    tell("received", at=at, key="told_under_another_name", **{"from": PHONE, "text": "STOP"})
    assert consents(running)[0]["service_notice", "sms"] == "granted", "it is older than their last word"


def test_a_no_that_is_older_than_their_last_yes_takes_nothing_back(running, tell, clock):
    at = clock()
    clock.pass_by(hours=1)
    said(running, "C-1", "granted", "service_notice")
    put(running, after=3600)
    tell("received", at=at, **{"from": PHONE, "text": "STOP"})
    assert messages(running) == [("waiting", "")]


def test_start_gives_back_what_stop_took_as_far_as_law_lets_it_and_no_other_no(running, tell):
    said(running, "C-1", "granted")
    tell("received", **{"from": PHONE, "text": "Stopp"})
    tell("received", key="msg_2", **{"from": PHONE, "text": "Start"})
    assert consents(running)[0] == {("marketing", "sms"): "withdrawn", ("service_notice", "sms"): "granted"}

    said(running, "C-1", "withdrawn", "service_notice", notice="portal")
    tell("received", key="msg_3", **{"from": PHONE, "text": "Start"})
    assert consents(running)[0]["service_notice", "sms"] == "withdrawn", "that no was said elsewhere"


def test_a_number_that_nobody_has_is_taken_and_counted_and_nothing_is_kept_of_it(running, tell):
    assert tell("received", **{"from": "+4915299999999", "text": "STOP"}) == 202

    delivery = rows(running, Delivery)[0]
    assert (delivery.state, delivery.payload, delivery.result["strangers"]) == ("done", None, 1)
    audited = [one for one in rows(running, AuditEntry) if one.action == "told_of_nobody"]
    assert [one.detail for one in audited] == [{"count": 1}]
    assert (len(rows(running, Customer)), rows(running, Consent)) == (1, [])


def test_other_words_are_put_into_the_conversation_once_and_wait_for_a_person(running, tell):
    for _ in range(2):
        assert tell("received", **{"from": PHONE, "text": "Can I come at nine?"}) == 202

    with running.look() as session:
        conversation = session.scalars(select(Conversation)).one()
    talk = Talk.__new__(Talk)
    talk.hub, talk.customer_id = running, conversation.customer_id
    assert talk.story() == ["opened", "Can I come at nine?", "handed_off"]
    assert conversation.state == "waiting"
    assert [one.kind for one in rows(running, Event, Event.id)] == ["text_replied"]


def test_words_from_a_number_of_two_go_to_whom_we_wrote_last(running, tell):
    met(running, "C-2", phone=PHONE)
    with running.begin() as work:
        second = work.session.scalars(select(Customer).order_by(Customer.id.desc())).first()
        intent = Intent("service_notice", second.ref, "one", {"customer_id": second.id})
        outbox.put(work, running.partner("texts"), [intent])
    drain_all(running)
    tell("received", **{"from": PHONE, "text": "When is it ready?"})
    assert [one.customer_id for one in rows(running, Conversation)] == [second.id]


def test_whose_data_may_not_be_used_is_heard_in_a_stop_and_in_nothing_else(running, tell, clock):
    with running.begin() as work:
        work.session.scalars(select(Person)).one().restricted_at = work.now
    tell("received", **{"from": PHONE, "text": "When is it ready?"})
    assert rows(running, Conversation) == []
    tell("received", key="msg_2", **{"from": PHONE, "text": "STOP"})
    assert set(consents(running)[0].values()) == {"withdrawn"}


def test_a_receipt_settles_a_text_of_which_nobody_knew(running, tell, noting):
    noting["texts"].answers = ["unknown"]
    put(running)
    drain_all(running)
    assert messages(running) == [("unknown", "")]
    tell("delivered", client_ref="one")
    assert messages(running) == [("sent", "")]
    tell("failed", key="msg_2", client_ref="one", code="expired")
    assert messages(running) == [("sent", "")], "it has arrived, whatever is told later"


def test_a_text_that_did_not_arrive_says_so_and_counts_for_no_cap(running, tell):
    put(running)
    drain_all(running)
    tell("failed", client_ref="one", code="unknown_number")
    message, event = rows(running, Message)[0], rows(running, Event)[0]
    assert (message.state, message.why) == ("refused", "undelivered")
    assert message.reason == "the provider says that it did not arrive (unknown_number)"
    assert (event.kind, event.attributes) == ("text_failed", {"hard": True})

    tell("delivered", key="msg_2", client_ref="one")
    assert messages(running) == [("sent", "")], "the phone was off, and is on again"


def test_a_receipt_that_is_quicker_than_we_are_stands(running, tell, noting):
    put(running)
    texts = running.partner("texts")
    with running.begin() as work:
        claims = outbox.claim(work, texts, 10, 60)
    tell("delivered", client_ref="one")
    with running.begin() as work:
        gone = [outbox.Outcome("one", "retry")]
        outbox.settle(work, texts, claims, gone, running.settings.timing, Random(1))
    assert messages(running) == [("sent", "")]


def test_a_receipt_of_a_message_that_is_none_of_ours_is_counted(running, tell):
    assert tell("delivered", client_ref="of_somebody_else") == 202
    assert rows(running, Delivery)[0].result["strangers"] == 1


@pytest.mark.parametrize(("wrong", "status"), [("signature", 401), ("body", 422)])
def test_what_is_not_signed_or_makes_no_sense_is_refused_at_the_door(running, app, clock, wrong, status):
    body = b'{"type": "message.received", "timestamp": "now", "data": {}}'
    headers = sign(secret(running, "TEXTS_WEBHOOK_SECRET"), "msg_1", clock(), body)
    if wrong == "signature":
        headers["webhook-signature"] = "v1,AAAA"
    answer = app.test_client().post("/webhooks/texts", data=body, headers=headers)
    assert answer.status_code == status
    assert rows(running, Delivery) == []
