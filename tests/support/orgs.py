"""Salesforce's sandbox on a socket: the official client talks to it, or the connection `crm` keeps it in step with the garage."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce as Official

from connectors.salesforce import ORGANIZATION, Salesforce
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.words import REF
from hub import jobs
from hub.core import Hub
from hub.sdk import Account, PartnerClient
from hub.sdk.effects_log import account_of
from hub.sdk.faults import FaultDial, Faults
from hub.targets import SYNCED
from office import keep_in_step
from proving import TOKEN
from rules.parse import read
from rules.syncmap import read_sync
from served import served

MAPPING = Path(__file__).parents[2] / "config" / "mappings" / "salesforce.yaml"
KEY = "key-of-outbound-messages-of-the-tests"
ACCOUNT = account_of(f"Bearer {TOKEN}")
NAMES = {"firstname": "FirstName", "lastname": "LastName", "email": "Email", "phone": "Phone"}  # as stories call them


class Rewriting(HTTPAdapter):
    """The official client insists on https: what it says to the org goes to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: Any, *args: Any, **given: Any) -> Any:
        request.url = request.url.replace("https://org.example", self.url)
        return super().send(request, *args, **given)


def official(url: str, token: str = TOKEN) -> Official:
    session = requests.Session()
    session.mount("https://org.example", Rewriting(url))
    return Official(instance="org.example", session_id=token, version="60.0", session=session)


@dataclass
class Org:
    """An org whose people edit; nothing tells of it, so the hub asks. typed: how many of their edits changed something."""

    hub: Hub
    clock: Any
    crm: SalesforceSandbox
    dial: FaultDial
    typed: int = 0

    def now(self) -> datetime:
        found: datetime = self.clock()
        return found

    def make(self, **properties: str) -> str:
        row = {NAMES[name]: value for name, value in properties.items()}
        self.typed += 1
        return str(self.act(lambda shelf: shelf.create("Contact", row))["Id"])

    def edit(self, number: str, **properties: str) -> None:
        row = {NAMES[name]: value for name, value in properties.items()}
        self.typed += 1
        self.act(lambda shelf: shelf.write("Contact", shelf.alive("Contact", number), row))

    def act(self, do: Callable[[Any], Any]) -> Any:
        return self.crm.act(ACCOUNT, do)

    def properties(self, number: str) -> dict[str, str]:
        row = self.act(lambda shelf: shelf.alive("Contact", number))
        return {ours: row.get(theirs) for ours, theirs in NAMES.items()}

    def work(self, rounds: int = 3, seconds: float = 61) -> None:
        """Time passes, and workers do what is due."""
        jobs.serve(self.hub)
        for _ in range(rounds):
            self.clock.pass_by(seconds=seconds)
            jobs.drain("crm")

    def fail(self, **faults: float) -> None:
        self.dial.faults = Faults(**faults)

    def writes(self) -> int:
        """How often we changed what people see, our ref aside."""
        changes = [value for _, _, _, topic, _, value in self.crm.log.rows() if topic == "fields"]
        return len([one for one in changes if one != REF]) - self.typed


@pytest.fixture
def org(hub: Hub, clock: Any, tmp_path: Path) -> Iterator[Org]:
    crm = SalesforceSandbox(tmp_path / "salesforce", now=clock, daily=10_000_000)
    dial = FaultDial(crm.wsgi, seed=1)
    with served(dial) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with closing(PartnerClient(url, headers=headers, timeout=(5.0, 20.0), allow_loopback=True)) as api:
            secrets = {"token": TOKEN, "webhook_secret": KEY}
            connector = Salesforce(Account("crm", "eu", api, secrets, {"organization": ORGANIZATION}))
            connector.now = clock  # type: ignore[misc]
            keep_in_step(hub, connector, read_sync(read(MAPPING), SYNCED))
            yield Org(hub, clock, crm, dial)


__all__ = ["KEY", "Official", "Org", "official", "org"]
