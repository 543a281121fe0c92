"""Between a connector and its sandbox: lets calls through, gets in their way, and remembers what was asked."""

import io
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from hub.sdk.faults import Wsgi, reset

QUIET = 5.0  # seconds to wait for calls that their caller gave up
JSON = ("Content-Type", "application/json")


@dataclass(frozen=True)
class Interference:
    """What becomes of a call. status: answered instead of the sandbox. happens: the sandbox acts first. cut: no answer, the
    connection breaks. delay: seconds before the sandbox is asked. drip: the answer comes in drops. alter: of the answer."""

    status: str = ""
    headers: tuple[tuple[str, str], ...] = (JSON,)
    body: bytes = b'{"code": "kit", "category": "KIT"}'
    happens: bool = False
    cut: bool = False
    delay: float = 0.0
    drip: bool = False
    alter: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Asked:
    """One call as it arrived."""

    method: str
    target: str  # path and query
    body: bytes


@dataclass
class Gate:
    """WSGI middleware. most: how many calls may be met; skip: how many pass first; rate: of the rest, by a seeded die."""

    app: Wsgi
    interference: Interference | None = None
    rate: float = 1.0
    most: int = 1_000_000
    skip: int = 0
    rng: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - dice of a test
    asked: list[Asked] = field(default_factory=list)
    inside: int = 0
    quiet: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with self.quiet:
            self.inside += 1
        try:
            return self._pass(environ, start_response)
        finally:
            with self.quiet:
                self.inside -= 1
                self.quiet.notify_all()

    def settled(self) -> None:
        """Waits until nobody is inside: a call that its caller gave up has its effect late."""
        with self.quiet:
            self.quiet.wait_for(lambda: self.inside == 0, timeout=QUIET)

    @contextmanager
    def interfering(
        self, how: Interference, *, rate: float = 1.0, most: int = 1_000_000, skip: int = 0, seed: int = 1
    ) -> Iterator[None]:
        self.interference, self.rate, self.most, self.skip = how, rate, most, skip
        self.rng = Random(seed)  # noqa: S311 - dice of a test
        try:
            yield
        finally:
            self.interference = None

    def _pass(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self._remember(environ)
        how = self._drawn()
        if how is None:
            return self.app(environ, start_response)
        if how.delay:
            time.sleep(how.delay)
        if how.status:
            if how.happens:
                b"".join(self.app(environ, lambda *_: None))
            start_response(how.status, [*how.headers])
            return [how.body]
        if how.cut:
            if how.happens:
                b"".join(self.app(environ, lambda *_: None))
            return reset(environ)
        if how.alter is not None:
            return self._altered(environ, start_response, how.alter)
        answer = self.app(environ, start_response)
        return _dripping(answer) if how.drip else answer

    def _remember(self, environ: dict[str, Any]) -> None:
        """The body is read here, and put back for whoever comes next."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        query = environ.get("QUERY_STRING", "")
        target = environ["PATH_INFO"] + (f"?{query}" if query else "")
        self.asked.append(Asked(environ["REQUEST_METHOD"], target, body))

    def _drawn(self) -> Interference | None:
        with self.quiet:
            if self.interference is None:
                return None
            if self.skip > 0:
                self.skip -= 1
                return None
            if self.most <= 0 or self.rng.random() >= self.rate:
                return None
            self.most -= 1
            return self.interference

    def _altered(
        self, environ: dict[str, Any], start_response: Any, alter: Callable[[bytes], bytes]
    ) -> Iterable[bytes]:
        said: list[Any] = []
        body = alter(b"".join(self.app(environ, lambda status, headers, *_: said.extend((status, headers)))))
        start_response(said[0], [one for one in said[1] if one[0].lower() != "content-length"])
        return [body]


def _dripping(body: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in body:
        step = max(1, len(chunk) // 8)
        for start in range(0, len(chunk), step):
            time.sleep(0.01)
            yield chunk[start : start + step]


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """The kit's own requests are nobody's news."""


@contextmanager
def serving(app: Wsgi) -> Iterator[str]:
    """The address of the app on a free port of loopback, while it is served."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    with closing(server.socket):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
