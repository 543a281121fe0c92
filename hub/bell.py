"""The bell: wakes a worker through RQ, and whoever reads along; it may be lost at any moment, because the database knows.

The same goes for the little that processes tell each other by it and that is over in minutes: who types, who tries how often."""

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from redis import Redis
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer
from rq import Queue
from rq.exceptions import DuplicateJobError
from rq.serializers import JSONSerializer

DRAIN = "hub.jobs.drain"
# Every argument a job may have, and what it is. None is personal: the queue lies in the open.
ARGUMENTS: Mapping[str, str] = {"connection": "name of a connection"}
FAILURE_TTL = 3600
JOB_TIMEOUT = 3600  # far beyond a drain, which hands on after seconds
TRUSTED_SECONDS = 3
ECHO = 0.5  # seconds in which one process rings a generation once: who takes it has not taken the last look yet
DEAF = 2.0  # seconds without a knock after one that got no answer; the sweep comes as often
TYPES = 6.0  # seconds after which somebody who wrote writes no more, unless they say so again
SOON = 20  # connections that one worker takes in between two of its own tasks
# The moments of the last `most` tries that were let through, the newest first; all of it is gone once the span is over. A count of
# slices, as partners' budgets keep it, would stay for days, and this is about people.
ADMIT = """
local now, most, span = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = tonumber(redis.call('LINDEX', KEYS[1], most - 1))
if first and now - first < span then return 0 end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, most - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(span * 1000))
return 1
"""
log = logging.getLogger(__name__)


