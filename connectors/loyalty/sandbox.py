"""A loyalty programme's local stand-in: members, signals under idempotency keys, and the webhooks it sends."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, account_of, applied, put_thing, thing, things_after


class LoyaltySandbox:
    name = "loyalty"

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.log = EffectsLog(folder / "loyalty.db")
        self.clock = clock
        self.app = Flask("loyalty_sandbox", static_folder=None)
        self.app.add_url_rule("/v1/members/<member>/signals", view_func=self.signal, methods=["POST"])

        self.app.add_url_rule("/v1/members", view_func=self.members)
        self.app.add_url_rule("/v1/members/<member>", view_func=self.set_member, methods=["PUT"])

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def members(self) -> Response | tuple[Response, int]:
        """The account's members by id, `limit` at a time, behind `after`."""
        account = account_of(request.headers.get("Authorization", ""))
        if not account:
            return jsonify(code="unauthorized"), 401
        limit = min(max(request.args.get("limit", 50, int), 1), 100)
        rows = self.log.transact(
            lambda db: things_after(db, f"member:{account}", request.args.get("after", ""), limit + 1)
        )
        more = rows[limit - 1][0] if len(rows) > limit else None
        return jsonify(members=[json.loads(body) for _, body in rows[:limit]], next=more)

    def set_member(self, member: str) -> Response | tuple[Response, int]:
        """The programme's own console: what the member has from now on. A version that is not given is the next one."""
        account = account_of(request.headers.get("Authorization", ""))
        wanted = request.get_json(silent=True)
        if not account or not isinstance(wanted, dict):
            return jsonify(code="unauthorized" if not account else "bad_request"), 401 if not account else 400
        now = self.clock().isoformat()
        return jsonify(self.log.transact(lambda db: _set_member(db, account, member, wanted, now)))

    def change(self, token: str, names: Sequence[str], at: datetime) -> None:
        """Members of these ids get a point more."""
        account, stamp = account_of(f"Bearer {token}"), at.isoformat()

        def write(db: Any) -> None:
            for name in names:
                known = json.loads(thing(db, f"member:{account}", name) or '{"points": 0}')
                _set_member(db, account, name, {"points": known["points"] + 1}, stamp)

        self.log.transact(write)

    def spoil(self, token: str, name: str, at: datetime) -> None:
        account = account_of(f"Bearer {token}")
        self.log.transact(lambda db: _set_member(db, account, name, {"points": "many"}, at.isoformat()))

    def signal(self, member: str) -> Response | tuple[Response, int]:
        """The same key again gives the same answer and no second effect; the same key with another body is 422."""
        account = account_of(request.headers.get("Authorization", ""))
        key = request.headers.get("Idempotency-Key", "")
        if not account:
            return jsonify(code="unauthorized"), 401
        if not key:
            return jsonify(code="idempotency_key_missing"), 400
        body = request.get_data()
        fingerprint = hashlib.sha256(body).hexdigest()
        return self.log.transact(lambda db: _signal(db, account, member, key, fingerprint, json.loads(body)))  # type: ignore[no-any-return]


def _set_member(db: Any, account: str, member: str, wanted: dict[str, Any], now: str) -> dict[str, Any]:
    known = json.loads(thing(db, f"member:{account}", member) or '{"version": 0, "tier": "", "points": 0}')
    row = {**known, "version": known["version"] + 1, **wanted, "member_id": member, "updated_at": now}
    put_thing(db, f"member:{account}", member, json.dumps(row))
    return row


def _signal(db: Any, account: str, member: str, key: str, fingerprint: str, body: dict[str, Any]) -> Any:
    known = thing(db, f"key:{account}", key)
    if known is not None and known != fingerprint:
        return jsonify(code="idempotency_key_reused"), 422
    if known is None:
        put_thing(db, f"key:{account}", key, fingerprint)
        applied(
            db,
            account,
            key,
            str(body.get("signal")),
            str(body.get("ref")),
            str(body.get("tier") or body.get("segment") or f"{body.get('purpose')}:{body.get('channel')}"),
        )
    return jsonify(member=member, accepted=True), 200
