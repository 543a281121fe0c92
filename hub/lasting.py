"""The web application for many answers that last: each request has a thread until it is answered, and a Line none after that.

gunicorn's ASGI worker holds the sockets in one loop, so nothing has to be patched: what asks a database stands in threads."""

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from typing import Any

from flask import Flask

from hub.telling import PLACE, Line

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
METHODS = ("GET", "HEAD")  # what lasts is read; whoever writes goes to the web
AT_ONCE = 4  # requests that are being answered: hundreds come back together when a process ends, and more threads than a process
# keeps lines to its database would open new ones and close them again, and stand in each other's way
END = object()


class Answered:
    """A request that was answered, as WSGI (PEP 3333) does it, in a context of its own wherever it goes on."""

    def __init__(self, app: Flask, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.context = contextvars.copy_context()
        self.status, self.headers = 500, Headers()
        self.body: Iterable[bytes] = self.context.run(app.wsgi_app, environ, self._start)
        self.parts = iter(self.body)

    def _start(self, status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        self.status = int(status.split()[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return lambda _: None

    @property
    def line(self) -> Line | None:
        return self.environ.get(PLACE)

    def part(self) -> Any:
        return self.context.run(next, self.parts, END)

    def close(self, busy: "Future[Any] | None" = None) -> None:
        """busy: the part that somebody still waits for; a generator is not ended while it runs."""
        with suppress(Exception):
            if busy is not None:
                busy.result()
        closing = getattr(self.body, "close", None)
        if closing is not None:
            self.context.run(closing)


class Lasting:
    """An ASGI application (specification 3.0, HTTP only). threads: for requests that are being answered, and for answers that
    last and are no Line."""

    def __init__(self, app: Flask, threads: int) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(threads, "request")
        self.places = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            await send({"type": "http.response.start", "status": 405, "headers": [(b"allow", b"GET, HEAD")]})
            await send({"type": "http.response.body"})
            return
        async with self.places:
            asked = self.pool.submit(Answered, self.app, environ_of(scope))
            try:
                answered = await asyncio.wrap_future(asked)
            except BaseException:  # the reader left before the answer was there, or there is none
                asked.add_done_callback(lambda done: None if done.exception() else done.result().close())
                raise
        busy: Future[Any] | None = None
        try:
            await send({"type": "http.response.start", "status": answered.status, "headers": answered.headers})
            line, answered.environ = answered.line, {}
            if line is not None:
                await _follow(line, send)
            else:
                while True:
                    busy = self.pool.submit(answered.part)
                    part = await asyncio.wrap_future(busy)
                    if part is END:
                        break
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            self.pool.submit(answered.close, busy)


async def _follow(line: Line, send: Send) -> None:
    there, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it the reader
            loop.call_soon_threadsafe(there.set)

    line.follow(tell)
    ended = False
    while not ended:
        await there.wait()
        there.clear()
        text, ended = line.take()
        if text:
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


def environ_of(scope: Scope) -> dict[str, Any]:
    """A request without a body, in the words of PEP 3333."""
    host, port = scope.get("server") or ("", None)
    client = scope.get("client") or ("", None)
    path = scope["path"].encode().decode("latin-1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"], "SCRIPT_NAME": "", "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"), "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host or "", "SERVER_PORT": str(port or ""), "REMOTE_ADDR": client[0], "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"], "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }  # fmt: skip
    for name, value in scope["headers"]:
        key, text = "HTTP_" + name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        if key in {"HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"} or b"_" in name:
            continue  # no body is read, and a name with _ could pass for another
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{text}" if key in environ else text
    return environ
