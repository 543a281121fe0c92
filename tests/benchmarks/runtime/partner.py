"""A partner that says yes at once, or after a while, and writes down when it was told what: the least work an HTTP server can do."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORK = multiprocessing.get_context("fork")
YES = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def partner(port: int, book: Path, latency: float = 0.0) -> Iterator[None]:
    """A process of its own. book: a line for each call, the Unix time and the body. latency: seconds to each answer."""
    with socket.create_server(("127.0.0.1", port), backlog=128) as listening:
        process = FORK.Process(target=_serve, args=(listening, book, latency), daemon=True)
        process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def told(book: Path) -> list[tuple[float, str]]:
    """(Unix time, body) of every call so far; a line that is being written is left out."""
    text = book.read_text() if book.exists() else ""
    rows = (line.partition(" ") for line in text[: text.rfind("\n") + 1].splitlines())
    return [(float(at), body) for at, _, body in rows]


def _serve(listening: socket.socket, book: Path, latency: float) -> None:
    lock = threading.Lock()
    with book.open("a", buffering=1) as file:
        while True:
            line, _ = listening.accept()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_answer, args=(line, file, lock, latency), daemon=True).start()


def _answer(line: socket.socket, file: object, lock: threading.Lock, latency: float) -> None:
    reader = line.makefile("rb")
    while reader.readline():
        length = 0
        while (header := reader.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = reader.read(length)
        if latency:
            time.sleep(latency)
        with lock:
            file.write(f"{time.time():.6f} {body.decode()}\n")  # type: ignore[attr-defined]
        line.sendall(YES)
