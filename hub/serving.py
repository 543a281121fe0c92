"""Serves a region's web application by gunicorn: threads for pages, API, webhooks and streams."""

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from hub import lines, log
from hub.app import STREAMS, create_app
from hub.core import Hub

OTHERS = 10  # threads beside those that streams may hold
MANY = 118  # streams at once in a process that serves nothing else


class Served(BaseApplication):  # type: ignore[misc]
    """The hub is built in the worker process, after the fork."""

    def __init__(
        self, build: Callable[[], Hub], code: str, address: str, stalled: float, processes: int, streams: int
    ) -> None:
        self.build, self.code = build, code
        self.stalled = stalled
        self.address, self.processes, self.streams = address, processes, streams
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": [self.address],
            "workers": self.processes,
            "worker_class": "gthread",
            "threads": self.streams + OTHERS,
            "timeout": max(2, round(self.stalled)),  # the master beats for the one who serves, so it must watch it
            "graceful_timeout": 5,
            "keepalive": 15,
            "loglevel": "warning",
            "accesslog": None,
            "limit_request_line": 2048,
            "control_socket_disable": True,
            "when_ready": _watch,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        log.set_up(region=self.code)
        return create_app(self.build(), self.streams)


def _watch(arbiter: Any) -> None:
    """Whoever was cut off from us, in the middle of a form or a stream, gives back the thread that waits."""
    for listener in arbiter.LISTENERS:
        lines.watch(listener.sock)


def serve_web(
    build: Callable[[], Hub], code: str, address: str, stalled: float, processes: int = 1, streams: int = STREAMS
) -> None:
    """address: host and port that are listened on. stalled: seconds without a sign of life after which gunicorn replaces the process
    that serves. streams: how many may be open in a process at once."""
    Served(build, code, address, stalled, processes, streams).run()
