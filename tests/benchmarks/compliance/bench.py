"""A region to measure compliance on: SQLite, or an empty PostgreSQL database by --postgres URL."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis import Redis

sys.path.insert(0, "tests/support")

from hub.cli.running import open_region
from hub.core import Hub, build_hub
from hub.embedded import ValkeyServer
from hub.settings import Settings, load_settings

CONFIG = Path(__file__).parents[2] / "support" / "config"


def asked(**numbers: int) -> Any:
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", default="")
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


@contextmanager
def opened(postgres: str) -> Iterator[tuple[Settings, str]]:
    """Settings of a new region, and the address of its Valkey."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "HUB_HOME": folder, "HUB_CONFIG": str(CONFIG)}
        if postgres:
            environ["HUB_DATABASE_EU"] = postgres
        settings = load_settings(environ)
        open_region(settings, "eu")
        valkey = ValkeyServer(Path(folder) / "valkey")
        valkey.start()
        try:
            yield settings, valkey.url
        finally:
            valkey.stop()


def a_hub(settings: Settings, valkey: str) -> Hub:
    return build_hub(settings, "eu", Redis.from_url(valkey), clock=lambda: datetime.now(UTC))
