"""From a webhook to the partner's hand, at a steady pace, in a whole hub on a durable PostgreSQL:
python tests/benchmarks/runtime/end_to_end.py [webhooks a second] [seconds] [workers]

Each webhook moves its member into one of two segments; entering either begins a journey, whose first step is a text to the member.
The partner that takes the texts writes down when it was told. So each webhook is one delivery, two moves of segments, one journey
and one message, and nothing of it may be missing. Web, workers, clock, PostgreSQL, Valkey, the partner and whoever knocks share
the cores of this machine. Memory: of all processes of the hub, each page counted once (PSS)."""

import http.client
import json
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/chaos")

from memory import Memory
from partner import partner, told
from ruamel.yaml import YAML

from benchmark import end_in_order, measured
from hub.cli.opened import hub_at
from hub.cli.simulating import named
from hub.flow import applying
from hub.sdk import sign
from postgres import OwnPostgres
from town import Town, free_port

BENCHMARK = {
    "name": "runtime/end_to_end",
    "goal": "400 a second sustained for 10 minutes, p99 <= 2 s, flat memory, on 2 cores",
    "quick": ["40", "10"],
    "full": ["400", "600"],
}
GOAL_P99, GROWTH, SENDERS = 2.0, 0.05, 8  # seconds; share after a sixth of the time
SPACE = 30  # seconds between two webhooks about one member
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=200")
TIERS = ("silver", "gold")
SEGMENT = """segment: {tier}
title: T
when: {{loyalty.tier: {{is: {tier}}}}}
examples:
  - {{name: a, now: 2026-11-25, given: {{loyalty.tier: {tier}}}, expect: in}}
  - {{name: b, now: 2026-11-25, given: {{loyalty.tier: bronze}}, expect: out}}
"""
# Exempt, so that nobody is held back to see what it is worth.
JOURNEY = """journey: to_{tier}
title: T
owner: o
zone: Europe/Berlin
purpose: service_notice
exempt: booking
again: always
enter: {{segment: {{enters: {tier}}}}}
steps:
  - {{id: told, message: {{channel: sms, template: welcome}}}}
tests: [{{name: t, from: 2026-03-01, ends: never}}]
"""
TEXT = "template: welcome\ntexts: {en: Welcome., de: Willkommen., ar: Welcome., th: Welcome.}\n"


class Sender(threading.Thread):
    """Every eighth webhook, at its moment whatever became of those before."""

    def __init__(
        self, town: Town, part: int, members: int, rate: float, began: float, count: int, version: int
    ) -> None:
        super().__init__(daemon=True)
        self.town, self.part, self.members, self.rate = town, part, members, rate
        self.began, self.count, self.version = began, count, version
        self.secret = town.settings.secrets_of("eu")["CLUB_WEBHOOK_SECRET"]
        self.refused, self.late = 0, 0.0
        self.sent: list[tuple[int, float]] = []  # member, Unix time when it was due

    def run(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.town.web_port, timeout=60)
        for number in range(self.part, self.count, SENDERS):
            due = self.began + number / self.rate
            time.sleep(max(0.0, due - time.time()))
            self.late = max(self.late, time.time() - due)
            round_, member = divmod(number, self.members)
            self.sent.append((member, due))
            self.refused += self._post(line, member, self.version + round_) != 202

    def _post(self, line: http.client.HTTPConnection, member: int, version: int) -> int:
        now = datetime.now(UTC)
        tier = "bronze" if version == 1 else TIERS[version % 2]
        data = {"member_id": f"m-{member}", "customer_number": f"M-{member}", "phone": f"+4915{member:09}", "tier": tier,
                "version": version}  # fmt: skip
        kind = "member.enrolled" if version == 1 else "member.tier_changed"
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data}).encode()
        line.request("POST", "/webhooks/club", body,
                     {"Content-Type": "application/json", **sign(self.secret, f"{member}-{version}", now, body)})  # fmt: skip
        answer = line.getresponse()
        answer.read()
        return answer.status


