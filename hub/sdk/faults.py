"""A fault dial for sandboxes: latency, 429, 500, resets, slow bodies, pages instead of JSON; seeded, set at runtime."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any
from urllib.parse import parse_qs
from wsgiref.handlers import format_date_time

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass
class Faults:
    """Rates are chances from 0 to 1 for each call. latency, retry_after: seconds. reset_before: nothing happened;
    reset_after: it did, and the caller never hears of it. lying: of deletions: told as done, and nothing happened. duplicate,
    reorder: of the webhooks that the sandbox sends."""

    latency: float = 0.0
    busy: float = 0.0
    retry_after: float = 1.0
    failing: float = 0.0
    reset_before: float = 0.0
    reset_after: float = 0.0
    slow_body: float = 0.0
    page: float = 0.0
    lying: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0


class FaultDial:
    """WSGI middleware. GET and PUT /faults read and set the dial; everything else passes through it."""

    def __init__(self, app: Wsgi, seed: int) -> None:
        self.app = app
        self.faults = Faults()
        self.rng = Random(seed)  # noqa: S311 - dice of a test stand-in
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/faults":
            return self._turn(environ, start_response)
        drawn = self._draw()
        if self.faults.latency:
            time.sleep(self.faults.latency)
        if drawn == "busy":
            return self._busy(start_response)
        if drawn == "failing":
            return _answer(start_response, "500 Internal Server Error", b'{"category":"INTERNAL_ERROR"}')
        if drawn == "reset_before":
            return reset(environ)
        if drawn == "reset_after":
            b"".join(self.app(environ, lambda *_: None))
            return reset(environ)
        if drawn == "page":
            b"".join(self.app(environ, lambda *_: None))
            return _answer(start_response, "200 OK", b"<html>Maintenance</html>", [])
        if _deletes(environ) and self.rng.random() < self.faults.lying:
            return _pretend(environ, start_response)
        answer = self.app(environ, start_response)
        return _slowly(answer) if drawn == "slow_body" else answer

    def _draw(self) -> str:
        """One fault per call at the most, by the sum of the rates."""
        with self.lock:
            dice = self.rng.random()
        for name in ("busy", "failing", "reset_before", "reset_after", "slow_body", "page"):
            dice -= getattr(self.faults, name)
            if dice < 0:
                return name
        return ""

    def _busy(self, start_response: Any) -> Iterable[bytes]:
        """Retry-After in both forms, in turn."""
        after = self.faults.retry_after
        with self.lock:
            as_date = self.rng.random() < 0.5
        value = format_date_time(time.time() + after) if as_date else str(int(after))
        body = b'{"status":"error","category":"RATE_LIMITS","policyName":"TEN_SECONDLY_ROLLING"}'
        return _answer(start_response, "429 Too Many Requests", body, [("Retry-After", value)])

    def _turn(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "PUT":
            try:
                wanted = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
                known = {field.name for field in fields(Faults)}
                self.faults = Faults(**{name: float(wanted[name]) for name in wanted if name in known})
            except (ValueError, TypeError):
                return _answer(start_response, "400 Bad Request", b'{"code":"bad_dial"}')
        return _answer(start_response, "200 OK", json.dumps(asdict(self.faults)).encode())


def _answer(start_response: Any, status: str, body: bytes, more: Iterable[tuple[str, str]] = ()) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), *more])
    return [body]


def _deletes(environ: dict[str, Any]) -> bool:
    return environ["REQUEST_METHOD"] == "DELETE" or str(environ["PATH_INFO"]).endswith("/gdpr-delete")


def _pretend(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """As it is answered where it was done: without a body, or with a line for each id that was named."""
    ids = parse_qs(environ.get("QUERY_STRING", "")).get("ids")
    if ids is None:
        return _answer(start_response, "204 No Content", b"")
    told = [{"id": one, "success": True, "errors": []} for one in ids[0].split(",")]
    return _answer(start_response, "200 OK", json.dumps(told).encode())


def reset(environ: dict[str, Any]) -> Iterable[bytes]:
    """Cut the connection under the caller's feet."""
    connection: socket.socket | None = environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the sandbox resets the connection")


def _slowly(body: Iterable[bytes]) -> Iterable[bytes]:
    for chunk in body:
        for start in range(0, len(chunk), 64):
            time.sleep(0.05)
            yield chunk[start : start + 64]
