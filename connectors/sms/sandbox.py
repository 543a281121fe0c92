"""A text message provider's local stand-in: every accepted call is one more text on somebody's phone, and is answered.

What becomes of a text is drawn by its reference and the seed, so a demo that is started again sees the same."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, account_of, applied
from hub.sdk.fates import Webhook, dice, drawn, to_tell

LOST = {"unknown_number": 0.02, "expired": 0.03}  # code -> share of all texts: never to be reached, and not this time
SAID = {"STOP": 0.03, "Tuesday is fine, thank you.": 0.03, "Who is this?": 0.01}  # -> share of the texts that arrived
ARRIVES, ANSWERS = timedelta(seconds=3), timedelta(seconds=20)  # at the most, later than what was before


class SmsSandbox:
    name = "sms"

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.seed = seed
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
        to, ref = str(body["to"]), str(body.get("client_ref"))

        def take(db: Any) -> None:
            applied(db, account, ref, "text", to, str(body["text"]))
            for webhook in self.fate(to, ref, datetime.now(UTC)):
                to_tell(db, account, webhook)

        self.log.transact(take)
        return jsonify(status="queued"), 202

    def fate(self, to: str, ref: str, now: datetime) -> Iterator[Webhook]:
        """The receipt of a text, and what is written back."""
        rng = dice(self.seed, ref)
        at = now + ARRIVES * rng.random()
        code = drawn(LOST, rng)
        if code:
            yield Webhook(at, "message.failed", {"client_ref": ref, "code": code})
            return
        yield Webhook(at, "message.delivered", {"client_ref": ref})
        if said := drawn(SAID, rng):
            yield Webhook(at + ANSWERS * rng.random(), "message.received", {"from": to, "text": said})
