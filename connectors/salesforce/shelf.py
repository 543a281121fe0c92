"""The records of one org of Salesforce's stand-in, with what the org refuses: unknown fields, missing ones, those in the bin."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from hub.sdk.effects_log import applied, put_thing, thing

PREFIX = {"Contact": "003", "Account": "001", "Asset": "02i", "Task": "00T", "Campaign": "701", "CampaignMember": "00v"}
LONGEST = 255  # characters of a text
WATCHED = ("Garage_Segments__c", "Garage_Tier__c")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "Contact": (
        "FirstName",
        "LastName",
        "Email",
        "Phone",
        "MailingStreet",
        "Garage_Ref__c",
        "Garage_Segments__c",
        "Garage_Tier__c",
        "Garage_Consents__c",
    ),
    "Account": ("Name", "Phone", "Website", "Garage_Ref__c"),
    "Asset": ("Name", "SerialNumber", "ContactId", "AccountId", "Garage_Ref__c"),
    "Campaign": ("Name", "IsActive"),
    "CampaignMember": ("CampaignId", "ContactId", "Status"),
    "Task": ("Subject", "Status", "WhoId", "Garage_Ref__c", "Garage_Effect__c"),
}
SYSTEM = ("Id", "SystemModstamp", "CreatedDate", "IsDeleted", "MasterRecordId")
NEEDED = {"Contact": "LastName", "Account": "Name", "Asset": "Name", "Campaign": "Name", "CampaignMember": "CampaignId"}


class Problem(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Shelf:
    """One org's records, inside one transaction of the sandbox's log."""

    def __init__(self, db: Any, account: str, now: Callable[[], datetime]) -> None:
        self.db, self.account, self.now = db, account, now

    def all(self, name: str) -> list[dict[str, Any]]:
        rows = self.db.execute("SELECT body FROM things WHERE kind = ?", (f"{name}:{self.account}",)).fetchall()
        return [json.loads(body) for (body,) in rows]

    def among(self, name: str, values: tuple[str, frozenset[str]] | None) -> list[dict[str, Any]]:
        """Those that can have one of these values: by id and external id at once, else all."""
        if values is None or values[0] not in ("Id", "Garage_Ref__c"):
            return self.all(name)
        numbers: Iterable[str | None] = values[1]
        if values[0] == "Garage_Ref__c":
            numbers = [thing(self.db, f"ref:{name}:{self.account}", one) for one in values[1]]
        found = [thing(self.db, f"{name}:{self.account}", one) for one in numbers if one]
        return [json.loads(body) for body in found if body]

    def matching(self, name: str, field: str, value: str) -> list[dict[str, Any]]:
        """By the external id at once; by another field by looking at all."""
        if field == "Garage_Ref__c":
            number = thing(self.db, f"ref:{name}:{self.account}", value)
            text = thing(self.db, f"{name}:{self.account}", number) if number else None
            return [row for row in [json.loads(text)] if not row["IsDeleted"]] if text else []
        return [row for row in self.all(name) if row.get(field) == value and not row["IsDeleted"]]

    def alive(self, name: str, number: str) -> dict[str, Any]:
        text = thing(self.db, f"{name}:{self.account}", number)
        if text is None:
            raise Problem("NOT_FOUND", "The requested resource does not exist", 404)
        row: dict[str, Any] = json.loads(text)
        if row["IsDeleted"]:
            raise Problem("ENTITY_IS_DELETED", "entity is deleted", 404)
        return row

    def upsert(self, name: str, field: str, given: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        found = self.matching(name, field, str(given.get(field, "")))
        if len(found) > 1:
            raise Problem("DUPLICATE_EXTERNAL_ID", "more than one record found for external id")
        return (self.write(name, found[0], given), False) if found else (self.create(name, given), True)

    def create(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        known(name, ())
        last = int(thing(self.db, "last", self.account) or 0) + 1
        put_thing(self.db, "last", self.account, str(last))
        number = f"{PREFIX[name]}{last:015d}"
        if name == "Task":
            effect, ref = str(given.get("Garage_Effect__c", "")), str(given.get("Garage_Ref__c"))
            applied(self.db, self.account, effect, "task", ref, str(given.get("Subject")))
        if name == "CampaignMember":
            self._join(given)
        row = {"Id": number, "CreatedDate": self._stamp(), "IsDeleted": False, "MasterRecordId": None}
        return self.write(name, row, given)

    def _join(self, given: Mapping[str, Any]) -> None:
        """Nobody is a member of a campaign twice, and both have to be there."""
        campaign, contact = str(given.get("CampaignId")), str(given.get("ContactId"))
        for kind, number in (("Campaign", campaign), ("Contact", contact)):
            try:
                self.alive(kind, number)
            except Problem:
                raise Problem("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id") from None
        if any(one["ContactId"] == contact for one in self.matching("CampaignMember", "CampaignId", campaign)):
            raise Problem("DUPLICATE_VALUE", "Already a campaign member.")
        applied(self.db, self.account, "", "joined", contact, campaign)

    def write(self, name: str, row: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        told = {field: value for field, value in given.items() if field != "attributes"}
        known(name, told)
        if long := [field for field, value in told.items() if len(str(value or "")) > LONGEST]:
            raise Problem("STRING_TOO_LONG", f"{long[0]}: data value too large")
        if (needed := NEEDED.get(name)) and not told.get(needed, row.get(needed)):
            raise Problem("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{needed}]")
        changed = [field for field, value in told.items() if value != row.get(field) and (value or row.get(field))]
        ref = str(told.get("Garage_Ref__c") or row.get("Garage_Ref__c") or row["Id"])
        for field in WATCHED:
            if field in changed:
                applied(self.db, self.account, "", field, ref, str(told[field]))
        if changed and name not in ("Task", "CampaignMember") and not set(WATCHED) & told.keys():
            applied(self.db, self.account, "", "fields", ref, ",".join(sorted(changed)))
        if changed or "SystemModstamp" not in row:
            row |= {**told, "SystemModstamp": self._stamp()}
        self._put(name, row)
        return row

    def delete(self, row: dict[str, Any], into: str | None = None) -> None:
        name = next(name for name, prefix in PREFIX.items() if row["Id"].startswith(prefix))
        if name == "CampaignMember":
            applied(self.db, self.account, "", "left", row["ContactId"], row["CampaignId"])
        else:
            applied(self.db, self.account, "", "deleted", str(row.get("Garage_Ref__c") or row["Id"]), "")
        self._put(name, {**row, "IsDeleted": True, "MasterRecordId": into, "SystemModstamp": self._stamp()})

    def empty_bin(self) -> None:
        """What lay in it is nowhere any more; only the feed of deletions still names it."""
        for name in PREFIX:
            for row in self.all(name):
                if row["IsDeleted"]:
                    gone = {"id": row["Id"], "deletedDate": row["SystemModstamp"]}
                    put_thing(self.db, f"gone:{name}:{self.account}", row["Id"], json.dumps(gone))
                    where = (f"{name}:{self.account}", row["Id"])
                    self.db.execute("DELETE FROM things WHERE kind = ? AND id = ?", where)

    def deleted(self, name: str) -> list[dict[str, Any]]:
        rows = self.db.execute("SELECT body FROM things WHERE kind = ?", (f"gone:{name}:{self.account}",)).fetchall()
        there = [{"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in self.all(name) if row["IsDeleted"]]
        return [*there, *(json.loads(body) for (body,) in rows)]

    def _put(self, name: str, row: Mapping[str, Any]) -> None:
        put_thing(self.db, f"{name}:{self.account}", row["Id"], json.dumps(row))
        if ref := row.get("Garage_Ref__c"):
            put_thing(self.db, f"ref:{name}:{self.account}", str(ref), row["Id"])

    def _stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def known(name: str, fields: Iterable[str]) -> None:
    if name not in FIELDS:
        raise Problem("INVALID_TYPE", f"sObject type '{name}' is not supported.", 404)
    for one in fields:
        if one not in FIELDS[name] and one not in SYSTEM:
            raise Problem("INVALID_FIELD", f"No such column '{one}' on sobject of type {name}")


def described(name: str) -> dict[str, Any]:
    types = {
        "IsDeleted": "boolean",
        "SystemModstamp": "datetime",
        "CreatedDate": "datetime",
        "Email": "email",
        "Phone": "phone",
    }
    return {
        "name": name, "type": "id" if name == "Id" else types.get(name, "string"), "updateable": name not in SYSTEM,
        "externalId": name == "Garage_Ref__c", "unique": name == "Garage_Ref__c", "length": LONGEST, "picklistValues": [],
    }  # fmt: skip
