"""Who may knock, and what they hear: 202 only once the bytes are safe."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.models import Consent, Customer, Delivery
from hub.sdk import sign
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
