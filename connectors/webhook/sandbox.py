"""A partner's receiver: keeps each webhook once by its id, and does what its dial says (answers 410, 500 ...)."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, applied, put_thing, thing


class WebhookSandbox:
    """One receiver per path; PUT /<path> with {"status": 410} turns that one's answer, {"status": 200} back."""

    name = "webhook"

    def __init__(self, folder: Path) -> None:
        self.log = EffectsLog(folder / "webhook.db")
        self.heard: list[tuple[str, dict[str, str], bytes]] = []  # path, headers in lower case, body: since the start
        self.app = Flask("webhook_sandbox", static_folder=None)
        self.app.add_url_rule("/", "root", lambda: self.receive(""), methods=["POST"])
        self.app.add_url_rule("/<path:path>", view_func=self.receive, methods=["POST"])
        self.app.add_url_rule("/<path:path>", view_func=self.turn, methods=["PUT"])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def receive(self, path: str) -> Response | tuple[Response, int]:
        body = request.get_data()
        self.heard.append((path, {name.lower(): value for name, value in request.headers}, body))
        message_id = request.headers.get("webhook-id", "")
        if not message_id or "webhook-signature" not in request.headers:
            return jsonify(code="no_standard_webhook"), 400
        status = self.log.transact(lambda db: _receive(db, path, message_id, body))
        return jsonify(code="received" if status < 300 else "as_told"), status

    def turn(self, path: str) -> Response:
        wanted = request.get_json()
        self.log.transact(lambda db: put_thing(db, "status", path, str(int(wanted["status"]))))
        return jsonify(wanted)


def _receive(db: Any, path: str, message_id: str, body: bytes) -> int:
    status = int(thing(db, "status", path) or 200)
    if 200 <= status < 300 and thing(db, f"seen:{path}", message_id) is None:
        put_thing(db, f"seen:{path}", message_id, "1")
        applied(db, path, message_id, str(json.loads(body).get("type")), path, "")
    return status
