"""A region with plain traffic for the pages to show, and a browser of ours that signs in."""

import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pluggy
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as NoValkey
from sqlalchemy import insert, update
from werkzeug.test import TestResponse

import compliance
import portal
from hub.access import make_sign_in_link, principal_named
from hub.bell import Bell
from hub.core import Hub, Partner
from hub.migrations import migrate
from hub.models import (
    Connection,
    Customer,
    DeadLetter,
    Delivery,
    Here,
    Lease,
    Membership,
    Message,
    Node,
    Person,
    Profile,
    SegmentVersion,
    Session,
    new_ref,
)  # fmt: skip
from hub.regions import Directory, open_region
from hub.rulebook import LiveBook
from hub.sdk import Decision, Question, hookimpl, hookspecs
from hub.settings import ConnectionSettings, Idle, Offline, RegionSettings, Settings, Timing
from hub.terms import NodeTerm
from hub.vault import AesGcm, FileKeyStore, Vault
from hub.work import Work
from portal.listening import SESSIONS_EVERY
from rules.policy import MESSAGE

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CONFIG = Path(__file__).parent / "config"
HOST = "http://eu.localhost:8101"
GARAGE_SITE = "https://www.tarn-holt.example"  # may show the chat in a frame
CANARY = "Zoë Canary-Öztürk"  # a person's name: where it stands, no page may show it
CONNECTIONS = (
    ("hubspot_eu", "hubspot"),
    ("loyalty_eu", "loyalty"),
    ("fleet_eu", "fleet"),
    ("sms_eu", "sms"),
    ("import_eu", "csvfile"),
)
SEGMENTS = ("lapsed_diesel_regulars", "gold_tier", "winter_tyres_due")  # filled ones


class Clock:
    """Stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


class SilentValkey:
    """Nobody answers: the pages must stand without it."""

    def __getattr__(self, name: str) -> Any:
        raise NoValkey(name)

    def close(self) -> None:
        """Nothing is open."""


RULES = {  # name -> title, condition, facts of somebody who is in
    "lapsed_diesel_regulars": (
        "Diesel regulars who stopped coming",
        "{all: [{visits.count: {at_least: 3}}, {visits.last_on: {older_than: 180d}}, {not: {event: {kind: complaint, within: 90d}}}]}",
        "{visits.count: 4, visits.last_on: 2026-01-01}",
    ),
    "gold_tier": ("Gold members", "{loyalty.tier: {is: gold}}", "{loyalty.tier: gold}"),
    "winter_tyres_due": (
        "Winter tyres are due",
        "{any: [{visits.last_on: {older_than: 18m}}, {vehicles.count: {at_least: 2}}]}",
        "{vehicles.count: 2}",
    ),
    "new_this_week": ("New this week", "{customer.joined_on: {within: 7d}}", "{customer.joined_on: 2026-11-24}"),
}


def write_rules(config: Path) -> None:
    """Segments that stand for a region's own, each as one file."""
    (config / "segments").mkdir(parents=True, exist_ok=True)
    for name, (title, when, given) in RULES.items():
        examples = f"[{{name: yes, given: {given}, now: 2026-11-25, expect: in}}, {{name: no, given: {{}}, now: 2026-11-25, expect: out}}]"
        document = f"segment: {name}\ntitle: {title}\nzone: Europe/Berlin\nwhen: {when}\nexamples: {examples}\n"
        (config / "segments" / f"{name}.yaml").write_text(document)


def found(folder: Path, url: str = "") -> None:
    """An empty eu region, on SQLite where no other database is named; then a copy of the folder is as good."""
    region = open_region("eu", 1, url or f"sqlite:///{folder / 'hub.db'}", folder)
    migrate(region.engine)
    with region.sessions.begin() as session:
        session.add(Here(region="eu", cell=1, opened_at=NOW))
        session.execute(insert(Node), [{"number": number, "taken_at": None} for number in range(8)])
        session.flush()
        Vault("eu", FileKeyStore(folder / "keys"), AesGcm()).begin_epoch(session, NOW)
    region.engine.dispose()


