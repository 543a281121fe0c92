"""Connectors broken on purpose, each in one way that a hurried author might break it."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from connectors.hubspot import HubSpot
from connectors.hubspot import words as hubspot_words
from connectors.loyalty import Loyalty
from connectors.sms import Sms
from hub.errors import AuthBroken, PartnerError, RetryLater
from hub.sdk import Account, EffectClass, Incoming, Knock, Outcome, Push, Record, Topic, check_standard_webhook


class Credulous(Loyalty):
    """Never looks at the signature."""

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        data = json.loads(knock.body)["data"]
        return [Incoming(knock.headers.get("webhook-id", ""), data["member_id"], knock.body)]


class Timeless(Loyalty):
    """Checks the signature and not the time."""

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        at = int(knock.headers.get("webhook-timestamp", "0"))
        return super().verify(replace(knock, received_at=knock.received_at.fromtimestamp(at, knock.received_at.tzinfo)))


class HeaderKeyed(Loyalty):
    """Its dedupe key comes from a header that nobody signed."""

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        key = knock.headers.get("x-request-id", "none")
        return [replace(one, key=f"{one.key}{key}") for one in super().verify(knock)]


class ClockKeyed(Loyalty):
    """Its dedupe key holds the time of arrival: a repeat is never known."""

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        return [replace(one, key=f"{one.key}{knock.received_at.isoformat()}") for one in super().verify(knock)]


class OneKey(Loyalty):
    """Everything of one member has one key: the second thing is lost."""

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        return [replace(one, key=one.entity) for one in super().verify(knock)]


class ParsesFirst(Loyalty):
    """Reads the body before it knows who wrote it."""

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        json.loads(knock.body if knock.body.endswith(b"}") else b"{")
        check_standard_webhook(knock.headers, knock.body, self.secrets, knock.received_at)
        return super().verify(knock)


class Swallowing(Loyalty):
    """Nonsense is no record and no complaint."""

    def normalise(self, payload: bytes) -> Iterable[Record]:
        try:
            return list(super().normalise(payload))
        except Exception:  # noqa: BLE001 - that is what is wrong with it
            return []


class Dumb(Loyalty):
    """Understands nothing of what it verified."""

    def normalise(self, payload: bytes) -> Iterable[Record]:
        list(super().normalise(payload))
        return []


class NewKeys(Loyalty):
    """Sends another idempotency key at each attempt."""

    def _signal(self, push: Push) -> None:
        super()._signal(replace(push, key=f"{push.key}-{push.attempt}"))


class Optimist(Sms):
    """Takes every failure for a success."""

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except PartnerError:
            return [Outcome(push.key, "sent") for push in batch]


class Stubborn(Sms):
    """Sends a text again that may have arrived."""

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except RetryLater as error:
            return [Outcome(push.key, "retry", after=error.after) for push in batch]


class Impatient(Sms):
    """Forgets how long the partner asked it to wait."""

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except RetryLater as error:
            raise RetryLater(error.what, happened=error.happened) from None


class Blamer(Sms):
    """Takes a broken key for a broken push."""

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except AuthBroken:
            return [Outcome(push.key, "refused") for push in batch]


class Hopeful(Sms):
    """Tries again what can never succeed."""

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return [replace(one, state="retry") if one.state == "refused" else one for one in super().push(batch)]


class Forgetful(Sms):
    """Loses the last outcome of a batch."""

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return list(super().push(batch))[:-1]


class Idle(Sms):
    """Says sent and calls nobody."""

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return [Outcome(push.key, "sent") for push in batch]


class TooMany(HubSpot):
    batch_size: ClassVar[int] = 101


class Unasked(HubSpot):
    """Its answer to “did it arrive?” is always no."""

    def ask(self, batch: Sequence[Push]) -> Mapping[str, bool]:
        return {push.key: False for push in batch}


class WrongClass(HubSpot):
    """Calls a task natural that is a second task when told twice."""

    topics: ClassVar[tuple[Topic, ...]] = (Topic("call_task", EffectClass.NATURAL, "crm_sync"),)


class StatusReader(HubSpot):
    """Believes the status and not the body."""

    def _upsert(self, batch: Sequence[Push]) -> list[Outcome]:
        self.api.request(
            "POST", "/crm/v3/objects/contacts", json={"inputs": [hubspot_words.contact(one) for one in batch]}
        )
        return [Outcome(push.key, "sent") for push in batch]


class Talkative(Sms):
    """Writes its key into the log."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        logging.getLogger("talkative").debug("built with %s", dict(account.secrets))


class Shown(Sms):
    """Its repr shows the key."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.token = account.secrets["token"]

    def __repr__(self) -> str:
        return f"Shown({self.token})"


class Telling(Sms):
    """Its errors show the key."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.token = account.secrets["token"]

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        try:
            return super().push(batch)
        except AuthBroken as error:
            raise AuthBroken(f"{error.what} {self.token}") from None


class Misnamed(Sms):
    name: ClassVar[str] = "Sms Provider"


class UnknownKind(Sms):
    kind: ClassVar[Any] = "texting"


class TwiceTold(Sms):
    topics: ClassVar[tuple[Topic, ...]] = (*Sms.topics, *Sms.topics)
