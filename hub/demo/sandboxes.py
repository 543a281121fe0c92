"""Runs the sandboxes that plugins bring, one server on loopback with a fault dial, and lets them send their webhooks."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from hub.plugins import load_plugins
from hub.sdk import sign
from hub.sdk.faults import FaultDial
from hub.settings import Settings

EVERY = 2.0  # seconds between two events of a life that goes on


def port_of(settings: Settings) -> int:
    """The port the sandboxes listen on: the one that connections on loopback name."""
    ports = {
        urlsplit(one.url).port for one in settings.connections.values() if urlsplit(one.url).hostname == "127.0.0.1"
    }
    return next(iter(sorted(port for port in ports if port)), 8190)


def make_app(plugins: Sequence[str], folder: Path, seed: int) -> FaultDial:
    brought = load_plugins(plugins).hook.register_sandboxes(folder=folder, seed=seed)
    mounts = {f"/{sandbox.name}": sandbox.wsgi for several in brought for sandbox in several}
    return FaultDial(DispatcherMiddleware(NotFound(), mounts), seed)


def serve(plugins: Sequence[str], folder: Path, port: int, seed: int) -> None:
    make_server("127.0.0.1", port, make_app(plugins, folder, seed), threaded=True).serve_forever()


@dataclass
class Sender:
    """Sends one programme's webhooks to one connection. dial: where the fault dial is read, so that it may be turned at
    any time: some webhooks are sent twice, some after the one that follows them."""

    url: str
    secret: str
    dial: str
    rng: Random
    held: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def send(self, message_id: str, kind: str, data: Mapping[str, Any]) -> None:
        faults = self._faults()
        if self.rng.random() < faults.get("reorder", 0.0):
            self.held.append((message_id, kind, data))
            return
        deliver(self.url, self.secret, message_id, kind, data)
        if self.rng.random() < faults.get("duplicate", 0.0):
            deliver(self.url, self.secret, message_id, kind, data)
        self.release()

    def release(self) -> None:
        while self.held:
            deliver(self.url, self.secret, *self.held.pop())

    def _faults(self) -> dict[str, float]:
        try:
            with urllib.request.urlopen(self.dial, timeout=2) as answer:  # noqa: S310 - our own loopback
                found: dict[str, float] = json.load(answer)
                return found
        except OSError:
            return {}


def enroll(sender: Sender, members: Sequence[Mapping[str, Any]], seed: int) -> None:
    """Every member is enrolled, by one signed webhook each; the same seed gives the same webhooks, so repeats are nothing."""
    for member in members:
        sender.send(f"evt_{seed}_{member['member_id']}_1", "member.enrolled", {**member, "version": 1})
    sender.release()


def live(sender: Sender, members: Sequence[Mapping[str, Any]]) -> None:
    """Points move now and then, for as long as the demo runs."""
    for moment in _moments():
        if members:
            member = sender.rng.choice(members)
            points = int(member["points"]) + sender.rng.randrange(1, 20)
            tier = "gold" if points >= 15 else "silver" if points >= 6 else "bronze"
            data = {**member, "points": points, "tier": tier, "version": moment}
            sender.send(f"evt_live_{member['member_id']}_{moment}", "member.points_changed", data)


def _moments() -> Iterator[int]:
    while True:
        time.sleep(EVERY)
        yield time.time_ns() // 1_000_000


def deliver(url: str, secret: str, message_id: str, kind: str, data: Mapping[str, Any], patience: float = 60.0) -> None:
    """Send until it is accepted, as partners do; each try is signed anew, under the same id."""
    body = json.dumps(
        {"type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": dict(data)}, ensure_ascii=False
    ).encode()
    end = time.monotonic() + patience
    while time.monotonic() < end:
        headers = {"Content-Type": "application/json", **sign(secret, message_id, datetime.now(UTC), body)}
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own loopback
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                if 200 <= answer.status < 300:
                    return
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                return  # refused for good: a partner gives up, too
        except OSError:
            pass
        time.sleep(0.2)
