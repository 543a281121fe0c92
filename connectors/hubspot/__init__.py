"""HubSpot: contacts learn segments and tiers by upsert, calls become tasks, changes come back by signed webhooks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from connectors.hubspot import words
from connectors.hubspot.sandbox import HubSpotSandbox
from connectors.hubspot.signature import check_signature
from hub.sdk import (
    Account,
    Answer,
    EffectClass,
    Incoming,
    Kind,
    Knock,
    Outcome,
    PartnerError,
    Push,
    Record,
    RetryLater,
    Sandbox,
    Topic,
    hookimpl,
    read_json,
)
from hub.sdk.outcomes import each

PERSON = ("name", "email", "phone")
UPSERT = "/crm/v3/objects/contacts/batch/upsert"
TASKS = "/crm/v3/objects/tasks"


class HubSpot:
    name: ClassVar[str] = "hubspot"
    kind: ClassVar[Kind] = "crm"
    batch_size: ClassVar[int] = 100
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("segment_entered", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic("segment_left", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic("tier_changed", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic("call_task", EffectClass.ASKABLE, "crm_sync"),
    )

    def __init__(self, account: Account) -> None:
        self.api = account.api
        self.client_secret = account.secrets.get("webhook_secret", "")

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        check_signature(knock, self.client_secret)
        return [
            Incoming(
                key=words.key_of(event),
                entity=str(event["objectId"]),
                payload=json.dumps(event).encode(),
                at=words.at(event),
            )
            for event in words.read_events(read_json(knock.body))
        ]

    def answer(self, knock: Knock) -> Answer:
        return Answer(status=200, body=b"")

    def normalise(self, payload: bytes) -> Iterable[Record]:
        return words.records(words.read_events([read_json(payload)])[0])

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        contacts = [push for push in batch if push.topic != "call_task"]
        tasks = [push for push in batch if push.topic == "call_task"]
        told = self._upsert(contacts) if contacts else []
        try:
            return [*told, *each(tasks, self._add_task)]
        except PartnerError as error:
            error.outcomes = (
                *told,
                *error.outcomes,
            )  # the contacts are known to be there, whatever became of the tasks
            raise

    def ask(self, batch: Sequence[Push]) -> Mapping[str, bool]:
        """Is there a task with our reference? One search for all of them."""
        body = words.search("garage_effect", [push.key for push in batch])
        found = self.api.request("POST", f"{TASKS}/search", json=body)
        if not isinstance(found, dict):
            raise RetryLater("HubSpot answered a search without a body.")
        there = {result["properties"].get("garage_effect") for result in found.get("results", [])}
        return {push.key: push.key in there for push in batch}

    def _upsert(self, batch: Sequence[Push]) -> list[Outcome]:
        """Success is no error in the body, whatever the status: each input is found again by its write trace."""
        found = self.api.request("POST", UPSERT, json={"inputs": [words.contact(push) for push in batch]})
        if not isinstance(found, dict):
            raise RetryLater("HubSpot answered without a body.", happened=True)
        refused = words.errors_by_trace(found)
        ids = {result.get("properties", {}).get("garage_ref"): str(result["id"]) for result in found.get("results", [])}
        return [
            Outcome(push.key, "refused", refused[push.key])
            if push.key in refused
            else Outcome(push.key, "sent" if push.entity in ids else "unknown", partner_id=ids.get(push.entity))
            for push in batch
        ]

    def _add_task(self, push: Push) -> None:
        self.api.request("POST", TASKS, json=words.task(push))


@hookimpl
def register_connectors() -> Sequence[type[HubSpot]]:
    return [HubSpot]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [HubSpotSandbox(folder)]