class AsShipped:
    """Who may say yes and whose record is kept is answered by the policies of the house; messages by those of a test alone."""

    @hookimpl
    def decide(self, hub: Hub, question: Question) -> Sequence[Decision]:
        return compliance.decide(hub, question) if question.about != MESSAGE else ()


def write_policies(config: Path) -> None:
    (config / "policies").mkdir(exist_ok=True)
    for path in (CONFIG / "policies").glob("*.yaml"):
        if "\nquestion: " in (text := path.read_text()):
            (config / "policies" / path.name).write_text(text)


def build(folder: Path, clock: Clock, redis: Any = None, url: str = "") -> Hub:
    """The hub of a folder that found() made, without partners' code: connections are names, rules are few, Valkey is
    away unless one is given."""
    here = RegionSettings("eu", 1, "Europe/Berlin", "DE", frozenset({"DE"}), "eu.localhost", 8101, workers=2,
                          widget_origins=(GARAGE_SITE,))  # fmt: skip
    region = open_region("eu", 1, url or f"sqlite:///{folder / 'hub.db'}", folder)
    vault = Vault("eu", FileKeyStore(folder / "keys"), AesGcm())
    plugins = pluggy.PluginManager("hub")
    plugins.add_hookspecs(hookspecs)
    plugins.register(portal)
    plugins.register(AsShipped())
    config = folder / "config"
    write_rules(config)
    write_policies(config)
    shutil.copytree(CONFIG / "privacy", config / "privacy", dirs_exist_ok=True)
    settings = Settings(folder, config, ("portal",), {"eu": here}, {}, Timing(), Idle(), Offline(), {})
    partners: dict[str, Partner] = {}
    directory = Directory(f"sqlite:///{folder / 'directory.db'}")
    bell = Bell(redis or SilentValkey(), "eu")
    return Hub(
        settings,
        here,
        region,
        vault,
        directory,
        bell,
        plugins,
        partners,
        LiveBook(config, plugins, count(0, 10).__next__),
        clock,
        NodeTerm(region, clock),
    )  # type: ignore[arg-type]


# --- traffic -------------------------------------------------------------------------------------------------------


@dataclass
class Traffic:
    """What plant() put there: refs and ids of customers, ids of dead letters by cause."""

    customers: list[str] = field(default_factory=list)
    customer_ids: list[int] = field(default_factory=list)
    letters: dict[str, list[int]] = field(default_factory=dict)


def plant(hub: Hub) -> Traffic:
    """Five connections in five states, customers in segments, deliveries and messages of every fate, dead letters."""
    made = Traffic()
    with hub.begin() as work:
        ids = _connections(hub, work)
        customers = [_customer(work) for _ in range(12)]
        made.customers = [customer.ref for customer in customers]
        made.customer_ids = [customer.id for customer in customers]
        _segments(work)
        _memberships(work, customers)
        _deliveries(hub, work, ids)
        _messages(work, ids, customers)
        made.letters = _letters(hub, work, ids, customers)
        work.session.add(Lease(name="clock", holder="here:1", until=work.now + timedelta(days=3650), fence=1))
    return made


def _connections(hub: Hub, work: Work) -> dict[str, int]:
    found = {}
    for name, connector in CONNECTIONS:
        row = work.add(
            Connection(
                name=name,
                connector=connector,
                state="active",
                opened_at=work.now - timedelta(days=9),
                failures=0,
                reason="",
            )
        )
        row.pushed_at = work.now - timedelta(seconds=14)
        found[name] = row.id
        hub.partners[name] = Partner(
            row.id, ConnectionSettings(name, connector, "eu"), SimpleNamespace(topics=(), kind=connector)
        )  # type: ignore[index, arg-type]
        if name == "fleet_eu":
            row.state, row.reason = "parked", "our key is refused: 401"
        if name == "sms_eu":
            row.rest_until, row.reason = work.now + timedelta(minutes=4), "They asked for a pause (429)."
        if name == "import_eu":
            row.pushed_at = None
    work.session.flush()
    return found


