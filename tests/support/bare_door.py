"""The least that takes in a webhook as safely: a signature, a row that knows repeats, one commit for all who wait, then 202.

bare_door.py POSTGRES-URL SECRET PORT PROCESSES; served by the same gunicorn as a region's web.
Started by tests/benchmarks/webhooks/door.py."""

import base64
import hashlib
import hmac
import sys
import threading
import time
from collections import deque
from typing import Any

import psycopg
from flask import Flask, Response, abort, request
from gunicorn.app.base import BaseApplication

THREADS = 16  # as many as the web of a region has


class Knocks:
    """Whose turn it is writes down all that wait: what `hub/flow/knocking` does, and nothing else."""

    def __init__(self, url: str) -> None:
        self.line = psycopg.connect(url)
        self.turn, self.waiting = threading.Lock(), deque[tuple[str, bytes, threading.Event]]()

    def keep(self, key: str, body: bytes) -> None:
        mine = (key, body, threading.Event())
        self.waiting.append(mine)
        with self.turn:
            if not mine[2].is_set():
                some = [self.waiting.popleft() for _ in range(len(self.waiting))]
                keys, bodies = [one[0] for one in some], [one[1] for one in some]
                self.line.execute(
                    "INSERT INTO deliveries SELECT * FROM unnest(%s::text[], %s::bytea[]) ON CONFLICT DO NOTHING",
                    (keys, bodies),
                )
                self.line.commit()
                for one in some:
                    one[2].set()


def make_app(url: str, secret: str) -> Flask:
    app, key = Flask("bare", static_folder=None), base64.b64decode(secret.removeprefix("whsec_"))
    knocks = Knocks(url)

    @app.post("/webhooks/<connection>")
    def receive(connection: str) -> Response:
        body, told = request.get_data(), request.headers
        name, stamp = told["webhook-id"], told["webhook-timestamp"]
        signed = base64.b64encode(hmac.digest(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256)).decode()
        if abs(time.time() - int(stamp)) > 300 or not hmac.compare_digest(told["webhook-signature"], f"v1,{signed}"):
            abort(401)
        knocks.keep(name, body)
        return Response(b'{"status":"accepted"}', 202, content_type="application/json")

    return app


class Bare(BaseApplication):  # type: ignore[misc]
    def __init__(self, url: str, secret: str, port: str, processes: str) -> None:
        self.url, self.secret, self.port, self.processes = url, secret, port, int(processes)
        super().__init__()

    def load_config(self) -> None:
        options = {"bind": [f"127.0.0.1:{self.port}"], "workers": self.processes, "worker_class": "gthread",
                   "threads": THREADS, "keepalive": 15, "loglevel": "warning", "control_socket_disable": True}  # fmt: skip
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        return make_app(self.url, self.secret)


if __name__ == "__main__":
    with psycopg.connect(sys.argv[1]) as first:
        first.execute("CREATE TABLE IF NOT EXISTS deliveries (key text PRIMARY KEY, body bytea NOT NULL)")
    Bare(*sys.argv[1:5]).run()
