"""Serves a region's web application by gunicorn: threads for pages, API and webhooks; one loop for many lines that last."""

import gc
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from hub import log
from hub.app import STREAMS, create_app
from hub.core import Hub
from hub.lasting import Lasting
from hub.lines import watch

OTHERS = 10  # threads beside those that streams may hold
MANY = 118  # streams at once, each with a thread, in a process that serves nothing else
LINES = 8_000  # lines at once in such a process; they hold no thread


class Served(BaseApplication):  # type: ignore[misc]
    """The hub is built in the worker process, after the fork."""

    def __init__(
        self,
        build: Callable[[], Hub],
        code: str,
        address: str,
        stalled: float,
        processes: int,
        streams: int,
        lines: int,
    ) -> None:
        self.build, self.code = build, code
        self.stalled, self.lines = stalled, lines
        self.address, self.processes, self.streams = address, processes, streams
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": [self.address],
            "workers": self.processes,
            **self._worker(),
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

    def _worker(self) -> dict[str, Any]:
        if not self.lines:
            return {"worker_class": "gthread", "threads": self.streams + OTHERS}
        backlog = {"backlog": 4096}  # after a kill all come back at once
        return {"worker_class": "asgi", "asgi_lifespan": "off", "asgi_disconnect_grace_period": 0, "asgi_loop": "asyncio",
                "worker_connections": self.lines + self.streams, **backlog}  # fmt: skip

    def load(self) -> Any:
        log.set_up(region=self.code)
        app = create_app(self.build(), self.streams, self.lines)
        freeze()
        return Lasting(app, self.streams + OTHERS) if self.lines else app


def freeze() -> None:
    """What a process has read until it serves stays until it ends: the collector looks for garbage in what comes after, and no
    page waits 0.2 s while it goes through all of the code."""
    gc.collect()
    gc.freeze()


def _watch(arbiter: Any) -> None:
    """Whoever was cut off from us, in the middle of a form or a stream, gives back the thread that waits."""
    for listener in arbiter.LISTENERS:
        watch(listener.sock)


def serve_web(
    build: Callable[[], Hub], code: str, address: str, stalled: float, processes: int = 1, streams: int = STREAMS,
    lines: int = 0,
) -> None:  # fmt: skip
    """address: host and port that are listened on. stalled: seconds without a sign of life after which gunicorn replaces the process
    that serves. streams: how many may be open in a process at once. lines: how many that hold no thread, in a process that
    serves nothing else; 0: it is a web, where each line holds one."""
    Served(build, code, address, stalled, processes, streams, lines).run()
