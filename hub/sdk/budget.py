"""A partner's limits, kept by all workers together: one token bucket or count per window, in Valkey, taken as one."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol

from redis.exceptions import RedisError

from hub.errors import RetryLater

PACED = 60.0  # seconds; a longer window is counted in slices
SLICES = 24
LATER = 5.0  # seconds to wait when Valkey does not answer
_backfill: ContextVar[bool] = ContextVar("backfill", default=False)

# One call takes from every window or from none. A bucket nobody knows (a flush) starts empty: it waits, it never bursts.
# Windows that are counted hold one number per slice; a slice more than the window has makes the count a little too high.
TAKE = """
local now = tonumber(ARGV[1])
if not now then local t = redis.call('TIME'); now = t[1] + t[2] / 1000000 end
local backfill, slices = ARGV[2] == '1', tonumber(ARGV[3])
local wait, writes = 0, {}
for i = 4, #ARGV, 6 do
  local name, limit, seconds = ARGV[i], tonumber(ARGV[i+1]), tonumber(ARGV[i+2])
  local cap, rate, reserve = tonumber(ARGV[i+3]), tonumber(ARGV[i+4]), tonumber(ARGV[i+5])
  if rate > 0 then
    local lanes = {{name, rate}}
    if backfill then lanes[2] = {name .. ':backfill', rate * (1 - reserve)} end
    for _, lane in ipairs(lanes) do
      local known = redis.call('HMGET', KEYS[1], lane[1], lane[1] .. ':at')
      local level, at = tonumber(known[1]) or 0, tonumber(known[2]) or now
      level = math.min(cap, level + math.max(0, now - at) * lane[2])
      if level < 1 then wait = math.max(wait, (1 - level) / lane[2]) end
      writes[#writes + 1] = {lane[1], level, math.max(now, at)}
    end
  else
    local width = seconds / slices
    local slice = math.floor(now / width)
    local used = tonumber(redis.call('HGET', KEYS[1], name .. ':heard') or 0)
    local heard = tonumber(redis.call('HGET', KEYS[1], name .. ':heard_at') or 0)
    local ours = 0
    for s = slice - slices, slice do ours = ours + tonumber(redis.call('HGET', KEYS[1], name .. ':' .. s) or 0) end
    if heard < now - width then used = 0 end
    local most = limit
    if backfill then most = limit * (1 - reserve) end
    if math.max(used, ours) + 1 > most then wait = math.max(wait, width - now % width) end
    writes[#writes + 1] = {name, slice}
  end
end
for _, one in ipairs(writes) do
  if one[3] then
    local left = one[2]
    if wait == 0 then left = left - 1 end
    redis.call('HSET', KEYS[1], one[1], string.format('%.9f', left), one[1] .. ':at', string.format('%.6f', one[3]))
  elseif wait == 0 then
    redis.call('HINCRBY', KEYS[1], one[1] .. ':' .. one[2], 1)
    redis.call('HINCRBY', KEYS[1], one[1] .. ':heard', 1)
    redis.call('HDEL', KEYS[1], one[1] .. ':' .. (one[2] - slices - 1))
  end
end
redis.call('EXPIRE', KEYS[1], 172800)
if wait > 0 then wait = math.max(wait, 0.001) end
return string.format('%.9f', wait)
"""

# What the partner says counts if it is less than we believed: somebody else may use the same account.
HEAR = """
local now = tonumber(ARGV[1])
if not now then local t = redis.call('TIME'); now = t[1] + t[2] / 1000000 end
local name, remaining, limit = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if ARGV[5] == 'paced' then
  local level = tonumber(redis.call('HGET', KEYS[1], name) or 0)
  if remaining < level then redis.call('HSET', KEYS[1], name, tostring(remaining)) end
else
  redis.call('HSET', KEYS[1], name .. ':heard', math.max(0, limit - remaining), name .. ':heard_at', string.format('%.6f', now))
end
return 1
"""


@dataclass(frozen=True)
class Window:
    """At most `limit` calls in any `seconds`, counted when they arrive. only: of paths that hold these words.

    A bucket of `cap` tokens lets cap + rate * span calls pass in a span; requests may be under way for different times, at
    most `slack` seconds apart. The rate follows from cap + rate * (seconds + slack) = limit, so no span of arrivals of
    `seconds` can hold more than the limit. reserve: the share that is kept from backfill."""

    name: str
    limit: int
    seconds: float
    only: str = ""
    cap: int = 4
    slack: float = 0.2
    reserve: float = 0.25

    def __post_init__(self) -> None:
        if not 1 <= self.cap <= 9 or self.cap >= self.limit:
            raise ValueError("a bucket holds 1 to 9 tokens, and fewer than the limit")

    @property
    def paced(self) -> bool:
        return self.seconds <= PACED

    @property
    def rate(self) -> float:
        """Calls per second; 0 for a window that is counted."""
        return (self.limit - self.cap) / (self.seconds + self.slack) if self.paced else 0.0

    def share(self, part: float) -> "Window":
        """This region's fixed part of an account that several regions use: they share no Valkey, so they divide before."""
        limit = int(self.limit * part)
        return replace(self, limit=limit, cap=max(1, min(self.cap, limit - 1)))


@contextmanager
def backfill() -> Iterator[None]:
    """What is asked inside may wait: a part of each window stays free for what happens now."""
    token = _backfill.set(True)
    try:
        yield
    finally:
        _backfill.reset(token)


@dataclass(frozen=True)
class Used:
    """How much of a window is taken now. limit: calls in any `seconds`; used: of them, as far as we know."""

    name: str
    used: int
    limit: int
    seconds: float


class Meters(Protocol):
    """What a client asks before each call (`spend` waits or raises RetryLater) and tells what the partner says is left."""

    def spend(self, path: str) -> None: ...

    def hear(self, name: str, remaining: int) -> None: ...


class Budget:
    """redis: of this region. account: names the bucket. patience: the most seconds to wait here, beyond it RetryLater."""

    def __init__(
        self,
        redis: Any,
        account: str,
        windows: Sequence[Window],
        *,
        patience: float = 5.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.redis = redis
        self.key = f"hub:budget:{account}"
        self.windows = tuple(windows)
        self.patience = patience
        self.sleep = sleep
        self.now = now
        self._take = redis.register_script(TAKE)
        self._hear = redis.register_script(HEAR)

    def take(self, path: str = "") -> float:
        """Seconds to wait before asking again; 0 when a call may go out now, which must then go out at once."""
        given: list[Any] = [self.now() if self.now else "", int(_backfill.get()), SLICES]
        for one in self.windows:
            if one.only in path:
                given += [one.name, one.limit, one.seconds, one.cap, one.rate, one.reserve]
        return float(self._take(keys=[self.key], args=given))

    def spend(self, path: str) -> None:
        """Wait for a place. Raises RetryLater when that would take too long, or when nobody can tell."""
        waited = 0.0
        try:
            while wait := self.take(path):
                if waited + wait > self.patience:
                    raise RetryLater("The partner's limit is used up; its calls wait.", after=wait)
                self.sleep(wait)
                waited += wait
        except RedisError as error:
            raise RetryLater("The shared budget of this partner cannot be asked.", after=LATER) from error

    def hear(self, name: str, remaining: int) -> None:
        """The partner says how many calls are left in one of its windows. Nobody waits for Valkey here."""
        window = next((one for one in self.windows if one.name == name), None)
        if window is None:
            return
        given = [self.now() if self.now else "", name, remaining, window.limit, "paced" if window.paced else "counted"]
        try:
            self._hear(keys=[self.key], args=given)
        except RedisError:
            return

    def used(self) -> list[Used]:
        """Each window as it stands, for people to look at; nothing is taken. Raises RedisError."""
        known = {name.decode(): float(value) for name, value in self.redis.hgetall(self.key).items()}
        now = self.now() if self.now else float("{}.{:06}".format(*self.redis.time()))
        return [Used(one.name, self._of(one, known, now), one.limit, one.seconds) for one in self.windows]

    def _of(self, one: Window, known: Mapping[str, float], now: float) -> int:
        """What TAKE would count: tokens that are not back yet, or the slices of the window."""
        if one.paced:
            level = known.get(one.name, 0.0) + max(0.0, now - known.get(f"{one.name}:at", now)) * one.rate
            return round((1 - min(one.cap, level) / one.cap) * one.limit) if one.name in known else 0
        width = one.seconds / SLICES
        last = int(now // width)
        ours = sum(known.get(f"{one.name}:{slice_}", 0.0) for slice_ in range(last - SLICES, last + 1))
        heard = known.get(f"{one.name}:heard", 0.0) if known.get(f"{one.name}:heard_at", 0.0) >= now - width else 0.0
        return int(max(ours, heard))
