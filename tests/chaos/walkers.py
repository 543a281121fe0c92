"""Journeys under kill -9: `walkers.py FOLDER KILLS SEED PEOPLE` walks people through one journey while the process that moves
them and the process that sends for them are killed at random moments, and says what came of it as JSON.

Children are forked from a parent that has imported everything and read the rules, as a supervisor does, and opened nothing.
Their clock is hours ahead of the real one by what the file `hours` says; after each kill time moves on. People came in hours
apart, so that there is work after every kill; a board that parent and children share says who of them was at work when the
kill fell. What partners got stands in a book of their own. How far the run is goes to stderr."""

import json
import logging
import mmap
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from redis import Redis
from sqlalchemy import func, select

from hub.cli.opened import warm
from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.flow import applying, customers, outbox, pipeline, waking
from hub.models import Enrollment, Event, Message, StepLog, Task
from hub.sdk import Connector, CustomerKey, EffectClass, EventRecord, Kind, Outcome, Push, Topic
from hub.settings import Settings, load_settings
from rules.journeys.read import read_journey
from rules.parse import read_text

CONFIG = Path(__file__).parents[1] / "support" / "config"
JOURNEY = """
journey: walked
title: One that does everything
zone: Europe/Berlin
purpose: service_notice
exempt: booking
enter: {event: {kind: complaint}}
steps:
  - {id: a_day, wait: 1d}
  - {id: text, message: {channel: sms, template: hello}}
  - {id: noted, update: {event: offer_made}}
  - {id: talk, message: {channel: chat, template: hello}}
  - {id: six_hours, wait: 6h}
  - {id: push, message: {channel: push, template: hello}}
  - {id: call, task: {role: advisor, title: Call, within: 4h}}
  - {id: letter, message: {channel: post, template: hello}}
  - {id: once_more, jump: {to: a_day, at_most: TIMES}}
tests: [{name: t, from: 2026-03-01, ends: never}]
"""
NODES = ("a_day", "text", "noted", "talk", "six_hours", "push", "call", "letter", "once_more")
HOURS = 36  # of one time through
OPENING, RESTING, WORKING = range(3)  # what a child may be at
TOLD_EVERY = 25  # kills
PATIENCE = 120.0  # seconds for a child to open the hub
CLASSES = {  # connection -> what kind of effect it takes, by which channel
    "texts": (EffectClass.BLIND, "sms"),
    "club": (EffectClass.KEYED, "chat"),
    "crm": (EffectClass.NATURAL, "push"),
    "feed": (EffectClass.ASKABLE, "post"),
}


class Book:
    """A partner on the outside: what it took is on disk before it answers, and survives whoever told it."""

    kind: ClassVar[Kind] = "crm"
    batch_size: ClassVar[int] = 10

    def __init__(self, path: Path, name: str, effect: EffectClass, channel: str) -> None:
        self.path, self.name, self.effect = path, name, effect
        self.topics = (Topic("walked", effect, "service_notice", channel=channel),)
        with closing(self._open()) as db:
            db.execute("CREATE TABLE IF NOT EXISTS book (partner TEXT, key TEXT)")

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        return db

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        with closing(self._open()) as db:
            for push in batch:
                row = (self.name, push.key)
                if self.effect in (EffectClass.KEYED, EffectClass.NATURAL):
                    known = "SELECT 1 FROM book WHERE partner = ? AND key = ?"
                    db.execute(f"INSERT INTO book SELECT ?, ? WHERE NOT EXISTS ({known})", (*row, *row))
                else:
                    db.execute("INSERT INTO book VALUES (?, ?)", row)
        return [Outcome(push.key, "sent") for push in batch]

    def ask(self, batch: Sequence[Push]) -> dict[str, bool]:
        with closing(self._open()) as db:
            known = {key for (key,) in db.execute("SELECT key FROM book WHERE partner = ?", (self.name,))}
        return {push.key: push.key in known for push in batch}


