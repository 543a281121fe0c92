"""Chats of many at once, on PostgreSQL, by the processes of a region: python tests/benchmarks/portal/chat.py [--clients 500]
[--seconds 30] [--idle 5000]. On loopback only; it ends by itself.

Calm, then under fire: processes of streams and of the web are killed, Valkey is killed and comes back, one message in five is sent
twice, every tenth customer has three tabs, and one line in twenty is a phone that freezes and comes back. Each post that was
committed must reach each tab once and in order. Then as many lines stand open as `--idle` says, and say nothing."""

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

sys.path.insert(0, "tests/support")

from redis import Redis
from sqlalchemy import select

from benchmark import measured
from hub.access.sessions import begin_session
from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.embedded import ValkeyServer
from hub.errors import HubError
from hub.flow import conversations, posts, seats
from hub.flow.conversations import Words
from hub.models import Conversation
from hub.settings import load_settings
from postgres import OwnPostgres
from talking import a_customer, an_advisor

BENCHMARK = {
    "name": "portal/chat",
    "goal": "500 clients: each post once and in order, p95 at most 100 ms calm and 1 s under fire; 5,000 idle lines in 400 MB",
    "quick": ["--clients", "40", "--seconds", "6", "--idle", "200"],
    "full": ["--clients", "500", "--seconds", "40", "--idle", "5000"],
}
CALM, FIRE, MEMORY = 0.1, 1.0, 400.0  # seconds, seconds, MB
RATE = 0.02  # messages a second of each client; 500 clients write ten a second, and as many are answered
WARM = 5.0  # seconds of talk that are not counted: processes have just begun, and prepare what they say to the database
FREEZE = 4.0  # seconds for which a phone reads nothing
STRIKE_EVERY = 3.0  # seconds between two kills
PATIENCE = 60.0  # seconds until the last post has to be everywhere
HEAD = b"\r\n\r\n"
HUB = """plugins: [csvfile, portal, compliance, scoring]
regions:
  eu:
    {{cell: 1, zone: Europe/Berlin, jurisdiction: DE, residences: [DE], host: eu.localhost, port: {web}, streams: {streams}, workers: 1}}
connections:
  import_eu: {{connector: csvfile, region: eu}}
"""


# --- a region of processes


