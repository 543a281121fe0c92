"""HubSpot's local stand-in: contacts by batch upsert with property history, tasks, and search, in its public contract."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, account_of, applied, put_thing, thing

MOST = 100
WATCHED = ("garage_segments", "garage_tier")  # a change of these is an effect of ours
STAMP = "2026-01-01T00:00:00Z"


class HubSpotSandbox:
    name = "hubspot"

    def __init__(self, folder: Path) -> None:
        self.log = EffectsLog(folder / "hubspot.db")
        self.app = Flask("hubspot_sandbox", static_folder=None)
        self.app.add_url_rule("/crm/v3/objects/contacts/batch/upsert", view_func=self.upsert, methods=["POST"])
        self.app.add_url_rule("/crm/v3/objects/tasks", view_func=self.add_task, methods=["POST"])
        self.app.add_url_rule("/crm/v3/objects/tasks/search", view_func=self.search_tasks, methods=["POST"])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def upsert(self) -> Response | tuple[Response, int]:
        account, inputs = _account(), (request.get_json(silent=True) or {}).get("inputs")
        if not account:
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST:
            return _error(400, "VALIDATION_ERROR", f"inputs must have 1 to {MOST} items.")
        results, errors = self.log.transact(lambda db: _upsert_all(db, account, inputs))
        body = {"status": "COMPLETE", "results": results, "startedAt": STAMP, "completedAt": STAMP}
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return jsonify(body), 207 if errors else 200

    def add_task(self) -> Response | tuple[Response, int]:
        account, body = _account(), request.get_json(silent=True) or {}
        if not account:
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        properties = body.get("properties")
        if not isinstance(properties, dict) or "associations" not in body:
            return _error(400, "VALIDATION_ERROR", "properties and associations are required.")
        return jsonify(self.log.transact(lambda db: _add_task(db, account, properties))), 201

    def search_tasks(self) -> Response | tuple[Response, int]:
        account, body = _account(), request.get_json(silent=True) or {}
        if not account:
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if not {"limit", "after", "filterGroups", "properties", "sorts"} <= body.keys() or int(body["limit"]) > 200:
            return _error(
                400, "VALIDATION_ERROR", "limit (<= 200), after, filterGroups, properties and sorts are required."
            )
        wanted = {
            value
            for group in body["filterGroups"]
            for one in group["filters"]
            for value in one.get("values", [one.get("value")])
        }
        found = self.log.transact(lambda db: _tasks(db, account, wanted))
        return jsonify(total=len(found), results=found)


def _upsert_all(
    db: Any, account: str, inputs: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for one in inputs:
        properties = one.get("properties")
        strings = isinstance(properties, dict) and all(isinstance(value, str) for value in properties.values())
        if properties is None or not strings or one.get("idProperty") != "garage_ref" or not one.get("id"):
            errors.append(
                _problem("VALIDATION_ERROR", "Property values must be strings.", one.get("objectWriteTraceId"))
            )
        else:
            results.append(_upsert(db, account, one, properties))
    return results, errors


def _upsert(db: Any, account: str, one: Mapping[str, Any], properties: Mapping[str, str]) -> dict[str, Any]:
    """A property's history grows only when its value changes."""
    ref = str(one["id"])
    stored = thing(db, f"contact:{account}", ref)
    contact: dict[str, Any] = (
        json.loads(stored) if stored else {"id": str(_number(f"{account}{ref}")), "properties": {}, "createdAt": STAMP}
    )
    for name in WATCHED:
        if name in properties and properties[name] != contact["properties"].get(name, ""):
            applied(db, account, str(one.get("objectWriteTraceId")), name, ref, properties[name])
    contact["properties"] |= properties
    contact["updatedAt"] = STAMP
    put_thing(db, f"contact:{account}", ref, json.dumps(contact))
    return {**contact, "new": stored is None, "archived": False}


def _add_task(db: Any, account: str, properties: Mapping[str, str]) -> dict[str, Any]:
    """HubSpot tells no repeats apart here: the same task twice is two tasks."""
    effect = str(properties.get("garage_effect", ""))
    applied(db, account, effect, "task", str(properties.get("garage_ref")), str(properties.get("hs_task_subject")))
    number = str(_number(str(uuid.uuid4())))
    put_thing(db, f"task:{account}", number, json.dumps(dict(properties)))
    return {"id": number, "properties": dict(properties), "createdAt": STAMP, "updatedAt": STAMP, "archived": False}


def _tasks(db: Any, account: str, wanted: set[str]) -> list[dict[str, Any]]:
    rows = db.execute("SELECT id, body FROM things WHERE kind = ?", (f"task:{account}",)).fetchall()
    found = [(number, json.loads(body)) for number, body in rows]
    return [
        {"id": number, "properties": properties, "createdAt": STAMP, "updatedAt": STAMP, "archived": False}
        for number, properties in found
        if properties.get("garage_effect") in wanted
    ]


def _account() -> str:
    return account_of(request.headers.get("Authorization", ""))


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def _problem(category: str, message: str, trace: object) -> dict[str, Any]:
    context = {"objectWriteTraceId": [str(trace)]} if trace else {}
    return {
        "status": "error",
        "category": category,
        "message": message,
        "correlationId": str(uuid.uuid4()),
        "context": context,
    }


def _error(status: int, category: str, message: str) -> tuple[Response, int]:
    return jsonify(_problem(category, message, None)), status