class Ahead:
    """The real time, moved on by the hours that the file names."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "hours"

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=int(self.file.read_text()))


class Board:
    """What each child is at; forked along, so that it outlives whoever is killed."""

    def __init__(self) -> None:
        self.cells = mmap.mmap(-1, 2)

    def say(self, place: int, state: int) -> None:
        self.cells[place] = state

    def at(self, place: int) -> int:
        return self.cells[place]


BOARD = Board()


def opened(folder: Path) -> Hub:
    hub = build_hub(_settings(folder), "eu", Redis.from_url("unix:///nowhere"), clock=Ahead(folder))
    for name, (effect, channel) in CLASSES.items():
        partner = hub.partners[name]
        settings = replace(partner.settings, hears={"journey_message": ("walked",)}, jurisdiction="DE")
        book: Connector = Book(folder / "book.db", name, effect, channel)
        hub.partners[name] = replace(partner, connector=book, settings=settings)  # type: ignore[index]
    return hub


@cache
def _settings(folder: Path) -> Settings:
    timing = {"HUB_HOME": str(folder / "var"), "HUB_CONFIG": str(CONFIG)}
    given = {name: value for name, value in os.environ.items() if name.startswith("HUB_DATABASE")}
    return load_settings({**timing, **given})


def rounds(kills: int) -> int:
    """So many times through that people are still on their way when the last kill falls."""
    return 2 + 3 * kills // (2 * HOURS)


def settle_in(folder: Path, people: int, kills: int) -> None:
    """Everybody on the journey, spread over one time through it."""
    (folder / "hours").write_text("0")
    open_region(_settings(folder), "eu", lambda: datetime.now(UTC))
    hub = opened(folder)
    text = JOURNEY.replace("TIMES", str(rounds(kills) - 1))
    rule = read_journey(read_text(text.encode(), "walked.yaml"), hub.book.catalogue, {}, believed=True)
    applying.apply(hub, rule, text, "chaos")
    for n in range(people):
        (folder / "hours").write_text(str(n * HOURS // people))
        with hub.begin() as work:
            told = [
                EventRecord(customer=CustomerKey(partner_id=f"C-{n}", customer_number=f"C-{n}"), kind="complaint", key=f"c{n}",
                            at=work.now, zone="Europe/Berlin")
            ]  # fmt: skip
            folded = customers.fold(hub, work, hub.partners["files"], told)
            pipeline.follow(hub, work, folded.touched, folded.intents)
    hub.close()


# --- the two that are killed


def move(folder: Path, last: bool) -> None:
    """Takes people on as their time comes; the last one until nobody is on the way any more."""
    hub = opened(folder)
    partners = {partner.id: partner for partner in hub.partners.values()}
    while True:
        BOARD.say(MOVE, WORKING if _due(hub) else RESTING)
        waking.tick(hub)
        with hub.begin() as work:
            outbox.expire(work, partners)
        BOARD.say(MOVE, RESTING)
        if last and not _open(hub):
            return
        if last:
            _hours(folder, 2)
        time.sleep(0.03)


def send(folder: Path, last: bool) -> None:
    hub, rng = opened(folder), Random(1)
    while True:
        BOARD.say(SEND, WORKING if _waiting(hub) else RESTING)
        sent = sum(pipeline.send(hub, hub.partners[name], rng) for name in CLASSES)
        BOARD.say(SEND, RESTING)
        if last and not sent and not _open(hub):
            return
        time.sleep(0.03)


MOVE, SEND = range(2)
ROLES = {MOVE: move, SEND: send}


def _due(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalar(select(func.count()).where(Enrollment.wake_at <= hub.clock())) or 0


def _waiting(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalar(select(func.count()).where(Message.state.in_(outbox.OPEN))) or 0


def _open(hub: Hub) -> int:
    with hub.look() as session:
        on_way = session.scalar(select(func.count()).where(Enrollment.state == "waiting")) or 0
    return on_way + _waiting(hub)


def _hours(folder: Path, more: int) -> None:
    file = folder / "hours"
    draft = folder / f"hours.{os.getpid()}"
    draft.write_text(str(int(file.read_text()) + more))
    draft.replace(file)


def fork(folder: Path, what: Any, last: bool = False) -> int:
    child = os.fork()
    if child:
        return child
    try:
        what(folder, last)
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - a child says why, and ends
        print(f"{what.__name__}: {error!r}", file=sys.stderr, flush=True)
        os._exit(1)


def harm(folder: Path, kills: int, rng: Random) -> dict[str, int]:
    """Answers how many kills fell while their victim was at what."""
    alive = {place: fork(folder, what) for place, what in ROLES.items()}
    struck, began = Counter[int](), time.monotonic()
    for kill in range(1, kills + 1):
        place = rng.choice((MOVE, SEND))
        if rng.random() < 0.9:  # the others fall while the hub is opened
            _wait_open(place)
        time.sleep(rng.uniform(0.0, 0.2))
        os.kill(alive[place], signal.SIGKILL)
        os.waitpid(alive[place], 0)
        struck[BOARD.at(place)] += 1
        _hours(folder, rng.randrange(1, 3))
        BOARD.say(place, OPENING)
        alive[place] = fork(folder, ROLES[place])
        if kill % TOLD_EVERY == 0:
            each = (time.monotonic() - began) / kill
            print(f"{kill} of {kills} kills, {struck[WORKING]} at work, {each:.2f} s each", file=sys.stderr, flush=True)
    for child in alive.values():
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    rest = [fork(folder, what, last=True) for what in ROLES.values()]
    for child in rest:
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit("a process that nobody killed has ended badly")
    return {"opening": struck[OPENING], "resting": struck[RESTING], "working": struck[WORKING]}


def _wait_open(place: int) -> None:
    end = time.monotonic() + PATIENCE
    while BOARD.at(place) == OPENING:
        if time.monotonic() > end:
            raise SystemExit(f"the hub did not open within {PATIENCE:.0f} s")
        time.sleep(0.002)


# --- by the books


def told(folder: Path, people: int, times: int) -> dict[str, Any]:
    """times: how often everybody went through. lost and doubled: what is missing, and what is too much, by where it was found."""
    hub = opened(folder)
    lost, doubled = Counter[str](), Counter[str]()

    def compare(where: str, came: Counter[Any], wanted: Counter[Any]) -> None:
        lost[where] += (wanted - came).total()
        doubled[where] += (came - wanted).total()

    with hub.look() as session:
        ways = {row: Counter[str]() for row in session.scalars(select(Enrollment.id).where(Enrollment.state == "done"))}
        for way, node in session.execute(select(StepLog.enrollment_id, StepLog.node)):
            ways.setdefault(way, Counter())[node] += 1
        tasks = Counter(session.scalars(select(Task.enrollment_id)))
        noted = Counter(session.scalars(select(Event.about_id).where(Event.kind == "offer_made")))
        states = Counter(session.execute(select(Message.connection_id, Message.state)).all())
    names = {partner.id: name for name, partner in hub.partners.items()}
    with closing(sqlite3.connect(folder / "book.db")) as db:
        book = Counter(db.execute("SELECT partner, key FROM book").fetchall())
    hub.close()
    lost["ways"] = people - len(ways)
    for passed in ways.values():
        compare("steps", passed, Counter(dict.fromkeys(NODES, times)))
    each = Counter(dict.fromkeys(ways, times))
    compare("tasks", tasks, each)
    compare("events", noted, each)
    for name in ("club", "crm", "feed"):
        mine = Counter({key: count for (partner, key), count in book.items() if partner == name})
        lost[name] += people * times - len(mine)
        doubled[name] += mine.total() - len(mine)
    texts = {state: count for (partner, state), count in states.items() if names[partner] == "texts"}
    blind = sum(count for (partner, _), count in book.items() if partner == "texts")
    return {"lost": dict(lost), "doubled": dict(doubled), "texts": texts, "texts_in_the_book": blind}


if __name__ == "__main__":
    logging.getLogger().setLevel(logging.CRITICAL)  # nobody hears the bells, and a kill is no news
    where, kills, seed, people = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    warm(_settings(where))
    if fork(where, lambda folder, last: settle_in(folder, people, kills)) and os.wait()[1]:
        raise SystemExit("nobody could settle in")
    began = time.monotonic()
    struck = harm(where, kills, Random(seed))
    seconds = time.monotonic() - began
    found = {"kills": kills, "struck": struck, "rounds": rounds(kills), "seconds": round(seconds, 1)}
    print(json.dumps({**told(where, people, rounds(kills)), **found}))