def _customer(work: Work) -> Customer:
    key = work.new_key("person")
    work.session.flush()
    person = work.add(Person(ref=new_ref(), jurisdiction="DE", data_key_id=key.id, made_at=work.now))
    work.session.flush()
    customer = work.add(Customer(ref=new_ref(), person_id=person.id, language="de", made_at=work.now, version=1))
    work.session.flush()
    work.session.add(
        Profile(
            customer_id=customer.id,
            jurisdiction="DE",
            visits_count=5,
            visits_last_on=date(2026, 2, 4),
            loyalty_tier="silver",
            changed_at=work.now,
            region="eu",
        )
    )
    return customer


def _segments(work: Work) -> None:
    for name in SEGMENTS:
        version = SegmentVersion(segment=name, hash="1" * 64, document={"title": CANARY}, applied_at=work.now)
        version.refreshed_on = work.now.date()
        work.add(version)


def _memberships(work: Work, customers: Sequence[Customer]) -> None:
    for index, customer in enumerate(customers):
        for segment in SEGMENTS[: 1 + index % 3]:
            at = work.now - timedelta(seconds=7 * index + 2)
            work.add(
                Membership(
                    segment=segment,
                    customer_id=customer.id,
                    rule_hash="1" * 64,
                    entered_at=at,
                    cause="event" if index % 2 else "clock",
                )
            )


def _deliveries(hub: Hub, work: Work, ids: dict[str, int]) -> None:
    for index in range(14):
        state = ("done", "done", "waiting", "done", "quarantined")[index % 5]
        _delivery(hub, work, ids[("loyalty_eu", "import_eu", "hubspot_eu")[index % 3]], state, 3.2 * index)


def _delivery(hub: Hub, work: Work, connection_id: int, state: str, ago: float) -> Delivery:
    key = work.new_key("delivery")
    work.session.flush()
    row_id = work.ids.next()
    at = work.now - timedelta(seconds=ago)
    return work.add(
        Delivery(
            id=row_id, connection_id=connection_id, key_hash=str(row_id).encode(), entity=b"e", state=state, attempts=1, not_before=at,
            received_at=at, settled_at=at if state != "waiting" else None, reason="",
            result={"new": 3, "repeats": 1, "name": CANARY} if state == "done" else None,
            data_key_id=key.id, payload=hub.vault.seal(key, CANARY.encode(), f"delivery:{row_id}"),
        )
    )  # fmt: skip


def _messages(work: Work, ids: dict[str, int], customers: Sequence[Customer]) -> None:
    states = ("sent", "sent", "waiting", "refused", "sent", "unknown", "claimed")
    for index in range(20):
        connection = ("hubspot_eu", "sms_eu", "fleet_eu")[index % 3]
        state = "waiting" if connection == "fleet_eu" else states[index % 7]
        entity = customers[index % 12].ref if index % 9 else CANARY
        _message(work, ids[connection], entity, index, state, 2.5 * index, SEGMENTS[index % 3])


def _message(work: Work, connection_id: int, entity: str, seq: int, state: str, ago: float, segment: str) -> Message:
    at = work.now - timedelta(seconds=ago)
    return work.add(
        Message(
            connection_id=connection_id, entity=entity, seq=seq, topic="segment_entered", effect_key=f"e{connection_id}:{seq}",
            refs={"customer_id": 1, "segment": segment, "name": CANARY}, state=state, reason="", attempts=1, doubtful=False,
            not_before=at, fence=0, made_at=at, settled_at=None if state in {"waiting", "claimed"} else at,
        )
    )  # fmt: skip


