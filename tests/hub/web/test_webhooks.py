"""Who may knock, and what they hear: 202 only once the bytes are safe."""

import hashlib
import hmac
import json
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from hub.flow import conversations, posts
from hub.flow.conversations import Words
from hub.models import Consent, Conversation, Customer, Delivery, Event
from hub.sdk import Push, sign
from partners import drain_all, secret

BODY = json.dumps(
    {
        "type": "member.enrolled",
        "timestamp": "2026-11-25T09:00:00+00:00",
        "data": {"member_id": "m-1", "tier": "gold", "version": 1},
    }
).encode()


@pytest.fixture
def knock(client, hub, clock):
    def knock(body=BODY, *, to="club", late=0, key=None, **headers):
        at = clock() - timedelta(seconds=late)
        signed = sign(key or secret(hub, "CLUB_WEBHOOK_SECRET"), "msg_1", at, body)
        return client.post(f"/webhooks/{to}", data=body, headers={**signed, **headers})

    return knock


def kept(hub):
    with hub.look() as session:
        return len(session.scalars(select(Delivery)).all())


def test_a_signed_webhook_is_kept_and_accepted(hub, knock):
    answer = knock()

    assert (answer.status_code, answer.get_json()) == (202, {"status": "accepted"})
    assert kept(hub) == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"late": 301}, 401, "wrong_signature"),
        ({"late": -301}, 401, "wrong_signature"),
        ({"key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, 401, "wrong_signature"),
        ({"webhook-signature": "v1,AAAA"}, 401, "wrong_signature"),
        ({"webhook-signature": "nonsense"}, 401, "wrong_signature"),
        ({"webhook-timestamp": "tomorrow"}, 401, "wrong_signature"),
        ({"to": "nobody"}, 404, "not_found"),
        ({"to": "files"}, 404, "not_found"),
        ({"body": b"{not json"}, 400, "not_json"),
        ({"body": b"\xff\xfe"}, 400, "not_json"),
        ({"body": b"[" * 100_000}, 400, "not_json"),
        ({"body": b'{"type": "member.enrolled"}'}, 422, "wrong_input"),
        ({"body": b'{"type": "member.enrolled", "timestamp": NaN, "data": {}}'}, 400, "not_json"),
        ({"body": b" " * 1_000_001}, 413, "too_large"),
    ],
)
def test_what_is_wrong_gets_a_problem_with_a_code_and_keeps_nothing(hub, knock, change, status, code):
    answer = knock(**change)

    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:garage-hub:problem:{code}")
    assert problem["detail"]
    assert kept(hub) == 0


def test_an_altered_body_is_refused(client, hub, clock):
    headers = sign(secret(hub, "CLUB_WEBHOOK_SECRET"), "msg_1", clock(), BODY)

    assert client.post("/webhooks/club", data=BODY.replace(b"gold", b"king"), headers=headers).status_code == 401


def test_a_webhook_can_only_be_posted(client):
    answer = client.get("/webhooks/club")

    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")


def test_valkey_may_be_away_while_partners_knock(hub, knock):
    hub.bell.redis.connection_pool.disconnect()
    hub.bell.redis.connection_pool.connection_kwargs["path"] = "/nowhere/v.sock"

    assert knock().status_code == 202
    assert kept(hub) == 1


def test_a_database_that_does_not_answer_is_told_as_503_with_a_time_to_come_back(app, hub, knock, database):
    if database == "sqlite":
        (hub.region.folder / "hub.db").rename(hub.region.folder / "away.db")
        (hub.region.folder / "hub.db").mkdir()
    else:
        hub.region.engine.dispose()
        hub.region.engine.pool._creator = hub.region.engine.pool._dialect.connect  # a connection without an address

    app.testing = False
    answer = knock()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


# --- the click that stops mails


@pytest.fixture
def stop(hub, told_by_club):
    told_by_club(member_id="m-1", name="Ada", version=1)
    with hub.look() as session:
        ref = session.scalars(select(Customer.ref)).one()
    return f"/webhooks/mails/stop/{hub.partner('mails').connector.sender.marks.stop_token(ref, 'marketing')}"


def consents(hub):
    with hub.look() as session:
        return [(one.purpose, one.channel, one.state, one.notice) for one in session.scalars(select(Consent))]