def tell(town: Town, members: int, rate: float, count: int, version: int) -> list[Sender]:
    began = time.time() + 0.2
    senders = [Sender(town, part, members, rate, began, count, version) for part in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert not sum(sender.refused for sender in senders), "webhooks were refused"
    town.accepted += [None] * count  # type: ignore[list-item]
    return senders


def configured(town: Town, port: int) -> None:
    """One programme that tells of its members, one channel that reaches them, two segments and two journeys."""
    config = town.folder / "config"
    given = YAML(typ="safe").load(config / "hub.yaml")
    given["plugins"] = ["loyalty", "sms", "compliance"]
    given["connections"] = {name: given["connections"][name] for name in ("club", "texts")}
    given["connections"]["texts"] |= {
        "url": f"http://127.0.0.1:{port}/sms",
        "hears": {"journey_message": ["service_notice"]},
    }
    given["timing"] = {"sweep": 1}
    YAML().dump(given, config / "hub.yaml")
    for kind, name, text in (("segments", "{}", SEGMENT), ("journeys", "to_{}", JOURNEY)):
        (config / kind).mkdir()
        for tier in TIERS:
            (config / kind / f"{name.format(tier)}.yaml").write_text(text.format(tier=tier))
    (config / "templates" / "welcome.yaml").write_text(TEXT)


def put_in_force(town: Town, journeys: list[str]) -> None:
    hub = hub_at(town.settings, "eu")
    for name in journeys:
        applying.apply(hub, *named(hub, name), "benchmark")
    hub.close()


def main(rate: int, seconds: int, workers: int) -> None:
    server, port = OwnPostgres(DURABLE), free_port()
    try:
        with tempfile.TemporaryDirectory() as folder, partner(port, Path(folder) / "book.txt"):
            town = Town(Path(folder) / "town", Random(5), {"HUB_DATABASE_EU": server.create("way")})
            configured(town, port)
            town.start_partners = lambda: None  # type: ignore[method-assign]  # ours stands beside it
            town.start_words += ("-n", str(workers))
            try:
                town.start()
                put_in_force(town, [f"to_{tier}" for tier in TIERS])
                report(town, Path(folder) / "book.txt", rate, seconds)
            finally:
                town.stop()
    finally:
        server.stop()


def report(town: Town, book: Path, rate: int, seconds: int) -> None:
    members = SPACE * rate
    tell(town, members, min(4 * rate, 100), members, 1)  # so that everybody is known
    town.wait_settled(time.monotonic() + 600)
    before = len(told(book))
    count, cpu = rate * seconds, town_cpu(town)
    with Memory(town.children["hub"].pid) as memory:
        senders = tell(town, members, rate, count, 2)
        ended = time.time()
        spent = town_cpu(town) - cpu
        town.wait_settled(time.monotonic() + 600)
    drained = time.time() - ended
    until = time.monotonic() + 60
    while len(texts := told(book)[before:]) < count and time.monotonic() < until:
        time.sleep(0.2)
    behind = f"{len(texts):,} of {count:,} webhooks came to a text: whoever is {SPACE} s behind sees two moves of a member as one"
    assert len(texts) == count, behind
    waits = sorted(waits_of(senders, texts))

    note = f"{rate} a second for {seconds} s; the last sender was {max(one.late for one in senders) * 1000:.0f} ms late"
    measured(
        "webhook to the partner, p99",
        at(waits, 0.99),
        "s",
        goal=GOAL_P99,
        note=f"{note}; median {at(waits, 0.5):.3f} s",
    )
    measured("behind at the end", drained, "s", goal=GOAL_P99, note="until the last of them was told")
    measured(
        "webhooks a second, taken the whole way",
        count / (seconds + drained),
        "a second",
        goal=400,
        more=True,
        note=note,
    )
    measured("CPU of the hub's processes", spent / count * 1000, "ms a webhook", note="without PostgreSQL and Valkey")
    measured("memory, from a sixth of the time on", memory.growth(1 / 6) * 100, "% more", goal=GROWTH * 100,
             note=f"{memory.last / 2**20:,.0f} MB at the end")  # fmt: skip


def waits_of(senders: list[Sender], rows: list[tuple[float, str]]) -> list[float]:
    """The n-th text to a member answers the n-th webhook about them."""
    texts: dict[int, list[float]] = {}
    for moment, body in rows:
        texts.setdefault(int(json.loads(body)["to"][5:]), []).append(moment)
    asked: dict[int, list[float]] = {}
    for member, due in sorted((one for sender in senders for one in sender.sent), key=lambda one: one[1]):
        asked.setdefault(member, []).append(due)
    return [came - due for member, several in asked.items()
            for due, came in zip(several, sorted(texts.get(member, [])), strict=True)]  # fmt: skip


def town_cpu(town: Town) -> float:
    """Seconds of CPU of the processes under the supervisor that live now."""
    return sum(cpu_of(pid) for pid, name in town.family() if "valkey" not in name)


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100  # USER_HZ, 100 on every Linux


def at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


if __name__ == "__main__":
    end_in_order()
    given = [int(one) for one in sys.argv[1:]]
    main(*[*given, *(40, 20, 2)[len(given) :]])
