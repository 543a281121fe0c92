"""Serves a region's web application by gunicorn: threads for pages, API, webhooks and streams."""

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from hub import log
from hub.app import create_app
from hub.core import Hub
from hub.settings import RegionSettings

THREADS = 16


class Served(BaseApplication):  # type: ignore[misc]
    """The hub is built in the worker process, after the fork."""

    def __init__(
        self, build: Callable[[], Hub], here: RegionSettings, stalled: float, host: str, processes: int
    ) -> None:
        self.build = build
        self.here = here
        self.stalled = stalled
        self.address, self.processes = f"{host}:{here.port}", processes
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": [self.address],
            "workers": self.processes,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": max(2, round(self.stalled)),  # the master beats for the one who serves, so it must watch it
            "graceful_timeout": 5,
            "keepalive": 15,
            "loglevel": "warning",
            "accesslog": None,
            "limit_request_line": 2048,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        log.set_up(region=self.here.code)
        return create_app(self.build())


def serve_web(
    build: Callable[[], Hub], here: RegionSettings, stalled: float, host: str = "127.0.0.1", processes: int = 1
) -> None:
    """stalled: seconds without a sign of life after which gunicorn replaces the process that serves. host: the address that is
    listened on; this machine alone unless somebody says otherwise."""
    Served(build, here, stalled, host, processes).run()