def test_one_click_from_a_mailbox_withdraws_consent_without_a_session(hub, client, stop):
    for _ in range(2):
        answer = client.post(stop, data="List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 202
    drain_all(hub)

    assert consents(hub) == [("marketing", "mail", "withdrawn", "one_click")]


def test_looking_at_the_link_changes_nothing(hub, client, stop):
    assert client.get(stop).status_code == 200
    assert client.head(stop).status_code == 200
    drain_all(hub)

    assert consents(hub) == []


def test_the_pages_button_leads_back_to_the_page(hub, client, stop):
    answer = client.post(stop, data={"List-Unsubscribe": "One-Click", "page": "1"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "?done=1")
    assert "We have stopped." in client.get(f"{stop}?done=1").text


def test_a_link_that_was_cut_stops_nobodys_mails(hub, client, stop):
    assert client.post(stop[:-2], data="List-Unsubscribe=One-Click").status_code == 401
    drain_all(hub)

    assert consents(hub) == []


# --- a provider of mail


KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"


@pytest.fixture
def mailgun(hub, clock, told_by_club):
    """(a signature of this token, as Mailgun makes it; a Message-ID of a mail to Ada)"""
    told_by_club(member_id="m-1", name="Ada", version=1)
    connector = hub.partner("mails").connector
    connector.mailgun_keys = [KEY]
    with hub.look() as session:
        ref = session.scalars(select(Customer.ref)).one()

    def signed(token):
        stamp = str(int(clock().timestamp()))
        digest = hmac.new(KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
        return {"timestamp": stamp, "token": token, "signature": digest}

    return signed, connector.sender.marks.message_id(Push("service_notice", "key1", ref, None, {}, 1))


def a_talk_with_ada(hub):
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer)).one()
        conversations.write(hub, work, customer, Words("Is it ready?"), "en")


def story(hub):
    with hub.look() as session:
        rows = session.scalars(select(Conversation).order_by(Conversation.id)).all()
        return [one.event or one.text for row in rows for one in posts.read(hub, session, row, 0, staff=True)]


def test_a_bounce_that_a_provider_tells_is_an_event_and_stands_in_the_conversation_once(hub, client, clock, mailgun):
    signed, our_id = mailgun
    a_talk_with_ada(hub)
    event = {"event": "failed", "id": "ev1", "timestamp": clock().timestamp(), "severity": "permanent",
             "message": {"headers": {"message-id": our_id.strip("<>")}}, "delivery-status": {"code": 550}}  # fmt: skip

    for _ in range(2):
        assert (
            client.post("/webhooks/mails", json={"signature": signed("a" * 50), "event-data": event}).status_code == 200
        )
    other = event | {"event": "complained"}  # with the same token: whoever heard it once cannot say more with it
    assert client.post("/webhooks/mails", json={"signature": signed("a" * 50), "event-data": other}).status_code == 200
    drain_all(hub)

    assert story(hub).count("mail_failed") == 1
    with hub.look() as session:
        kinds = session.scalars(select(Event.kind).where(Event.kind.like("mail_%"))).all()
    assert kinds == ["mail_bounced"]


def test_a_reply_that_a_provider_brings_goes_on_in_the_conversation_once(hub, client, mailgun):
    signed, our_id = mailgun
    message = EmailMessage()
    message["From"], message["Message-ID"], message["In-Reply-To"] = "ada@example.org", "<a1@example.org>", our_id
    message.set_content("Tomorrow at nine?")

    for token in ("a" * 50, "a" * 50, "b" * 50):  # sent again as it was, and signed anew
        answer = client.post("/webhooks/mails/mime", data={**signed(token), "body-mime": message.as_string()})
        assert answer.status_code == 200
    drain_all(hub)

    assert story(hub).count("Tomorrow at nine?") == 1
    with hub.look() as session:
        assert session.scalars(select(Event.kind).where(Event.kind.like("mail_%"))).all() == ["mail_replied"]


def test_a_mail_that_is_too_large_or_answers_nothing_is_refused_for_good(hub, client, mailgun):
    signed, our_id = mailgun
    mails = [f"Subject: hello\n\n{our_id}", f"In-Reply-To: {our_id}\n\n" + "x" * 5_000_001]

    answers = [client.post("/webhooks/mails/mime", data={**signed("a" * 50), "body-mime": one}) for one in mails]

    assert [(one.status_code, one.get_json()["code"]) for one in answers] == [(406, "wrong_input"), (406, "too_large")]
    assert kept(hub) == 1, "what made Ada"
    assert (
        client.post("/webhooks/mails/mime", data={**signed("a" * 50), "token": "c" * 50, "body-mime": "x"}).status_code
        == 401
    )
    assert client.post("/webhooks/club/mime", data={}).status_code == 404
