"""What the HubSpot sandbox remembers: objects of every type with unique properties, merges, erasures and a blocklist."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.hubspot.events import PERSON, Author, Events
from hub.sdk.effects_log import applied, put_thing, thing

TYPES = {"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-27": "tasks"}
WATCHED = ("garage_segments", "garage_tier")  # a change of these is an effect of ours
_STAMPED = {True: "lastmodifieddate", False: "hs_lastmodifieddate"}
PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "contacts": ("email", "firstname", "lastname", "phone", "address", "city", "hs_language", "garage_ref", "garage_segments",
                 "garage_tier", "garage_consents", "hs_object_id", "lastmodifieddate", "createdate", "hs_lastmodifieddate"),
    "companies": ("name", "domain", "phone", "city", "garage_ref", "hs_object_id", "hs_lastmodifieddate"),
    "deals": ("dealname", "amount", "dealstage", "pipeline", "closedate", "garage_ref", "hs_object_id", "hs_lastmodifieddate"),
    "vehicles": ("vin", "plate", "make", "model", "fuel", "odometer_km", "garage_ref", "hs_object_id", "hs_lastmodifieddate"),
    "tasks": ("hs_task_subject", "hs_task_type", "hs_task_status", "hs_timestamp", "garage_effect", "garage_ref", "hs_object_id",
              "hs_lastmodifieddate"),
}  # fmt: skip
UNIQUE: Mapping[str, tuple[str, ...]] = {
    "tasks": (),
    "contacts": ("email", "garage_ref"),
    "vehicles": ("vin", "garage_ref"),
}


class Problem(Exception):
    """What HubSpot would answer: a status, a category and words."""

    def __init__(self, status: int, category: str, message: str) -> None:
        super().__init__(message)
        self.status, self.category, self.message = status, category, message

    def body(self, trace: object = None) -> dict[str, Any]:
        return {
            "status": "error",
            "category": self.category,
            "message": self.message,
            "correlationId": str(uuid.uuid4()),
            "links": {},
            "errors": [],
            "context": {"objectWriteTraceId": [str(trace)]} if trace else {},
        }


def unique_of(kind: str) -> tuple[str, ...]:
    return UNIQUE.get(kind, ("garage_ref",))


def _shelf(kind: str, account: str) -> str:
    return f"{kind.removesuffix('s')}:{account}"


def _merged(kind: str, account: str) -> str:
    return f"merged:{kind}:{account}"


class Books:
    """One account's objects, inside one transaction of the sandbox's log; every change is told as somebody's event."""

    def __init__(self, db: Any, account: str, now: Callable[[], datetime], author: Author = PERSON) -> None:
        self.db, self.account, self.now = db, account, now
        self.events = Events(db, account, author)

    def get(self, kind: str, id_: str) -> dict[str, Any] | None:
        text = thing(self.db, _shelf(kind, self.account), id_)
        return json.loads(text) if text else None

    def find(self, kind: str, name: str, value: str) -> str | None:
        return thing(self.db, f"unique:{kind}:{name}:{self.account}", value.casefold())

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        rows = self.db.execute("SELECT body FROM things WHERE kind = ? ORDER BY id", (_shelf(kind, self.account),))
        yield from (json.loads(body) for (body,) in rows.fetchall())

    def merged_into(self, kind: str, id_: str) -> list[str]:
        """Ids that live on under this one."""
        found: list[str] = json.loads(thing(self.db, _merged(kind, self.account), id_) or "[]")
        return found

    def alive(self, kind: str, id_: str, id_property: str | None = None) -> dict[str, Any]:
        """The object that an id means today: a merged one is answered under the id it lives on under. Raises Problem."""
        number: str | None = id_
        if id_property and id_property != "hs_object_id":
            number = self.find(kind, id_property, id_)
        found = self.get(kind, number) if number else None
        while found is not None and found.get("into"):
            found = self.get(kind, found["into"])
        if found is None or found["archived"]:
            raise Problem(404, "OBJECT_NOT_FOUND", "resource not found")
        return found

    def create(self, kind: str, properties: Mapping[str, str], trace: object = None) -> dict[str, Any]:
        self._check(kind, properties, None)
        number = str(self._next())
        stamp = self._stamp()
        found = {
            "id": number,
            "properties": {"hs_object_id": number},
            "createdAt": stamp,
            "updatedAt": stamp,
            "archived": False,
        }
        self.events.tell(kind, "creation", number, datetime.fromisoformat(stamp))
        return self._write(kind, found, properties, trace)

    def update(
        self, kind: str, found: dict[str, Any], properties: Mapping[str, str], trace: object = None
    ) -> dict[str, Any]:
        self._check(kind, properties, found["id"])
        return self._write(kind, found, properties, trace)

    def change(self, names: Sequence[str]) -> None:
        """Contacts with these addresses are made, or changed."""
        for name in names:
            given = {"email": f"{name}@example.org", "lastname": f"at {self._stamp()}"}
            number = self.find("contacts", "email", given["email"])
            if number is None:
                self.create("contacts", given)
            else:
                self.update("contacts", self.alive("contacts", number), given)

    def archive(self, kind: str, id_: str) -> None:
        """Archiving what is not there is no error, as HubSpot's batch says."""
        found = self.get(kind, id_)
        if found is None or found["archived"]:
            return
        found |= {"archived": True, "archivedAt": self._stamp(), "updatedAt": self._stamp()}
        self._release(kind, found)
        self._put(kind, found)
        self._tell(kind, "deletion", found)
        applied(self.db, self.account, "", "archived", str(found["properties"].get("garage_ref", id_)), id_)

    def restore(self, kind: str, id_: str) -> None:
        found = self.get(kind, id_)
        if found is not None and not found.get("into"):
            found |= {"archived": False, "updatedAt": self._stamp()}
            found.pop("archivedAt", None)
            self._put(kind, found)
            self._index(kind, found)
            self._tell(kind, "restore", found)

    def merge(self, kind: str, winner: str, loser: str, anew: bool = False) -> dict[str, Any]:
        """anew: both go on in a record that is made for it, as HubSpot does with some. Whatever is gone is told as deleted, too."""
        first, other = self.alive(kind, winner), self.alive(kind, loser)
        if first["id"] == other["id"]:
            raise Problem(400, "VALIDATION_ERROR", "Cannot merge an object with itself.")
        kept = {**first, "id": str(self._next())} if anew else first
        gone = [first, other] if anew else [other]
        brought = [*self.merged_into(kind, first["id"]), *self.merged_into(kind, other["id"])]
        for one in gone:
            self._release(kind, one)
            self._put(kind, {**one, "archived": True, "into": kept["id"], "updatedAt": self._stamp()})
        ids = [str(one["id"]) for one in gone]
        applied(
            self.db, self.account, "", "merged", str(first["properties"].get("garage_ref", first["id"])), kept["id"]
        )
        put_thing(self.db, _merged(kind, self.account), kept["id"], json.dumps([*brought, *ids]))
        numbers = {"primaryObjectId": int(first["id"]), "mergedObjectIds": [int(one) for one in ids]}
        self._tell(kind, "merge", kept, **numbers, **({"newObjectId": int(kept["id"])} if anew else {}))
        for one in gone:
            self._tell(kind, "deletion", one)
        missing = {name: value for name, value in other["properties"].items() if not first["properties"].get(name)}
        return self._write(kind, kept, {**missing, "hs_object_id": kept["id"]}, None)

    def erase(self, value: str, id_property: str | None) -> None:
        """For good. An e-mail that nobody has is put on the blocklist: a stranger could never be a contact again."""
        number = self.find("contacts", id_property, value) if id_property else value
        found = self.get("contacts", number) if number else None
        if found is None and id_property == "email":
            put_thing(self.db, f"blocked:{self.account}", value.casefold(), "1")
        if found is None:
            return
        self._release("contacts", found)
        self.db.execute("DELETE FROM things WHERE kind = ? AND id = ?", (_shelf("contacts", self.account), found["id"]))
        self._tell("contacts", "privacyDeletion", found)
        applied(self.db, self.account, "", "erased", str(found["properties"].get("garage_ref", number)), "")

    def blocked(self) -> list[str]:
        return [row[0] for row in self.db.execute("SELECT id FROM things WHERE kind = ?", (f"blocked:{self.account}",))]

    def _write(self, kind: str, found: dict[str, Any], given: Mapping[str, str], trace: object) -> dict[str, Any]:
        """A property's history grows only when its value changes; a write that changes nothing leaves the time alone."""
        before = found["properties"]
        changed = {name: value for name, value in given.items() if value != before.get(name, "")}
        ref, key = str({**before, **given}.get("garage_ref", found["id"])), str(trace or "")
        for name in WATCHED:
            if name in changed:
                applied(self.db, self.account, key, name, ref, given[name])
        if changed and kind != "tasks" and not set(WATCHED) & given.keys():
            applied(self.db, self.account, key, "fields", ref, ",".join(sorted(changed)))
        self._release(kind, found)
        if changed:
            found["updatedAt"] = self._stamp()
            found["properties"] = {**before, **given, _STAMPED[kind == "contacts"]: found["updatedAt"]}
            self.events.tell_changes(kind, found["id"], datetime.fromisoformat(found["updatedAt"]), changed)
        self._put(kind, found)
        self._index(kind, found)
        return found

    def _tell(self, kind: str, motion: str, found: Mapping[str, Any], **more: Any) -> None:
        self.events.tell(kind, motion, found["id"], self.now(), **more)

    def _check(self, kind: str, properties: Mapping[str, Any], own: str | None) -> None:
        if kind not in PROPERTIES:
            raise Problem(400, "VALIDATION_ERROR", f"Unable to infer object type from: {kind}")
        for name, value in properties.items():
            if name not in PROPERTIES[kind]:
                raise Problem(400, "VALIDATION_ERROR", f'Property "{name}" does not exist')
            if not isinstance(value, str):
                raise Problem(400, "VALIDATION_ERROR", "Property values must be strings.")
        for name in unique_of(kind):
            holder = self.find(kind, name, properties[name]) if properties.get(name) else None
            if holder is not None and holder != own:
                raise Problem(409, "CONFLICT", f"Contact already exists. Existing ID: {holder}")
        email = str(properties.get("email", "")).casefold()
        if kind == "contacts" and email and thing(self.db, f"blocked:{self.account}", email):
            raise Problem(400, "VALIDATION_ERROR", "The e-mail is on the blocklist.")

    def _index(self, kind: str, found: Mapping[str, Any]) -> None:
        for name in unique_of(kind):
            if value := found["properties"].get(name):
                put_thing(self.db, f"unique:{kind}:{name}:{self.account}", value.casefold(), found["id"])

    def _release(self, kind: str, found: Mapping[str, Any]) -> None:
        for name in unique_of(kind):
            if value := found["properties"].get(name):
                where = (f"unique:{kind}:{name}:{self.account}", value.casefold())
                self.db.execute("DELETE FROM things WHERE kind = ? AND id = ?", where)

    def _put(self, kind: str, found: Mapping[str, Any]) -> None:
        put_thing(self.db, _shelf(kind, self.account), found["id"], json.dumps(found))

    def _next(self) -> int:
        """Twelve digits that grow, so that their order as text is their order as numbers."""
        base = int(hashlib.sha256(self.account.encode()).hexdigest()[:4], 16) * 1_000_000 + 100_000_000_000
        last = int(thing(self.db, "last", self.account) or base) + 1
        put_thing(self.db, "last", self.account, str(last))
        return last

    def _stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def property_of(kind: str, name: str) -> dict[str, Any]:
    types = {"amount": "number", "odometer_km": "number", "closedate": "datetime", "hs_timestamp": "datetime"}
    return {
        "name": name, "label": name, "type": "datetime" if name.endswith("modifieddate") else types.get(name, "string"),
        "fieldType": "text", "groupName": "garage", "description": "", "options": [],
        "hasUniqueValue": name in unique_of(kind), "modificationMetadata": {
            "archivable": True, "readOnlyDefinition": False, "readOnlyValue": name.startswith("hs_") and "task" not in name},
    }  # fmt: skip
