"""Acme: people come in by signed webhooks and page by page; segments and tiers go out."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from hub.sdk import (
    DELETE,
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
    Push,
    Record,
    Refused,
    RetryLater,
    Sandbox,
    Seen,
    Topic,
    check_standard_webhook,
    hookimpl,
    read_json,
    sandbox_account,
)
from hub.sdk.budget import Window
from hub.sdk.cursor import Cursor, Pace, Row, turn
from hub.sdk.outcomes import each
from hub_acme import words
from hub_acme.sandbox import AcmeSandbox

PACE = Pace(lag=timedelta(seconds=10), overlap=timedelta(minutes=2), page=100)
PERSON = ("name", "email", "phone")


class Acme:
    name: ClassVar[str] = "acme"
    kind: ClassVar[Kind] = "crm"
    batch_size: ClassVar[int] = 50
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("segment_entered", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic("tier_changed", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic(SET_FIELDS, EffectClass.NATURAL, "crm_sync", PERSON),
        Topic(DELETE, EffectClass.NATURAL, "crm_sync"),
    )
    kinds: ClassVar[tuple[str, ...]] = ("contact",)
    limits: ClassVar[tuple[Window, ...]] = (Window("burst", 100, 10.0),)
    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))

    def __init__(self, account: Account) -> None:
        self.api = account.api
        names = ("webhook_secret", "webhook_secret_previous")
        self.secrets = [account.secrets[name] for name in names if name in account.secrets]

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        key = check_standard_webhook(knock.headers, knock.body, self.secrets, knock.received_at)
        person = words.read(read_json(knock.body))
        return [Incoming(key, person["id"], knock.body, person["updated_at"])]

    def answer(self, knock: Knock) -> Answer:
        return Answer()

    def normalise(self, payload: bytes) -> Iterable[Record]:
        return words.records(words.read(read_json(payload)))

    def fetch(self, cursor: str | None) -> Page:
        """People who changed, in the order of (updated_at, id) inside a window that does not move."""
        now = self.now()
        place = Cursor.parse(cursor) if cursor else Cursor.start(now - PACE.overlap, now, PACE)
        done = turn(place, self._changed, now, PACE)
        told = [Incoming(row.key, row.id, json.dumps(row.payload).encode(), row.at) for row in done.rows]
        return Page(told, str(done.cursor), more=done.more)

    def _changed(self, cursor: Cursor, limit: int) -> Sequence[Row]:
        params = {"since": cursor.since.isoformat(), "until": cursor.until.isoformat(), "limit": str(limit)}
        if cursor.after and cursor.after[0]:
            params |= {"after_at": cursor.after[0].isoformat(), "after": cursor.after[1]}
        rows = [(words.read(row, words.Place), row) for row in self._people(params)]
        return [Row(person["updated_at"], person["id"], row) for person, row in rows]

    def _people(self, params: dict[str, str]) -> list[dict[str, Any]]:
        """An answer without a list is no empty list: it says nothing about anybody."""
        found = self._ask("GET", "/v1/people", params=params)
        if not isinstance(found, dict) or not isinstance(found.get("people"), list):
            raise RetryLater("The partner answered without a list of people.")
        return list(found["people"])

    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        rows = self._people({"limit": str(PACE.page), **({"after": cursor} if cursor else {})})
        return Listing([_seen(row, fields) for row in rows], rows[-1]["id"] if len(rows) == PACE.page else None)

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        return [self._one(number, fields) for number in ids]

    def _one(self, number: str, fields: Sequence[str]) -> Seen:
        try:
            return _seen(self._ask("GET", f"/v1/people/{quote(number, safe='')}"), fields)
        except Refused:
            return Seen("contact", number, state="missing")

    def describe(self, kind: str) -> Sequence[FieldShape]:
        found = self._ask("GET", "/v1/fields")["fields"]
        return [FieldShape(one["name"], one["type"], one["writable"], one["unique"]) for one in found]

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        ways = {SET_FIELDS: self._set, DELETE: self._delete}
        return each(batch, lambda push: ways.get(push.topic, self._tell)(push))

    def _set(self, push: Push) -> str | None:
        """By the partner's id where we know it, else under our ref."""
        if push.partner_id is None:
            return self._id(self._ask("PUT", _by_ref(push), json=push.body["fields"]))
        return self._id(self._ask("PATCH", f"/v1/people/{quote(push.partner_id, safe='')}", json=push.body["fields"]))

    def _delete(self, push: Push) -> None:
        """The partner forgets whom it deletes; it does not mind who is not there."""
        self._ask("DELETE", _by_ref(push))

    def _tell(self, push: Push) -> str | None:
        """The whole state under our ref, so that telling it twice is telling it once; answers the partner's id."""
        person = {name: push.body[name] for name in PERSON if push.body.get(name)}
        state = {"segments": ";".join(push.body.get("segments", [])), "tier": str(push.body.get("tier", ""))}
        return self._id(self._ask("PUT", _by_ref(push), json=person | state))

    def _id(self, found: Any) -> str | None:
        """Success is an answer that says so, whatever the status; one without an id leaves open what became of it."""
        if isinstance(found, dict) and "error" in found:
            raise Refused(str(found["error"])[:80])
        if not isinstance(found, dict) or "id" not in found:
            raise RetryLater("The partner answered without an id.", happened=True)
        return str(found["id"])

    def _ask(self, method: str, path: str, **given: Any) -> Any:
        return self.api.request(method, path, **given)


def _by_ref(push: Push) -> str:
    return f"/v1/people/by-ref/{quote(str(push.body.get('ref') or push.entity), safe='')}"


def _seen(row: dict[str, Any], fields: Sequence[str]) -> Seen:
    person = words.read(row, words.Place)
    told = {name: row.get(name) for name in fields}
    return Seen("contact", person["id"], row.get("ref"), told, person["updated_at"])


@hookimpl
def register_connectors() -> Sequence[type[Acme]]:
    return [Acme]


@hookimpl
def register_sandboxes(folder: Path, seed: int) -> Sequence[Sandbox]:
    return [AcmeSandbox(folder)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    secrets = {"webhook_secret": "whsec_dGhlIHNhbmRib3ggc2VjcmV0IG9mIGFjbWUuLi4uLi4="}
    refused = {"segment_entered": {"name": "x" * 201}, SET_FIELDS: {"kind": "contact", "fields": {"unheard_of": "x"}}}
    return [Case(Acme, sandbox_account(secrets), Path(__file__).parent / "payloads", AcmeSandbox(folder), refused)]
