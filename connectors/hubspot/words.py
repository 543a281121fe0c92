"""HubSpot's words and ours: everything is a string there, and a name has two parts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import CustomerKey, CustomerRecord, ErasedRecord, Push, Record, WrongInput

LAST_MOMENT = 253_402_300_799_000  # ms: the end of the year 9999
FIELDS = {"email": "email", "phone": "phone", "address": "address", "hs_language": "language"}


class Event(Schema):
    class Meta:
        unknown = EXCLUDE

    eventId = fields.Integer(required=True)  # noqa: N815 - HubSpot's spelling
    subscriptionId = fields.Integer(load_default=0)  # noqa: N815
    subscriptionType = fields.String(required=True)  # noqa: N815
    objectId = fields.Integer(required=True)  # noqa: N815
    occurredAt = fields.Integer(required=True, validate=validate.Range(0, LAST_MOMENT))  # noqa: N815
    propertyName = fields.String()  # noqa: N815
    propertyValue = fields.String(allow_none=True)  # noqa: N815


EVENTS = Event(many=True)


def read_events(found: Any) -> list[dict[str, Any]]:
    try:
        events: list[dict[str, Any]] = EVENTS.load(found)
    except ValidationError as error:
        raise WrongInput(f"The webhook makes no sense: {error.messages}") from None
    return events


def key_of(event: Mapping[str, Any]) -> str:
    """All of it is signed; eventId alone is not promised to be unique."""
    return ":".join(
        str(event.get(name, ""))
        for name in ("subscriptionType", "subscriptionId", "objectId", "eventId", "occurredAt", "propertyName")
    )


def at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(event["occurredAt"] / 1000, UTC)


def records(event: Mapping[str, Any]) -> Iterator[Record]:
    """A change of a field we know, or a deletion for privacy; other events say nothing to us."""
    key = CustomerKey(partner_id=str(event["objectId"]))
    kind, name = event["subscriptionType"], event.get("propertyName")
    if kind == "contact.propertyChange" and name in FIELDS and event.get("propertyValue"):
        yield CustomerRecord(customer=key, at=at(event), **{FIELDS[name]: event["propertyValue"]})
    elif kind == "contact.privacyDeletion":
        yield ErasedRecord(customer=key, at=at(event))


def contact(push: Push) -> dict[str, Any]:
    """An upsert by our ref that sets the whole state, so that doing it twice is doing it once."""
    properties = {"garage_ref": push.entity, "garage_segments": ";".join(push.body.get("segments", []))}
    if push.topic == "tier_changed":
        properties["garage_tier"] = str(push.body["tier"])
    given, _, family = str(push.body.get("name", "")).rpartition(" ")
    person = {"firstname": given, "lastname": family, "email": push.body.get("email"), "phone": push.body.get("phone")}
    properties |= {name: str(value) for name, value in person.items() if value}
    return {"idProperty": "garage_ref", "id": push.entity, "objectWriteTraceId": push.key, "properties": properties}


def task(push: Push) -> dict[str, Any]:
    about = push.body.get("tier") or push.body.get("segment") or push.topic
    return {
        "properties": {
            "hs_task_subject": f"Call the customer: {about}",
            "hs_task_type": "CALL",
            "garage_effect": push.key,
            "garage_ref": push.entity,
        },
        "associations": [],
    }


def search(name: str, values: Sequence[str]) -> dict[str, Any]:
    return {
        "filterGroups": [{"filters": [{"propertyName": name, "operator": "IN", "values": list(values)}]}],
        "properties": [name],
        "sorts": [],
        "limit": 200,
        "after": "0",
        "query": "",
    }


def errors_by_trace(found: Mapping[str, Any]) -> dict[str, str]:
    """objectWriteTraceId -> what HubSpot says; by the context of each error."""
    said: dict[str, str] = {}
    for error in found.get("errors") or []:
        for trace in (error.get("context") or {}).get("objectWriteTraceId", []):
            said[str(trace)] = str(error.get("category", "refused"))
    return said