class Bell:
    """One queue per region. A bell is the job `drain-<connection>-<generation>`: ringing twice while one waits or runs is
    one bell, and a drain raises the generation before its last look, so a ring during that look is a new bell."""

    def __init__(self, redis: "Redis", region: str) -> None:
        self.redis = redis
        self.queue = Queue(f"hub-{region}", connection=redis, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT)
        self.prefix = f"hub:{region}:generation:"
        self.first = f"hub:{region}:first"
        self.channel = f"hub:{region}:calls"
        self.typing = f"hub:{region}:typing"
        self.tries = f"hub:{region}:tries:"
        self.closed = False
        self.heard = True
        self.deaf_until = 0.0
        self.rung: dict[str, tuple[int, float]] = {}  # connection -> generation, and until when nobody rings it again

    def ring(self, connections: Iterable[str], soon: Sequence[str] = ()) -> bool:
        """Answers False when Valkey did not hear: the sweep will see to it. soon: those that every worker takes in first,
        also one that is at work for another connection. After a silence nobody knocks for a while, as each would wait for it again."""
        wanted = list(connections)
        if not wanted and not soon:
            return True
        if time.monotonic() < self.deaf_until:
            return False
        try:
            for connection, told in zip(wanted, self._generations(wanted, soon), strict=True):
                generation, now = int(told or 0), time.monotonic()
                known, until = self.rung.get(connection, (-1, 0.0))
                if generation != known or now >= until:
                    self._enqueue(connection, generation)
                    self.rung[connection] = generation, now + ECHO
        except RedisError as error:
            if self.heard:  # once, not with every webhook while Valkey is away
                log.warning("bell not heard", extra={"reason": type(error).__name__})
            self.heard = False
            self._mind(error)
            return False
        self.heard = True
        return True

    def ring_anew(self, connections: Iterable[str]) -> bool:
        """The sweep's bell: work is due although somebody rang. The bell may lie with a worker that was killed, for RQ keeps
        such a job for minutes; so every few seconds a new generation is rung instead of trusting the old one."""
        wanted = list(connections)
        if time.monotonic() < self.deaf_until:
            return False
        with suppress(RedisError):
            for connection in wanted:
                if self.redis.set(f"{self.prefix}swept:{connection}", 1, nx=True, ex=TRUSTED_SECONDS):
                    self.redis.incr(self.prefix + connection)
        for connection in wanted:
            self.rung.pop(connection, None)
        return self.ring(wanted)

    def first_of_all(self) -> list[str]:
        """Connections that were rung for soon, once: a hint, as their own bells ring all the same."""
        if time.monotonic() < self.deaf_until:
            return []
        try:
            return sorted(name.decode() for name in cast(set[bytes], self.redis.spop(self.first, SOON)))
        except RedisError as error:
            self._mind(error)
            return []

    def _generations(self, connections: Sequence[str], soon: Sequence[str]) -> Sequence[Any]:
        """In one breath with saying who is first."""
        with self.redis.pipeline(transaction=False) as line:
            if soon:
                line.sadd(self.first, *soon)
            if connections:
                line.mget([self.prefix + one for one in connections])
            found = line.execute()
        return cast(Sequence[Any], found[-1]) if connections else ()

    def call(self, readers: Collection[int]) -> None:
        """Tell those who read along whose conversations have grown (ids of customers). A hint: they look by themselves, too."""
        if not readers or time.monotonic() < self.deaf_until:
            return
        try:
            self.redis.publish(self.channel, ",".join(map(str, readers)))
        except RedisError as error:
            self._mind(error)

    def calls(self) -> Iterator[frozenset[int] | None]:
        """Whose conversations have grown, for as long as one listens; None: some calls may have been missed. It looks up once a
        second in any case, with nobody's."""
        while not self.closed:
            try:
                with cast(Any, self.redis).pubsub(ignore_subscribe_messages=True) as line:
                    line.subscribe(self.channel)
                    yield None
                    while not self.closed:
                        yield _readers(line.get_message(timeout=1.0))
            except (RedisError, OSError, ValueError):  # also a line of ours that was closed under it
                if not self.closed:
                    time.sleep(1.0)
                    yield None

    def type(self, side: str, customer_id: int) -> None:
        """Somebody writes in this customer's conversation just now. side: customer or staff. It is kept nowhere else, and over in
        seconds."""
        if time.monotonic() < self.deaf_until:
            return
        try:
            now = time.time()
            with self.redis.pipeline(transaction=False) as line:
                line.zadd(self.typing, {f"{side}:{customer_id}": now + TYPES})
                line.zremrangebyscore(self.typing, 0, now)
                line.execute()
        except RedisError as error:
            self._mind(error)

    def typists(self, side: str) -> frozenset[int]:
        """Customers in whose conversation that side writes just now: as many as write, however many there are."""
        if time.monotonic() < self.deaf_until:
            return frozenset()
        try:
            found = cast(list[bytes], self.redis.zrangebyscore(self.typing, time.time(), "+inf"))
        except RedisError as error:
            self._mind(error)
            return frozenset()
        said = (one.decode().partition(":") for one in found)
        return frozenset(int(customer) for whose, _, customer in said if whose == side)

    def admit(self, mark: str, now: float, most: int, span: float) -> bool | None:
        """May one more try be made under this mark? At most `most` (from 1 on) in any `span` seconds, by all processes together, and
        one that is refused does not count. now: seconds since 1970. mark: lies in the open, so it names nobody. None: nobody can
        tell, and whoever asks goes by what they know themselves."""
        if time.monotonic() < self.deaf_until:
            return None
        try:
            return bool(self.redis.eval(ADMIT, 1, self.tries + mark, repr(now), str(most), repr(span)))
        except RedisError as error:
            self._mind(error)
            return None

    def close(self) -> None:
        self.closed = True
        with suppress(Exception):
            self.redis.close()

    def raise_generation(self, connection: str) -> None:
        if time.monotonic() < self.deaf_until:
            return
        try:
            self.redis.incr(self.prefix + connection)
        except RedisError as error:
            self._mind(error)
            log.warning("generation not raised", extra={"connection": connection})

    def _mind(self, error: RedisError) -> None:
        """One that refuses costs no time; one that is silent costs everybody who asks all the patience we have."""
        if isinstance(error, NoAnswer):
            self.deaf_until = time.monotonic() + DEAF

    def _enqueue(self, connection: str, generation: int) -> None:
        with suppress(DuplicateJobError):  # somebody rang already, and nobody has taken the last look yet
            self.queue.enqueue(
                DRAIN,
                connection,
                job_id=f"drain-{connection}-{generation}",
                unique=True,
                result_ttl=0,
                failure_ttl=FAILURE_TTL,
            )


def _readers(message: dict[str, Any] | None) -> frozenset[int]:
    return frozenset(map(int, message["data"].split(b","))) if message else frozenset()
