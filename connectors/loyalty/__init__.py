"""Loyalty programme: tiers and points come in by Standard Webhooks, signals go out under an idempotency key."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from connectors.loyalty import words
from connectors.loyalty.sandbox import LoyaltySandbox
from connectors.loyalty.voucherify import UNSIGNED, Voucherify
from hub.sdk import (
    Account,
    Answer,
    Case,
    EffectClass,
    Incoming,
    Kind,
    Knock,
    Outcome,
    Page,
    Push,
    Record,
    RetryLater,
    Sandbox,
    Topic,
    WrongInput,
    check_standard_webhook,
    hookimpl,
    read_json,
    sandbox_account,
)
from hub.sdk.outcomes import each

PAGE = 100
CONSENTS = ("consent_granted", "consent_withdrawn")


class Loyalty:
    name: ClassVar[str] = "loyalty"
    kind: ClassVar[Kind] = "loyalty"
    batch_size: ClassVar[int] = 20
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("segment_entered", EffectClass.KEYED, "loyalty"),
        Topic("tier_changed", EffectClass.KEYED, "loyalty"),
        *(Topic(name, EffectClass.KEYED, "loyalty") for name in CONSENTS),
    )

    def __init__(self, account: Account) -> None:
        self.api = account.api
        self.secrets = [
            account.secrets[name] for name in ("webhook_secret", "webhook_secret_previous") if name in account.secrets
        ]

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        key = check_standard_webhook(knock.headers, knock.body, self.secrets, knock.received_at)
        told = words.read(read_json(knock.body))
        return [Incoming(key=key, entity=told["data"]["member_id"], payload=knock.body, at=told["timestamp"])]

    def answer(self, knock: Knock) -> Answer:
        return Answer()

    def normalise(self, payload: bytes) -> Iterable[Record]:
        return words.records(words.read(read_json(payload)))

    def fetch(self, cursor: str | None) -> Page:
        """The programme's books, a page of members at a time: what webhooks missed, and what ours have to agree with."""
        params = {"limit": str(PAGE), **({"after": cursor} if cursor else {})}
        answer = self.api.request("GET", "/v1/members", params=params)
        if not isinstance(answer, dict) or not isinstance(answer.get("members"), list):
            raise RetryLater("The programme answered without a list of members.")
        incoming = []
        for member in answer["members"]:
            if not isinstance(member, dict):
                raise RetryLater("The programme answered without a list of members.")
            payload = {"type": words.STATE, "timestamp": member.get("updated_at"), "data": member}
            incoming.append(_state(payload, json.dumps(payload).encode()))
        return Page(incoming, answer.get("next"), more=answer.get("next") is not None)

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return each(batch, self._signal)

    def _signal(self, push: Push) -> None:
        """A member we have no id of is named by our ref; the programme keeps it until it knows them."""
        member = quote(push.partner_id or push.entity, safe="")
        body = {
            "signal": push.topic,
            "segment": push.body.get("segment"),
            "tier": push.body.get("tier"),
            "ref": push.entity,
        }
        if push.topic in CONSENTS:
            body |= {name: push.body.get(ours) for name, ours in (("purpose", "kind"), ("channel", "by"), ("at", "at"))}
        self.api.request("POST", f"/v1/members/{member}/signals", json=body, headers={"Idempotency-Key": push.key})


def _state(payload: dict[str, Any], body: bytes) -> Incoming:
    """One that makes no sense goes on as it is, to be set aside with its reason: it holds up nobody else."""
    try:
        told = words.read(payload)
    except WrongInput:
        return Incoming(f"state:{hashlib.sha256(body).hexdigest()}", "nobody", body)
    member = told["data"]["member_id"]
    key = f"state:{member}:{words.micros(told['timestamp'])}:{told['data'].get('version')}"
    return Incoming(key, member, body, told["timestamp"])


@hookimpl
def register_connectors() -> Sequence[type[Loyalty] | type[Voucherify]]:
    return [Loyalty, Voucherify]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [LoyaltySandbox(folder, lambda: datetime.now(UTC))]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    here = Path(__file__).parent
    recorded = sandbox_account({"webhook_secret": "whsec_bG95YWx0eSBzZWNyZXQgZm9yIHRoZSB0ZXN0cyAzMmI="})
    sandbox = LoyaltySandbox(folder, lambda: datetime.now(UTC))
    vouchers = sandbox_account({"webhook_secret": "voucherify-secret-of-the-tests"})
    return [
        Case(Loyalty, recorded, here / "payloads", sandbox),
        Case(Voucherify, vouchers, here / "payloads_voucherify", excuses=UNSIGNED),
    ]
