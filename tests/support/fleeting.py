"""A fleet partner for a test: its token, its fleet, its rows, and its receiver of webhooks."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from connectors.webhook.sandbox import WebhookSandbox
from hub.access import principal_named
from hub.core import Hub
from hub.web.access import SCOPES, grant_token
from partners import drain_all

AUDI, FORD, VOLVO = "WAUZZZ8V5KA012345", "1M8GDM9AXKP042788", "YV1CZ59H241012345"


class FleetPartner:
    """A fleet's own program: sends rows under new keys, and reads the report."""

    def __init__(self, hub: Hub, client: FlaskClient, fleet: str = "acme") -> None:
        self.hub, self.client, self.fleet = hub, client, fleet
        with hub.begin() as work:
            token = grant_token(work, principal_named(work, fleet, ()), list(SCOPES), timedelta(days=3000))
        self.headers = {"Authorization": f"Bearer {token}"}
        self.sent = 0
        client.put(f"/api/v1/fleets/{fleet}", json={"title": fleet}, headers=self.headers)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One call of the API under a new key."""
        self.sent += 1
        headers = {**self.headers, "Idempotency-Key": f"{self.fleet}-call-{self.sent}"}
        return self.client.open(f"/api/v1{path}", method=method, json=body, query_string=query, headers=headers)

    def send(self, body: Any, kind: str = "application/json", key: str = "", drain: bool = True) -> Any:
        self.sent += 1
        body = json.dumps(body) if isinstance(body, list) else body
        headers = {**self.headers, "Idempotency-Key": key or f"{self.fleet}-call-{self.sent}", "Content-Type": kind}
        answer = self.client.post(f"/api/v1/fleets/{self.fleet}/assignments", data=body, headers=headers)
        if drain:
            drain_all(self.hub)
        return answer

    def report(self, answer: Any, **query: Any) -> Any:
        return self.client.get(answer.get_json()["report"], query_string=query, headers=self.headers).get_json()

    def told(self, body: Any, kind: str = "application/json") -> list[tuple[int, str]]:
        """(line, verdict) of each row."""
        return [(row["line"], row["verdict"]) for row in self.report(self.send(body, kind))["items"]]

    def vehicles(self, **query: Any) -> set[tuple[str, str, str | None]]:
        found = self.client.get(f"/api/v1/fleets/{self.fleet}/assignments", query_string=query, headers=self.headers)
        return {(row["vin"], row["since"], row["until"]) for row in found.get_json()["items"]}


@pytest.fixture
def acme(hub: Hub, client: FlaskClient) -> FleetPartner:
    return FleetPartner(hub, client)


class Receiver:
    """The sandbox's receiver on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.sandbox = WebhookSandbox(folder)
        self.server = make_server("127.0.0.1", 0, self.sandbox.wsgi, threaded=True)
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def url(self, path: str = "hook") -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{path}"

    def answers(self, status: int, path: str = "hook") -> None:
        self.sandbox.app.test_client().put(f"/{path}", json={"status": status})

    def bodies(self, path: str = "hook") -> list[Any]:
        return [json.loads(body) for where, _, body in self.sandbox.heard if where == path]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path / "receiver")
    yield made
    made.server.shutdown()
    made.server.server_close()
