"""A text message provider's local stand-in: every accepted call is one more text on somebody's phone."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, account_of, applied


class SmsSandbox:
    name = "sms"

    def __init__(self, folder: Path) -> None:
        self.log = EffectsLog(folder / "sms.db")
        self.app = Flask("sms_sandbox", static_folder=None)
        self.app.add_url_rule("/messages", view_func=self.send, methods=["POST"])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def send(self) -> Response | tuple[Response, int]:
        account = account_of(request.headers.get("Authorization", ""))
        body = request.get_json(silent=True) or {}
        if not account:
            return jsonify(code="unauthorized"), 401
        if not body.get("to") or not body.get("text"):
            return jsonify(code="to_or_text_missing"), 400
        self.log.transact(
            lambda db: applied(db, account, str(body.get("client_ref")), "text", str(body["to"]), str(body["text"]))
        )
        return jsonify(status="queued"), 202
