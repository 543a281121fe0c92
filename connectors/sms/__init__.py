"""Text messages by a provider that takes no key: a blind effect, told at most once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from connectors.sms.sandbox import SmsSandbox
from connectors.sms.words import message
from hub.sdk import Account, Case, EffectClass, Kind, Outcome, Push, Refused, Sandbox, Topic, hookimpl, sandbox_account
from hub.sdk.outcomes import each


class Sms:
    name: ClassVar[str] = "sms"
    kind: ClassVar[Kind] = "channel"
    batch_size: ClassVar[int] = 10
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("tier_changed", EffectClass.BLIND, "service_notice", fields=("phone",), channel="sms"),
        Topic("marketing", EffectClass.BLIND, "marketing", fields=("phone",), channel="sms"),
        Topic("service_notice", EffectClass.BLIND, "service_notice", fields=("phone",), channel="sms"),
    )

    def __init__(self, account: Account) -> None:
        self.api = account.api

    def address_of(self, fields: Mapping[str, str]) -> str | None:
        return fields.get("phone")

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return each(batch, self._text)

    def _text(self, push: Push) -> None:
        to = self.address_of(push.body)
        if not to:
            raise Refused("there is no phone number")
        self.api.request("POST", "/messages", json=message(to, push))


@hookimpl
def register_channels() -> Sequence[type[Sms]]:
    return [Sms]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [SmsSandbox(folder)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    return [Case(Sms, sandbox_account(), sandbox=SmsSandbox(folder))]
