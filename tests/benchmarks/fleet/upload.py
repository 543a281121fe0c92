"""How long a fleet's file takes from the first byte to the last verdict, and again: python tests/benchmarks/fleet/upload.py

Goal: 100,000 rows within 10 s on two cores, and the same file again changes nothing.
`--postgres URL` runs on an empty PostgreSQL database."""

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from redis import Redis

sys.path.insert(0, "tests/support")

from benchmark import measured
from hub.access import principal_named
from hub.app import create_app
from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.embedded import ValkeyServer
from hub.flow import uploads
from hub.settings import load_settings
from hub.web.access import grant_token
from rules.vin import check_digit

CONFIG = Path(__file__).parents[2] / "support" / "config"
BENCHMARK = {
    "name": "fleet/upload", "goal": "100,000 rows of a fleet within 10 s, and the same file again changes nothing",
    "quick": ["--rows", "10000"], "full": ["--rows", "100000"], "curve": [10_000, 100_000, 1_000_000],
}  # fmt: skip
GOAL = 10.0  # seconds
SIGNS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def vin(number: int) -> str:
    tail = f"{number:08d}"
    whole = f"1HG{tail[:2]}AAB0{tail[2:]}"[:17].ljust(17, "7")
    return whole[:8] + check_digit(whole) + whole[9:]


def rows(count: int) -> bytes:
    day = date(2026, 1, 1)
    lines = [f"{vin(number)},{day + timedelta(days=number % 300)},A-{number}" for number in range(count)]
    return "\n".join(["vin,since,assignment", *lines]).encode()


def send(hub: Hub, client: Any, token: str, body: bytes, key: str) -> tuple[float, float, float, dict[str, int]]:
    """Seconds until it was accepted, until its last verdict, and of our CPU; and the counts of its verdicts."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "text/csv"}
    began, worked = time.perf_counter(), time.process_time()
    answer = client.post("/api/v1/fleets/bench/assignments", data=body, headers=headers)
    accepted = time.perf_counter() - began
    while uploads.work_off(hub):
        pass
    whole, worked = time.perf_counter() - began, time.process_time() - worked
    return accepted, whole, worked, client.get(answer.get_json()["report"], headers=headers).get_json()["counts"]


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--postgres", default="")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "HUB_HOME": folder, "HUB_CONFIG": str(CONFIG)}
        if given.postgres:
            environ["HUB_DATABASE_EU"] = given.postgres
        settings = load_settings(environ)
        open_region(settings, "eu")
        valkey = ValkeyServer(Path(folder) / "valkey")
        valkey.start()
        hub = build_hub(settings, "eu", Redis.from_url(valkey.url), clock=lambda: datetime.now(UTC))
        with hub.begin() as work:
            token = grant_token(work, principal_named(work, "bench", ()), ["fleets:read", "fleets:write"], None)
        client = create_app(hub).test_client()
        client.put("/api/v1/fleets/bench", json={"title": "bench"}, headers={"Authorization": f"Bearer {token}"})
        body = rows(given.rows)
        for name in ("first", "again"):
            accepted, whole, worked, counts = send(hub, client, token, body, f"bench-{name}")
            limit, note = (
                GOAL * given.rows / 100_000,
                f"{given.rows / whole:,.0f} rows/s, {worked:.1f} s of CPU, 202 after {accepted:.1f} s, {counts}",
            )
            measured(f"{name}, last verdict after", whole, "s", peer=limit, beside="the limit", goal=1.0, note=note)
        hub.close()
        valkey.stop()


if __name__ == "__main__":
    main()
