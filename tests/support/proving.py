"""What the connector kit needs to judge our connectors: an account, recorded webhooks and a sandbox with its books."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.hubspot.sandbox import HubSpotSandbox
from connectors.loyalty.sandbox import LoyaltySandbox
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.shop.sandbox import ShopSandbox
from connectors.sms.sandbox import SmsSandbox
from hub.sdk import Account
from hub.sdk.testing import Judged

RECORDED = Path(__file__).parents[1] / "connectors"
CLUB_SECRET = "whsec_" + base64.b64encode(b"loyalty secret for the tests 32b").decode()
SHOP_SECRET = "whsec_" + base64.b64encode(b"the shop's secret, of the tests 32b").decode()
CRM_SECRET = "hubspot-client-secret-of-the-tests"
TOKEN = "token-of-the-tests"


@dataclass
class Scripted:
    """A partner that answers what the test tells it to, and keeps what it was asked."""

    answers: list[Any] = field(default_factory=list)
    asked: list[tuple[str, str, Any, Any]] = field(default_factory=list)

    def request(self, method: str, path: str, *, json: Any = None, params: Any = None, headers: Any = None) -> Any:
        self.asked.append((method, path, json, headers))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


def account_of(webhook_secret: str = "", api: Any = None) -> Account:
    secrets = {"token": TOKEN, **({"webhook_secret": webhook_secret} if webhook_secret else {})}
    return Account("test", "eu", api or Scripted(), secrets)


LOYALTY = account_of(CLUB_SECRET)
HUBSPOT = account_of(CRM_SECRET)
SMS = account_of()
SHOP = account_of(SHOP_SECRET)

SANDBOXES: dict[str, Callable[[Path], Judged]] = {
    "loyalty": lambda folder: LoyaltySandbox(folder, lambda: datetime.now(UTC)),
    "hubspot": HubSpotSandbox,
    "shop": lambda folder: ShopSandbox(folder, seed=1),
    "salesforce": SalesforceSandbox,
    "sms": SmsSandbox,
}


def payloads_of(name: str) -> Path:
    return RECORDED / name / "payloads"