def _letters(hub: Hub, work: Work, ids: dict[str, int], customers: Sequence[Customer]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"refused": [], "wrong_input": [], "gone": []}
    for index in range(6):
        message = _message(work, ids["hubspot_eu"], customers[index].ref, 100 + index, "dead", 2880, SEGMENTS[0])
        found["refused"].append(
            _letter(
                work,
                ids["hubspot_eu"],
                "refused",
                "They refused it: property “garage_segment” does not exist.",
                message=message,
            )
        )
    delivery = _delivery(hub, work, ids["import_eu"], "dead", 3720)
    found["wrong_input"].append(
        _letter(
            work,
            ids["import_eu"],
            "wrong_input",
            "Column “spend” says an amount without a currency. Add unit: EUR in mappings/purchases.yaml:14",
            delivery=delivery,
        )
    )
    message = _message(work, ids["sms_eu"], customers[7].ref, 200, "dead", 9000, SEGMENTS[1])
    found["gone"].append(_letter(work, ids["sms_eu"], "gone", "The number is no longer in service.", message=message))
    return found


def _letter(
    work: Work,
    connection_id: int,
    code: str,
    reason: str,
    message: Message | None = None,
    delivery: Delivery | None = None,
) -> int:
    work.session.flush()
    at = (message.made_at if message else delivery.received_at) if (message or delivery) else work.now
    row = DeadLetter(connection_id=connection_id, code=code, reason=reason, died_at=at)
    row.message_id, row.delivery_id = message.id if message else None, delivery.id if delivery else None
    return work.add(row).id


# --- a browser -----------------------------------------------------------------------------------------------------


def bare(html: str) -> str:
    """A page without the nonce that each answer has of its own."""
    return re.sub(r'nonce="[^"]+"', "", html)


class Visitor:
    """Walks the pages as a browser would: same origin, cookies kept, the form's token taken from the page."""

    def __init__(self, app: Flask, base: str = HOST) -> None:
        self.client: FlaskClient = app.test_client()
        self.base = base

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=self.base, headers={"Accept": "text/html", **_named(headers)})

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> TestResponse:
        given = {"Sec-Fetch-Site": "same-origin", "Origin": self.base, **_named(headers)}
        return self.client.post(
            path, base_url=self.base, data=form or {}, headers={k: v for k, v in given.items() if v}
        )

    def sign_in(self, hub: Hub, *roles: str, title: str = "Theo Kranz") -> "Visitor":
        answer = self.post(f"/sign-in/{link(hub, *roles, title=title)}")
        assert answer.status_code == 303, answer.text
        return self

    def token(self, path: str = "/") -> str:
        found = re.search(r'name="token" value="([0-9a-f]{64})"', self.get(path).text)
        assert found, "the page has no form with a token"
        return found[1]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def link(hub: Hub, *roles: str, title: str = "Theo Kranz", minutes: float = 10) -> str:
    """The secret of a new sign-in link."""
    with hub.begin() as work:
        return make_sign_in_link(work, principal_named(work, title, roles), timedelta(minutes=minutes))


def live(
    visitor: Visitor, hub: Hub, query: str = "", then: Callable[[], None] | None = None, **headers: str
) -> list[str]:
    """What the chat's line says at its first turn and, after then() (a session that ends), at one a second later."""

    def end() -> None:
        with hub.begin() as work:
            work.session.execute(update(Session).values(revoked_at=work.now))

    listening = visitor.client.application.extensions["portal"].listening
    answer = visitor.get(f"/my/chat/stream{query}", **headers)
    assert answer.status_code == 200, answer.text
    listening.turn()
    (then or end)()
    listening.clock = lambda: time.monotonic() + SESSIONS_EVERY
    listening.turn()
    told = [chunk.decode() for chunk in answer.iter_encoded()]
    answer.close()
    assert not listening.readers, "whoever has gone is not read for"
    return told


def heard(visitor: Visitor, wait: Callable[[float], None], path: str, **headers: str) -> list[str]:
    """All that a line says. wait: in its pauses, of so many seconds."""
    extensions = visitor.client.application.extensions
    extensions["portal"] = replace(extensions["portal"], wait=wait)
    answer = visitor.get(path, **headers)
    told = [chunk.decode() for chunk in answer.iter_encoded()]
    answer.close()
    return told
