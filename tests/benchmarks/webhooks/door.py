"""Signed webhooks a second that are durable before their 2xx, beside a bare route: python tests/benchmarks/webhooks/door.py

The bare route is the least that does the same: a Flask view with the same signature, one row that knows repeats, and one commit
for all who wait (`tests/support/bare_door.py`). Both are served alike, by the gunicorn of a region (threads, keep-alive, as many
processes), on one durable PostgreSQL, one after the other in short turns, so that what else the machine does meets both. Ours
checks the words of a webhook, keeps its bytes under a key of their own, and rings a bell besides.

`--seconds` of each turn, `--turns`; `--lines`: connections that are kept open, each with one webhook under way; `--processes` of
either web, of 16 threads each."""

import argparse
import json
import os
import selectors
import socket
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/chaos")

from benchmark import measured
from hub.sdk import sign
from postgres import OwnPostgres
from town import Town, below, free_port

BENCHMARK = {
    "name": "webhooks/door", "goal": "at least 75 % of what a bare route takes in",
    "quick": ["--seconds", "2", "--turns", "2"], "full": ["--seconds", "10", "--turns", "6"],
}  # fmt: skip
GOAL = 0.75
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=100")
TICK = os.sysconf("SC_CLK_TCK")
BARE = Path(__file__).parents[2] / "support" / "bare_door.py"
REPEATS = 50  # one in so many was told before


@dataclass
class Told:
    """What became of some turns. waits: seconds from a webhook to the end of its answer."""

    seconds: float = 0.0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.waits) / self.seconds

    def at(self, part: float) -> float:
        return sorted(self.waits)[int(part * (len(self.waits) - 1))] * 1000


class Sender:
    """Webhooks that were signed before the turn begins, as signing them is no matter of the door."""

    def __init__(self, secret: str, port: int, lines: int) -> None:
        self.secret, self.port, self.lines, self.last = secret, port, lines, 0
        self.told: set[int] = set()

    def webhooks(self, count: int) -> list[tuple[int, bytes]]:
        """(number, bytes); a repeat has the number of the one before."""
        now, found = datetime.now(UTC), []
        for place in range(count):
            self.last += not place or place % REPEATS != 0
            found.append((self.last, self._webhook(self.last, now)))
        return found[::-1]

    def _webhook(self, number: int, now: datetime) -> bytes:
        data = {
            "member_id": f"m-{number % 5000}",
            "customer_number": f"M-{number % 5000}",
            "tier": "gold",
            "version": number,
        }
        body = json.dumps({"type": "member.tier_changed", "timestamp": now.isoformat(), "data": data}).encode()
        named = {"Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body)),
                 **sign(self.secret, f"w-{number}", now, body)}  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return f"POST /webhooks/club HTTP/1.1\r\n{head}\r\n".encode() + body

    def turn(self, seconds: float, told: Told, family: int, ready: list[tuple[int, bytes]]) -> None:
        """Each line sends its next webhook when it has its answer. Raises AssertionError for one that is no 202."""
        lines = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(self.lines)]
        watch, asked, heard = selectors.DefaultSelector(), {}, dict[socket.socket, bytes]()
        for line in lines:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            watch.register(line, selectors.EVENT_READ)
        cpu, began = cpu_of(family), time.perf_counter()
        for line in lines:
            self._send(line, *ready.pop())
            asked[line] = time.perf_counter()
        while asked:
            for key, _ in watch.select(10):
                line: socket.socket = key.fileobj  # type: ignore[assignment]
                heard[line] = heard.get(line, b"") + line.recv(4096)
                if not heard[line].endswith(b"}"):  # head and body may come apart
                    continue
                answer, now = heard.pop(line), time.perf_counter()
                assert answer.startswith(b"HTTP/1.1 202"), answer[:300]
                told.waits.append(now - asked.pop(line))
                if now - began < seconds and ready:
                    self._send(line, *ready.pop())
                    asked[line] = time.perf_counter()
        told.seconds += time.perf_counter() - began
        told.cpu += cpu_of(family) - cpu
        for line in lines:
            line.close()

    def _send(self, line: socket.socket, number: int, webhook: bytes) -> None:
        self.told.add(number)
        line.sendall(webhook)


def cpu_of(family: int) -> float:
    """CPU seconds of a server and all below it, the database and Valkey not among them."""
    found = 0.0
    for pid, name in [(family, ""), *below(family)]:
        if "valkey" not in name:
            try:
                found += sum(int(one) for one in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])
            except OSError:
                continue
    return found / TICK


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--seconds", type=float, default=5.0)
    asked.add_argument("--turns", type=int, default=3)
    asked.add_argument("--lines", type=int, default=32)
    asked.add_argument("--processes", type=int, default=1)
    given = asked.parse_args()
    server = OwnPostgres(DURABLE)
    try:
        with tempfile.TemporaryDirectory() as folder:
            town = Town(Path(folder), Random(1), {"HUB_DATABASE_EU": server.create("door"),
                                                  "HUB_WEB_PROCESSES": str(given.processes)})  # fmt: skip
            port, bare_url = free_port(), server.create("bare").replace("+psycopg", "")
            secret = town.settings.secrets_of("eu")["CLUB_WEBHOOK_SECRET"]
            try:
                town.children["hub"] = town._spawn("-m", "hub.cli", "up", "--region", "eu", "--only", "web")
                town.children["bare"] = town._spawn(str(BARE), bare_url, secret, str(port), str(given.processes))
                town.wait_ready(180)
                compare(town, Sender(secret, town.web_port, given.lines), Sender(secret, port, given.lines), given)
            finally:
                town.stop()
    finally:
        server.stop()


def compare(town: Town, ours: Sender, bare: Sender, given: argparse.Namespace) -> None:
    doors = {"ours": (ours, Told(), town.children["hub"].pid), "bare": (bare, Told(), town.children["bare"].pid)}
    ratios = []
    for turn in range(given.turns + 1):
        rates = {}
        for name, (sender, told, family) in doors.items():
            one = Told()
            sender.turn(given.seconds if turn else 1.0, one, family, sender.webhooks(int(given.seconds * 6000) + 64))
            rates[name] = one.rate
            if turn:  # the first is for both to warm up in
                told.seconds, told.cpu, told.waits = (
                    told.seconds + one.seconds,
                    told.cpu + one.cpu,
                    told.waits + one.waits,
                )
        ratios += [rates["ours"] / rates["bare"]] if turn else []
    ours_told, bare_told = doors["ours"][1], doors["bare"][1]
    kept = town.count("deliveries")
    assert kept == len(ours.told), f"{kept:,} of {len(ours.told):,} webhooks were kept"
    note = f"{len(ours_told.waits):,} and {len(bare_told.waits):,} webhooks, turn by turn {median(ratios):.2f} in the median"
    measured("webhooks taken in", ours_told.rate, "/s", peer=bare_told.rate, beside="the bare route", goal=GOAL, more=True,
             note=note)  # fmt: skip
    measured("half of them answered within", ours_told.at(0.5), "ms", peer=bare_told.at(0.5), beside="the bare route")
    measured("99 of 100 answered within", ours_told.at(0.99), "ms", peer=bare_told.at(0.99), beside="the bare route")
    cost, least = (1e6 * one.cpu / len(one.waits) for one in (ours_told, bare_told))
    measured("CPU of the web for one", cost, "µs", peer=least, beside="the bare route")


if __name__ == "__main__":
    main()
