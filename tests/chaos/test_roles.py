"""Web, workers and clocks as separate services: asked to stop, each finishes what it does within ten seconds and leaves nothing
half done; of two clocks one moves time, and the other goes on when it is killed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from postgres import Postgres
from town import Town, below

pytestmark = [pytest.mark.alone, pytest.mark.postgres]
MEMBERS, VERSIONS = 24, 3
STOPPED, LEASE = 10.0, 10.0  # seconds


class Services(Town):
    """Each role under a supervisor of its own, as on machines of their own."""

    def start(self) -> None:
        self.start_partners()
        for name, role in (("web", "web"), ("workers", "workers"), ("clock", "clock"), ("other clock", "clock")):
            self.begin(name, role)
        self.wait_ready()

    def begin(self, name: str, role: str) -> None:
        self.children[name] = self._spawn("-m", "hub.cli", "up", "--region", "eu", "--only", role)

    def stop_one(self, name: str) -> tuple[float, int]:
        """SIGTERM to its supervisor alone, as Docker, Kubernetes and KillMode=mixed do; (seconds, exit code)."""
        child, began = self.children[name], time.monotonic()
        family = [
            pid for pid, title in below(child.pid) if title.startswith("eu-") and not title.startswith("eu-valkey")
        ]
        child.terminate()
        code = child.wait(30)
        took = time.monotonic() - began
        assert not [pid for pid in family if Path(f"/proc/{pid}").exists()], "somebody outlived the supervisor"
        return took, code

    def clock(self) -> int:
        """The process that moves time."""
        rows = self.query("SELECT holder FROM leases WHERE name = 'clock'")
        return int(rows[0][0].rpartition(":")[2]) if rows else 0

    def of(self, pid: int) -> str:
        """The service that a process belongs to."""
        [name] = [name for name, child in self.children.items() if pid in [one for one, _ in below(child.pid)]]
        return name


@pytest.fixture
def services(postgres: Postgres, tmp_path: Path) -> Iterator[Services]:
    name = f"roles_{os.urandom(4).hex()}"
    services = Services(tmp_path, Random(1), {"HUB_DATABASE_EU": postgres.create(name)})
    services.start()
    yield services
    services.stop()
    postgres.drop(name)


def wait_for(what: object, patience: float = 30.0) -> None:
    assert callable(what)
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def test_workers_that_are_told_to_stop_in_the_middle_finish_their_pushes_and_keep_no_lease(services: Services) -> None:
    end = time.monotonic() + 120
    services.tell(MEMBERS, VERSIONS, end)
    wait_for(lambda: services.count("messages", "state = 'sent'") > 0)
    waiting = services.count("messages", "state = 'waiting'") + services.count("deliveries", "state = 'waiting'")

    took, code = services.stop_one("workers")

    assert waiting > 0, "they had nothing left to do: it proves nothing"
    assert (code, took <= STOPPED) == (0, True), took
    assert services.count("messages", "state = 'claimed'") == 0
    services.begin("workers", "workers")
    services.wait_settled(end)
    assert services.count("messages", "doubtful") == 0, "a push was cut off, so its partner had to be asked"
    assert services.count("messages", "state = 'sent' AND attempts > 1") == 0
    took, code = services.stop_one("web")
    assert (code, took <= STOPPED) == (0, True), took


def test_of_two_clocks_one_moves_time_and_the_other_takes_over(services: Services) -> None:
    wait_for(lambda: services.clock() > 0)
    first = services.clock()
    frozen = services.of(first)
    services.children[frozen].send_signal(signal.SIGSTOP)  # nobody starts it again
    os.kill(first, signal.SIGKILL)
    began = time.monotonic()

    wait_for(lambda: services.clock() not in (0, first))

    assert {services.of(services.clock()), frozen} == {"clock", "other clock"}
    assert time.monotonic() - began <= LEASE + 5
