"""A region at work for an hour, with something killed, frozen or wiped once a minute: python tests/benchmarks/runtime/soak.py
[--minutes 60] [--out FOLDER]

Mixed load on loopback, light enough for a busy machine: webhooks of a programme, which move customers between segments, start journeys
and write to two CRMs, a programme and a provider of texts; segments computed anew; pages of the portal; posts in chats and lines
that listen to them. At the end the books of the partners are compared with what was accepted: 0 lost, 0 doubled. The memory of all
processes of the hub is looked at every other second, each page counted once, and drawn. It stops by itself."""

import argparse
import hashlib
import hmac
import http.client
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from urllib.parse import urlencode

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/chaos")

from drawing import drawn
from memory import Memory
from ruamel.yaml import YAML
from sqlalchemy import select

from benchmark import end_in_order, measured
from hub.access.sessions import begin_session, principal_of
from hub.cli.opened import hub_at
from hub.cli.simulating import named
from hub.core import Hub
from hub.flow import alongside, applying, segments
from hub.models import Customer
from judging import judge
from postgres import OwnPostgres
from town import Town

BENCHMARK = {
    "name": "runtime/soak",
    "goal": "60 minutes, a kill a minute: 0 lost, 0 doubled, memory grows by less than 5 % after the first ten minutes",
    "quick": ["--minutes", "0.3"],
    "full": ["--minutes", "60"],
}
SETTLING = 10 / 60  # the part of the time after which memory must stand still: ten minutes of an hour
GROWTH, PAGES = 5.0, ("/my/", "/my/cars/", "/my/points/", "/my/visits/", "/my/documents/", "/my/privacy/")
SEGMENT = """segment: {tier}_members
title: T
when: {{loyalty.tier: {{is: {tier}}}}}
examples:
  - {{name: a, now: 2026-11-25, given: {{loyalty.tier: {tier}}}, expect: in}}
  - {{name: b, now: 2026-11-25, given: {{loyalty.tier: none}}, expect: out}}
"""
# Exempt, so that nobody is held back to see what it is worth.
JOURNEY = """journey: golden
title: T
owner: o
zone: Europe/Berlin
purpose: service_notice
exempt: booking
again: always
enter: {segment: {enters: gold_members}}
steps:
  - {id: told, message: {channel: sms, template: welcome}}
tests: [{name: t, from: 2026-03-01, ends: never}]
"""
TEXT = "template: welcome\ntexts: {en: Welcome., de: Willkommen., ar: Welcome., th: Welcome.}\n"
BROKEN = (OSError, http.client.HTTPException, ValueError)


class Life:
    """What people do meanwhile. done: how often each thing was done; posts: client ids that were answered, so each is owed."""

    def __init__(self, town: Town, hub: Hub, rng: Random) -> None:
        self.town, self.hub, self.rng = town, hub, rng
        self.over = threading.Event()
        self.done: Counter[str] = Counter()
        self.posts: set[str] = set()
        self.secrets: list[str] = []
        self.threads: list[threading.Thread] = []

    def begin(self, customers: int) -> None:
        with self.hub.begin() as work:
            refs = list(work.session.scalars(select(Customer.ref).order_by(Customer.id).limit(customers)))
            self.secrets = [begin_session(work, principal_of(work, ref).id, "link") for ref in refs]
        for task, pause in (
            (self.look, 0.4),
            (self.write, 1.5),
            (self.refresh, 15.0),
            (self.listen, 1.0),
            (self.listen, 1.0),
        ):
            self.threads.append(threading.Thread(target=self._again, args=(task, pause), daemon=True))
            self.threads[-1].start()

    def end(self) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def _again(self, task: Callable[[], None], pause: float) -> None:
        while not self.over.wait(pause):
            with suppress(*BROKEN):  # something was killed just now; whoever was served tries again
                task()

    def look(self) -> None:
        status, _ = self._ask("GET", self.rng.choice(PAGES))
        self.done[f"pages, {status}"] += 1

    def write(self) -> None:
        """Sent until it is answered, then once more, as an impatient finger does."""
        secret, client_id = self.rng.choice(self.secrets), str(uuid.uuid4())
        token = hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()
        body = urlencode({"token": token, "text": f"Hello {len(self.posts)}", "client_id": client_id})
        answered = 0
        while answered < 2:
            with suppress(*BROKEN):
                status, _ = self._ask("POST", "/my/chat/", body, secret)
                answered += status == 200
            self.over.wait(0.05 if answered else 0.3)
        self.posts.add(client_id)
        self.done["posts"] += 1

    def refresh(self) -> None:
        for rule in self.hub.book.current().segments.values():
            with self.hub.begin() as work:
                alongside.follow(self.hub, work, segments.refresh(self.hub, work, rule, "change"))
            self.done["segments computed anew"] += 1

    def listen(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.town.web_port, timeout=20)
        with closing(line):
            line.request("GET", "/my/chat/stream", headers=self._headers(self.rng.choice(self.secrets)))
            answer = line.getresponse()
            while not self.over.is_set() and answer.readline():
                self.done["lines of streams"] += 1

    def _ask(self, method: str, path: str, body: str | None = None, secret: str = "") -> tuple[int, bytes]:
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                "Sec-Fetch-Site": "same-origin"} if body else {}  # fmt: skip
        with closing(http.client.HTTPConnection("127.0.0.1", self.town.web_port, timeout=10)) as line:
            line.request(method, path, body, self._headers(secret or self.rng.choice(self.secrets)) | form)
            answer = line.getresponse()
            return answer.status, answer.read()

    def _headers(self, secret: str) -> dict[str, str]:
        return {"Host": f"127.0.0.1:{self.town.web_port}", "Cookie": f"session={secret}"}


