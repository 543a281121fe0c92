"""A host that is cut off in silence is noticed: by whoever waits for it, and by those whose rows it had locked."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from hosts import DistantPostgres, start_valkey
from hub import lines
from hub.regions import open_engine
from hub.worker import patient
from wires import Wires, why_not, wires

WHY_NOT = why_not()
needs_hosts = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
NOTICED = lines.SILENT + 4  # seconds


@pytest.fixture
def laid() -> Iterator[Wires]:
    with wires(("db", "web")) as laid:
        yield laid


@pytest.fixture
def server(laid: Wires) -> Iterator[DistantPostgres]:
    server = DistantPostgres(laid)
    yield server
    server.stop()


@pytest.fixture
def valkey(laid: Wires, tmp_path: Path) -> Iterator[str]:
    process = start_valkey(laid, "db", tmp_path)
    yield f"redis://{laid.address('db')}:6379/0"
    process.kill()
    process.wait()


class Waits:
    """How long each of several waits lasts, on the host where it began."""

    def __init__(self, laid: Wires) -> None:
        self.laid, self.took, self.threads = laid, dict[str, float](), list[Thread]()

    def begin(
        self, host: str, name: str, wait: Callable[[], object], ends: type[BaseException] = ArithmeticError
    ) -> None:
        def run() -> None:
            began = time.monotonic()
            with suppress(ends):
                wait()
            self.took[name] = time.monotonic() - began

        self.threads.append(self.laid.in_thread(host, run))
        self.threads[-1].start()

    def end(self, patience: float) -> dict[str, float]:
        until = time.monotonic() + patience
        for thread in self.threads:
            thread.join(max(0.0, until - time.monotonic()))
        return self.took


@needs_hosts
@pytest.mark.postgres
@pytest.mark.valkey
def test_whoever_waits_for_a_host_that_is_cut_off_is_told_and_what_it_had_locked_is_free(
    laid: Wires, server: DistantPostgres, valkey: str
) -> None:
    url = server.create("lines")
    waits, ready = Waits(laid), []
    engine, there = open_engine(server.over_the_wire(url)), create_engine(url)
    with there.begin() as connection:
        connection.execute(text("CREATE TABLE leases AS SELECT 'clock' AS name"))

    def lock() -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT * FROM leases FOR UPDATE"))
            ready.append("locked")
            time.sleep(NOTICED)

    def ask() -> None:
        with engine.begin() as connection:
            ready.append("asking")
            connection.execute(text("SELECT pg_sleep(60)"))

    def wait_for_a_bell() -> None:
        client = patient(Redis.from_url(valkey, retry=Retry(NoBackoff(), 0), **lines.of_valkey(valkey)))
        ready.append("listening")
        client.blpop(["nothing"], 50)

    def read_a_form() -> None:
        with socket.create_server((laid.address("db"), 8100)) as listening:
            lines.watch(listening)
            ready.append("open")
            one, _ = listening.accept()
            with one:
                ready.append("come in")
                one.recv(1)

    def fill_in_a_form() -> None:
        with socket.create_connection((laid.address("db"), 8100)):
            time.sleep(NOTICED)

    Waits(laid).begin("web", "locking", lock, OperationalError)
    waits.begin("web", "statement", ask, OperationalError)
    waits.begin("web", "bell", wait_for_a_bell, RedisError)
    waits.begin("db", "form", read_a_form, TimeoutError)
    until(lambda: "open" in ready)
    Waits(laid).begin("web", "filling", fill_in_a_form)
    until(lambda: len(ready) == 5)
    time.sleep(0.2)

    laid.cut("web", "db")
    waits.begin("db", "lock", lambda: take_the_lock(there))
    took = waits.end(NOTICED)

    assert took.keys() == {"statement", "bell", "form", "lock"}, "nobody told them"
    engine.dispose()
    there.dispose()


def take_the_lock(there: object) -> None:
    with there.begin() as connection:  # type: ignore[attr-defined]
        connection.execute(text("SELECT * FROM leases FOR UPDATE"))


def until(what: Callable[[], bool], patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def test_what_the_address_says_itself_counts() -> None:
    told = lines.of_postgres({"connect_timeout": "2", "options": "-c tcp_user_timeout=0"}, pooled=False)

    assert "connect_timeout" not in told
    assert str(told["options"]).endswith("-c tcp_user_timeout=0")  # the later of two counts
    assert told["keepalives_idle"] == lines.QUIET


def test_a_pooler_is_asked_for_nothing_it_would_refuse() -> None:
    assert "options" not in lines.of_postgres({}, pooled=True)


def test_a_socket_of_this_machine_is_not_watched() -> None:
    assert lines.of_valkey("unix:///run/v.sock") == {}
