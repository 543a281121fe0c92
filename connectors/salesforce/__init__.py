"""Salesforce: contacts learn segments and tiers by upsert under our ref, calls become tasks, changes come by SOQL pages."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from connectors.salesforce import bulk, outbound, words
from connectors.salesforce.campaigns import Campaigns
from connectors.salesforce.feeds import Feeds
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.soql_pages import Soql
from connectors.salesforce.verdicts import outcomes_of
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
    PartnerError,
    Push,
    Record,
    Sandbox,
    Seen,
    Topic,
    WrongInput,
    hookimpl,
    read_json,
    sandbox_account,
)
from hub.sdk.budget import Window
from hub.sdk.cursor import Cursor, Pace, Row, turn

PERSON = ("name", "email", "phone")
MOST, PAGE = 200, 2000  # records of a collection, rows of a listing
PACE = Pace(lag=timedelta(seconds=10), overlap=timedelta(minutes=5), page=200, precision=timedelta(seconds=1))
ORGANIZATION = "00D000000000062EAA"  # of the recorded messages
HINT = "an outbound message is signed by nobody: the key is in the address, and what a message names is read by the API"
UNSIGNED = {f"in.{name}": HINT for name in ("altered", "longer", "bare", "late", "early")}
SHAPES = {"boolean": "bool", "double": "number", "int": "number", "currency": "number", "date": "date", "datetime": "datetime",
          "picklist": "choice", "reference": "reference"}  # fmt: skip


class Salesforce:
    name: ClassVar[str] = "salesforce"
    kind: ClassVar[Kind] = "crm"
    batch_size: ClassVar[int] = MOST
    load_size: ClassVar[int] = 2000
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("segment_entered", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic("segment_left", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic("tier_changed", EffectClass.NATURAL, "crm_sync", PERSON),
        Topic("call_task", EffectClass.ASKABLE, "crm_sync"),
        Topic(SET_FIELDS, EffectClass.NATURAL, "crm_sync", PERSON),
        Topic(DELETE, EffectClass.NATURAL, "crm_sync"),
    )
    kinds: ClassVar[tuple[str, ...]] = tuple(words.OBJECTS)
    limits: ClassVar[tuple[Window, ...]] = (Window("daily", 100_000, 86_400.0),)  # it has no burst limit
    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))
    pause: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(self, account: Account) -> None:
        self.api = account.api
        self.bulk = account.api if isinstance(account.api, bulk.Exchanges) else None
        self.root = f"/services/data/v{account.options.get('version', '60.0')}"
        self.soql = Soql(account.api, self.root)
        self.feeds = Feeds(account.api, self.root, self.soql)
        self.campaigns = Campaigns(account.api, self.root, self.soql)
        self.keys = [account.secrets.get(name, "") for name in ("webhook_secret", "webhook_secret_previous")]
        self.organization = str(account.options.get("organization", ""))

    @staticmethod
    def usage(headers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
        """Sforce-Limit-Info: api-usage=18/5000"""
        used, _, limit = headers.get("Sforce-Limit-Info", "").partition("api-usage=")[2].partition("/")
        if used.isdigit() and limit.isdigit():
            yield "daily", int(limit) - int(used)

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        """Outbound messages, of which Contacts are kept: nothing else is taken from there. They may come late, again and in any
        order, and say the latest only, so each makes its record be read."""
        outbound.check_key(knock.url, self.keys)
        return [
            Incoming(f"om:{one.id}", one.record, json.dumps({"hint": one.kind, "Id": one.record}).encode())
            for one in outbound.read(knock.body, self.organization)
            if one.kind == "Contact"
        ]

    def answer(self, knock: Knock) -> Answer:
        return Answer(200, outbound.ACK, "text/xml; charset=utf-8")

    def normalise(self, payload: bytes) -> Iterable[Record]:
        row = _row(payload)
        return [] if words.is_hint(row) else words.records(row)

    def observe(self, payload: bytes) -> Sequence[Seen]:
        row = _row(payload)
        if words.is_hint(row):
            return [Seen("contact", str(row["Id"]), state="hinted")]
        return [words.seen("contact", row, [name for name in row if name in words.CONTACT])]

    def fetch(self, cursor: str | None) -> Page:
        """Contacts that changed, deleted and merged ones too, in the order of (SystemModstamp, Id). What Salesforce's own
        feeds name beside them is read once more, some minutes later: a late commit, and what has left the bin."""
        now, (text, swept) = self.now(), Feeds.parse(cursor)
        place = Cursor.parse(text) if text else Cursor.start(now - PACE.overlap, now, PACE)
        done = turn(place, self._changed, now, PACE)
        rows, missed = list(done.rows), False
        if not done.more:
            found, swept, missed = self.feeds.sweep(swept, now, done.cursor.since)
            rows += found
        told = [Incoming(row.key, row.id, json.dumps(row.payload).encode(), row.at) for row in rows]
        return Page(told, Feeds.text(done.cursor, swept), more=done.more, resync=missed)

    def _changed(self, cursor: Cursor, limit: int) -> Sequence[Row]:
        where = f"SystemModstamp >= {words.stamp(cursor.since)} AND SystemModstamp < {words.stamp(cursor.until)}"
        if cursor.after and cursor.after[0]:
            at, id_ = words.stamp(cursor.after[0]), words.quoted(cursor.after[1])
            where += f" AND (SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > {id_}))"
        rows = self.soql.rows(words.select("Contact", words.CHANGED, where, "SystemModstamp, Id", limit), "queryAll")
        return [Row(words.moment(row["SystemModstamp"]), row["Id"], row) for row in rows]

    def list(self, kind: str, fields: Sequence[str], cursor: str | None) -> Listing:
        wanted = ["Id", words.REF, "SystemModstamp", *fields]
        where = f"Id > {words.quoted(cursor)}" if cursor else ""
        rows = self.soql.rows(words.select(words.object_of(kind), wanted, where, "Id", PAGE))
        return Listing([words.seen(kind, row, fields) for row in rows], rows[-1]["Id"] if len(rows) == PAGE else None)

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> Sequence[Seen]:
        """By SOQL over the bin, too, for only there stands where a merged record went."""
        name = words.object_of(kind)
        found: dict[str, Seen] = {}
        for start in range(0, len(ids), MOST):
            some = [words.quoted(one) for one in ids[start : start + MOST]]
            wanted = [
                "Id",
                words.REF,
                "SystemModstamp",
                "IsDeleted",
                *(["MasterRecordId"] if kind == "contact" else []),
                *fields,
            ]
            rows = self.soql.rows(words.select(name, wanted, f"Id IN ({', '.join(some)})", "Id", MOST), "queryAll")
            found |= {row["Id"]: words.seen(kind, row, fields) for row in rows}
        return [found.get(one, Seen(kind, one, state="missing")) for one in ids]

    def describe(self, kind: str) -> Sequence[FieldShape]:
        found = self.api.request("GET", f"{self.root}/sobjects/{words.object_of(kind)}/describe")
        return [
            FieldShape(
                one["name"], SHAPES.get(one["type"], "text"), writable=bool(one.get("updateable")),
                unique=bool(one.get("unique") or one.get("externalId")), limit=one.get("length") or None,
                choices=tuple(choice["value"] for choice in one.get("picklistValues") or ()),
            )
            for one in found["fields"]
        ]  # fmt: skip

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        ways = {SET_FIELDS: self._set_fields, DELETE: self._delete, "call_task": self._add_tasks}
        told: tuple[Outcome, ...] = ()
        contacts = [push for push in batch if push.topic not in ways]
        try:
            told = tuple(self._upsert("Contact", contacts, words.contact)) if contacts else ()
            told = self.campaigns.move(contacts, told)
            for topic, write in ways.items():
                some = [push for push in batch if push.topic == topic]
                told += tuple(write(some)) if some else ()
        except PartnerError as error:
            error.outcomes = (*told, *error.outcomes)
            raise
        return told

    def ask(self, batch: Sequence[Push]) -> Mapping[str, bool]:
        """Is there a task with our reference? One query for 200 of them."""
        there: set[str] = set()
        for start in range(0, len(batch), MOST):
            keys = ", ".join(words.quoted(push.key) for push in batch[start : start + MOST])
            rows = self.soql.rows(words.select("Task", ["Id", words.EFFECT], f"{words.EFFECT} IN ({keys})", "Id", PAGE))
            there |= {row[words.EFFECT] for row in rows}
        return {push.key: push.key in there for push in batch}

    def _upsert(self, name: str, batch: Sequence[Push], row: Callable[[Push], dict[str, Any]]) -> Sequence[Outcome]:
        path = f"{self.root}/composite/sobjects/{name}/{words.REF}"
        return self._write(path, name, words.REF, batch, [row(push) for push in batch])

    def _write(self, path: str, name: str, key: str, batch: Sequence[Push], rows: Sequence[Any]) -> Sequence[Outcome]:
        """Many rows are a job; fewer, or those that no job takes, are collections."""
        if self.bulk is not None and bulk.fits(rows, key):
            found = bulk.load(self.bulk, self.root, name, key, rows, self.pause)
            if found is not None:
                return outcomes_of([*batch], found)
        return self._collections(path, batch, rows)

    def _collections(
        self, path: str, batch: Sequence[Push], rows: Sequence[Any], method: str = "PATCH"
    ) -> Sequence[Outcome]:
        told: list[Outcome] = []
        try:
            for start in range(0, len(rows), MOST):
                body = {"allOrNone": False, "records": rows[start : start + MOST]}
                told += outcomes_of([*batch[start : start + MOST]], self.api.request(method, path, json=body))
        except PartnerError as error:
            error.outcomes = (*told, *error.outcomes)
            raise
        return told

    def _set_fields(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        told: tuple[Outcome, ...] = ()
        for kind in sorted({str(push.body.get("kind")) for push in batch}):
            pushes = [push for push in batch if push.body.get("kind") == kind]
            if kind not in words.OBJECTS:
                told += tuple(Outcome(push.key, "refused", f"there is no kind {kind}") for push in pushes)
                continue
            name = words.object_of(kind)
            known, new = [push for push in pushes if push.partner_id], [push for push in pushes if not push.partner_id]
            if known:
                rows = [words.fields_of(push, name) for push in known]
                told += tuple(self._write(f"{self.root}/composite/sobjects", name, "Id", known, rows))
            if new:
                told += tuple(self._upsert(name, new, lambda push, name=name: words.fields_of(push, name)))  # type: ignore[misc]
        return told

    def _delete(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """Who is not there is deleted already. Salesforce keeps what is deleted in a bin for weeks, so who is erased is
        emptied before."""
        told: tuple[Outcome, ...] = ()
        for kind in sorted({str(push.body.get("kind")) for push in batch}):
            pushes = [push for push in batch if push.body.get("kind") == kind]
            ids = self._ids(kind, pushes)
            there = [push for push in pushes if push.key in ids]
            told += tuple(Outcome(push.key, "sent") for push in pushes if push.key not in ids)
            if erased := [push for push in there if push.body.get("how") == "erase" and kind == "contact"]:
                rows = [words.emptied(ids[push.key]) for push in erased]
                self._collections(f"{self.root}/composite/sobjects", erased, rows)
            gone = ("conflict: ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY")
            for start in range(0, len(there), MOST):
                some = there[start : start + MOST]
                params = {"ids": ",".join(ids[push.key] for push in some), "allOrNone": "false"}
                several = outcomes_of(
                    some, self.api.request("DELETE", f"{self.root}/composite/sobjects", params=params)
                )
                told += tuple(Outcome(one.key, "sent") if one.reason in gone else one for one in several)
        return told

    def _ids(self, kind: str, pushes: Sequence[Push]) -> Mapping[str, str]:
        ids = {push.key: push.partner_id for push in pushes if push.partner_id}
        unknown = {str(push.body.get("ref") or push.entity): push.key for push in pushes if not push.partner_id}
        refs = list(unknown)
        for start in range(0, len(refs), MOST):
            where = f"{words.REF} IN ({', '.join(words.quoted(one) for one in refs[start : start + MOST])})"
            rows = self.soql.rows(words.select(words.object_of(kind), ["Id", words.REF], where, "Id", PAGE))
            ids |= {unknown[row[words.REF]]: row["Id"] for row in rows}
        return ids

    def _add_tasks(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        rows = [words.task(push) for push in batch]
        return self._collections(f"{self.root}/composite/sobjects", batch, rows, "POST")


def _row(payload: bytes) -> dict[str, Any]:
    found = read_json(payload)
    if not isinstance(found, dict):
        raise WrongInput("Salesforce's object makes no sense.")
    return found


@hookimpl
def register_connectors() -> Sequence[type[Salesforce]]:
    return [Salesforce]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [SalesforceSandbox(folder)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    unknown = {SET_FIELDS: {"kind": "contact", "fields": {"Unheard__c": "x"}}}
    account = sandbox_account({"webhook_secret": "key-of-outbound-messages-of-the-tests"}, organization=ORGANIZATION)
    return [Case(Salesforce, account, Path(__file__).parent / "payloads", SalesforceSandbox(folder), unknown, UNSIGNED)]
