"""How long after a webhook was taken in the segments it changes are written down, in a whole hub on a durable PostgreSQL:
python tests/benchmarks/rules/freshness.py [webhooks a second] [seconds]

Webhooks of a loyalty programme come at a steady pace, each from a signed POST on; a hundred segments read the tier, the points
and more. What a webhook changes, and the message to the CRM that follows, is committed with the delivery's settling: PostgreSQL
itself says when that was. A webhook's time begins with the transaction that keeps it, so the wait for its commit counts, too."""

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

from ruamel.yaml import YAML

from benchmark import end_in_order, measured
from hub.sdk import sign
from postgres import OwnPostgres
from town import TIERS, Town

BENCHMARK = {
    "name": "rules/freshness", "goal": "memberships within 250 ms of the webhook at 200 a second",
    "quick": ["100", "10"], "full": ["200", "60"],
}  # fmt: skip
GOAL, TOLD = 0.25, 1.0  # seconds: the 99th of a hundred; a CRM's message in 95 of a hundred
MEMBERS, SEGMENTS, SENDERS = 1000, 100, 8
# The later of two options counts, and those before are for tests, which lose nothing that matters.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "track_commit_timestamp=on")
WAITS = """SELECT EXTRACT(EPOCH FROM pg_xact_commit_timestamp(xmin) - received_at) FROM deliveries
    WHERE state = 'done' AND received_at >= to_timestamp(:since) ORDER BY 1"""


def segment(number: int, rng: Random) -> str:
    """Four tests; a webhook changes what all of them read, and moves its member from one of them to the next."""
    points, days = f"{100 * number}, {100 * number + 99}", rng.choice([30, 90, 365])
    tests = f"{{loyalty.points: {{between: [{points}]}}}}, {{visits.count: {{below: {rng.randrange(1, 12)}}}}}"
    either = f"{{loyalty.tier: {{one_of: [{', '.join(TIERS)}]}}}}, {{customer.joined_on: {{within: {days}d}}}}"
    inside = f"loyalty.tier: gold, loyalty.points: {100 * number}, visits.count: 0"
    return f"""segment: s{number}
title: S
when: {{all: [{tests}, {{any: [{either}]}}]}}
examples:
  - {{name: a, now: 2026-11-25, given: {{{inside}}}, expect: in}}
  - {{name: b, now: 2026-11-25, given: {{}}, expect: out}}
"""


class Sender(threading.Thread):
    """Every eighth webhook, at its moment whatever became of those before; one that is refused is a failure of the run."""

    def __init__(self, town: Town, part: int, rate: float, began: float, count: int, version: int) -> None:
        super().__init__(daemon=True)
        self.town, self.part, self.rate, self.began, self.count, self.version = town, part, rate, began, count, version
        self.secret = town.settings.secrets_of("eu")["CLUB_WEBHOOK_SECRET"]
        self.refused = 0
        self.late = 0.0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.town.web_port, timeout=30)
        for number in range(self.part, self.count, SENDERS):
            due = self.began + number / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
            self.late = max(self.late, time.monotonic() - due)
            self.refused += self._post(connection, number % MEMBERS, self.version + number // MEMBERS) != 202

    def _post(self, connection: http.client.HTTPConnection, member: int, version: int) -> int:
        now = datetime.now(UTC)
        data = {"member_id": f"m-{member}", "customer_number": f"M-{member}", "phone": "+4930123456",
                "tier": TIERS[version % 3], "version": version, "points": version * 100}  # fmt: skip
        kind = "member.enrolled" if version == 1 else "member.tier_changed"
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data}).encode()
        headers = {"Content-Type": "application/json", **sign(self.secret, f"{member}-{version}", now, body)}
        connection.request("POST", "/webhooks/club", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def tell(town: Town, rate: float, count: int, version: int) -> list[Sender]:
    began = time.monotonic()
    senders = [Sender(town, part, rate, began, count, version) for part in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert not sum(sender.refused for sender in senders), "webhooks were refused"
    town.accepted += [None] * count  # type: ignore[list-item]
    return senders


def main(rate: int, seconds: int) -> None:
    server = OwnPostgres(DURABLE)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rng = Random(5)
            town = Town(Path(folder), rng, {"HUB_DATABASE_EU": server.create("freshness")})
            only_one_crm(town.folder / "config" / "hub.yaml")
            segments = town.folder / "config" / "segments"
            segments.mkdir()
            for number in range(SEGMENTS):
                (segments / f"s{number}.yaml").write_text(segment(number, rng))
            town.start()
            try:
                report(town, rate, seconds)
            finally:
                town.stop()
    finally:
        server.stop()


def only_one_crm(file: Path) -> None:
    """It hears of tiers, a hundred to a call: what others take to be told is no matter of this benchmark."""
    told = YAML(typ="safe").load(file)
    told["plugins"] = ["hubspot", "loyalty", "compliance"]
    told["connections"] = {name: told["connections"][name] for name in ("crm", "club")}
    told["connections"]["crm"]["hears"] = {"tier_changed": ["tier_changed"]}
    YAML().dump(told, file)


def report(town: Town, rate: int, seconds: int) -> None:
    tell(town, rate, MEMBERS, 1)  # so that everybody is known
    town.wait_settled(time.monotonic() + 300)
    since, before = time.time(), town.count("memberships")
    senders = tell(town, rate, rate * seconds, 2)
    done = "state = 'done' AND result IS NOT NULL"
    until = time.monotonic() + 300
    while town.count("deliveries", done) < len(town.accepted) and time.monotonic() < until:
        time.sleep(0.5)
    waits = [float(row[0]) for row in town.query(WAITS.replace(":since", str(since)))]
    assert len(waits) == rate * seconds, f"{len(waits):,} of {rate * seconds:,} webhooks were taken through"

    made = town.count("messages", f"made_at >= to_timestamp({since})")
    note = f"{rate} a second for {seconds} s, {town.count('memberships') - before:,} entered, {made:,} messages"
    print(
        f"the last sender was {max(sender.late for sender in senders) * 1000:.0f} ms late; median {at(waits, 0.5):.3f} s"
    )
    measured("webhook to membership, p99", at(waits, 0.99), "s", goal=GOAL, note=note)
    measured("webhook to tier and the CRM's message, p95", at(waits, 0.95), "s", goal=TOLD, note=note)


def at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


if __name__ == "__main__":
    end_in_order()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
