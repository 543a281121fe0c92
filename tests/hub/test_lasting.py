"""Requests answered in threads beside one loop: as WSGI would, and a line holds none of them."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, Response, request, stream_with_context

from hub.lasting import AT_ONCE, Lasting
from hub.regions import RESTING
from hub.telling import Line, offer


class Caller:
    """One request by ASGI; `parts` grow as they come."""

    def __init__(
        self, path: str, query: bytes = b"", method: str = "GET", headers: list[tuple[bytes, bytes]] | None = None
    ) -> None:
        self.scope = {
            "type": "http", "method": method, "path": path, "query_string": query, "http_version": "1.1", "scheme": "http",
            "headers": headers or [(b"host", b"eu.localhost:8111")], "server": ("127.0.0.1", 8111), "client": ("10.0.0.9", 5),
        }  # fmt: skip
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.parts: list[bytes] = []
        self.came = asyncio.Event()

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        elif message.get("body"):
            self.parts.append(message["body"])
        self.came.set()

    async def receive(self) -> Mapping[str, Any]:
        return {"type": "http.request"}


@pytest.fixture
def app() -> Flask:
    made = Flask("lasting")

    @made.get("/plain")
    def plain() -> Response:
        told = (request.args["x"], request.cookies["a"], request.cookies["b"], request.remote_addr, request.host)
        return Response(repr(told), headers={"X-One": "1"})

    @made.get("/streamed/ü")
    def streamed() -> Response:
        def parts() -> Iterator[str]:
            for number in range(3):
                yield f"{number}{request.path};"

        return Response(stream_with_context(parts()))

    @made.get("/broken")
    def broken() -> Response:
        raise ValueError

    return made


async def called(lasting: Lasting, caller: Caller) -> Caller:
    await asyncio.wait_for(lasting(caller.scope, caller.receive, caller.send), 10)
    return caller


def test_a_plain_page_is_answered_as_by_wsgi(app: Flask) -> None:
    headers = [(b"host", b"eu.localhost:8111"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
    found = asyncio.run(called(Lasting(app, 2), Caller("/plain", b"x=%C3%BC", headers=headers)))

    assert b"".join(found.parts).decode() == repr(("ü", "1", "2", "10.0.0.9", "eu.localhost:8111"))
    assert (found.status, found.headers[b"x-one"]) == (200, b"1")


def test_a_stream_keeps_its_request_from_part_to_part_in_whichever_thread(app: Flask) -> None:
    found = asyncio.run(called(Lasting(app, 3), Caller("/streamed/ü")))

    assert b"".join(found.parts).decode() == "0/streamed/ü;1/streamed/ü;2/streamed/ü;"


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nowhere", "GET", 404), ("/broken", "GET", 500), ("/plain", "POST", 405)]
)
def test_what_cannot_be_answered_has_its_status(app: Flask, path: str, method: str, status: int) -> None:
    assert asyncio.run(called(Lasting(app, 2), Caller(path, method=method))).status == status


def test_lines_hold_no_thread_and_are_left_when_their_reader_goes(app: Flask) -> None:
    lines: list[Line] = []
    left = threading.Semaphore(0)

    @app.get("/line")
    def line() -> Response:
        lines.append(Line())
        response = Response(offer(request.environ, lines[-1]), mimetype="text/event-stream")
        response.call_on_close(left.release)
        return response

    async def story() -> None:
        lasting = Lasting(app, 1)
        callers = [Caller("/line") for _ in range(20)]
        tasks = [asyncio.create_task(lasting(one.scope, one.receive, one.send)) for one in callers]
        await asyncio.wait_for(asyncio.gather(*(one.came.wait() for one in callers)), 10)
        assert len(lines) == 20, "one thread has opened them all"

        for one in lines:
            one.say("news")
        lines[0].end()
        await asyncio.wait_for(tasks[0], 10)
        while not all(one.parts for one in callers):
            await asyncio.sleep(0)
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks[1:], return_exceptions=True)
        assert [b"".join(one.parts) for one in callers] == [b"news"] * 20

    asyncio.run(story())

    assert all(left.acquire(timeout=10) for _ in range(20))


def test_hundreds_who_come_at_once_are_answered_a_few_at_a_time(app: Flask) -> None:
    """More at once than a process keeps lines to its database would open and close one for each."""
    inside, most, lock, together = [0], [0], threading.Lock(), threading.Barrier(AT_ONCE)

    @app.get("/asked")
    def asked() -> str:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        together.wait(10)
        with lock:
            inside[0] -= 1
        return "answered"

    async def story() -> None:
        lasting = Lasting(app, 50)
        callers = [Caller("/asked") for _ in range(100)]
        await asyncio.wait_for(asyncio.gather(*(called(lasting, one) for one in callers)), 20)
        assert {one.status for one in callers} == {200}

    asyncio.run(story())

    assert most[0] == AT_ONCE < RESTING