def configured(town: Town) -> None:
    config = town.folder / "config"
    given = YAML(typ="safe").load(config / "hub.yaml")
    given["plugins"] += ["portal"]
    given["connections"]["texts"]["hears"] = {"tier_changed": ["tier_changed"], "journey_message": ["service_notice"]}
    YAML().dump(given, config / "hub.yaml")
    (config / "segments").mkdir()
    for tier in ("bronze", "silver", "gold"):
        (config / "segments" / f"{tier}_members.yaml").write_text(SEGMENT.format(tier=tier))
    (config / "journeys").mkdir()
    (config / "journeys" / "golden.yaml").write_text(JOURNEY)
    (config / "templates" / "welcome.yaml").write_text(TEXT)


def strike(town: Town, minutes: float) -> None:
    """One each minute; three at the least in a short run, the last of them long before the end."""
    kills = max(3, round(minutes))
    for number in range(kills):
        time.sleep(minutes * 60 / (kills + 0.5) - (2.0 if number == 0 else 0.0))
        print(f"{time.strftime('%H:%M:%S')} {town.strike()}", flush=True)


def judge_life(town: Town, life: Life) -> None:
    """A post that was answered is there once; an enrollment has its message once."""
    posts = town.query("SELECT client_id, count(*) FROM posts WHERE client_id IS NOT NULL GROUP BY 1")
    found = {str(name): number for name, number in posts}
    assert not life.posts - found.keys(), f"{len(life.posts - found.keys())} posts were lost"
    assert set(found.values()) <= {1}, "a post is there twice"
    texts, people = town.count("messages", "topic = 'service_notice'"), town.count("enrollments")
    assert texts == people > 0, f"{people} enrollments had {texts} texts"


def main(minutes: float, out: Path) -> None:
    server, rng = OwnPostgres(["max_connections=200"]), Random(3)
    try:
        with tempfile.TemporaryDirectory() as folder:
            town = Town(Path(folder), rng, {"HUB_DATABASE_EU": server.create("soak")})
            configured(town)
            try:
                town.start()
                with closing(hub_at(town.settings, "eu")) as hub:
                    applying.apply(hub, *named(hub, "golden"), "soak")
                    run(town, Life(town, hub, Random(4)), minutes, out)
            finally:
                town.stop()
    finally:
        server.stop()


def run(town: Town, life: Life, minutes: float, out: Path) -> None:
    with town.load(tellers=2, pause=0.6), Memory(town.children["hub"].pid) as memory:
        wait_for_people(town)
        life.begin(8)
        strike(town, minutes)
        life.end()
    told(town, life, memory, out)
    town.wait_settled(time.monotonic() + 300)
    judge(town, more_texts=town.count("messages", "topic = 'service_notice'"))
    judge_life(town, life)
    note = f"{len(town.accepted):,} webhooks, {len(life.posts):,} posts, {len(town.strikes)} strikes in {minutes:g} minutes"
    measured("lost or doubled", 0.0, "", goal=0.0, note=note)
    measured("memory, after a sixth of the time", memory.growth(SETTLING) * 100, "% more", goal=GROWTH,
             note=f"{memory.last / 2**20:,.0f} MB at the end")  # fmt: skip


def told(town: Town, life: Life, memory: Memory, out: Path) -> None:
    """Before anything is judged: whoever looks for a fault wants it as well."""
    rows = [("webhooks", len(town.accepted)), ("strikes", len(town.strikes)), *sorted(life.done.items())]
    out.mkdir(parents=True, exist_ok=True)
    (out / "soak.svg").write_text(drawn(memory.looks, [one.at - memory.began_at for one in town.strikes]))
    (out / "soak.md").write_text(table(rows, memory))
    print(f"{table(rows, memory)}{out / 'soak.md'} and {out / 'soak.svg'}")


def wait_for_people(town: Town) -> None:
    end = time.monotonic() + 60
    while town.count("customers") < 8:
        assert time.monotonic() < end, "nobody came in"
        time.sleep(0.2)


def table(rows: Sequence[tuple[str, int]], memory: Memory) -> str:
    """What was done, and the memory of each tenth of the time."""
    size = max(1, len(memory.looks) // 10)
    lines = ["| what | how often |", "|---|---|", *(f"| {name} | {number:,} |" for name, number in rows), ""]
    lines += ["| minute | MB, median |", "|---|---|"]
    for start in range(0, len(memory.looks), size):
        some = sorted(held for _, held in memory.looks[start : start + size])
        lines.append(f"| {memory.looks[start][0] / 60:.1f} | {some[len(some) // 2] / 2**20:,.0f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    end_in_order()
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=60.0)
    words.add_argument("--out", type=Path, default=Path("var/soak"))
    given = words.parse_args()
    main(given.minutes, given.out)
