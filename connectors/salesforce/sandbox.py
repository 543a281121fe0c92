"""Salesforce's local stand-in: records, collections, queries and descriptions in its public contract, with its daily limit."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from connectors.salesforce import desk, ingest, outbound
from connectors.salesforce.shelf import FIELDS, PREFIX, SYSTEM, Problem, Shelf, described, known
from connectors.salesforce.soql import parse
from connectors.salesforce.words import moment, stamp
from hub.sdk import WrongInput
from hub.sdk.effects_log import EffectsLog, account_of

MOST = 200  # records of a collection
KEPT, UNCOVERED = timedelta(days=15), timedelta(seconds=30)  # what is deleted; behind what the feeds cover


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
            (f"{root}/sobjects/<name>/updated/", self.updated, "GET"), (f"{root}/sobjects/<name>/deleted/", self.deleted, "GET"),
            (one, self.one, "GET"), (one, self.one, "PATCH"), (one, self.one, "DELETE"),
            (f"{root}/sobjects/<name>/<field>/<value>", self.upsert, "PATCH"),
            (f"{root}/composite/sobjects/<name>/<field>", self.upsert_all, "PATCH"),
            (f"{root}/jobs/ingest", self.open_job, "POST"), (f"{root}/jobs/ingest/<number>", self.job, "GET"),
            (f"{root}/jobs/ingest/<number>", self.job, "PATCH"), (f"{root}/jobs/ingest/<number>/batches", self.fill, "PUT"),
            (f"{root}/jobs/ingest/<number>/<which>", self.results, "GET"),
            (f"{root}/composite/sobjects", self.create_all, "POST"), (f"{root}/composite/sobjects", self.update_all, "PATCH"),
            (f"{root}/composite/sobjects", self.delete_all, "DELETE"),
        ):  # fmt: skip
            endpoint = f"{rule}:{method}"
            self.app.add_url_rule(rule, endpoint, self._guarded(view), methods=[method])
        self.app.add_url_rule("/desk/<account>", "desk", self.desk, methods=["GET", "POST"])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def act(self, account: str, do: Callable[[Shelf], Any]) -> Any:
        return self.log.transact(lambda db: do(Shelf(db, account, self.now)))

    def change(self, token: str, names: Sequence[str], at: datetime) -> None:
        """Contacts of these first names, made or changed by a person."""
        account = account_of(f"Bearer {token}")

        def write(shelf: Shelf) -> None:
            for name in names:
                row = {"FirstName": name, "LastName": f"at {at.isoformat()}", "Garage_Ref__c": name}
                shelf.upsert("Contact", "Garage_Ref__c", row)

        self.log.transact(lambda db: write(Shelf(db, account, lambda: at)))

    def outbound(self, token: str, organization: str, since: datetime) -> list[bytes]:
        """The outbound messages of a flow that fires at every change of a Contact, for all that changed since and still is there."""
        account = account_of(f"Bearer {token}")
        rows = [
            row
            for row in self.act(account, lambda shelf: shelf.all("Contact"))
            if moment(row["SystemModstamp"]) >= since and not row["IsDeleted"]
        ]
        notices = [
            outbound.Notice(f"04l{row['Id'][3:]}{moment(row['SystemModstamp']).timestamp():.6f}", "Contact", row["Id"])
            for row in rows
        ]
        parts = range(0, len(notices), outbound.MOST)
        return [outbound.message(organization, notices[start : start + outbound.MOST]) for start in parts]

    def desk(self, account: str) -> Any:
        """For people, on the machine of a demo: no token, and only this stand-in's own contacts."""
        said = ""
        if request.method == "POST":
            given = {name: request.form[name].strip() or None for name in desk.FIELDS if name in request.form}
            try:
                self.act(
                    account, lambda shelf: shelf.write("Contact", shelf.alive("Contact", request.form["id"]), given)
                )
            except Problem as problem:
                said = problem.message
        return desk.page(
            self.act(account, lambda shelf: [one for one in shelf.all("Contact") if not one["IsDeleted"]]), said
        )

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
        known(asked.name, asked.fields)
        bin_too = "queryAll" in request.path
        rows = [
            row
            for row in self.act(account, lambda shelf: shelf.among(asked.name, asked.among))
            if bin_too or not row["IsDeleted"]
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
        known(name, ())
        return jsonify(name=name, fields=[described(one) for one in (*SYSTEM, *FIELDS[name])])

    def updated(self, account: str, name: str) -> Any:
        start, end = self._span()
        rows = self.act(account, lambda shelf: shelf.all(name))
        ids = [row["Id"] for row in rows if not row["IsDeleted"] and start <= moment(row["SystemModstamp"]) < end]
        return jsonify(ids=ids, latestDateCovered=stamp(end))

    def deleted(self, account: str, name: str) -> Any:
        start, end = self._span()
        rows = self.act(account, lambda shelf: shelf.deleted(name))
        gone = [row for row in rows if start <= moment(row["deletedDate"]) < end]
        earliest = stamp(self.now() - KEPT)
        return jsonify(deletedRecords=gone, earliestDateAvailable=earliest, latestDateCovered=stamp(end))

    def _span(self) -> tuple[datetime, datetime]:
        """From whole minute to whole minute, in the last 30 days; what still runs is not covered yet."""
        try:
            start, end = (moment(request.args[name]) for name in ("start", "end"))
        except (KeyError, WrongInput):
            raise Problem("MALFORMED_ID", "start and end are required") from None
        if start < self.now() - timedelta(days=30):
            raise Problem("INVALID_REPLICATION_DATE", "startDate before org replication enabled date or too long ago")
        if end - start <= timedelta(minutes=1):
            raise Problem("INVALID_REPLICATION_DATE", "endDate must be at least one minute greater than startDate")
        return start, min(end, self.now() - UNCOVERED)

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
        def each(shelf: Shelf, row: dict[str, Any]) -> dict[str, Any]:
            made, new = shelf.upsert(name, field, row)
            return {"id": made["Id"], "success": True, "errors": [], "created": new}

        return jsonify(self._all(account, _body().get("records"), each))

    def create_all(self, account: str) -> Any:
        def each(shelf: Shelf, row: dict[str, Any]) -> dict[str, Any]:
            made = shelf.create(row["attributes"]["type"], row)
            return {"id": made["Id"], "success": True, "errors": []}

        return jsonify(self._all(account, _body().get("records"), each))

    def update_all(self, account: str) -> Any:
        def each(shelf: Shelf, row: dict[str, Any]) -> dict[str, Any]:
            name = row["attributes"]["type"]
            found = shelf.write(name, shelf.alive(name, str(row.pop("Id", ""))), row)
            return {"id": found["Id"], "success": True, "errors": []}

        return jsonify(self._all(account, _body().get("records"), each))

    def delete_all(self, account: str) -> Any:
        def each(shelf: Shelf, row: dict[str, Any]) -> dict[str, Any]:
            name = next((name for name, prefix in PREFIX.items() if row["Id"].startswith(prefix)), "")
            shelf.delete(shelf.alive(name, row["Id"]))
            return {"id": row["Id"], "success": True, "errors": []}

        ids = [one for one in request.args.get("ids", "").split(",") if one]
        return jsonify(self._all(account, [{"Id": one} for one in ids], each))

    def open_job(self, account: str) -> Any:
        return jsonify(self.act(account, lambda shelf: ingest.open_job(shelf, _body())))

    def job(self, account: str, number: str) -> Any:
        if request.method == "PATCH":
            return jsonify(self.act(account, lambda shelf: ingest.set_state(shelf, number, _body().get("state"))))
        return jsonify(self.act(account, lambda shelf: ingest.look(shelf, number)))

    def fill(self, account: str, number: str) -> Any:
        self.act(account, lambda shelf: ingest.fill(shelf, number, request.get_data()))
        return "", 201

    def results(self, account: str, number: str, which: str) -> Any:
        if which.lower() not in ingest.RESULTS:
            raise Problem("NOT_FOUND", "The requested resource does not exist", 404)
        rows = self.act(account, lambda shelf: ingest.results(shelf, number, which))
        return Response(rows, mimetype="text/csv")

    def _all(self, account: str, rows: Any, each: Callable[[Shelf, dict[str, Any]], dict[str, Any]]) -> Any:
        """In order, each by itself: allOrNone is false."""
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
            raise Problem("EXCEEDED_ID_LIMIT", f"a collection has 1 to {MOST} records")

        def told(shelf: Shelf, row: dict[str, Any]) -> dict[str, Any]:
            try:
                return each(shelf, dict(row))
            except Problem as problem:
                return {"success": False, "errors": [_said(problem, "statusCode")]}

        return self.act(account, lambda shelf: [told(shelf, row) for row in rows])


def _body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise Problem("JSON_PARSER_ERROR", "The body is no JSON object.")
    return found


def _said(problem: Problem, name: str) -> dict[str, Any]:
    return {name: problem.code, "message": problem.message, "fields": []}
