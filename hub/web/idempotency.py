"""Idempotency-Key (IETF httpapi draft, 2025-02): the first answer is kept and given again; 400, 409 and 422 as it says."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, g, jsonify, make_response, request
from sqlalchemy import func, select

from hub.errors import KeyInUse, KeyReused, WrongKey
from hub.models import IdempotencyKey
from hub.web.webhooks import this_hub
from hub.work import Work

F = TypeVar("F", bound=Callable[..., Any])
FORM = re.compile("[!-~]{8,128}")
# As the API describes it, at every operation that asks for one.
KEY = {
    "in": "header", "name": "Idempotency-Key", "required": True,
    "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": f"^{FORM.pattern}$"},
    "description": "New for each new call: the same one within a day is answered as the first was.",
}  # fmt: skip


def once(view: F) -> F:
    """The view takes `work` and answers (body, status). Key, effect and answer commit together: a kill leaves none of them.

    Two calls at once: on SQLite the second waits and gets the first one's answer; elsewhere it gets 409 at once."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        return answer_once(request.get_data(), lambda work: view(*args, work=work, **kwargs))

    guarded.needs_key = True  # type: ignore[attr-defined]  # the test of the description asks for it
    return guarded  # type: ignore[return-value]


def answer_once(said: bytes, act: Callable[[Work], tuple[Any, int]]) -> Response:
    """said: what this call says, all of it or a digest of it; act is not called when it was answered before."""
    key = _key()
    fingerprint = hashlib.sha256(f"{request.method} {request.path}\n".encode() + said).digest()
    with this_hub().begin() as work:
        _alone(work, key)
        known = work.session.get(IdempotencyKey, key)
        if known is not None:
            return _again(known, fingerprint)
        body, status = act(work)
        work.add(IdempotencyKey(key_hash=key, fingerprint=fingerprint, status=status, answer=body, made_at=work.now))
    return make_response(jsonify(body), status)


def _key() -> bytes:
    raw = request.headers.get("Idempotency-Key", "").strip('"')
    if not FORM.fullmatch(raw):
        raise WrongKey(
            "This call needs an Idempotency-Key.", "Send 8 to 128 visible characters, new for each new call."
        )
    return hashlib.sha256(f"{g.principal_id}\0{raw}".encode()).digest()


def _alone(work: Work, key: bytes) -> None:
    if work.region.on_sqlite:
        return  # the transaction is the lock
    number = int.from_bytes(key[:8], "big", signed=True)
    if not work.session.scalar(select(func.pg_try_advisory_xact_lock(number))):
        raise KeyInUse("The first call with this key is still running.", "Wait a moment and ask again.")


def _again(known: IdempotencyKey, fingerprint: bytes) -> Response:
    if known.fingerprint != fingerprint:
        raise KeyReused("This key came with another payload before.", "Use a new key for a new call.")
    response = make_response(jsonify(known.answer), known.status)
    response.headers["Idempotent-Replayed"] = "true"
    return response
