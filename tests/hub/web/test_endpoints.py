"""Webhooks out: opened by the API, signed with every live key, logged, replayed by a signed link, disabled by a 410."""

import base64
import itertools
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import validate
from sqlalchemy import func, select

from fleeting import AUDI
from hub.flow import endpoints
from hub.models import Attempt, Endpoint, Message
from hub.sdk import check_standard_webhook
from partners import drain_all


def opened(acme, receiver, path="hook", **more):
    answer = acme.call("POST", "/webhooks/endpoints", {"url": receiver.url(path), "events": ["*"], **more})
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


def upload(acme, number=1):
    """Something that is told: the end of an upload."""
    acme.send([{"vin": AUDI, "since": f"2026-01-{number:02}", "assignment": f"a{number}"}])
    drain_all(acme.hub)


def log_of(acme, endpoint):
    return acme.call("GET", f"/webhooks/endpoints/{endpoint['endpoint']}/log").get_json()["items"]


def verifies(heard, key, clock):
    _, headers, body = heard
    return check_standard_webhook(headers, body, [key], datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC))


def test_a_webhook_is_signed_as_the_standard_says_and_fits_its_schema(acme, receiver, clock):
    endpoint = opened(acme, receiver)
    upload(acme)

    (heard,) = receiver.sandbox.heard
    assert verifies(heard, endpoint["key"], clock).startswith("evt_")
    body = json.loads(heard[2])
    catalogue = acme.client.get("/api/v1/webhooks/events").get_json()["events"]
    validate(body, catalogue["upload.done"]["schema"])
    assert body["data"]["counts"] == {"added": 1, "warned": 1}


def test_the_standards_own_library_verifies_it(acme, receiver, monkeypatch):
    from standardwebhooks import Webhook

    endpoint = opened(acme, receiver)
    upload(acme)

    (_, headers, body) = receiver.sandbox.heard[0]
    assert Webhook(endpoint["key"]).verify(body, headers)["type"] == "upload.done"


def test_an_endpoint_may_verify_by_a_public_key(acme, receiver):
    endpoint = opened(acme, receiver, scheme="v1a")
    upload(acme)

    (_, headers, body) = receiver.sandbox.heard[0]
    version, _, signature = headers["webhook-signature"].partition(",")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(endpoint["key"].removeprefix("whpk_")))
    public.verify(
        base64.b64decode(signature), f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    )
    assert version == "v1a"


def test_while_keys_rotate_both_sign_and_a_day_later_one_does(acme, receiver, clock):
    endpoint = opened(acme, receiver)
    new = acme.call("POST", f"/webhooks/endpoints/{endpoint['endpoint']}/rotate").get_json()["key"]
    upload(acme, 1)
    assert verifies(receiver.sandbox.heard[0], endpoint["key"], clock)
    assert verifies(receiver.sandbox.heard[0], new, clock)

    clock.pass_by(hours=25)
    upload(acme, 2)

    assert verifies(receiver.sandbox.heard[1], new, clock)
    assert len(receiver.sandbox.heard[1][1]["webhook-signature"].split()) == 1


def test_410_disables_the_endpoint_and_its_owner_sees_why(acme, receiver, clock):
    endpoint = opened(acme, receiver)
    receiver.answers(410)
    upload(acme, 1)
    upload(acme, 2)

    (row,) = acme.call("GET", "/webhooks/endpoints").get_json()
    assert (row["state"], "410" in row["reason"]) == ("disabled", True)
    assert len(receiver.sandbox.heard) == 1
    assert (
        acme.call("PATCH", f"/webhooks/endpoints/{endpoint['endpoint']}", {"state": "active"}).get_json()["state"]
        == "active"
    )
    receiver.answers(200)
    clock.pass_by(seconds=1)
    upload(acme, 3)
    assert len(receiver.sandbox.heard) == 2


def test_a_broken_endpoint_is_tried_alone_and_makes_no_other_wait(acme, receiver, hub, clock):
    broken, fine = opened(acme, receiver, "broken"), opened(acme, receiver, "fine")
    receiver.answers(500, "broken")
    for number in range(1, 4):
        upload(acme, number)
        clock.pass_by(seconds=60)

    assert len(receiver.bodies("fine")) == 3
    assert {row["state"] for row in log_of(acme, broken)} == {"unknown"}
    assert {row["state"] for row in log_of(acme, fine)} == {"sent"}
    with hub.look() as session:
        waiting = session.scalars(select(Message.state).where(Message.entity == broken["endpoint"])).all()
    assert waiting == ["waiting"] * 3
    receiver.answers(200, "broken")
    for _ in range(6):
        clock.pass_by(seconds=60)
        drain_all(hub)
    ids = [headers["webhook-id"] for where, headers, _ in receiver.sandbox.heard if where == "broken"]
    assert len(set(ids)) == 3


def test_an_endpoint_that_never_answers_well_is_given_up(acme, receiver, hub, clock, monkeypatch):
    monkeypatch.setattr(endpoints, "MOST_FAILURES", 3)
    opened(acme, receiver)
    receiver.answers(404)
    upload(acme)
    for _ in range(4):
        clock.pass_by(seconds=400)
        drain_all(hub)

    (row,) = acme.call("GET", "/webhooks/endpoints").get_json()
    assert (row["state"], row["failures"]) == ("disabled", 3)
    with hub.look() as session:
        assert session.scalars(select(Message.state)).one() == "cancelled"


def test_a_call_is_sent_again_by_a_signed_link_under_its_id(acme, receiver, clock):
    endpoint = opened(acme, receiver)
    upload(acme)
    link = log_of(acme, endpoint)[0]["replay"]

    assert acme.client.post(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 403
    assert acme.client.post(link).status_code == 202
    drain_all(acme.hub)

    first, again = receiver.sandbox.heard
    assert first[1]["webhook-id"] == again[1]["webhook-id"]
    assert len(receiver.sandbox.log.rows()) == 1  # the receiver keeps it once
    clock.pass_by(days=2)
    assert acme.client.post(link).status_code == 404


def test_each_endpoint_has_its_rate(acme, receiver, hub, clock):
    opened(acme, receiver, per_second=1)
    for number in range(1, 4):
        acme.send([{"vin": AUDI, "since": f"2026-01-{number:02}", "assignment": f"a{number}"}])

    with hub.look() as session:
        moments = sorted(session.scalars(select(Message.not_before)))
    assert all((second - first).total_seconds() > 0.9 for first, second in itertools.pairwise(moments))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"url": "ftp://a.example"}, 422),
        ({"url": "nowhere"}, 422),
        ({"events": ["nothing"]}, 422),
        ({"scheme": "v2"}, 422),
        ({"events": []}, 422),
    ],
)
def test_an_endpoint_that_makes_no_sense_is_refused(acme, receiver, change, status):
    body = {"url": receiver.url(), "events": ["*"], **change}

    assert acme.call("POST", "/webhooks/endpoints", body).status_code == status


def test_keys_are_sealed_and_endpoints_are_their_owners(acme, receiver, hub, client):
    from fleeting import FleetPartner

    endpoint = opened(acme, receiver)
    with hub.look() as session:
        row = session.scalars(select(Endpoint)).one()
        assert endpoint["key"].encode() not in row.secrets
    with hub.begin() as work:
        assert endpoint["key"] not in repr(endpoints.keys_of(work, work.session.scalars(select(Endpoint)).one()))
    zeta = FleetPartner(hub, client, "zeta")

    assert zeta.call("PATCH", f"/webhooks/endpoints/{endpoint['endpoint']}", {"state": "disabled"}).status_code == 404
    upload(zeta)
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 0
