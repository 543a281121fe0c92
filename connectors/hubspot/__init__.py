"""HubSpot: contacts learn segments and tiers by upsert, calls become tasks, changes come back by signed webhooks."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from connectors.hubspot import words
from connectors.hubspot.linking import enlist
from connectors.hubspot.objects import Objects
from connectors.hubspot.sandbox import HubSpotSandbox
from connectors.hubspot.signature import check_signature
from hub.sdk import (
    DELETE,
    MERGE,
    SET_FIELDS,
    Account,
    Answer,
    Case,
    EffectClass,
    FieldShape,
    Incoming,
    Kind,
    Knock,
    Listing,
    Outcome,
    Page,
    PartnerError,
    Push,
    Record,
    RetryLater,
    Sandbox,
    Seen,
    Topic,
    hookimpl,
    read_json,
    sandbox_account,
)
from hub.sdk.budget import Window

PERSON = ("name", "email", "phone")
CONTACTS = "/crm/v3/objects/contacts"
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
        Topic(SET_FIELDS, EffectClass.NATURAL, "crm_sync", PERSON),
        Topic(DELETE, EffectClass.NATURAL, "crm_sync"),
        Topic(MERGE, EffectClass.NATURAL, "crm_sync"),
    )
    kinds: ClassVar[tuple[str, ...]] = ("contact", "company", "deal", "vehicle")
    # of a private app on the professional tier; search has a window of its own
    limits: ClassVar[tuple[Window, ...]] = (
        Window("burst", 190, 10.0),
        Window("search", 5, 1.0, only="/search", cap=1),
        Window("daily", 650_000, 86_400.0),
    )

    def __init__(self, account: Account) -> None:
        self.api = account.api
        names = ("webhook_secret", "webhook_secret_previous")
        self.client_secrets = [account.secrets[name] for name in names if name in account.secrets]
        self.app_id = str(account.options.get("app_id", ""))
        self.objects = Objects(account.api, str(account.options.get("vehicle_type", "vehicles")), self.now)

    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    @staticmethod
    def usage(headers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
        """How many calls HubSpot says are left."""
        for name, header in (
            ("burst", "X-HubSpot-RateLimit-Remaining"),
            ("daily", "X-HubSpot-RateLimit-Daily-Remaining"),
        ):
            if (left := headers.get(header, "")).isdigit():
                yield name, int(left)

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        """Events of our own app are echoes: they are answered and not kept."""
        check_signature(knock, self.client_secrets)
        return [
            Incoming(
                key=words.key_of(event),
                entity=str(event["objectId"]),
                payload=json.dumps(event).encode(),
                at=words.at(event),
            )
            for event in words.read_events(read_json(knock.body))
            if not words.is_ours(event, self.app_id)
        ]

    def answer(self, knock: Knock) -> Answer:
        return Answer(status=200, body=b"")

    def normalise(self, payload: bytes) -> Iterable[Record]:
        found = read_json(payload)
        if isinstance(found, dict) and found.get("fetched") == "contact":
            return words.standing(found)
        return words.records(words.read_events([found])[0])

    def observe(self, payload: bytes) -> Sequence[Seen]:
        found = read_json(payload)
        if isinstance(found, dict) and found.get("fetched"):
            return [words.seen(str(found["fetched"]), found, list(found.get("properties") or ()))]
        return list(words.observed(words.read_events([found])[0], self.app_id))

    def fetch(self, cursor: str | None) -> Page:
        return self.objects.fetch(cursor)

    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        return self.objects.list(kind, fields, cursor)

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        return self.objects.read(kind, ids, fields)

    def describe(self, kind: str) -> Sequence[FieldShape]:
        return self.objects.describe(kind)

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """By ways of telling, in the order in which they stand here; what was told is known whatever becomes of the rest."""
        told: tuple[Outcome, ...] = ()
        ways = {SET_FIELDS: self.objects.set_fields, MERGE: self.objects.merge, DELETE: self.objects.delete,
                "call_task": self._add_tasks}  # fmt: skip
        upserts = [push for push in batch if push.topic not in ways]
        try:
            told = tuple(enlist(self.api, upserts, self._upsert(upserts))) if upserts else ()
            for topic, write in ways.items():
                some = [push for push in batch if push.topic == topic]
                told += tuple(write(some)) if some else ()
        except PartnerError as error:
            error.outcomes = (*told, *error.outcomes)
            raise
        return told

    def ask(self, batch: Sequence[Push]) -> Mapping[str, bool]:
        """Is there a task with our reference? One search for all of them."""
        body = words.search("garage_effect", [push.key for push in batch])
        found = self.api.request("POST", f"{TASKS}/search", json=body)
        if not isinstance(found, dict):
            raise RetryLater("HubSpot answered a search without a body.")
        there = {result["properties"].get("garage_effect") for result in found.get("results", [])}
        return {push.key: push.key in there for push in batch}

    def _upsert(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """By id where we know it, else by our ref; one that has gone from there is made anew."""
        known = [push for push in batch if push.partner_id]
        told = list(self._verdicts("update", known)) if known else []
        lost = {one.key for one in told if one.state == "refused" and one.reason == words.GONE}
        new = [push for push in batch if not push.partner_id or push.key in lost]
        told = [one for one in told if one.key not in lost]
        return [*told, *(self._verdicts("upsert", new) if new else ())]

    def _verdicts(self, verb: str, batch: Sequence[Push]) -> Sequence[Outcome]:
        """HubSpot gives an address to one contact only, and families share theirs: the others are told without."""
        inputs = [words.contact(push, verb) for push in batch]
        told = self._tell(verb, batch, inputs)
        taken = {one.key for one in told if one.reason == words.TAKEN}
        without = [(push, one) for push, one in zip(batch, inputs, strict=True)
                   if push.key in taken and one["properties"].pop("email", None)]  # fmt: skip
        if not without:
            return told
        again = {one.key: one for one in self._tell(verb, [push for push, _ in without], [one for _, one in without])}
        return [again.get(one.key, one) for one in told]

    def _tell(self, verb: str, batch: Sequence[Push], inputs: Sequence[dict[str, Any]]) -> Sequence[Outcome]:
        """Success is no error in the body, whatever the status: each input is found again by its write trace."""
        found = self.api.request("POST", f"{CONTACTS}/batch/{verb}", json={"inputs": [*inputs]})
        return words.verdicts(found, batch)

    def _add_tasks(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """A hundred to a call: one by one, the limit of calls would keep a day's tasks waiting for minutes."""
        found = self.api.request("POST", f"{TASKS}/batch/create", json={"inputs": [words.task(push) for push in batch]})
        return words.tasks_made(found, batch)


@hookimpl
def register_connectors() -> Sequence[type[HubSpot]]:
    return [HubSpot]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [HubSpotSandbox(folder)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    """The sandbox here has no limit of its own: the kit asks more in a second than HubSpot lets anybody."""
    account = sandbox_account({"webhook_secret": "hubspot-client-secret-of-the-tests"})
    unknown = {SET_FIELDS: {"kind": "contact", "fields": {"unheard_of": "x"}}}
    sandbox = HubSpotSandbox(folder, burst=1_000_000)
    return [Case(HubSpot, account, Path(__file__).parent / "payloads", sandbox, unknown)]
