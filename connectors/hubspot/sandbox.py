"""HubSpot's local stand-in: objects, batches, search, merge, erasure and properties in its public contract, with its limits."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from connectors.hubspot import associations, desk, searching
from connectors.hubspot.books import PROPERTIES, TYPES, Books, Problem, property_of, unique_of
from connectors.hubspot.events import OUR_APP
from hub.sdk.effects_log import EffectsLog, account_of, applied

MOST, PAGE, FOUND = 100, 200, 10_000  # inputs of a batch, a page of search, results of one search
BURST, SPAN = 190, 10.0


class HubSpotSandbox:
    """search_lag: seconds until a change can be searched for. burst: calls in ten seconds, counted when they arrive.
    merge_anew: two that an app merges go on in a record that is made for it."""

    name = "hubspot"

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        search_lag: float = 0.0,
        burst: int = BURST,
        merge_anew: bool = False,
    ) -> None:
        self.log = EffectsLog(folder / "hubspot.db")
        self.now, self.lag, self.burst, self.merge_anew = now, timedelta(seconds=search_lag), burst, merge_anew
        self.lock = threading.Lock()
        self.arrivals: dict[str, deque[float]] = {}
        self.app = Flask("hubspot_sandbox", static_folder=None)
        objects, between = "/crm/v3/objects/<kind>", "/crm/v4/associations/<from_kind>/<to_kind>/batch"
        for rule, view, method in (
            (objects, self.page, "GET"), (objects, self.create, "POST"), (f"{objects}/<number>", self.one, "GET"),
            (f"{objects}/<number>", self.one, "PATCH"), (f"{objects}/<number>", self.one, "DELETE"),
            (f"{objects}/batch/<verb>", self.batch, "POST"), (f"{objects}/search", self.search, "POST"),
            (f"{objects}/merge", self.merge, "POST"), (f"{objects}/gdpr-delete", self.erase, "POST"),
            ("/crm/v3/properties/<kind>", self.properties, "GET"), (f"{between}/associate/default", self.associate, "POST"),
            ("/crm/v3/lists/<number>/memberships/add-and-remove", self.enlist, "PUT"),
            (f"{between}/archive", self.associate, "POST"), (f"{between}/read", self.associate, "POST"),
        ):  # fmt: skip
            self.app.add_url_rule(rule, f"{rule}:{method}", self._guarded(view), methods=[method])
        self.app.add_url_rule("/desk/<account>", "desk", self.desk, methods=["GET", "POST"])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def act(self, account: str, do: Callable[[Books], Any]) -> Any:
        """What a person at HubSpot would do: in one transaction, with the account's books."""
        return self.log.transact(lambda db: do(Books(db, account, self.now)))

    def change(self, token: str, names: Sequence[str], at: datetime) -> None:
        """A person makes contacts of these addresses, or changes them."""
        self.log.transact(lambda db: Books(db, account_of(f"Bearer {token}"), lambda: at).change(names))

    def _act(self, account: str, do: Callable[[Books], Any]) -> Any:
        """What an app does through the API."""
        return self.log.transact(lambda db: do(Books(db, account, self.now, OUR_APP)))

    def desk(self, account: str) -> Any:
        """For people, on the machine of a demo: no token, and only this stand-in's own contacts."""
        said = ""
        if request.method == "POST":
            given = {name: request.form[name].strip() for name in desk.FIELDS if name in request.form}
            try:
                self.act(
                    account, lambda books: books.update("contacts", books.alive("contacts", request.form["id"]), given)
                )
            except Problem as problem:
                said = problem.message
        return desk.page(
            self.act(account, lambda books: [one for one in books.all("contacts") if not one["archived"]]), said
        )

    def _guarded(self, view: Any) -> Any:
        """Whoever comes has a token and a place in the window; every answer says how many places are left."""

        def guarded(**given: str) -> Response:
            account = account_of(request.headers.get("Authorization", ""))
            left = self._arrive(account)
            try:
                if not account:
                    raise Problem(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
                if left < 0:
                    raise Problem(429, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit.")
                if "kind" in given:
                    given["kind"] = TYPES.get(given["kind"], given["kind"])
                answer = view(account, **given)
                response: Response = self.app.make_response(answer)
            except Problem as problem:
                response = self.app.make_response((problem.body(), problem.status))
            response.headers["X-HubSpot-RateLimit-Max"] = str(self.burst)
            response.headers["X-HubSpot-RateLimit-Remaining"] = str(max(0, left))
            response.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = str(int(SPAN * 1000))
            return response

        return guarded

    def _arrive(self, account: str) -> int:
        at = time.monotonic()
        with self.lock:
            seen = self.arrivals.setdefault(account, deque())
            while seen and at - seen[0] >= SPAN:
                seen.popleft()
            if len(seen) >= self.burst:
                return -1
            seen.append(at)
            return self.burst - len(seen)

    def page(self, account: str, kind: str) -> Any:
        limit = int(request.args.get("limit", 10))
        if limit > MOST:
            raise Problem(400, "VALIDATION_ERROR", "limit must be at most 100.")
        archived, after = request.args.get("archived", "").lower() == "true", request.args.get("after", "")
        rows = [row for row in self._act(account, lambda books: list(books.all(kind))) if row["archived"] == archived]
        rows = [row for row in rows if row["id"] > after and "into" not in row]
        body: dict[str, Any] = {"results": [_shown(row, _named()) for row in rows[:limit]]}
        if len(rows) > limit:
            body["paging"] = {"next": {"after": rows[limit - 1]["id"]}}
        return jsonify(body)

    def create(self, account: str, kind: str) -> Any:
        body = request.get_json(silent=True) or {}
        if not isinstance(body.get("properties"), dict) or "associations" not in body:
            raise Problem(400, "VALIDATION_ERROR", "properties and associations are required.")

        return jsonify(_shown(self._act(account, lambda books: _create(books, kind, body, {})))), 201

    def one(self, account: str, kind: str, number: str) -> Any:
        by = request.args.get("idProperty")
        if request.method == "DELETE":
            self._act(account, lambda books: books.archive(kind, number))
            return "", 204
        given = (request.get_json(silent=True) or {}).get("properties") or {}

        def act(books: Books) -> dict[str, Any]:
            found = books.alive(kind, number, by)
            return books.update(kind, found, given) if request.method == "PATCH" else found

        return jsonify(_shown(self._act(account, act), _named()))

    def batch(self, account: str, kind: str, verb: str) -> Any:
        body = request.get_json(silent=True) or {}
        inputs = body.get("inputs")
        if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST:
            raise Problem(400, "VALIDATION_ERROR", f"inputs must have 1 to {MOST} items.")
        steps = {"create": _create, "read": _read, "update": _update, "upsert": _upsert, "archive": _archive}
        if verb not in steps:
            raise Problem(404, "NOT_FOUND", "no such verb")
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []

        def all_of(books: Books) -> None:
            for one in inputs:
                try:
                    results.append(_shown(steps[verb](books, kind, one, body), body.get("properties") or ()))
                except Problem as problem:
                    errors.append(problem.body(one.get("objectWriteTraceId")))

        self._act(account, all_of)
        if verb == "archive":
            return "", 204
        return self._said(results, errors, 201 if verb == "create" else 200)

    def associate(self, account: str, from_kind: str, to_kind: str) -> Any:
        verb, body = request.path.partition("/batch/")[2], request.get_json(silent=True) or {}
        results, errors = self._act(
            account, lambda books: associations.batch(books, (from_kind, to_kind), verb, body.get("inputs"))
        )
        return ("", 204) if verb == "archive" else self._said(results, errors, 200)

    def enlist(self, account: str, number: str) -> Any:
        body = request.get_json(silent=True) or {}
        return jsonify(self._act(account, lambda books: associations.enlist(books, number, body)))

    def _said(self, results: Sequence[Any], errors: Sequence[Any], status: int) -> Any:
        stamp = self.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": stamp, "completedAt": stamp}
        if errors:
            said |= {"numErrors": len(errors), "errors": errors}
        return jsonify(said), 207 if errors else status

    def search(self, account: str, kind: str) -> Any:
        body = request.get_json(silent=True) or {}
        if not {"limit", "after", "filterGroups", "properties", "sorts"} <= body.keys() or int(body["limit"]) > PAGE:
            raise Problem(
                400, "VALIDATION_ERROR", "limit (<= 200), after, filterGroups, properties and sorts are required."
            )
        groups, start, limit = body["filterGroups"], int(body["after"] or 0), int(body["limit"])
        if len(groups) > 5 or any(
            one["operator"] not in searching.OPERATORS for group in groups for one in group["filters"]
        ):
            raise Problem(400, "VALIDATION_ERROR", "There are at most 5 groups, and operators are a closed list.")
        if start + limit > FOUND:
            raise Problem(400, "VALIDATION_ERROR", "The search reaches no further than 10,000 results.")
        edge = (self.now() - self.lag).astimezone(UTC)
        rows = [
            row
            for row in self._act(account, lambda books: list(books.all(kind)))
            if not row["archived"] and datetime.fromisoformat(row["updatedAt"]) <= edge and searching.holds(row, groups)
        ]
        for sort in reversed(body["sorts"]):
            name, down = sort.get("propertyName", "hs_object_id"), sort.get("direction") == "DESCENDING"
            rows.sort(key=lambda row: searching.order(searching.value_of(row, name)), reverse=down)
        said: dict[str, Any] = {
            "total": len(rows),
            "results": [_shown(row, body["properties"]) for row in rows[start:][:limit]],
        }
        if len(rows) > start + limit:
            said["paging"] = {"next": {"after": str(start + limit)}}
        return jsonify(said)

    def merge(self, account: str, kind: str) -> Any:
        body = request.get_json(silent=True) or {}
        winner, loser = str(body.get("primaryObjectId")), str(body.get("objectIdToMerge"))
        return jsonify(_shown(self._act(account, lambda books: books.merge(kind, winner, loser, self.merge_anew))))

    def erase(self, account: str, kind: str) -> Any:
        body = request.get_json(silent=True) or {}
        if kind != "contacts":
            raise Problem(404, "NOT_FOUND", "only contacts are deleted for privacy")
        self._act(account, lambda books: books.erase(str(body.get("objectId")), body.get("idProperty")))
        return "", 204

    def properties(self, account: str, kind: str) -> Any:
        if kind not in PROPERTIES:
            raise Problem(404, "OBJECT_NOT_FOUND", "no such type")
        return jsonify(results=[property_of(kind, name) for name in PROPERTIES[kind]])


def _create(books: Books, kind: str, one: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    properties = one.get("properties") or {}
    made = books.create(kind, properties, one.get("objectWriteTraceId"))
    if kind == "tasks":  # HubSpot tells no repeats apart here: the same task twice is two tasks
        effect, ref = str(properties.get("garage_effect", "")), str(properties.get("garage_ref"))
        applied(books.db, books.account, effect, "task", ref, str(properties.get("hs_task_subject")))
    return made


def _read(books: Books, kind: str, one: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    return books.alive(kind, str(one.get("id")), body.get("idProperty"))


def _update(books: Books, kind: str, one: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    found = books.alive(kind, str(one.get("id")), one.get("idProperty"))
    return books.update(kind, found, one.get("properties") or {}, one.get("objectWriteTraceId"))


def _upsert(books: Books, kind: str, one: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    name, value, properties = one.get("idProperty"), one.get("id"), one.get("properties")
    if name not in unique_of(kind) or not value or not isinstance(properties, dict):
        raise Problem(400, "VALIDATION_ERROR", "idProperty (unique), id and properties are required.")
    number, trace = books.find(kind, name, str(value)), one.get("objectWriteTraceId")
    if number is None:
        return {**books.create(kind, {**properties, name: str(value)}, trace), "new": True}
    return {**books.update(kind, books.alive(kind, number), properties, trace), "new": False}


def _archive(books: Books, kind: str, one: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    books.archive(kind, str(one.get("id")))
    return {}


def _named() -> list[str]:
    return [name for given in request.args.getlist("properties") for name in given.split(",") if name]


def _shown(row: Mapping[str, Any], names: Iterable[str] = ()) -> dict[str, Any]:
    """With the properties that were asked for, empty ones as null."""
    wanted = list(names)
    shown = {name: value for name, value in row.items() if name not in ("into", "properties")}
    properties = row.get("properties", {})
    return {**shown, "properties": {name: properties.get(name) for name in wanted} if wanted else properties}
