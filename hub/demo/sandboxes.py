"""Runs the sandboxes that plugins bring, one server on loopback with a fault dial, and lets them send their webhooks."""

import base64
import hashlib
import hmac
import json
import logging
import smtplib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_string, policy
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from hub.demo.website import website
from hub.plugins import load_plugins
from hub.sdk import Sandbox, sign
from hub.sdk.effects_log import EffectsLog, put_thing, thing, things_after
from hub.sdk.fates import due
from hub.sdk.faults import FaultDial
from hub.sdk.sandboxes import Listens
from hub.settings import Settings


def port_of(settings: Settings) -> int:
    """The port the sandboxes listen on: the one that connections on loopback name."""
    ports = {
        urlsplit(one.url).port for one in settings.connections.values() if urlsplit(one.url).hostname == "127.0.0.1"
    }
    return next(iter(sorted(port for port in ports if port)), 8190)


def mail_port_of(settings: Settings) -> int | None:
    """Where connections bring their mail to on this machine."""
    servers = (urlsplit(str(one.options.get("smtp", ""))) for one in settings.connections.values())
    return next((server.port for server in servers if server.hostname == "127.0.0.1"), None)


def doors(settings: Settings, regions: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Connections of these regions that take mails by LMTP, and at which port."""
    for one in settings.connections.values():
        if one.region in regions and "lmtp" in one.options:
            yield one.name, int(str(one.options["lmtp"]).rpartition(":")[2])


def make_app(plugins: Sequence[str], folder: Path, seed: int) -> FaultDial:
    return _mounted(_brought(plugins, folder, seed), seed)


def _brought(plugins: Sequence[str], folder: Path, seed: int) -> list[Sandbox]:
    return [
        one for several in load_plugins(plugins).hook.register_sandboxes(folder=folder, seed=seed) for one in several
    ]


def _mounted(brought: Sequence[Sandbox], seed: int, settings: Settings | None = None) -> FaultDial:
    """settings: with a garage's own site beside the partners."""
    mounts: dict[str, Any] = {f"/{sandbox.name}": sandbox.wsgi for sandbox in brought}
    if settings is not None:
        mounts["/site"] = website(settings)
    return FaultDial(DispatcherMiddleware(NotFound(), mounts), seed)


def serve(settings: Settings, folder: Path, seed: int) -> None:
    brought = _brought(settings.plugins, folder, seed)
    for sandbox in brought:
        if isinstance(sandbox, Listens) and (port := mail_port_of(settings)):
            sandbox.listen(port)
    make_server("127.0.0.1", port_of(settings), _mounted(brought, seed, settings), threaded=True).serve_forever()


log = logging.getLogger(__name__)
MOST_ROWS = 400
PATIENCE = 600.0  # seconds; a database that takes three years of a large chain in keeps us waiting
EVENTS = 100  # of one webhook of the CRM
END = "~"  # behind every id
STOP = "list.unsubscribe"  # no webhook: a mailbox clicks once (RFC 8058)
ANSWERED = "mail.answered"  # no webhook either: somebody writes back

Signed = Callable[[bytes], Mapping[str, str]]  # the headers that prove who sends these bytes, made anew for each try


@dataclass
class Sender:
    """Sends one partner's webhooks to one connection. dial: where the fault dial is read, so that it may be turned at
    any time: some webhooks are sent twice, some after the one that follows them. door: host:port of the connection's LMTP."""

    url: str
    secret: str
    dial: str
    rng: Random
    door: str = ""
    held: list[tuple[bytes, Signed]] = field(default_factory=list)

    def send(self, message_id: str, kind: str, data: Mapping[str, Any], at: datetime | None = None) -> None:
        """A Standard Webhook. at: when it happened; now, if nothing is said."""
        happened = at or datetime.now(UTC)
        told = {"type": kind, "timestamp": happened.isoformat(), "data": dict(data)}
        self._pass_on(json.dumps(told, ensure_ascii=False).encode(), self._standard(message_id))

    def report(self, message_id: str, kind: str, data: Mapping[str, Any]) -> None:
        """Of a message that the provider took: a webhook, the one click of somebody who wants no more of them, or what they
        wrote back, which nobody can bring where the connection has no door for it."""
        if kind == STOP:
            fill_in(f"{self.url}/stop/{data['token']}", {"List-Unsubscribe": "One-Click"})
        elif kind == ANSWERED:
            if self.door:
                hand_over(self.door, data["mail"])
        else:
            self.send(message_id, kind, data)

    def send_rows(self, message_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """The shop's way: a Standard Webhook whose body is rows, at most a few hundred at once."""
        for start in range(0, len(rows), MOST_ROWS):
            body = json.dumps({"rows": list(rows[start : start + MOST_ROWS])}, ensure_ascii=False).encode()
            self._pass_on(body, self._standard(f"{message_id}_{start}"))

    def send_events(self, events: Sequence[Mapping[str, Any]]) -> None:
        """HubSpot's way: a list of events under its signature, version 3; no events are no webhook."""
        if not events:
            return
        self._pass_on(json.dumps(list(events), ensure_ascii=False).encode(), self._hubspot)

    def _standard(self, message_id: str) -> Signed:
        return lambda body: sign(self.secret, message_id, datetime.now(UTC), body)

    def _hubspot(self, body: bytes) -> Mapping[str, str]:
        stamp = str(time.time_ns() // 1_000_000)
        signed = f"POST{self.url}".encode() + body + stamp.encode()
        digest = hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()
        return {"X-HubSpot-Request-Timestamp": stamp, "X-HubSpot-Signature-v3": base64.b64encode(digest).decode()}

    def _pass_on(self, body: bytes, signed: Signed) -> None:
        faults = self._faults()
        if self.rng.random() < faults.get("reorder", 0.0):
            self.held.append((body, signed))
            return
        deliver(self.url, body, signed)
        if self.rng.random() < faults.get("duplicate", 0.0):
            deliver(self.url, body, signed)
        self.release()

    def release(self) -> None:
        while self.held:
            deliver(self.url, *self.held.pop())

    def _faults(self) -> dict[str, float]:
        try:
            with urllib.request.urlopen(self.dial, timeout=2) as answer:  # noqa: S310 - our own loopback
                found: dict[str, float] = json.load(answer)
                return found
        except OSError:
            return {}


def enroll(folder: Path, account: str, members: Iterable[Mapping[str, Any]]) -> int:
    """Into the books of the loyalty programme's stand-in; answers how many."""
    rows = [(str(one["member_id"]), json.dumps(one)) for one in members]

    def write(db: Any) -> None:
        for member, body in rows:
            put_thing(db, f"member:{account}", member, body)

    EffectsLog(folder / "loyalty.db").transact(write)
    return len(rows)


def relay(folder: Path, account: str, sender: Sender) -> int:
    """Send what happened at the CRM's stand-in since the last time; answers how many events."""
    return _relay(EffectsLog(folder / "hubspot.db"), "event", account, sender.send_events, END)


def report(folder: Path, name: str, account: str, sender: Sender) -> int:
    """Send what is known by now at a provider's stand-in of the messages that it took; answers how many webhooks."""

    def send(webhooks: Sequence[Mapping[str, Any]]) -> None:
        for one in webhooks:
            sender.report(one["id"], one["type"], one["data"])

    return _relay(EffectsLog(folder / f"{name}.db"), "webhook", account, send, due(datetime.now(UTC)))


def _relay(
    books: EffectsLog, kind: str, account: str, send: Callable[[Sequence[Mapping[str, Any]]], None], before: str
) -> int:
    """What a stand-in has to tell, in the order of its ids. How far it has got stands in the stand-in's own books, so a demo
    that is started again goes on there."""
    told = 0
    while some := books.transact(lambda db: _untold(db, kind, account, before)):
        send([json.loads(body) for _, body in some])
        told += len(some)
        books.transact(partial(put_thing, kind=f"relayed:{account}", id_="", body=some[-1][0]))
    return told


def _untold(db: Any, kind: str, account: str, before: str) -> list[tuple[str, str]]:
    found = things_after(db, f"{kind}:{account}", thing(db, f"relayed:{account}", "") or "", EVENTS)
    return [one for one in found if one[0] < before]


def fill_in(url: str, typed: Mapping[str, str]) -> None:
    """A person saves a form of the stand-in; one that is away is no news."""
    with suppress(OSError):
        urllib.request.urlopen(url, urlencode(typed).encode(), timeout=5).close()  # noqa: S310 - our own loopback


def hand_over(door: str, mail: str, patience: float = PATIENCE) -> None:
    """By LMTP, as the mail server in front would, until it is kept or refused for good."""
    host, _, port = door.rpartition(":")
    message, end, pause = message_from_string(mail, policy=policy.SMTPUTF8), time.monotonic() + patience, 0.2
    while True:
        try:
            with smtplib.LMTP(host, int(port), timeout=5) as server:
                server.send_message(message)
                return
        except (OSError, smtplib.SMTPException) as error:
            answer, final = type(error).__name__, getattr(error, "smtp_code", 400) >= 500
        if final or time.monotonic() + pause > end:
            log.error("mail given up", extra={"reason": answer})
            return
        time.sleep(pause)
        pause = min(2 * pause, 5.0)


def deliver(url: str, body: bytes, signed: Signed, patience: float = PATIENCE) -> None:
    """Send until it is accepted, as partners do, ever less often; each try is signed anew, under the same id. What is given
    up is said."""
    end, pause = time.monotonic() + patience, 0.2
    while True:
        headers = {"Content-Type": "application/json", **signed(body)}
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own loopback
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            answer, final = f"refused with {error.code}", error.code < 500 and error.code != 429
        except OSError as error:
            answer, final = f"nobody answers ({type(error).__name__})", False
        if final or time.monotonic() + pause > end:
            log.error("webhook given up", extra={"reason": answer})
            return
        time.sleep(pause)
        pause = min(2 * pause, 5.0)
