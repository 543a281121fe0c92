"""How quickly three years of a whole chain come in, all regions at once: python tests/benchmarks/demo/pour.py [customers] [postgresql]

Prints rows and visits a second over all regions, and the peak of the whole tree's memory (PSS: what is shared counts once)."""

import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing import Process, Queue
from pathlib import Path
from random import Random
from typing import Any

from redis import Redis

from hub.cli.running import open_region
from hub.core import build_hub
from hub.demo.history import history, write_rows
from hub.demo.life import RECENT
from hub.demo.order import SEED, shares
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS, make_world
from hub.embedded import ValkeyServer
from hub.flow.sync import history_of, import_pages
from hub.settings import load_settings

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from benchmark import measured

BENCHMARK = {
    "name": "demo/pour", "goal": "50,000 rows of history a second into PostgreSQL; a million customers within 4 GB",
    "quick": ["200", "postgresql"], "full": ["2000", "postgresql"], "curve": [2_000, 20_000],
}  # fmt: skip
ROWS, MEMORY = 50_000, 4_000  # the goals: rows a second, MB
REGIONS = ("eu", "gcc", "apac")
LOOK_EVERY = 2.0


def bring(environ: Mapping[str, str], valkey: str, region: str, count: int, told: "Queue[Any]") -> None:
    settings = load_settings(environ)
    hub = build_hub(settings, region, Redis.from_url(valkey))
    partner = hub.partner(f"shop_{region}")
    for books in make_world(region, count, datetime.now(UTC).date(), SEED):
        file = settings.home / f"{region}.ndjson"
        began = time.monotonic()
        rows = write_rows(file, history(Pen(books), DAYS - RECENT, hub.clock()))
        written = time.monotonic() - began
        done = import_pages(hub, partner, history_of(hub, partner, file), Random(1))
        file.unlink()
        visits = int((books.visits["day"] < DAYS - RECENT).sum())
        assert (done.imported, done.rejected) == (rows, 0), done.problems[:1]
        told.put(
            (region, books.branch.code, rows, visits, round(written, 1), round(time.monotonic() - began - written, 1))
        )
    hub.close()


def memory(pids: list[int]) -> int:
    """Bytes of these processes and all below them."""
    parents = {int(one.name): parent for one in Path("/proc").glob("[0-9]*") if (parent := _parent(one)) is not None}
    found, waiting = set(pids), list(pids)
    while waiting:
        above = waiting.pop()
        below = [pid for pid, parent in parents.items() if parent == above and pid not in found]
        found.update(below)
        waiting += below
    return sum(map(_pss, found))


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _pss(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


def main(customers: int, database: str) -> None:
    with ExitStack() as stack:
        home = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="garage-pour-", dir=os.environ.get("TMPDIR")))
        )
        environ = {**os.environ, "HUB_HOME": str(home), "HUB_CONFIG": str(Path(__file__).parents[3] / "config")}
        watched = [os.getpid()]
        if database == "postgresql":
            from postgres import OwnPostgres

            server = OwnPostgres()
            stack.callback(server.stop)
            watched.append(server.watch.pid)
            environ |= {f"HUB_DATABASE_{code.upper()}": server.create(f"hub_{code}") for code in REGIONS}
        valkey = ValkeyServer(home / "valkey")
        valkey.start()
        stack.callback(valkey.stop)
        settings = load_settings(environ)
        for code in REGIONS:
            open_region(settings, code)
        told: Queue[Any] = Queue()
        counts = shares(customers, REGIONS)
        children = [Process(target=bring, args=(environ, valkey.url, code, counts[code], told)) for code in REGIONS]
        began, peak, rows, visits = time.monotonic(), 0, 0, 0
        for child in children:
            child.start()
        while any(child.is_alive() for child in children) or not told.empty():
            while not told.empty():
                region, branch, more, seen, writing, reading = told.get()
                rows, visits = rows + more, visits + seen
                where, how = (
                    f"{time.monotonic() - began:7.0f} s {region:5} {branch:20}",
                    f"{writing} s to write, {reading} s to bring in",
                )
                sys.stderr.write(f"{where} {more:>9,} rows: {how}\n")
            peak = max(peak, memory(watched))
            time.sleep(LOOK_EVERY)
        seconds, used = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cores = used.ru_utime + used.ru_stime  # of the importers; a server of PostgreSQL has its own
        note = f"{customers:,} customers, {visits:,} visits, {database}, {seconds:.0f} s"
        measured("rows brought in", rows / seconds, "rows/s", goal=ROWS, more=True, note=note)
        measured("rows of one core", rows / cores, "rows/s")
        measured("memory of all importers", peak / 1e6, "MB", goal=MEMORY)
        raise SystemExit(max(child.exitcode or 0 for child in children))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, sys.argv[2] if len(sys.argv) > 2 else "sqlite")
