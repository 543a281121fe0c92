"""Two workers against one, where the partner takes 20 ms to each message, by the bell, the claims and the leases of a whole hub on
PostgreSQL: python tests/benchmarks/runtime/workers.py [messages]

All that is to be told waits before the workers begin; the time is that between the first and the last answer written down."""

import sys
import tempfile
import threading
import time
from pathlib import Path
from random import Random

sys.path.insert(0, "tests/support")
sys.path.insert(0, "tests/chaos")

from partner import partner, told
from ruamel.yaml import YAML

from benchmark import end_in_order, measured
from postgres import OwnPostgres
from town import TIERS, Town, free_port

BENCHMARK = {
    "name": "runtime/workers",
    "goal": "2 workers against 1 with a partner of 20 ms latency: >= 1.7 x",
    "quick": ["200"],
    "full": ["3000"],
}
LATENCY, GOAL, TELLERS = 0.02, 1.7, 8
SETTLED = """SELECT EXTRACT(EPOCH FROM max(settled_at) - min(settled_at)), count(*) FROM messages
    WHERE state = 'sent' AND made_at > to_timestamp({since})"""


def configured(town: Town, port: int) -> None:
    file = town.folder / "config" / "hub.yaml"
    given = YAML(typ="safe").load(file)
    given["plugins"] = ["loyalty", "sms", "compliance"]
    given["connections"] = {name: given["connections"][name] for name in ("club", "texts")}
    given["connections"]["texts"]["url"] = f"http://127.0.0.1:{port}/sms"
    given["timing"] = {"sweep": 1}
    YAML().dump(given, file)


def wait(town: Town, members: int, version: int) -> None:
    """So many webhooks are accepted, and nobody takes them through."""

    def tell(part: int) -> None:
        for member in range(part, members, TELLERS):
            assert town._deliver(f"m-{member}", version, TIERS[version % 3])

    threads = [threading.Thread(target=tell, args=(part,)) for part in range(TELLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def rate(town: Town, members: int, version: int, workers: int, book: Path) -> float:
    """Messages a second."""
    wait(town, members, version)
    since, before = time.time(), len(told(book))
    child = town._spawn("-m", "hub.cli", "up", "--region", "eu", "--only", "workers", "-n", str(workers))
    until = time.monotonic() + 60 + members * LATENCY * 4
    while len(told(book)) < before + members and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(0.5)
    child.terminate()
    child.wait()
    [(took, count)] = town.query(SETTLED.format(since=since))
    assert count == members == len(told(book)) - before, f"{count:,} of {members:,} were told"
    return float(members / float(took))


def main(messages: int) -> None:
    server, port = OwnPostgres(["max_connections=200"]), free_port()
    try:
        with tempfile.TemporaryDirectory() as folder, partner(port, Path(folder) / "book.txt", LATENCY):
            town = Town(Path(folder) / "town", Random(5), {"HUB_DATABASE_EU": server.create("workers")})
            configured(town, port)
            town.start_partners = lambda: None  # type: ignore[method-assign]  # ours stands beside it
            town.start_words += ("--only", "web", "--only", "clock")
            try:
                town.start()
                one, two = (rate(town, messages, version, version, Path(folder) / "book.txt") for version in (1, 2))
            finally:
                town.stop()
    finally:
        server.stop()
    note = f"{messages:,} messages; one could do {1 / LATENCY:.0f} a second at the most"
    measured("messages a second by two", two, "a second", peer=one, beside="by one", goal=GOAL, more=True, note=note)


if __name__ == "__main__":
    end_in_order()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
