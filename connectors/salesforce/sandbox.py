"""Salesforce's local stand-in: records, collections, queries and descriptions in its public contract, with its daily limit."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from connectors.salesforce.soql import parse
from hub.sdk.effects_log import EffectsLog, account_of, applied, put_thing, thing

MOST, PAGE = 200, 2000
PREFIX = {"Contact": "003", "Account": "001", "Asset": "02i", "Task": "00T"}
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
    ),
    "Account": ("Name", "Phone", "Website", "Garage_Ref__c"),
    "Asset": ("Name", "SerialNumber", "ContactId", "AccountId", "Garage_Ref__c"),
    "Task": ("Subject", "Status", "WhoId", "Garage_Ref__c", "Garage_Effect__c"),
}
SYSTEM = ("Id", "SystemModstamp", "CreatedDate", "IsDeleted", "MasterRecordId")
NEEDED = {"Contact": "LastName", "Account": "Name", "Asset": "Name"}


class Problem(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class SalesforceSandbox:
    """daily: calls in 24 hours; then 403, with no word on when to come again."""

    name = "salesforce"

    def __init__(
        self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC), daily: int = 100_000
    ) -> None:
        self.log = EffectsLog(folder / "salesforce.db")
        self.now, self.daily, self.used = now, daily, 0
        self.lock = threading.Lock()
        self.app = Flask("salesforce_sandbox", static_folder=None)
        root = "/services/data/v<version>"
        one = f"{root}/sobjects/<name>/<number>"
        for rule, view, method in (
            (f"{root}/query", self.query, "GET"), (f"{root}/query/", self.query, "GET"), (f"{root}/queryAll", self.query, "GET"),
            (f"{root}/queryAll/", self.query, "GET"), (f"{root}/sobjects/<name>/describe", self.describe, "GET"),
            (f"{root}/sobjects/<name>", self.create, "POST"), (f"{root}/sobjects/<name>/", self.create, "POST"),
            (one, self.one, "GET"), (one, self.one, "PATCH"), (one, self.one, "DELETE"),
            (f"{root}/sobjects/<name>/<field>/<value>", self.upsert, "PATCH"),
            (f"{root}/composite/sobjects/<name>/<field>", self.upsert_all, "PATCH"),
            (f"{root}/composite/sobjects", self.update_all, "PATCH"), (f"{root}/composite/sobjects", self.delete_all, "DELETE"),
        ):  # fmt: skip
            endpoint = f"{rule}:{method}"
            self.app.add_url_rule(rule, endpoint, self._guarded(view), methods=[method])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def act(self, account: str, do: Callable[["Shelf"], Any]) -> Any:
        return self.log.transact(lambda db: do(Shelf(db, account, self.now)))

    def change(self, token: str, names: Sequence[str], at: datetime) -> None:
        """Contacts of these first names, made or changed by a person."""
        account = account_of(f"Bearer {token}")

        def write(shelf: "Shelf") -> None:
            for name in names:
                row = {"FirstName": name, "LastName": f"at {at.isoformat()}", "Garage_Ref__c": name}
                shelf.upsert("Contact", "Garage_Ref__c", row)

        self.log.transact(lambda db: write(Shelf(db, account, lambda: at)))

    def _guarded(self, view: Any) -> Any:
        def guarded(version: str, **given: str) -> Response:
            with self.lock:
                self.used += 1
            try:
                account = account_of(request.headers.get("Authorization", ""))
                if not account:
                    raise Problem("INVALID_SESSION_ID", "Session expired or invalid", 401)
                if self.used > self.daily:
                    raise Problem("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
                response: Response = self.app.make_response(view(account, **given))
            except Problem as problem:
                response = self.app.make_response((jsonify([_said(problem, "errorCode")]), problem.status))
            response.headers["Sforce-Limit-Info"] = f"api-usage={min(self.used, self.daily)}/{self.daily}"
            return response

        return guarded

    def query(self, account: str) -> Any:
        try:
            asked = parse(request.args.get("q", ""))
        except ValueError as error:
            raise Problem("MALFORMED_QUERY", str(error)) from None
        _known(asked.name, asked.fields)
        bin_too = "queryAll" in request.path
        rows = [
            row for row in self.act(account, lambda shelf: shelf.all(asked.name)) if bin_too or not row["IsDeleted"]
        ]
        rows = sorted(
            (row for row in rows if asked.holds(row)),
            key=lambda row: [str(row.get(name) or "") for name in asked.order],
        )
        shown = [
            {"attributes": {"type": asked.name}, **{name: row.get(name) for name in asked.fields}}
            for row in rows[: asked.limit]
        ]
        return jsonify(totalSize=len(shown), done=True, records=shown)

    def describe(self, account: str, name: str) -> Any:
        _known(name, ())
        return jsonify(name=name, fields=[_described(one) for one in (*SYSTEM, *FIELDS[name])])

    def create(self, account: str, name: str) -> Any:
        row = self.act(account, lambda shelf: shelf.create(name, _body()))
        return jsonify(id=row["Id"], success=True, errors=[]), 201

    def one(self, account: str, name: str, number: str) -> Any:
        if request.method == "DELETE":
            self.act(account, lambda shelf: shelf.delete(shelf.alive(name, number)))
            return "", 204
        if request.method == "PATCH":
            self.act(account, lambda shelf: shelf.write(name, shelf.alive(name, number), _body()))
            return "", 204
        row = self.act(account, lambda shelf: shelf.alive(name, number))
        return jsonify({"attributes": {"type": name}, **dict.fromkeys(FIELDS[name]), **row})

    def upsert(self, account: str, name: str, field: str, value: str) -> Any:
        found = self.act(account, lambda shelf: shelf.matching(name, field, value))
        if len(found) > 1:
            return jsonify([f"/services/data/v60.0/sobjects/{name}/{row['Id']}" for row in found]), 300
        row, new = self.act(account, lambda shelf: shelf.upsert(name, field, {**_body(), field: value}))
        return jsonify(id=row["Id"], success=True, errors=[], created=new), 201 if new else 200

    def upsert_all(self, account: str, name: str, field: str) -> Any:
        def each(shelf: "Shelf", row: dict[str, Any]) -> dict[str, Any]:
            made, new = shelf.upsert(name, field, row)
            return {"id": made["Id"], "success": True, "errors": [], "created": new}

        return jsonify(self._all(account, _body().get("records"), each))

    def update_all(self, account: str) -> Any:
        def each(shelf: "Shelf", row: dict[str, Any]) -> dict[str, Any]:
            name = row["attributes"]["type"]
            found = shelf.write(name, shelf.alive(name, str(row.pop("Id", ""))), row)
            return {"id": found["Id"], "success": True, "errors": []}

        return jsonify(self._all(account, _body().get("records"), each))

    def delete_all(self, account: str) -> Any:
        def each(shelf: "Shelf", row: dict[str, Any]) -> dict[str, Any]:
            name = next((name for name, prefix in PREFIX.items() if row["Id"].startswith(prefix)), "")
            shelf.delete(shelf.alive(name, row["Id"]))
            return {"id": row["Id"], "success": True, "errors": []}

        ids = [one for one in request.args.get("ids", "").split(",") if one]
        return jsonify(self._all(account, [{"Id": one} for one in ids], each))

    def _all(self, account: str, rows: Any, each: Callable[["Shelf", dict[str, Any]], dict[str, Any]]) -> Any:
        """In order, each by itself: allOrNone is false."""
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
            raise Problem("EXCEEDED_ID_LIMIT", f"a collection has 1 to {MOST} records")

        def told(shelf: "Shelf", row: dict[str, Any]) -> dict[str, Any]:
            try:
                return each(shelf, dict(row))
            except Problem as problem:
                return {"success": False, "errors": [_said(problem, "statusCode")]}

        return self.act(account, lambda shelf: [told(shelf, row) for row in rows])


class Shelf:
    """One org's records, inside one transaction of the sandbox's log."""

    def __init__(self, db: Any, account: str, now: Callable[[], datetime]) -> None:
        self.db, self.account, self.now = db, account, now

    def all(self, name: str) -> list[dict[str, Any]]:
        rows = self.db.execute("SELECT body FROM things WHERE kind = ?", (f"{name}:{self.account}",)).fetchall()
        return [json.loads(body) for (body,) in rows]

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
        _known(name, ())
        if name in NEEDED and not given.get(NEEDED[name]):
            raise Problem("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{NEEDED[name]}]")
        last = int(thing(self.db, "last", self.account) or 0) + 1
        put_thing(self.db, "last", self.account, str(last))
        number = f"{PREFIX[name]}{last:015d}"
        if name == "Task":
            effect, ref = str(given.get("Garage_Effect__c", "")), str(given.get("Garage_Ref__c"))
            applied(self.db, self.account, effect, "task", ref, str(given.get("Subject")))
        row = {"Id": number, "CreatedDate": self._stamp(), "IsDeleted": False, "MasterRecordId": None}
        return self.write(name, row, given)

    def write(self, name: str, row: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        told = {field: value for field, value in given.items() if field != "attributes"}
        _known(name, told)
        changed = [field for field, value in told.items() if value != row.get(field) and (value or row.get(field))]
        ref = str(told.get("Garage_Ref__c") or row.get("Garage_Ref__c") or row["Id"])
        for field in WATCHED:
            if field in changed:
                applied(self.db, self.account, "", field, ref, str(told[field]))
        if changed and name != "Task" and not set(WATCHED) & told.keys():
            applied(self.db, self.account, "", "fields", ref, ",".join(sorted(changed)))
        if changed or "SystemModstamp" not in row:
            row |= {**told, "SystemModstamp": self._stamp()}
        self._put(name, row)
        return row

    def delete(self, row: dict[str, Any], into: str | None = None) -> None:
        name = next(name for name, prefix in PREFIX.items() if row["Id"].startswith(prefix))
        applied(self.db, self.account, "", "deleted", str(row.get("Garage_Ref__c") or row["Id"]), "")
        self._put(name, {**row, "IsDeleted": True, "MasterRecordId": into, "SystemModstamp": self._stamp()})

    def _put(self, name: str, row: Mapping[str, Any]) -> None:
        put_thing(self.db, f"{name}:{self.account}", row["Id"], json.dumps(row))
        if ref := row.get("Garage_Ref__c"):
            put_thing(self.db, f"ref:{name}:{self.account}", str(ref), row["Id"])

    def _stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _known(name: str, fields: Iterable[str]) -> None:
    if name not in FIELDS:
        raise Problem("INVALID_TYPE", f"sObject type '{name}' is not supported.", 404)
    for one in fields:
        if one not in FIELDS[name] and one not in SYSTEM:
            raise Problem("INVALID_FIELD", f"No such column '{one}' on sobject of type {name}")


def _body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise Problem("JSON_PARSER_ERROR", "The body is no JSON object.")
    return found


def _said(problem: Problem, name: str) -> dict[str, Any]:
    return {name: problem.code, "message": problem.message, "fields": []}


def _described(name: str) -> dict[str, Any]:
    types = {
        "IsDeleted": "boolean",
        "SystemModstamp": "datetime",
        "CreatedDate": "datetime",
        "Email": "email",
        "Phone": "phone",
    }
    return {
        "name": name, "type": "id" if name == "Id" else types.get(name, "string"), "updateable": name not in SYSTEM,
        "externalId": name == "Garage_Ref__c", "unique": name == "Garage_Ref__c", "length": 255, "picklistValues": [],
    }  # fmt: skip
