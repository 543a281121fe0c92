"""Salesforce's words and ours: typed fields, an external id that is our ref, and SOQL made of checked parts."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.sdk import CustomerKey, CustomerRecord, ErasedRecord, Push, Record, Seen, WrongInput

REF, EFFECT = "Garage_Ref__c", "Garage_Effect__c"
NEEDED = "LastName"  # no Contact is without one: where there is none, our ref stands in for it
OBJECTS = {"contact": "Contact", "company": "Account", "vehicle": "Asset", "task": "Task"}
KINDS = {name: kind for kind, name in OBJECTS.items()}
CONTACT = ("FirstName", "LastName", "Email", "Phone", "MailingStreet")
MARKS = ("Garage_Segments__c", "Garage_Tier__c", "Garage_Consents__c")  # what else of a person we write to a Contact
CHANGED = ("Id", REF, *CONTACT, "SystemModstamp", "IsDeleted", "MasterRecordId")
BESIDE = {"contact": "ContactId", "company": "AccountId"}  # links of an Asset are fields of it, one of each kind
FIELD = re.compile(r"[A-Za-z]\w{0,79}")
ID = re.compile(r"[A-Za-z0-9]{15,18}")


def object_of(kind: str) -> str:
    """Raises WrongInput."""
    if kind not in OBJECTS:
        raise WrongInput(f"Salesforce is asked for no kind “{kind}”.", f"Known: {', '.join(OBJECTS)}.")
    return OBJECTS[kind]


def select(name: str, fields: Sequence[str], where: str, order: str, limit: int) -> str:
    """Field names are checked, so that a mapping cannot write SOQL. Raises WrongInput."""
    wrong = [one for one in fields if not FIELD.fullmatch(one)]
    if wrong:
        raise WrongInput(f"“{wrong[0]}” is no field name of Salesforce.", "Use its API name.")
    tail = f" WHERE {where}" if where else ""
    return f"SELECT {', '.join(dict.fromkeys(fields))} FROM {name}{tail} ORDER BY {order} LIMIT {limit}"  # noqa: S608 - checked


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Raises WrongInput."""
    try:
        return datetime.fromisoformat(re.sub(r"\+0000$", "+00:00", text)).astimezone(UTC)
    except (ValueError, TypeError):
        raise WrongInput("Salesforce's time makes no sense.") from None


def seen(kind: str, row: Mapping[str, Any], fields: Sequence[str]) -> Seen:
    """Raises WrongInput."""
    try:
        into = row.get("MasterRecordId")
        state: Any = "merged" if into else "archived" if row.get("IsDeleted") else "live"
        ref = text(row.get(REF))
        told = {name: text(row[name]) for name in fields if name in row}
        if ref is not None and told.get(NEEDED) == ref:
            told[NEEDED] = None
        return Seen(kind, str(row["Id"]), ref, told, moment(row["SystemModstamp"]), state, into)
    except (KeyError, AttributeError, TypeError):
        raise WrongInput("Salesforce's object makes no sense.") from None


def is_hint(row: Mapping[str, Any]) -> bool:
    """An outbound message names a record, and no more."""
    return row.get("hint") == "Contact" and isinstance(row.get("Id"), str) and bool(ID.fullmatch(row["Id"]))


def text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def records(row: Mapping[str, Any]) -> list[Record]:
    """A fetched Contact. Raises WrongInput."""
    found = seen("contact", row, CONTACT)
    key = CustomerKey(partner_id=found.id, ref=found.ref)
    if found.state == "archived" and found.at is not None:
        return [ErasedRecord(customer=key, at=found.at)] if row.get("Garage_Erased__c") else []
    if found.state == "merged":
        return []
    said = found.fields
    name = " ".join(part for part in (said.get("FirstName"), said.get("LastName")) if part) or None
    return [
        CustomerRecord(
            customer=key, name=name, email=said.get("Email"), phone=said.get("Phone"), address=said.get("MailingStreet"), at=found.at
        )
    ]  # fmt: skip


def contact(push: Push) -> dict[str, Any]:
    """The whole state under our ref; a Contact without a last name is refused, so our ref stands in for one."""
    row: dict[str, Any] = {
        "attributes": {"type": "Contact"}, REF: push.entity, "Garage_Segments__c": ";".join(push.body.get("segments", [])),
    }  # fmt: skip
    if push.topic == "tier_changed":
        row["Garage_Tier__c"] = str(push.body["tier"])
    given, _, family = str(push.body.get("name", "")).rpartition(" ")
    person = {
        "FirstName": given,
        "LastName": family or push.entity,
        "Email": push.body.get("email"),
        "Phone": push.body.get("phone"),
    }
    return row | {name: str(value) for name, value in person.items() if value}


def fields_of(push: Push, name: str) -> dict[str, Any]:
    ref = str(push.body.get("ref") or push.entity)
    row = {"attributes": {"type": name}, **(push.body.get("fields") or {})}
    for kind, ends in (push.body.get("links") or {}).items():
        if name == "Asset" and kind in BESIDE and (ends.get("add") or ends.get("remove")):
            row[BESIDE[kind]] = (ends.get("add") or [None])[0]
    if name == "Contact" and not row.get(NEEDED) and (NEEDED in row or not push.partner_id):
        row[NEEDED] = ref
    return row | ({"Id": push.partner_id} if push.partner_id else {REF: ref})


def member(campaign: str, contact: str) -> dict[str, Any]:
    return {"attributes": {"type": "CampaignMember"}, "CampaignId": campaign, "ContactId": contact}


def code_of(found: Mapping[str, Any]) -> str:
    """Why one item of a collection was refused; empty where it was not."""
    if found.get("success") is True:
        return ""
    errors = found.get("errors") or [{}]
    return str(errors[0].get("statusCode") or errors[0].get("errorCode") or "UNKNOWN")


def emptied(number: str) -> dict[str, Any]:
    """A Contact without a person: every field that we ever write but our random ref; a last name is required."""
    empty: dict[str, Any] = dict.fromkeys([*CONTACT, *MARKS])
    return {"attributes": {"type": "Contact"}, "Id": number, **empty, "LastName": "Erased"}


def task(push: Push) -> dict[str, Any]:
    about = push.body.get("tier") or push.body.get("segment") or push.topic
    said = {"Subject": f"Call the customer: {about}", "Status": "Not Started"}
    return {"attributes": {"type": "Task"}, **said, EFFECT: push.key, REF: push.entity}
