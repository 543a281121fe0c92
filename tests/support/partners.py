"""Partners for a test: the loyalty club that tells us things by signed webhooks, and connectors that note what they are told."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from rq.job import Job

from apps import lent
from hub import clock, jobs
from hub.core import Hub
from hub.sdk import Account, Connector, Kind, Outcome, Push, Topic, sign

Tell = Callable[..., Any]
ENDLESS = 30  # rounds of bells


@dataclass
class Partnered:
    """In front of a real connector: `answers` is drawn from for each batch, and pushes are noted; it receives as before."""

    real: Connector
    told: list[Push] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    there: set[str] = field(default_factory=set)
    name: ClassVar[str] = "noting"
    batch_size: ClassVar[int] = 10

    def __post_init__(self) -> None:
        """What the real one can do stands in the instance: a protocol is not looked for by __getattr__ (since Python 3.12)."""
        own = set(dir(type(self))) | vars(self).keys()
        vars(self).update(
            {name: getattr(self.real, name) for name in dir(self.real) if not (name[0] == "_" or name in own)}
        )

    @property
    def kind(self) -> Kind:
        return self.real.kind

    @property
    def topics(self) -> tuple[Topic, ...]:
        return self.real.topics

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        answer = self.answers.pop(0) if self.answers else "sent"
        if isinstance(answer, Exception):
            raise answer
        self.told += batch
        return [Outcome(push.key, answer) for push in batch]

    def ask(self, batch: Sequence[Push]) -> dict[str, bool]:
        return {push.key: push.key in self.there for push in batch}


@pytest.fixture
def noting(hub: Hub) -> dict[str, Partnered]:
    """Every connection that is told of something gets a noting connector with the topics of the real one."""
    notes = {}
    for name, partner in list(hub.partners.items()):
        if partner.settings.hears:
            notes[name] = Partnered(partner.connector)
            hub.partners[name] = replace(partner, connector=notes[name])  # type: ignore[index]
    return notes


@pytest.fixture
def app(hub: Hub) -> Iterator[Flask]:
    with lent(hub) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def told_by_club(app: Flask, hub: Hub, clock: Callable[[], datetime]) -> Tell:
    """The club sends a signed webhook; unless `drain=False` it is taken through at once. Answers the response."""
    sent: list[str] = []

    def tell(kind: str = "member.enrolled", *, message_id: str | None = None, drain: bool = True, **data: Any) -> Any:
        at = clock()
        body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": data}).encode()
        sent.append(message_id or f"msg_{len(sent)}")
        headers = sign(secret(hub, "CLUB_WEBHOOK_SECRET"), sent[-1], at, body)
        answer = app.test_client().post(
            "/webhooks/club", data=body, headers={"Content-Type": "application/json", **headers}
        )
        if drain:
            drain_all(hub)
        return answer

    return tell


def drain_all(hub: Hub) -> None:
    """What workers would do: drain whoever's bell rang, the sweep's bells for what is due included, until none rings."""
    jobs.serve(hub)
    with hub.begin() as work:
        hub.bell.ring(clock.overdue(hub, work))
    for _ in range(ENDLESS):
        bells = hub.bell.queue.get_job_ids()
        if not bells:
            return
        rung = {bell.removeprefix("drain-").rpartition("-")[0] for bell in bells}
        for name in hub.partners:
            if name in rung:
                jobs.drain(name)
        for bell in bells:  # only now, as RQ does it: whoever rings while a bell is followed rings the same one
            hub.bell.queue.remove(bell)
            hub.bell.redis.delete(Job.key_for(bell))
    raise AssertionError(f"bells ring without end: {hub.bell.queue.get_job_ids()}")


def secret(hub: Hub, name: str) -> str:
    return hub.settings.secrets_of(hub.region_code)[name]


def an_account(**given: Any) -> Account:
    return Account(**{"connection": "test", "region": "eu", "api": None, "secrets": {}, "options": {}, **given})


DICE = Random(1)
