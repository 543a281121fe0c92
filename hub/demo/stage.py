"""What the children of one run of the demo share: what was ordered, where everything listens, who speaks for whom."""

import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from random import Random

from hub.core import Hub
from hub.demo import sandboxes
from hub.demo.gauge import Gauge
from hub.demo.order import Order
from hub.demo.sandboxes import Sender
from hub.demo.world.books import Books, make_world
from hub.errors import ConfigError, PartDown
from hub.sdk.effects_log import account_of
from hub.settings import ConnectionSettings, RegionSettings, Settings
from hub.worker import Supervisor

PATIENCE = 240.0  # seconds until a region answers
LOOK_EVERY = 0.5
CRMS = ("hubspot", "salesforce")
PROVIDERS = ("mail", "sms")


@dataclass
class Demo:
    """What the children of one run share: settings, what was ordered, and the secrets that were shown to the operator."""

    settings: Settings
    open_hub: Callable[[str], Hub]
    order: Order
    once: bool
    as_json: bool
    gauge: Gauge
    tokens: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def world(self, region: str) -> Iterator[Books]:
        return make_world(region, self.order.counts[region], self.order.today, self.order.seed)

    def connection(self, region: str, *connectors: str) -> ConnectionSettings:
        """The region's connection of one of these. Raises ConfigError."""
        for one in self.settings.connections.values():
            if one.region == region and one.connector in connectors:
                return one
        raise ConfigError(
            f"{region} has no connection of {' or '.join(connectors)}.",
            "The demo needs shop, loyalty and a CRM (hubspot or salesforce): add it to hub.yaml.",
        )

    def crm(self, region: str) -> ConnectionSettings:
        return self.connection(region, *CRMS)

    def rng(self, region: str) -> Random:
        return Random(f"{self.order.seed}:{region}")  # noqa: S311 - a demo's dice


def folder_of(demo: Demo) -> Path:
    return demo.settings.home / "sandboxes"


def desk_of(demo: Demo, code: str) -> str:
    """The page at which people at the CRM see and change its contacts."""
    crm = demo.crm(code)
    return f"{crm.url}/desk/{account_at(demo, code, crm.connector)}"


def wait_for(supervisor: Supervisor, children: set[str]) -> None:
    while not supervisor.finished(children):
        time.sleep(LOOK_EVERY)


def sender_of(demo: Demo, code: str, connector: str) -> Sender:
    """What speaks for a partner of this region, under the secret that both know."""
    connection = demo.connection(code, connector)
    here = demo.settings.region(code)
    secret = demo.settings.secrets_of(code)[connection.secrets["webhook_secret"]]
    wait_until_ready(f"{loopback(here)}/readyz")
    dial = f"http://127.0.0.1:{sandboxes.port_of(demo.settings)}/faults"
    door = str(connection.options.get("lmtp", ""))
    return Sender(f"{loopback(here)}/webhooks/{connection.name}", secret, dial, demo.rng(code), door)


def account_at(demo: Demo, code: str, connector: str) -> str:
    """What the stand-in calls the account of this region: mail has its sender's address, the others a token."""
    connection = demo.connection(code, connector)
    if "sender" in connection.options:
        return parseaddr(str(connection.options["sender"]))[1]
    return account_of(f"Bearer {demo.settings.secrets_of(code)[connection.secrets['token']]}")


def loopback(here: RegionSettings) -> str:
    """By number: browsers know that every *.localhost is this machine, the resolver may not."""
    return f"http://127.0.0.1:{here.port}"


def wait_until_ready(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise PartDown(f"{url} does not answer.")
