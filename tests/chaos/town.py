"""A whole region with its partners as processes of their own, to be killed, frozen and wiped while work goes on."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from hub.cli.running import open_region
from hub.embedded import ValkeyServer
from hub.sdk import sign
from hub.settings import Settings, load_settings

HERE = Path(__file__).parent
STRIKES = [
    *((victim, how) for victim in ("worker", "web", "valkey", "partners") for how in ("kill", "freeze")),
    ("clock", "kill"),
    ("valkey", "flush"),
]
TIERS = ("bronze", "silver", "gold")


@dataclass
class Accepted:
    """One webhook that was answered 202: from then on its effects are owed."""

    member: str
    version: int
    tier: str
    at: float


@dataclass(frozen=True)
class Strike:
    """at: Unix seconds."""

    at: float
    victim: str
    how: str

    def __str__(self) -> str:
        return f"{self.how} {self.victim}"


@dataclass(frozen=True)
class Recovery:
    """kind: flow (seconds from a strike until messages of a connection flowed again) or claim (from the end of a lease that
    a dead worker left until the message was settled; the strike is the last one before that end)."""

    kind: str
    strike: Strike
    connection: str
    seconds: float


@dataclass
class Town:
    """folder: everything of this run. Kills are drawn from `rng`, so a seed gives the same run again."""

    folder: Path
    rng: Random
    databases: Mapping[str, str] = field(default_factory=dict)
    web_at: str = "127.0.0.1"
    partners_at: str = "127.0.0.1"
    start_words: tuple[str, ...] = ("-m", "hub.cli", "up", "--region", "eu")
    accepted: list[Accepted] = field(default_factory=list)
    strikes: list[Strike] = field(default_factory=list)
    leases: defaultdict[int, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    watched: threading.Event = field(default_factory=threading.Event)
    deck: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.web_port, self.partner_port = free_port(), free_port()
        config = self.folder / "config"
        shutil.copytree(HERE / "config", config)
        shutil.copytree(HERE.parent / "support" / "config" / "privacy", config / "privacy")
        for name in ("who_may_say_yes", "whoever_lives_here_is_kept_here"):
            shutil.copy(HERE.parent / "support" / "config" / "policies" / f"{name}.yaml", config / "policies")
        text = (config / "hub.yaml").read_text()
        (config / "hub.yaml").write_text(
            text.replace("127.0.0.1:18190", f"{self.partners_at}:{self.partner_port}")
            .replace("127.0.0.1", self.web_at)
            .replace("18101", str(self.web_port))
        )
        self.environ = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
            "HUB_HOME": str(self.folder / "var"),
            "HUB_CONFIG": str(config),
            **self.databases,
        }
        self.settings: Settings = load_settings(self.environ)
        open_region(self.settings, "eu")
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    # --- life

    def start(self) -> None:
        self.start_partners()
        self.children["hub"] = self._spawn(*self.start_words)
        self.wait_ready()

    def start_partners(self) -> None:
        self.children["partners"] = self._spawn(*self.partner_words())

    def partner_words(self) -> tuple[str, ...]:
        return str(HERE / "partners.py"), str(self.folder / "partners"), str(self.partner_port), self.partners_at

    def stop(self) -> None:
        self.watched.set()
        for child in self.children.values():
            child.send_signal(signal.SIGCONT)
            child.terminate()
        for child in self.children.values():
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _spawn(self, *words: str, before: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        """before: words that stand before the command, such as those that lead to another host."""
        with (self.folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [*before, sys.executable, *words], env=self.environ, stdout=log, stderr=log, start_new_session=True
            )

    def wait_ready(self, patience: float = 90) -> None:
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://{self.web_at}:{self.web_port}/readyz", timeout=2)
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.folder / "log.txt").read_text()[-4000:])

    # --- load

    def tell(self, members: int, versions: int, until: float) -> None:
        """Every member's tier moves `versions` times, in order; each webhook is sent until it is accepted, as partners do."""
        threads = [
            threading.Thread(
                target=self._tell, args=([f"m-{n}" for n in range(part, members, 8)], versions, until), daemon=True
            )
            for part in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        assert not any(thread.is_alive() for thread in threads), "the hub did not take all webhooks in time"

    def _tell(self, members: list[str], versions: int, until: float) -> None:
        for version in range(1, versions + 1):
            for member in members:
                tier = TIERS[version % 3]
                while time.monotonic() < until and not self._deliver(member, version, tier):
                    time.sleep(0.2)
                self.accepted.append(Accepted(member, version, tier, time.monotonic()))

    def _deliver(self, member: str, version: int, tier: str) -> bool:
        now = datetime.now(UTC)
        data: dict[str, Any] = {
            "member_id": member,
            "customer_number": member.upper(),
            "phone": "+4930123456",
            "tier": tier,
            "version": version,
        }
        kind = "member.enrolled" if version == 1 else "member.tier_changed"
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data}).encode()
        secret = self.settings.secrets_of("eu")["CLUB_WEBHOOK_SECRET"]
        headers = {"Content-Type": "application/json", **sign(secret, f"{member}-{version}", now, body)}
        request = urllib.request.Request(f"http://{self.web_at}:{self.web_port}/webhooks/club", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=3) as answer:  # noqa: S310
                return answer.status == 202
        except (OSError, urllib.error.HTTPError):
            return False

    @contextmanager
    def load(self, tellers: int = 2, pause: float = 0.5) -> Iterator[None]:
        """Webhooks go on coming, each sent until it is accepted, as partners do. pause: seconds between two of one teller."""
        over = threading.Event()
        threads = [self.in_thread(self._keep_telling, part, pause, over) for part in range(tellers)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join(300)  # whoever serves may just have been killed

    def in_thread(self, task: Callable[..., Any], *given: Any) -> threading.Thread:
        return threading.Thread(target=task, args=given, daemon=True)

    def _keep_telling(self, part: int, pause: float, over: threading.Event) -> None:
        versions: Counter[str] = Counter()
        for turn in count():
            member = f"m-{part}-{turn % 6}"
            version = versions[member] + 1
            tier = TIERS[version % 3]
            while not self._deliver(member, version, tier):  # also when all is over: it may have come in, so it is owed
                time.sleep(0.2)
            versions[member] = version
            self.accepted.append(Accepted(member, version, tier, time.monotonic()))
            if over.wait(pause):
                return

    # --- how it stands

    def states(self) -> dict[str, Counter[str]]:
        """connection -> state -> messages."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        query = "SELECT c.name, m.state, count(*) FROM messages m JOIN connections c ON c.id = m.connection_id GROUP BY 1, 2"
        for name, state, number in self.query(query):
            found[name][state] = number
        return found

    def count(self, table: str, where: str = "1 = 1") -> int:
        return int(self.query(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])  # noqa: S608 - names of our own

    def query(self, statement: str) -> list[Any]:
        engine = create_engine(self.settings.owner_url("eu"))
        with engine.connect() as connection:
            rows = connection.execute(text(statement)).fetchall()
        engine.dispose()
        return list(rows)

    def wait_settled(self, until: float) -> None:
        """Everything accepted has been taken through and told."""
        while time.monotonic() < until:
            waiting = self.count("deliveries", "state = 'waiting'") + self.count(
                "messages", "state IN ('waiting', 'claimed')"
            )
            if waiting == 0 and self.count("deliveries", "state = 'done'") >= len(self.accepted):
                return
            time.sleep(0.5)
        raise AssertionError(f"not settled: {self.states()}\n" + (self.folder / "log.txt").read_text()[-4000:])

    def watch(self) -> threading.Thread:
        """Notes until when each claim holds, so that recovery can be told from the end of the lease that ran out."""

        def look() -> None:
            engine = create_engine(self.settings.owner_url("eu"))
            query = text(
                "SELECT id, fence, lease_until FROM messages WHERE state = 'claimed' AND lease_until IS NOT NULL"
            )
            while not self.watched.wait(0.5):
                with suppress(SQLAlchemyError), engine.connect() as connection:
                    for id_, fence, until in connection.execute(query):
                        self.leases[id_][fence] = seconds(until)
            engine.dispose()

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        return thread

    def recoveries(self) -> list[Recovery]:
        """For each strike and each connection that had messages waiting then, how long until messages flowed again; and for
        each message whose claim ran out with a dead worker, how long from the end of that lease to its settling."""
        query = "SELECT m.id, c.name, m.made_at, m.settled_at, m.doubtful FROM messages m JOIN connections c ON c.id = m.connection_id"
        rows = [(id_, name, seconds(made), seconds(done), doubt) for id_, name, made, done, doubt in self.query(query)]
        found = []
        for strike in self.strikes:
            waiting: dict[str, list[float]] = defaultdict(list)
            for _, name, made, settled, _ in rows:
                if made < strike.at < settled:
                    waiting[name].append(settled)
            found += [Recovery("flow", strike, name, min(settled) - strike.at) for name, settled in waiting.items()]
        for id_, name, _, settled, doubtful in rows:
            ended = [until for until in self.leases[id_].values() if until < settled]
            before = [one for one in self.strikes if ended and one.at < min(ended)]
            if doubtful and before:
                found.append(Recovery("claim", before[-1], name, settled - min(ended)))
        return found

    def struck(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in sorted(Counter(map(str, self.strikes)).items()))

    # --- harm

    def in_background(self, kills: int, webhooks: int) -> threading.Thread:
        """Strikes spread over the load: the next one falls when the next share of the webhooks has been accepted, so each
        meets work under way, and one that stops the intake is over before another follows."""

        def harm() -> None:
            for strike in range(kills):
                while len(self.accepted) < webhooks * (strike + 0.5) / kills:
                    time.sleep(0.02)
                time.sleep(self.rng.uniform(0.0, 0.2))
                self.strike()

        thread = threading.Thread(target=harm, daemon=True)
        thread.start()
        return thread

    def strike(self) -> str:
        """Kill, freeze or flush something: a shuffled deck, so that a short run meets every kind of harm, too."""
        if not self.deck:
            self.deck = self.rng.sample(STRIKES, len(STRIKES))
        victim, how = self.deck.pop()
        if how == "flush":
            self.wipe()
        elif victim == "partners":
            self._strike_partners(how)
        else:
            pids = self.pids(victim)
            if not pids:
                return "nobody"
            self._hit(self.rng.choice(pids), how)
        self.strikes.append(Strike(time.time(), victim, how))
        return f"{how} {victim}"

    def _strike_partners(self, how: str) -> None:
        child = self.children["partners"]
        if how == "freeze":
            self._hit(child.pid, "freeze", thaw_after=2.5, watched=False)
        else:
            child.kill()
            child.wait()
            self.start_partners()

    def _hit(self, pid: int, how: str, thaw_after: float = 1.5, watched: bool = True) -> None:
        """A frozen process thaws again after a while, unless somebody has killed it by then: the worse case of the two.

        watched: ours, so that half of them never thaw and the watchdog has to see to it; a partner comes back by itself."""
        try:
            os.kill(pid, signal.SIGKILL if how == "kill" else signal.SIGSTOP)
        except ProcessLookupError:
            return
        if how == "freeze":
            if watched and self.rng.random() < 0.5:
                thaw_after = 30.0
            threading.Timer(thaw_after, self._thaw, [pid]).start()

    def _thaw(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return

    def wipe(self) -> None:
        try:
            client = Redis.from_url(ValkeyServer(self.settings.folder("eu") / "valkey").url, socket_timeout=2)
            client.flushall()
            client.close()
        except RedisError:
            return

    def pids(self, role: str) -> list[int]:
        """Processes of one role below the supervisor: told apart by what they call themselves."""
        if role == "valkey":
            pid = ValkeyServer(self.settings.folder("eu") / "valkey").pid
            return [pid] if pid else []
        return [pid for pid, title in self.family() if title.startswith(f"eu-{role}")]

    def family(self) -> list[tuple[int, str]]:
        """Every process under the supervisor, with the name it gave itself."""
        return list(below(self.children["hub"].pid))


def seconds(at: str | datetime) -> float:
    """An instant as the database gives it, in Unix seconds."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def below(pid: int) -> Iterator[tuple[int, str]]:
    """Descendants of a process, with the name each gave itself."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
                names[int(entry.name)] = (entry / "comm").read_text().strip()
            except OSError:
                continue
            parents[int(entry.name)] = int(status.rsplit(")", 1)[1].split()[1])
    family = {pid}
    grown = True
    while grown:
        more = {child for child, parent in parents.items() if parent in family} - family
        family |= more
        grown = bool(more)
    for member in sorted(family - {pid}):
        yield member, names.get(member, "")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