@dataclass
class Ports:
    web: int
    streams: int


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def region(folder: Path) -> Iterator[tuple[Hub, Ports, "subprocess.Popen[bytes]", ValkeyServer]]:
    server = OwnPostgres(["max_connections=200"])
    valkey = ValkeyServer(folder / "valkey")
    ports, config = Ports(free(), free()), folder / "config"
    shutil.copytree("config", config)
    (config / "hub.yaml").write_text(HUB.format(web=ports.web, streams=ports.streams))
    for desk in {*(config / "desks").iterdir()} - {config / "desks" / "service_eu.yaml"}:
        desk.unlink()
    valkey.start()
    environ = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}},
        "HUB_HOME": str(folder / "home"), "HUB_CONFIG": str(config), "HUB_DATABASE_EU": server.create("chat"),
        "REDIS_URL": valkey.url, "HUB_WEB_PROCESSES": "2", "HUB_LOG": "ERROR",
    }  # fmt: skip
    settings = load_settings(environ)
    open_region(settings, "eu")
    hub = build_hub(settings, "eu", Redis.from_url(valkey.url))
    words = [sys.executable, "-m", "hub.cli", "up", "--only", "web", "--only", "streams"]
    up = subprocess.Popen(words, env=environ, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        for port in (ports.web, ports.streams):
            _wait_for(port)
        yield hub, ports, up, valkey
    finally:
        up.terminate()
        up.wait(30)
        hub.close()
        valkey.stop()
        server.stop()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise RuntimeError(f"nobody listens on {port}")


def below(pid: int) -> dict[int, list[int]]:
    """pid of each process below this one -> its children."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            text = stat.read_text()
            children[int(text.rpartition(")")[2].split()[1])].append(int(stat.parent.name))
    found, todo = {}, [pid]
    while todo:
        one = todo.pop()
        found[one] = children.get(one, [])
        todo += found[one]
    return found


def serving(up: "subprocess.Popen[bytes]", port: int) -> tuple[int, list[int]]:
    """(the process that watches, those that serve) of the port."""
    wanted = f"{port:04X}"
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{wanted}") and line.split()[3] == "0A"
    }
    tree = below(up.pid)

    def listens(pid: int) -> bool:
        with suppress(OSError):
            held = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}
            return any(f"socket:[{inode}]" in held for inode in inodes)
        return False

    listening = {pid for pid in tree if listens(pid)}
    master = next(pid for pid in listening if set(tree[pid]) & listening)
    return master, [pid for pid in tree[master] if pid in listening]


# --- clients


@dataclass
class Tab:
    """frozen: this phone reads nothing for a while, again and again. stands: its line was open once."""

    heard: list[tuple[str, float]] = field(default_factory=list)
    place: str = ""
    frozen: bool = False
    stands: bool = False
    away: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Client:
    principal_id: int
    customer_id: int
    secret: str
    tabs: list[Tab]

    def head(self, port: int) -> str:
        return f"Host: eu.localhost:{port}\r\nCookie: session={self.secret}\r\n"

    @property
    def token(self) -> str:
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()


def clients(hub: Hub, lines: int, rng: random.Random) -> list[Client]:
    """Every tenth customer has three tabs, one line in twenty freezes; together they hold so many lines."""
    made: list[Client] = []
    left = lines
    while left:
        with hub.begin() as work:
            for _ in range(min(50, left)):
                count = min(3, left) if len(made) % 10 == 0 else 1
                if not left:
                    break
                left -= count
                customer_id, principal_id = a_customer(work)
                tabs = [Tab(frozen=rng.random() < 0.05) for _ in range(count)]
                made.append(Client(principal_id, customer_id, begin_session(work, principal_id, "link"), tabs))
    return made


async def listen(client: Client, tab: Tab, port: int, ended: asyncio.Event, rng: random.Random) -> None:
    """As EventSource does: it comes back after what `retry` says, and names the last event it saw whole."""
    while not ended.is_set():
        retry, writer = 0.5, None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            last = f"Last-Event-ID: {tab.place}\r\n" if tab.place else ""
            writer.write(f"GET /my/chat/stream HTTP/1.1\r\n{client.head(port)}{last}\r\n".encode())
            head = await reader.readuntil(HEAD)
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(head.split(b"\r\n")[0].decode())
            tab.stands = True
            freeze_at = time.time() + rng.uniform(1, 6) if tab.frozen else float("inf")
            async for name, data, identity, wait in events(reader):
                retry = wait or retry
                if time.time() >= freeze_at:
                    began = time.time()
                    await asyncio.sleep(FREEZE)
                    tab.away.append((began, time.time()))
                    raise ConnectionError("frozen, and not known to the phone when it wakes")
                if name == "post":
                    assert json.loads(data)["place"] == identity
                    tab.place = identity
                    tab.heard.append((identity, time.time()))
        except (OSError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer is not None:
                writer.close()
        if not ended.is_set():
            await asyncio.sleep(retry)


async def events(reader: asyncio.StreamReader):
    """(event, data, id, retry in seconds) from a chunked answer."""
    buffer = ""
    while True:
        size = int((await reader.readuntil(b"\r\n")).strip() or b"0", 16)
        if size == 0:
            return
        buffer += (await reader.readexactly(size + 2))[:-2].decode()
        while "\n\n" in buffer:
            block, _, buffer = buffer.partition("\n\n")
            told = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
            yield told.get("event", ""), told.get("data", ""), told.get("id", ""), float(told.get("retry", 0)) / 1000


async def write(client: Client, port: int, text: str, *, twice: bool) -> None:
    """Until it is known to have arrived; then once more, where a finger is impatient."""
    body = urlencode({"token": client.token, "text": text, "client_id": str(uuid.uuid4())}).encode()
    head = (
        f"POST /my/chat/ HTTP/1.1\r\n{client.head(port)}Accept: application/json\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    sent = 0
    while sent < (2 if twice else 1):
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode() + body)
            answer = await asyncio.wait_for(reader.readuntil(HEAD), 20)
            writer.close()
            status = int(answer.split()[1])
            assert status in (200, 500, 503), status
            sent += status == 200
            if status == 200:
                continue
        await asyncio.sleep(0.2)


async def speak(everybody: Sequence[Client], port: int, seconds: float, rng: random.Random) -> int:
    """As many messages as belong to that time, each from somebody; answers how many."""
    lines = sum(len(one.tabs) for one in everybody)
    count, tasks = max(1, round(RATE * lines * seconds)), []
    for number in range(count):
        one = rng.choice(everybody)
        tasks.append(asyncio.create_task(write(one, port, f"word {number}", twice=rng.random() < 0.2)))
        await asyncio.sleep(seconds / count)
    await asyncio.gather(*tasks)
    return count


# --- advisors, and whoever strikes


def answer(hub: Hub, advisor: int, seconds: float, over: threading.Event) -> None:
    """Whoever waits gets a word, one after the other."""
    while not over.is_set():
        with hub.look() as session:
            waiting = (
                Conversation.state.in_(("waiting", "assigned")),
                Conversation.seen_by_staff < Conversation.seq - 1,
            )
            refs = session.scalars(select(Conversation.ref).where(*waiting).limit(20)).all()
        for ref in refs:
            if over.wait(seconds):
                return
            with suppress(HubError), hub.begin() as work:
                row = posts.locked(work, ref)
                seats.beat(work, advisor)
                if row.owner_id is None:
                    conversations.take(hub, work, row, advisor)
                conversations.reply(hub, work, row, advisor, Words("We heard you."))
                row.seen_by_staff = row.seq
        over.wait(seconds)


def strike(
    up: "subprocess.Popen[bytes]", ports: Ports, valkey: ValkeyServer, over: threading.Event, struck: list[str]
) -> None:
    """A process of the streams, one of the web, Valkey; and again."""
    rng, number = random.Random(5), 0
    while not over.wait(STRIKE_EVERY):
        what = ("streams", "web", "valkey")[number % 3]
        number += 1
        with suppress(StopIteration, IndexError, OSError):
            if what == "valkey":
                valkey.kill()
                over.wait(1.5)
                valkey.start()
            else:
                os.kill(rng.choice(serving(up, getattr(ports, what))[1]), signal.SIGKILL)
            struck.append(what)
    with suppress(Exception):
        valkey.start()


# --- what is measured


def truth_of(hub: Hub, everybody: Sequence[Client]) -> dict[int, dict[str, float]]:
    """principal -> place of each post that their customer may see, in its order, with when it was made."""
    found = {}
    with hub.look() as session:
        for one in everybody:
            row = conversations.last_of(session, one.customer_id)
            said = posts.read(hub, session, row, 0, staff=False) if row else []
            found[one.principal_id] = {f"{row.ref}:{post.seq}": post.at.timestamp() for post in said} if row else {}
    return found


def missing(everybody: Sequence[Client], truth: dict[int, dict[str, float]]) -> int:
    return sum(len(truth[one.principal_id]) - len(tab.heard) for one in everybody for tab in one.tabs)


def check(everybody: Sequence[Client], truth: dict[int, dict[str, float]], since: float, until: float) -> list[float]:
    """Seconds from each post of that time to each tab that was not frozen meanwhile; raises where one is lost, doubled or out of order."""
    late = []
    for one in everybody:
        wanted = truth[one.principal_id]
        for tab in one.tabs:
            assert [place for place, _ in tab.heard] == list(wanted), "lost, doubled, or out of order"
            for place, at in tab.heard:
                was_away = any(began <= at and wanted[place] <= end + 1.0 for began, end in tab.away)
                if since <= wanted[place] < until and not was_away:
                    late.append(at - wanted[place])
    return late


async def phase(
    hub: Hub, everybody: list[Client], ports: Ports, seconds: float, rng: random.Random
) -> tuple[float, float]:
    began = time.time()
    await speak(everybody, ports.web, seconds, rng)
    return began, time.time()


async def talked(
    hub: Hub, ports: Ports, up: "subprocess.Popen[bytes]", valkey: ValkeyServer, lines: int, seconds: float
) -> None:
    rng, ended = random.Random(7), asyncio.Event()
    everybody, advisor = clients(hub, lines, rng), an_advisor(hub)
    loop = asyncio.get_running_loop()
    tabs = [asyncio.create_task(listen(one, tab, ports.streams, ended, rng)) for one in everybody for tab in one.tabs]
    await standing([tab for one in everybody for tab in one.tabs])
    over, struck = threading.Event(), list[str]()
    answering = loop.run_in_executor(None, answer, hub, advisor, 1 / max(1.0, RATE * lines), over)
    await phase(hub, everybody, ports, WARM, rng)
    calm = await phase(hub, everybody, ports, seconds, rng)
    striking = loop.run_in_executor(None, strike, up, ports, valkey, over, struck)
    fire = await phase(hub, everybody, ports, seconds, rng)
    over.set()
    await asyncio.gather(answering, striking)
    truth, end = truth_of(hub, everybody), time.monotonic() + PATIENCE
    while missing(everybody, truth) and time.monotonic() < end:
        await asyncio.sleep(0.2)
    ended.set()
    for task in tabs:
        task.cancel()
    await asyncio.gather(*tabs, return_exceptions=True)
    for name, (since, until), goal in (("calm", calm, CALM), ("under fire", fire, FIRE)):
        late = check(everybody, truth, since, until)
        cuts = quantiles(late, n=100)
        note = f"{len(late):,} sights, half {cuts[49] * 1000:.0f} ms, most {max(late) * 1000:.0f} ms"
        measured(f"a post on {lines} pages, {name}, p95", cuts[94], "s", goal=goal, note=note)
    sights = sum(len(tab.heard) for one in everybody for tab in one.tabs)
    measured("posts lost, doubled or out of order", 0, f"of {sights:,}", goal=0, note=f"struck: {len(struck)}")


async def standing(tabs: Sequence[Tab]) -> None:
    """Until every line was open, as calm is what comes after all have come."""
    end = time.monotonic() + PATIENCE
    while not all(tab.stands for tab in tabs) and time.monotonic() < end:
        await asyncio.sleep(0.1)
    assert all(tab.stands for tab in tabs), f"{sum(tab.stands for tab in tabs)} of {len(tabs)} lines stand"
    await asyncio.sleep(1)


async def stood(hub: Hub, ports: Ports, up: "subprocess.Popen[bytes]", lines: int) -> None:
    """Many lines that say nothing: what they take of memory and of the processor."""
    rng, ended = random.Random(9), asyncio.Event()
    everybody = clients(hub, lines, rng)
    tabs = []
    for one in everybody:
        for tab in one.tabs:
            tab.frozen = False
            tabs.append(asyncio.create_task(listen(one, tab, ports.streams, ended, rng)))
        if len(tabs) % 50 < 3:
            await asyncio.sleep(0.1)
    master, workers = serving(up, ports.streams)
    end = time.monotonic() + 180
    while sum(connections(pid) for pid in workers) < lines and time.monotonic() < end:
        await asyncio.sleep(0.5)
    held = sum(connections(pid) for pid in workers)
    assert held >= lines, f"{held} of {lines} lines stand"
    before, began = sum(map(processor, workers)), time.monotonic()
    await asyncio.sleep(10)
    used = (sum(map(processor, workers)) - before) / (time.monotonic() - began)
    memory = sum(memory_of(pid) for pid in (master, *workers))
    measured(
        f"memory of {lines:,} idle lines",
        memory,
        "MB",
        goal=MEMORY,
        note=f"{len(workers)} processes and who watches them",
    )
    measured("processor meanwhile", used, "cores")
    ended.set()
    for task in tabs:
        task.cancel()
    await asyncio.gather(*tabs, return_exceptions=True)


def connections(pid: int) -> int:
    return sum(1 for one in Path(f"/proc/{pid}/fd").iterdir() if _is_socket(one))


def _is_socket(path: Path) -> bool:
    with suppress(OSError):
        return str(path.readlink()).startswith("socket:")
    return False


def memory_of(pid: int) -> float:
    """MB that would be free without it (Pss): what processes share is counted once."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1]) / 1024


def processor(pid: int) -> float:
    """Seconds it has computed."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--clients", type=int, default=500)
    words.add_argument("--seconds", type=float, default=30.0)
    words.add_argument("--idle", type=int, default=5000)
    given = words.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whatever was started ends, too
    with tempfile.TemporaryDirectory() as folder, region(Path(folder)) as (hub, ports, up, valkey):
        asyncio.run(
            asyncio.wait_for(talked(hub, ports, up, valkey, given.clients, given.seconds), 300 + 4 * given.seconds)
        )
        asyncio.run(asyncio.wait_for(stood(hub, ports, up, given.idle), 400))


if __name__ == "__main__":
    main()
