"""Text messages by a provider that takes no key: a blind effect, told at most once; receipts and answers find their way back."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from connectors.sms import words
from connectors.sms.sandbox import SmsSandbox
from hub.sdk import (
    Account,
    Answer,
    Case,
    EffectClass,
    Incoming,
    Kind,
    Knock,
    Outcome,
    Push,
    Record,
    Refused,
    Sandbox,
    Topic,
    check_standard_webhook,
    hookimpl,
    read_json,
    sandbox_account,
)
from hub.sdk.outcomes import each


class Sms:
    """secrets: token; webhook_secret (signs the provider's receipts and answers; without one its door is shut)."""

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
        names = ("webhook_secret", "webhook_secret_previous")
        self.secrets = [account.secrets[name] for name in names if name in account.secrets]

    def address_of(self, fields: Mapping[str, str]) -> str | None:
        return fields.get("phone")

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return each(batch, self._text)

    def _text(self, push: Push) -> None:
        to = self.address_of(push.body)
        if not to:
            raise Refused("there is no phone number")
        self.api.request("POST", "/messages", json=words.message(to, push))

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        key = check_standard_webhook(knock.headers, knock.body, self.secrets, knock.received_at)
        told = words.read(knock.body)
        payload = json.dumps({**read_json(knock.body), "key": key}).encode()
        return [Incoming(key, words.entity(told), payload, told["timestamp"])]

    def answer(self, knock: Knock) -> Answer:
        return Answer()

    def normalise(self, payload: bytes) -> Iterable[Record]:
        return words.records(words.read(payload))


@hookimpl
def register_channels() -> Sequence[type[Sms]]:
    return [Sms]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [SmsSandbox(folder, seed)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    account = sandbox_account({"webhook_secret": "whsec_dGV4dHMnIHNlY3JldCBvZiB0aGUgdGVzdHMsIDMyYiE="})
    return [Case(Sms, account, Path(__file__).parent / "payloads", SmsSandbox(folder))]
