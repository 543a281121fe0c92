"""Acme's local stand-in: people, by id, by our ref and by time of change, in its public contract."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from hub.sdk.effects_log import EffectsLog, account_of, applied, put_thing, thing

FIELDS = ("name", "email", "phone", "note", "segments", "tier")
MOST, LONGEST = 100, 200  # people of a page, characters of a value


class AcmeSandbox:
    name = "acme"

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.log = EffectsLog(folder / "acme.db")
        self.now = now
        self.app = Flask("acme_sandbox", static_folder=None)
        for rule, view, methods in (
            ("/v1/people", self.people, ["GET"]),
            ("/v1/people/by-ref/<ref>", self.by_ref, ["PUT", "DELETE"]),
            ("/v1/people/<number>", self.one, ["GET", "PATCH", "DELETE"]),
            ("/v1/fields", self.fields, ["GET"]),
        ):
            self.app.add_url_rule(rule, view.__name__, self._guarded(view), methods=methods)

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def change(self, token: str, names: Sequence[str], at: datetime) -> None:
        """A person at the partner makes or changes people of these names."""
        account = account_of(f"Bearer {token}")

        def write(db: Any) -> None:
            for name in names:
                row = _found(db, account, name) or _new(db, account, name)
                count = int(row.get("note") or 0) + 1
                _write(db, account, row, {"name": name, "note": str(count)}, at)

        self.log.transact(write)

    def spoil(self, token: str, name: str, at: datetime) -> None:
        """A person at the partner writes something that is no address."""
        account = account_of(f"Bearer {token}")

        def write(db: Any) -> None:
            row = _found(db, account, name) or _new(db, account, name)
            _write(db, account, row, {"email": "no address"}, at)

        self.log.transact(write)

    def people(self, account: str) -> Any:
        """In the order of (updated_at, id) inside [since, until) where a window is given, else of ids; behind `after`."""
        asked = request.args
        rows = self.log.transact(lambda db: _all(db, account))
        if "since" in asked:
            since, until = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
            place = (datetime.fromisoformat(asked.get("after_at", asked["since"])), asked.get("after", ""))
            rows = sorted((row for row in rows if since <= _place(row)[0] < until and _place(row) > place), key=_place)
        else:
            rows = [row for row in rows if row["id"] > asked.get("after", "")]
        return jsonify(people=rows[: min(int(asked.get("limit", MOST)), MOST)])

    def by_ref(self, account: str, ref: str) -> Any:
        """PUT makes or changes the person of our ref; DELETE forgets them, and is no error when nobody is there."""

        def act(db: Any) -> Any:
            row = _found(db, account, ref)
            if request.method == "DELETE":
                return _forget(db, account, row) if row else ("", 204)
            return _change(db, account, row or _new(db, account, ref), self.now())

        return self.log.transact(act)

    def one(self, account: str, number: str) -> Any:
        def act(db: Any) -> Any:
            text = thing(db, f"person:{account}", number)
            if text is None:
                return jsonify(code="not_found"), 404
            if request.method == "DELETE":
                return _forget(db, account, json.loads(text))
            if request.method == "PATCH":
                return _change(db, account, json.loads(text), self.now())
            return jsonify(json.loads(text))

        return self.log.transact(act)

    def fields(self, account: str) -> Any:
        ours = [{"name": name, "type": "text", "writable": True, "unique": False} for name in FIELDS]
        return jsonify(fields=[*ours, {"name": "ref", "type": "text", "writable": False, "unique": True}])

    def _guarded(self, view: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(**given: str) -> Any:
            account = account_of(request.headers.get("Authorization", ""))
            return view(account, **given) if account else (jsonify(code="unauthorized"), 401)

        return guarded


def _place(row: Mapping[str, Any]) -> tuple[datetime, str]:
    return datetime.fromisoformat(row["updated_at"]), row["id"]


def _all(db: Any, account: str) -> list[dict[str, Any]]:
    rows = db.execute("SELECT body FROM things WHERE kind = ? ORDER BY id", (f"person:{account}",)).fetchall()
    return [json.loads(body) for (body,) in rows]


def _found(db: Any, account: str, ref: str) -> dict[str, Any] | None:
    number = thing(db, f"ref:{account}", ref)
    text = thing(db, f"person:{account}", number) if number else None
    return json.loads(text) if text else None


def _new(db: Any, account: str, ref: str) -> dict[str, Any]:
    last = int(thing(db, "last", account) or 0) + 1
    put_thing(db, "last", account, str(last))
    return {"id": f"p{last:09}", "ref": ref}


def _change(db: Any, account: str, row: dict[str, Any], at: datetime) -> Response:
    """What it refuses is told inside a 200, as many partners do."""
    told = request.get_json(silent=True)
    if not isinstance(told, dict) or not told.keys() <= set(FIELDS):
        return jsonify(error="unknown_field")
    if any(len(str(value)) > LONGEST for value in told.values()):
        return jsonify(error="too_long")
    return jsonify(_write(db, account, row, told, at))


def _write(db: Any, account: str, row: dict[str, Any], told: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What changes nothing leaves the time alone, and is no effect."""
    changed = sorted(name for name, value in told.items() if (value or None) != row.get(name))
    if changed or "updated_at" not in row:
        row |= {name: told[name] or None for name in changed}
        row["updated_at"] = at.astimezone(UTC).isoformat(timespec="milliseconds")
        applied(db, account, "", "person", row["ref"], ",".join(changed))
        put_thing(db, f"person:{account}", row["id"], json.dumps(row))
        put_thing(db, f"ref:{account}", row["ref"], row["id"])
    return row


def _forget(db: Any, account: str, row: Mapping[str, Any]) -> tuple[str, int]:
    for kind, id_ in (("person", row["id"]), ("ref", row["ref"])):
        db.execute("DELETE FROM things WHERE kind = ? AND id = ?", (f"{kind}:{account}", id_))
    applied(db, account, "", "forgotten", row["ref"], "")
    return "", 204
