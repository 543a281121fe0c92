"""HubSpot's sandbox on a socket, kept in step by the connection `crm`: its people edit, its webhooks come late, twice, or never."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.hubspot import HubSpot
from connectors.hubspot.events import APP
from connectors.hubspot.sandbox import HubSpotSandbox
from hub import jobs
from hub.core import Hub
from hub.flow import alongside, effects, ours, outward
from hub.flow.customers import fold
from hub.flow.outbox import Intent
from hub.models import Customer
from hub.sdk import Account, CustomerKey, CustomerRecord, PartnerClient
from hub.sdk.effects_log import account_of
from hub.sdk.faults import FaultDial, Faults
from hub.targets import SYNCED
from office import keep_in_step
from proving import CRM_SECRET, TOKEN
from rules.parse import read
from rules.syncmap import SyncMap, read_sync
from served import served

CONFIG = Path(__file__).parents[2] / "config"
ACCOUNT = account_of(f"Bearer {TOKEN}")


@dataclass
class Portal:
    """lost, twice: chances that a webhook never comes, and that it comes again; shuffled: in any order; backwards: the
    latest first. skew: how far
    HubSpot's clock goes before ours. told: events that the hub was told of."""

    hub: Hub
    app: Flask
    clock: Any
    crm: HubSpotSandbox
    dial: FaultDial
    dice: Random = field(default_factory=lambda: Random(1))
    lost: float = 0.0
    twice: float = 0.0
    shuffled: bool = False
    backwards: bool = False
    skew: timedelta = timedelta()
    told: int = 0
    place: str = ""
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def now(self) -> datetime:
        found: datetime = self.clock() + self.skew
        return found

    # --- what people at HubSpot do

    def make(self, **properties: str) -> str:
        return str(self.crm.act(ACCOUNT, lambda books: books.create("contacts", properties))["id"])

    def edit(self, number: str, **properties: str) -> None:
        self.crm.act(ACCOUNT, lambda books: books.update("contacts", books.alive("contacts", number), properties))

    def act(self, do: Callable[[Any], Any]) -> Any:
        return self.crm.act(ACCOUNT, do)

    def properties(self, number: str) -> dict[str, str]:
        found: dict[str, str] = self.act(lambda books: books.get("contacts", number))["properties"]
        return found

    def numbers(self) -> list[str]:
        return [one["id"] for one in self.act(lambda books: list(books.all("contacts"))) if not one["archived"]]

    # --- what its machines do

    def tell(self) -> None:
        """Send the webhooks of all that happened since."""
        while events := self.act(lambda books: books.events.after(self.place)):
            self.place = events[-1][0]
            self.waiting += [event for _, event in events if self.dice.random() >= self.lost]
        self.waiting += [one for one in self.waiting if self.dice.random() < self.twice]
        if self.shuffled:
            self.dice.shuffle(self.waiting)
        if self.backwards:
            self.waiting.reverse()
        for start in range(0, len(self.waiting), 100):
            self._post(self.waiting[start : start + 100])
        self.told, self.waiting = self.told + len(self.waiting), []

    def _post(self, events: list[dict[str, Any]]) -> None:
        body, stamp = json.dumps(events).encode(), str(int(self.clock().timestamp() * 1000))
        signed = f"POSThttp://localhost/webhooks/crm{body.decode()}{stamp}".encode()
        digest = base64.b64encode(hmac.digest(CRM_SECRET.encode(), signed, hashlib.sha256)).decode()
        headers = {"X-HubSpot-Request-Timestamp": stamp, "X-HubSpot-Signature-v3": digest}
        answer = self.app.test_client().post("/webhooks/crm", data=body, headers=headers)
        assert answer.status_code == 200, answer.data

    def work(self, rounds: int = 3, seconds: float = 61) -> None:
        """Webhooks come, time passes, and workers do what is due."""
        jobs.serve(self.hub)
        for _ in range(rounds):
            self.tell()
            self.clock.pass_by(seconds=seconds)
            jobs.drain("crm")

    def writes(self) -> list[tuple[str, str]]:
        """(topic, changed fields) of every effect at HubSpot that our app had."""
        return [(topic, value) for _, _, key, topic, _, value in self.crm.log.rows() if key]

    def fail(self, **faults: float) -> None:
        self.dial.faults = Faults(**faults)


def the_mapping() -> SyncMap:
    return read_sync(read(CONFIG / "mappings" / "hubspot.yaml"), SYNCED)


def from_the_shop(hub: Hub, number: str = "C-1", **fields: Any) -> None:
    """The garage's own system tells of a customer who enters a segment that the CRM hears of."""
    with hub.begin() as work:
        key = CustomerKey(partner_id=f"s-{number}", customer_number=number)
        folded = fold(hub, work, hub.partners["shop"], [CustomerRecord(customer=key, at=work.now, **fields)])
        (customer_id,) = folded.touched
        ref = work.session.get_one(Customer, customer_id).ref
        told = [
            (
                customer_id,
                Intent("segment_entered", ref, f"entered:{number}", {"customer_id": customer_id, "segment": "a"}),
            )
        ]
        alongside.make_known(hub, work, told)
        effects.announce(hub, work, told)
        outward.notice(hub, work, folded.touched)


@pytest.fixture
def portal(hub: Hub, app: Flask, clock: Any, tmp_path: Path) -> Iterator[Portal]:
    crm = HubSpotSandbox(tmp_path / "hubspot", burst=100_000)
    dial = FaultDial(crm.wsgi, seed=1)
    with served(dial) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with closing(PartnerClient(url, headers=headers, timeout=(2.0, 2.0), allow_loopback=True)) as api:
            secrets = {"token": TOKEN, "webhook_secret": CRM_SECRET}
            connector = HubSpot(Account("crm", "eu", api, secrets, {"app_id": str(APP)}))
            keep_in_step(hub, connector, the_mapping())
            made = Portal(hub, app, clock, crm, dial)
            crm.now = made.now
            connector.objects.now = clock
            yield made


def customers(hub: Hub) -> list[ours.Fields]:
    """Our side, as fields, in the order in which we came to know them; who was erased or merged has none."""
    with hub.begin() as work:
        ids = list(work.session.scalars(select(Customer.id).order_by(Customer.id)))
        found = ours.read(work, effects.load_subjects(work, ids).values())
        return [found[one] for one in ids if one in found]


__all__ = ["Portal", "customers", "from_the_shop", "portal"]
