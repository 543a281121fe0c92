"""HubSpot: signature v3 as HubSpot computes it, errors that hide inside a success, and whole states by upsert."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot import HubSpot
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.errors import NotJson, RetryLater, WrongInput, WrongSignature
from hub.sdk import CustomerRecord, ErasedRecord, Knock, Outcome, Push, Record
from hub.sdk.recordings import recorded_in
from proving import CRM_SECRET, HUBSPOT, Scripted, account_of, payloads_of

RECORDED = {one.name: one.knock for one in recorded_in(payloads_of("hubspot"))}
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = {"eventId": 1, "subscriptionId": 2, "subscriptionType": "contact.propertyChange", "objectId": 3,
         "occurredAt": 1772366390000, "propertyName": "email", "propertyValue": "a@example.org"}  # fmt: skip


def signed(events: Any, url: str = "https://hub.example.org/w", signed_url: str | None = None) -> Knock:
    body, stamp = json.dumps(events).encode(), str(int(AT.timestamp() * 1000))
    digest = hmac.digest(
        CRM_SECRET.encode(), f"POST{signed_url or url}".encode() + body + stamp.encode(), hashlib.sha256
    )
    headers = {"x-hubspot-request-timestamp": stamp, "x-hubspot-signature-v3": base64.b64encode(digest).decode()}
    return Knock("POST", url, headers, body, AT)


def call(sandbox: HubSpotSandbox, path: str, body: Any) -> tuple[int, Any]:
    found = sandbox.app.test_client().post(path, json=body, headers={"Authorization": "Bearer t"})
    return found.status_code, found.get_json()


def records(name: str) -> list[Record]:
    crm = HubSpot(HUBSPOT)
    return [record for one in crm.verify(RECORDED[name]) for record in crm.normalise(one.payload)]


def a_push(number: int = 1, topic: str = "tier_changed", **body: Any) -> Push:
    return Push(topic, f"key{number}", f"ref{number}", None, {"segments": ["a", "b"], "tier": "gold", **body}, 1)


# --- what comes in


def test_a_changed_property_is_the_one_field_of_a_customer_that_changes() -> None:
    (person,) = records("email_changed")
    assert isinstance(person, CustomerRecord)
    assert (person.customer.partner_id, person.email, person.phone, person.name) == (
        "1234",
        "zoe@example.org",
        None,
        None,
    )
    assert person.at == datetime.fromtimestamp(1772366390, UTC)


def test_a_property_we_do_not_know_says_nothing() -> None:
    assert [type(one) for one in records("several")] == [CustomerRecord, CustomerRecord]


def test_a_privacy_deletion_is_an_erasure() -> None:
    assert isinstance(records("privacy_deletion")[0], ErasedRecord)


def test_each_event_of_a_webhook_stands_alone_in_the_order_of_its_contact() -> None:
    found = HubSpot(HUBSPOT).verify(RECORDED["several"])
    assert [one.entity for one in found] == ["1234", "99", "99"]
    assert len({one.key for one in found}) == 3


def test_a_redelivery_is_the_same_event_whatever_number_of_the_attempt() -> None:
    first, again = (HubSpot(HUBSPOT).verify(signed([{**EVENT, "attemptNumber": n}]))[0] for n in (0, 3))
    assert first == again


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [("%3A", ":"), ("%3a", ":"), ("%2F", "/"), ("%3F", "?"), ("%40", "@"), ("%21", "!"), ("%24", "$"), ("%27", "'"),
     ("%28", "("), ("%29", ")"), ("%2A", "*"), ("%2C", ","), ("%3B", ";")],
)  # fmt: skip
def test_the_uri_is_decoded_as_hubspot_decodes_it_before_it_signs(escaped: str, plain: str) -> None:
    base = "https://hub.example.org/w?x="
    assert HubSpot(HUBSPOT).verify(signed([EVENT], f"{base}{escaped}", f"{base}{plain}"))
    with pytest.raises(WrongSignature):
        HubSpot(HUBSPOT).verify(signed([EVENT], f"{base}{escaped}"))


@pytest.mark.parametrize("kept", ["%20", "%25", "%26", "%3D", "%23", "%2B", "%253A"])
def test_other_escapes_stay_as_they_are(kept: str) -> None:
    url = f"https://hub.example.org/w?x={kept}"
    assert HubSpot(HUBSPOT).verify(signed([EVENT], url, url))


def test_the_method_and_the_uri_are_signed() -> None:
    good = signed([EVENT])
    for wrong in (replace(good, method="PUT"), replace(good, url=f"{good.url}?x")):
        with pytest.raises(WrongSignature):
            HubSpot(HUBSPOT).verify(wrong)


@pytest.mark.parametrize("stamp", ["", "12", "soon", "١٧٧٢٣٦٦٤٠٠٠٠٠", "-1772366400000", "1772366400"])
def test_a_timestamp_that_is_none_is_refused(stamp: str) -> None:
    good = signed([EVENT])
    with pytest.raises(WrongSignature):
        HubSpot(HUBSPOT).verify(replace(good, headers={**good.headers, "x-hubspot-request-timestamp": stamp}))


def test_without_a_client_secret_nobody_gets_in_not_even_with_a_signature_by_an_empty_one() -> None:
    good = signed([EVENT])
    stamp = good.headers["x-hubspot-request-timestamp"]
    digest = hmac.digest(b"", f"POST{good.url}".encode() + good.body + stamp.encode(), hashlib.sha256)
    forged = replace(good, headers={**good.headers, "x-hubspot-signature-v3": base64.b64encode(digest).decode()})
    with pytest.raises(WrongSignature):
        HubSpot(account_of()).verify(forged)


@pytest.mark.parametrize("wrong", [{"occurredAt": 10**18}, {"occurredAt": -1}, {"objectId": None}, {"eventId": "x"}])
def test_events_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongInput):
        HubSpot(HUBSPOT).verify(signed([{**EVENT, **wrong}]))


def test_a_body_that_is_no_json_is_said_to_be_none() -> None:
    with pytest.raises(NotJson):
        HubSpot(HUBSPOT).normalise(b"{")


# --- what goes out


def test_an_upsert_sets_the_whole_state_in_strings_under_our_ref_with_a_trace() -> None:
    api = Scripted([{"results": [{"id": "77", "properties": {"garage_ref": "ref1"}}]}])
    (outcome,) = HubSpot(account_of(api=api)).push([a_push(name="Ada M. Kit", email="ada@example.org")])
    (one,) = api.asked[0][2]["inputs"]
    assert (one["idProperty"], one["id"], one["objectWriteTraceId"]) == ("garage_ref", "ref1", "key1")
    assert one["properties"] == {"garage_ref": "ref1", "garage_segments": "a;b", "garage_tier": "gold",
                                 "firstname": "Ada M.", "lastname": "Kit", "email": "ada@example.org"}  # fmt: skip
    assert outcome == Outcome("key1", "sent", partner_id="77")


def test_an_error_inside_a_success_belongs_to_the_push_whose_trace_it_names() -> None:
    """Whatever the status: newer versions of the API answer 200 with errors in the body."""
    answer = {
        "results": [{"id": "1", "properties": {"garage_ref": "ref1"}}],
        "errors": [{"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["key2"]}}],
    }
    found = HubSpot(account_of(api=Scripted([answer]))).push([a_push(1), a_push(2), a_push(3)])
    assert [(one.state, one.reason) for one in found] == [
        ("sent", ""),
        ("refused", "VALIDATION_ERROR"),
        ("unknown", ""),
    ]


def test_a_success_without_a_body_is_none() -> None:
    with pytest.raises(RetryLater) as raised:
        HubSpot(account_of(api=Scripted([None]))).push([a_push()])
    assert raised.value.happened


def test_contacts_that_arrived_stay_sent_when_a_task_of_the_same_batch_meets_an_outage() -> None:
    api = Scripted(
        [{"results": [{"id": "1", "properties": {"garage_ref": "ref1"}}]}, RetryLater("reset", happened=True)]
    )
    with pytest.raises(RetryLater) as raised:
        HubSpot(account_of(api=api)).push([a_push(2, "call_task"), a_push(1), a_push(3, "call_task")])
    states = {one.key: one.state for one in raised.value.outcomes if isinstance(one, Outcome)}
    assert states == {"key1": "sent"}  # of both tasks the error says what is known: they may have been made


def test_a_hundred_tasks_are_one_call_and_each_has_its_verdict() -> None:
    answer = {
        "results": [{"id": "7", "properties": {"garage_effect": "key3"}}],
        "errors": [{"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["key2"]}}],
    }
    api = Scripted([answer])
    found = HubSpot(account_of(api=api)).push([a_push(number, "call_task") for number in (1, 2, 3)])
    assert {one.key: one.state for one in found} == {"key1": "unknown", "key2": "refused", "key3": "sent"}
    assert [one["objectWriteTraceId"] for one in api.asked[0][2]["inputs"]] == ["key1", "key2", "key3"]
    assert len(api.asked) == 1


def test_tasks_of_a_batch_that_broke_off_are_not_known() -> None:
    with pytest.raises(RetryLater) as raised:
        HubSpot(account_of(api=Scripted([None]))).push([a_push(1, "call_task")])
    assert raised.value.happened


def test_one_search_asks_for_all_tasks() -> None:
    api = Scripted([{"results": [{"properties": {"garage_effect": "key2"}}]}])
    found = HubSpot(account_of(api=api)).ask([a_push(1, "call_task"), a_push(2, "call_task")])
    assert found == {"key1": False, "key2": True}
    assert len(api.asked) == 1


def test_a_search_without_an_answer_is_no_answer() -> None:
    with pytest.raises(RetryLater):
        HubSpot(account_of(api=Scripted([None]))).ask([a_push(1, "call_task")])


# --- the sandbox keeps the public contract


@pytest.mark.parametrize(("many", "status"), [(0, 400), (1, 200), (100, 200), (101, 400)])
def test_a_batch_has_1_to_100_inputs(tmp_path: Path, many: int, status: int) -> None:
    inputs = [{"idProperty": "garage_ref", "id": f"r{n}", "properties": {"garage_ref": f"r{n}"}} for n in range(many)]
    assert call(HubSpotSandbox(tmp_path), "/crm/v3/objects/contacts/batch/upsert", {"inputs": inputs})[0] == status


def test_a_property_that_is_no_string_is_an_error_inside_a_207(tmp_path: Path) -> None:
    inputs = [
        {"idProperty": "garage_ref", "id": "r1", "objectWriteTraceId": "t1", "properties": {"garage_tier": 1}},
        {"idProperty": "garage_ref", "id": "r2", "objectWriteTraceId": "t2", "properties": {"garage_tier": "gold"}},
    ]
    status, body = call(HubSpotSandbox(tmp_path), "/crm/v3/objects/contacts/batch/upsert", {"inputs": inputs})
    assert (status, body["numErrors"], body["errors"][0]["context"]) == (207, 1, {"objectWriteTraceId": ["t1"]})
    assert [type(one["id"]) for one in body["results"]] == [str]


def test_a_search_names_all_its_parts_and_at_most_200(tmp_path: Path) -> None:
    whole = {"limit": 200, "after": "0", "filterGroups": [], "properties": [], "sorts": []}
    sandbox, path = HubSpotSandbox(tmp_path), "/crm/v3/objects/tasks/search"
    assert call(sandbox, path, whole)[0] == 200
    assert call(sandbox, path, {**whole, "limit": 201})[0] == 400
    assert call(sandbox, path, {"limit": 1})[0] == 400
