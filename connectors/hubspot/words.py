"""HubSpot's words and ours: everything is a string there, and a name has two parts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import CustomerKey, CustomerRecord, ErasedRecord, Outcome, Push, Record, RetryLater, Seen, WrongInput

LAST_MOMENT = 253_402_300_799_000  # ms: the end of the year 9999
UNIQUE = ("email", "vin")  # values that HubSpot gives to one object only; garage_ref is ours
GONE, TAKEN = "OBJECT_NOT_FOUND", "conflict: CONFLICT"
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
    changeSource = fields.String(load_default="")  # noqa: N815
    sourceId = fields.String(load_default="")  # noqa: N815
    primaryObjectId = fields.Integer()  # noqa: N815
    mergedObjectIds = fields.List(fields.Integer(), load_default=list)  # noqa: N815
    newObjectId = fields.Integer(allow_none=True)  # noqa: N815


Properties = Schema.from_dict(
    {name: fields.String(allow_none=True) for name in (*FIELDS, "firstname", "lastname", "garage_ref")}
)


class Standing(Schema):
    """A fetched object, as `fetched` keeps it."""

    class Meta:
        unknown = EXCLUDE

    id = fields.String(required=True, validate=validate.Length(1, 40))
    updatedAt = fields.AwareDateTime(required=True)  # noqa: N815
    properties = fields.Nested(Properties, required=True, unknown=EXCLUDE)


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


def is_ours(event: Mapping[str, Any], app_id: str) -> bool:
    """Did our own app cause it?"""
    return bool(app_id) and event["sourceId"] == app_id


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


def fetched(row: Mapping[str, Any]) -> dict[str, Any]:
    """A contact as it stands, in the shape in which fetched ones are kept."""
    return {"fetched": "contact", "id": str(row["id"]), "updatedAt": row["updatedAt"], "properties": row["properties"]}


def standing(found: Mapping[str, Any]) -> Iterator[Record]:
    """All that a fetched contact says of a Customer. Raises WrongInput."""
    try:
        whole = Standing().load(found)
    except ValidationError as error:
        raise WrongInput(f"The contact makes no sense: {error.messages}") from None
    said = whole["properties"]
    person = {ours: said[theirs] for theirs, ours in FIELDS.items() if said.get(theirs)}
    if name := " ".join(part for part in (said.get("firstname"), said.get("lastname")) if part):
        person["name"] = name
    yield CustomerRecord(
        customer=CustomerKey(partner_id=whole["id"], ref=said.get("garage_ref")),
        at=whole["updatedAt"],
        **person,
    )


def seen(kind: str, row: Mapping[str, Any], names: Sequence[str]) -> Seen:
    """Raises WrongInput."""
    try:
        said = row.get("properties") or {}
        shown = {name: said.get(name) or None for name in names if name in said}
        state: Any = "archived" if row.get("archived") else "live"
        return Seen(kind, str(row["id"]), said.get("garage_ref"), shown, moment(row["updatedAt"]), state)
    except (KeyError, AttributeError, TypeError):
        raise WrongInput("HubSpot's object makes no sense.") from None


def observed(event: Mapping[str, Any], app_id: str) -> Iterator[Seen]:
    """What an event says about objects; only contacts, companies, deals and vehicles are spoken of."""
    kind, _, motion = event["subscriptionType"].partition(".")
    kind = "vehicle" if kind == "object" else kind
    number, when = str(event["objectId"]), at(event)
    origin = "us" if is_ours(event, app_id) else event["changeSource"].casefold() or None
    states: dict[str, Any] = {
        "creation": "live",
        "deletion": "archived",
        "restore": "live",
        "privacyDeletion": "erased",
    }
    if motion == "propertyChange" and event.get("propertyName"):
        told = {event["propertyName"]: event.get("propertyValue") or None}
        yield Seen(kind, number, fields=told, at=when, origin=origin)
    elif motion == "merge":
        # HubSpot may put both into a record that it makes for it; then the first of both has gone as well
        first = str(event.get("primaryObjectId", number))
        into = str(event.get("newObjectId") or first)
        gone = dict.fromkeys([first, *(str(one) for one in event["mergedObjectIds"])])
        yield from (Seen(kind, one, at=when, state="merged", into=into) for one in gone if one != into)
    elif motion in states:
        yield Seen(kind, number, at=when, state=states[motion], origin=origin)


def ref_of(push: Push) -> str:
    return str(push.body.get("ref") or push.entity)


def fields_of(push: Push) -> dict[str, Any]:
    """One input of a batch: every value a text, an empty one clears."""
    given = {name: "" if value is None else str(value) for name, value in (push.body.get("fields") or {}).items()}
    if push.partner_id:
        return {"id": push.partner_id, "objectWriteTraceId": push.key, "properties": given}
    properties = {**given, "garage_ref": ref_of(push)}
    return {"idProperty": "garage_ref", "id": ref_of(push), "objectWriteTraceId": push.key, "properties": properties}


def emptied(push: Push, number: str) -> dict[str, Any]:
    """What stays in HubSpot's bin for months says nothing about a person."""
    return {"id": number, "objectWriteTraceId": push.key, "properties": dict.fromkeys(push.body["fields"], "")}


