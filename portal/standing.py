"""How the region stands, in the shape the operations desk shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from redis.exceptions import RedisError
from rq import Worker

from hub.core import Hub
from hub.status import status_of

GOAL = 5.0  # seconds that a delivery or message may wait
ENDS = (60.0, 600.0, 3600.0, 86_400.0, 2_592_000.0)  # of the lag's scale: the end moves, the axis is never bent
Health = Literal["well", "slow", "resting", "paused", "parked", "off"]


@dataclass(frozen=True)
class Line:
    """One connection. lag in seconds; rest_until: when a resting partner is tried again."""

    name: str
    connector: str
    health: Health
    lag: float
    waiting_in: int
    done: int
    waiting_out: int
    sent: int
    doubtful: int
    letters: int
    reason: str
    rest_until: datetime | None
    pushed_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """workers: None when Valkey does not say. segments: (name, members, or None while it is being counted). counted_at:
    when customers and members were counted; None: now."""

    now: datetime
    lag: float
    waiting_in: int
    waiting_out: int
    clock: bool
    valkey: bool
    workers: int | None
    workers_wanted: int
    customers: int
    counted_at: datetime | None
    segments: tuple[tuple[str, int | None], ...]
    policies: int
    wrong: str
    lines: tuple[Line, ...]

    @property
    def letters(self) -> int:
        return sum(line.letters for line in self.lines)

    @property
    def scale_end(self) -> float:
        return next((end for end in ENDS if self.lag <= end), self.lag)

    @property
    def stands(self) -> bool:
        """Nothing moves: no clock, no Valkey or no worker."""
        return not (self.clock and self.valkey and self.workers)


def standing_of(hub: Hub) -> Standing:
    status = status_of(hub)
    lines = tuple(map(_line, status["connections"]))
    book = hub.book.current()
    return Standing(
        now=hub.clock(),
        lag=max((line.lag for line in lines), default=0.0),
        waiting_in=sum(line.waiting_in for line in lines),
        waiting_out=sum(line.waiting_out for line in lines),
        clock=status["clock"],
        valkey=status["valkey"],
        workers=_workers(hub),
        workers_wanted=hub.here.workers,
        customers=status["customers"],
        counted_at=_moment(status["counted_at"]),
        segments=_segments(status),
        policies=len(book.policies),
        wrong=status["configuration"]["wrong"],
        lines=lines,
    )


def _line(one: Mapping[str, Any]) -> Line:
    inbox, outbox = one["inbox"], one["outbox"]
    health: Health = "slow" if one["health"] == "well" and one["lag"] > GOAL else one["health"]
    return Line(
        name=one["name"],
        connector=one["connector"],
        health=health,
        lag=one["lag"],
        waiting_in=inbox.get("waiting", 0),
        done=inbox.get("done", 0),
        waiting_out=outbox.get("waiting", 0) + outbox.get("claimed", 0),
        sent=outbox.get("sent", 0),
        doubtful=outbox.get("unknown", 0),
        letters=one["dead_letters"],
        reason=one["reason"],
        rest_until=_moment(one["rest_until"]),
        pushed_at=_moment(one["pushed_at"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _segments(status: Mapping[str, Any]) -> tuple[tuple[str, int | None], ...]:
    due = set(status["segments_due"])
    members: Mapping[str, int] = status["memberships"]
    return tuple((name, None if name in due else members.get(name, 0)) for name in sorted(due | set(members)))


def _workers(hub: Hub) -> int | None:
    try:
        return len(Worker.all(queue=hub.bell.queue))
    except RedisError:
        return None
