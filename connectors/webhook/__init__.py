"""Webhooks out: calls partners' endpoints as Standard Webhooks, each endpoint with its own keys and its own outcome."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from connectors.webhook.calling import Caller, signed
from connectors.webhook.sandbox import WebhookSandbox
from hub.sdk import (
    Account,
    AuthBroken,
    Case,
    EffectClass,
    Gone,
    Kind,
    Outcome,
    Push,
    Refused,
    RetryLater,
    Sandbox,
    Topic,
    hookimpl,
    sandbox_account,
)
from hub.sdk.outcomes import each

PERSONAL = ("name", "email", "phone", "address")  # no topic here names any of them


class Webhook:
    """A push that names its endpoint goes there, and what becomes of it is that endpoint's affair; one that names none goes
    to the connection's own address, which is parked or rested as any partner's."""

    name: ClassVar[str] = "webhook"
    kind: ClassVar[Kind] = "webhook"
    batch_size: ClassVar[int] = 20
    topics: ClassVar[tuple[Topic, ...]] = (Topic("partner_event", EffectClass.KEYED, "fleet_service"),)

    def __init__(self, account: Account) -> None:
        self.api = account.api
        self.own_keys = [
            account.secrets[name] for name in ("signing_key", "signing_key_previous") if name in account.secrets
        ]
        self.caller = Caller(allow_loopback=bool(account.options.get("allow_loopback", False)))

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        mine = [push for push in batch if "url" not in push.body]
        return [*(self._call(push) for push in batch if "url" in push.body), *each(mine, self._tell)]

    def _call(self, push: Push) -> Outcome:
        """Whatever an endpoint answers but 410, it is tried again: it may be mended."""
        body = json.dumps(push.body["told"], ensure_ascii=False).encode()
        headers = signed(push.body["keys"], push.key, datetime.now(UTC), body)
        try:
            self.caller.call(push.body["url"], body, headers)
        except Gone as error:
            return Outcome(push.key, "gone", error.what)
        except RetryLater as error:
            return Outcome(push.key, "unknown" if error.happened else "retry", error.what, error.after)
        except (AuthBroken, Refused) as error:
            return Outcome(push.key, "retry", error.what)
        return Outcome(push.key, "sent")

    def _tell(self, push: Push) -> None:
        told = {
            "type": push.topic,
            "timestamp": datetime.now(UTC).isoformat(),
            "data": {name: push.body[name] for name in push.body if name not in PERSONAL},
        }
        headers = signed(self.own_keys, push.key, datetime.now(UTC), json.dumps(told).encode())
        self.api.request("POST", "", json=told, headers=headers)


@hookimpl
def register_connectors() -> Sequence[type[Webhook]]:
    return [Webhook]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [WebhookSandbox(folder)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    return [Case(Webhook, sandbox_account(), sandbox=WebhookSandbox(folder))]