def keep_out(one: dict[str, Any]) -> tuple[str, ...]:
    """Take values that must be unique out of this input; answers their names."""
    names = tuple(name for name in UNIQUE if one["properties"].get(name))
    for name in names:
        del one["properties"][name]
    return names


def moment(text: str) -> datetime:
    """Raises WrongInput."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, TypeError):
        raise WrongInput("HubSpot's time makes no sense.") from None


def contact(push: Push, verb: str = "upsert") -> dict[str, Any]:
    """The whole state of segments and tier, so that setting it twice is setting it once. update: by HubSpot's id."""
    properties = {"garage_segments": ";".join(push.body.get("segments", []))}
    if push.topic == "tier_changed":
        properties["garage_tier"] = str(push.body["tier"])
    given, _, family = str(push.body.get("name", "")).rpartition(" ")
    person = {"firstname": given, "lastname": family, "email": push.body.get("email"), "phone": push.body.get("phone")}
    properties |= {name: str(value) for name, value in person.items() if value}
    if verb == "update":
        return {"id": push.partner_id, "objectWriteTraceId": push.key, "properties": properties}
    properties["garage_ref"] = push.entity
    return {"idProperty": "garage_ref", "id": push.entity, "objectWriteTraceId": push.key, "properties": properties}


def verdicts(found: Any, pushes: Sequence[Push]) -> list[Outcome]:
    """One outcome per push. An object that was merged answers under another id; when it can be no other that did, its
    push was told. Who is neither among the results nor among the errors may or may not have been told."""
    if not isinstance(found, dict):
        raise RetryLater("HubSpot answered without a body.", happened=True)
    refused = errors_by_trace(found)
    rows = {str(row["id"]): (row.get("properties") or {}).get("garage_ref") for row in found.get("results") or []}
    by_ref = {ref: number for number, ref in rows.items()}
    told = [_verdict(push, refused, rows, by_ref) for push in pushes]
    open_, strays = [one for one in told if one.state == "unknown"], rows.keys() - {one.partner_id for one in told}
    merged = {one.key for one in open_} if len(open_) == len(strays) else set()
    return [Outcome(one.key, "sent", "merged") if one.key in merged else one for one in told]


def _verdict(push: Push, refused: Mapping[str, str], rows: Mapping[str, Any], by_ref: Mapping[Any, str]) -> Outcome:
    if push.key in refused:
        code = refused[push.key]
        return Outcome(push.key, "refused", TAKEN if code == "CONFLICT" else code)
    number = push.partner_id if push.partner_id in rows else by_ref.get(ref_of(push))
    return Outcome(push.key, "sent" if number else "unknown", partner_id=number)


def task(push: Push) -> dict[str, Any]:
    about = push.body.get("tier") or push.body.get("segment") or push.topic
    return {
        "properties": {
            "hs_task_subject": f"Call the customer: {about}",
            "hs_task_type": "CALL",
            "garage_effect": push.key,
            "garage_ref": push.entity,
        },
        "objectWriteTraceId": push.key,
        "associations": [],
    }


def tasks_made(found: Any, pushes: Sequence[Push]) -> list[Outcome]:
    """One outcome per push: a task carries our reference, an error the trace of its input. Raises RetryLater."""
    if not isinstance(found, dict):
        raise RetryLater("HubSpot answered without a body.", happened=True)
    refused = errors_by_trace(found)
    made = {(row.get("properties") or {}).get("garage_effect") for row in found.get("results") or []}
    return [
        Outcome(push.key, "refused", refused[push.key]) if push.key in refused
        else Outcome(push.key, "sent" if push.key in made else "unknown")
        for push in pushes
    ]  # fmt: skip


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
