"""The processes of one region under a supervisor: N workers, one clock, one web server, each watched and started again.

Every child is forked from a parent that has imported everything and opened nothing. It beats once a second into a slot of
shared memory; one that stands still (frozen, stuck) is killed before the leases it holds run out, so that it can never wake
up later and go on with work that somebody else has taken over."""

import gc
import logging
import mmap
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import ConnectionPool, Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from hub import jobs
from hub.core import Hub

log = logging.getLogger(__name__)
SLOT = struct.Struct("d")
WAIT = 30  # seconds a worker waits for a bell at the most, before it asks again
DONE = -1.0  # in the slot of a child that has ended well
PATIENCE = 8.0  # seconds a child has to finish what it does; with the stop of Valkey all is over within ten
RESTART_PAUSE = 0.5  # seconds between two starts of the same child, so that a broken one does not eat the machine


class DrainWorker(SimpleWorker):
    """Runs drains in this process, no fork per job: a drain is a batch, and a kill loses nothing that the sweep would not find."""

    death_penalty_class = TimerDeathPenalty
    max_connection_wait_time = 1.0  # RQ would sleep up to a minute when Valkey was away for long

    def request_stop(self, signum: int, frame: Any) -> None:
        jobs.end()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(hub: Hub, stopping: Callable[[], bool]) -> None:
    """Serve the region's queue until told to stop; comes back by itself when Valkey was away."""
    jobs.serve(hub)
    while not stopping():
        worker = DrainWorker(
            [hub.bell.queue.name],
            connection=patient(hub.bell.redis),
            serializer=JSONSerializer,
            default_worker_ttl=WAIT,
        )
        try:
            worker.work(logging_level="CRITICAL", with_scheduler=False)
            return
        except Exception as error:  # noqa: BLE001 - Valkey away, or a defect: a worker that ends is started again anyway
            log.warning("worker waits", extra={"reason": type(error).__name__})
            time.sleep(RESTART_PAUSE)


def patient(redis: Redis) -> Redis:
    """A client of its own for the long wait at the queue: RQ stretches the timeout of the client it is given, and the one
    that rings must stay quick."""
    pool = redis.connection_pool
    options = {**pool.connection_kwargs, "socket_timeout": WAIT}
    return Redis(connection_pool=ConnectionPool(pool.connection_class, **options))


@dataclass
class Child:
    """once: it is done when it ends well, and started again only when it did not. ends_all: when it ends, everything does; one
    that was killed has ended nothing, and is started again.

    last: others stand on it, so it is ended after them. tries: so often it may fail before everything ends (0: for ever)."""

    name: str
    run: Callable[[], None]
    slot: int
    once: bool = False
    ends_all: bool = False
    last: bool = False
    tries: int = 0
    failures: int = 0
    pid: int = 0
    started: float = 0.0


@dataclass
class Supervisor:
    """stalled: seconds without a beat after which a child is killed."""

    stalled: float
    children: list[Child] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    code: int = 0

    def add(
        self, name: str, run: Callable[[], None], *, once: bool = False, ends_all: bool = False, last: bool = False,
        tries: int = 0,
    ) -> None:  # fmt: skip
        self.children.append(Child(name, run, len(self.children), once, ends_all, last, tries))

    def serve(self) -> int:
        """Start all and keep them alive until SIGTERM, SIGINT, or a child that ends all; answers the exit code."""
        self.beats = mmap.mmap(-1, max(1, len(self.children)) * SLOT.size)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())
        gc.collect()
        gc.freeze()  # children share what is there now: their own collector would touch, and so copy, every page of it
        try:
            while not self.stop.is_set():
                for child in self.children:
                    self._watch(child)
                self.stop.wait(0.2)
        finally:
            gc.unfreeze()
            self._end()
        return self.code

    def finished(self, names: set[str]) -> bool:
        """Have all of these ended well? Any child may ask: the answer lies in the shared memory."""
        return all(self._beat_of(child) == DONE for child in self.children if child.name in names)

    def _watch(self, child: Child) -> None:
        if child.pid:
            self._reap(child)
        if not child.pid and self._beat_of(child) == DONE:
            return
        if child.pid and time.monotonic() - self._beat_of(child) > self.stalled:
            log.error("child stands still", extra={"child": child.name})
            os.kill(child.pid, signal.SIGKILL)
        if not child.pid and time.monotonic() - child.started > RESTART_PAUSE:
            self._start(child)

    def _reap(self, child: Child) -> None:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if not pid:
            return
        end_family(child.pid)
        child.pid = 0
        code = os.waitstatus_to_exitcode(status)
        if child.ends_all and code >= 0:
            self.code = code
            self.stop.set()
        if child.once and code == 0:
            SLOT.pack_into(self.beats, child.slot * SLOT.size, DONE)
        else:
            log.warning("child ended", extra={"child": child.name, "status": code})
            child.failures += 1
            if child.failures == child.tries:
                self.code = max(1, code)
                self.stop.set()

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        SLOT.pack_into(self.beats, child.slot * SLOT.size, time.monotonic())
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            child.pid = pid
            return
        code = 1
        try:
            os.setpgid(0, 0)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            name_process(child.name)
            threading.Thread(target=self._beat, args=(child.slot, os.getppid()), daemon=True, name="beat").start()
            child.run()
            code = 0
        except KeyboardInterrupt:
            code = 0
        except SystemExit as end:  # also of a process that this child has forked in turn
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception:
            log.exception("child failed", extra={"child": child.name})
        finally:
            with suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _beat(self, slot: int, parent: int) -> None:
        """A child whose supervisor is gone ends itself: nobody would watch it."""
        while True:
            SLOT.pack_into(self.beats, slot * SLOT.size, time.monotonic())
            if os.getppid() != parent:
                os._exit(1)
            time.sleep(1)

    def _beat_of(self, child: Child) -> float:
        return float(SLOT.unpack_from(self.beats, child.slot * SLOT.size)[0])

    def _end(self) -> None:
        for last in (False, True):
            self._end_all([child for child in self.children if child.pid and child.last is last])

    def _end_all(self, alive: list[Child], patience: float = PATIENCE) -> None:
        ended = alive
        for child in alive:
            os.kill(child.pid, signal.SIGTERM)
        end = time.monotonic() + patience
        while alive and time.monotonic() < end:
            alive = [child for child in alive if os.waitpid(child.pid, os.WNOHANG) == (0, 0)]
            time.sleep(0.02)
        for child in alive:
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        for child in ended:
            end_family(child.pid)


def end_family(pid: int) -> None:
    """Whatever a dead child has forked: frozen, it would hold the port and the work of the next one for ever."""
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def name_process(name: str) -> None:
    """What `ps` and `top` show; Linux only, elsewhere it stays what it was."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name[:15])


def stop_on_signal(numbers: Sequence[int] = (signal.SIGTERM, signal.SIGINT)) -> Callable[[], bool]:
    """For a child with a loop of its own: answers True once it has been told to stop."""
    told = threading.Event()
    for number in numbers:
        signal.signal(number, lambda *_: told.set())
    return told.is_set
