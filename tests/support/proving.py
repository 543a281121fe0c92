"""What the connector kit needs to judge our connectors: an account, recorded webhooks and a sandbox with its books."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.plugins import load_plugins
from hub.sdk import Account, Case

RECORDED = Path(__file__).parents[2] / "connectors"
CLUB_SECRET = "whsec_" + base64.b64encode(b"loyalty secret for the tests 32b").decode()
SHOP_SECRET = "whsec_" + base64.b64encode(b"the shop's secret, of the tests 32b").decode()
TEXTS_SECRET = "whsec_" + base64.b64encode(b"texts' secret of the tests, 32b!").decode()
CRM_SECRET = "hubspot-client-secret-of-the-tests"
TOKEN = "token-of-the-tests"
PLUGINS = {"voucherify": "loyalty"}


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
SMS = account_of(TEXTS_SECRET)
SHOP = account_of(SHOP_SECRET)


def case_of(name: str, folder: Path) -> Case:
    """As `hub connector check` gets it: from the plugin."""
    cases = [
        case
        for several in load_plugins([PLUGINS.get(name, name)]).hook.register_cases(folder=folder)
        for case in several
    ]
    return next(case for case in cases if case.connector.name == name)


def payloads_of(name: str) -> Path:
    return RECORDED / name / "payloads"
