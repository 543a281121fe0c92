"""One run of the kit: a connector wired to its sandbox, the clock, the books, and everything that was heard on the way."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any

from hub.errors import PartnerError, Refused, RetryLater
from hub.sdk.cases import Case, Closes
from hub.sdk.contracts import DELETE, MERGE, SET_FIELDS, EffectClass, Outcome, Page, Push, Receives, Topic
from hub.sdk.http import PartnerClient
from hub.sdk.kit.interfering import Gate, Interference, serving
from hub.sdk.outcomes import outcome_of
from hub.sdk.recordings import Recorded, recorded_in

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENT, HASTY = (
    (5.0, 10.0),
    (5.0, 0.25),
)  # seconds to connect, and to answer; hasty where an answer has to come too late
NAME, PHONE, MAIL = "Ada Kit", "+491520000000", "kit-mail.example.org"
SOON = timedelta(minutes=10)  # longer than any partner takes until a change shows up
BODY: Mapping[str, Any] = {
    "segment": "kit", "segments": ["kit", "regulars"], "tier": "gold", "text": "Your tier is gold now.",
    "subject": "Your tier", "language": "en", "name": NAME, "phone": PHONE, "how": "archive",
}  # fmt: skip


@dataclass
class Clock:
    """The kit's time: it moves when a check moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Meter:
    """Stands where the shared budget stands: counts who asked it, and says no while it is told to."""

    spent: int = 0
    used_up: float | None = None  # seconds to wait
    heard: list[tuple[str, int]] = field(default_factory=list)

    def spend(self, path: str) -> None:
        if self.used_up is not None:
            raise RetryLater("The partner's limit is used up; its calls wait.", after=self.used_up)
        self.spent += 1

    def hear(self, name: str, remaining: int) -> None:
        self.heard.append((name, remaining))


@dataclass
class Run:
    case: Case
    gate: Gate | None = None
    api: PartnerClient | None = None
    hasty_api: PartnerClient | None = None
    clock: Clock = field(default_factory=Clock)
    meter: Meter = field(default_factory=Meter)
    heard: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    # --- the connector

    @cached_property
    def kind(self) -> Any:
        """The class, on the kit's clock if it has one."""
        made = self.case.connector
        return type(made.__name__, (made,), {"now": staticmethod(self.clock)}) if hasattr(made, "now") else made

    def build(self, secrets: Mapping[str, str] | None = None) -> Any:
        account = self.case.account
        return self.kind(replace(account, api=self.api or account.api, secrets=secrets or account.secrets))

    @cached_property
    def connector(self) -> Any:
        return self.build()

    def has(self, motion: Any) -> bool:
        return isinstance(self.connector, motion)

    @contextmanager
    def hasty(self) -> Iterator[None]:
        """A connector that waits for no answer long."""
        patient, self.api, self.connector = self.api, self.hasty_api, None
        self.connector = self.build()
        try:
            yield
        finally:
            self.api = patient
            del self.connector

    @property
    def desk(self) -> Gate:
        """What stands in front of the sandbox; checks that need one say so in the table."""
        if self.gate is None:
            raise LookupError("there is no sandbox")
        return self.gate

    # --- what comes in

    @cached_property
    def recorded(self) -> Sequence[Recorded]:
        return recorded_in(self.case.payloads) if self.case.payloads is not None else []

    @cached_property
    def payloads(self) -> list[bytes]:
        """Good ones: of recorded webhooks, and of what is fetched."""
        found = []
        if self.has(Receives):
            found += [one.payload for recorded in self.recorded for one in self.connector.verify(recorded.knock)]
        if self.changes is not None and hasattr(self.connector, "fetch"):
            cursor = self.read_all(None)[1]
            self.clock.now += SOON
            self.change(["kit_sample"])
            self.clock.now += SOON
            found += [one.payload for one in self.read_all(cursor)[0]]
        return found

    @property
    def changes(self) -> Any:
        return self.case.sandbox if hasattr(self.case.sandbox, "change") else None

    @property
    def spoils(self) -> Any:
        return self.case.sandbox if hasattr(self.case.sandbox, "spoil") else None

    def change(self, names: Sequence[str], at: datetime | None = None) -> None:
        self.changes.change(self.case.account.secrets.get("token", ""), names, at or self.clock.now)

    def fetch(self, cursor: str | None) -> Page:
        """By a connector that has just been built: nothing but the cursor leads on."""
        page: Page = self.build().fetch(cursor)
        return page

    def read_all(self, cursor: str | None, most: int = 60) -> tuple[list[Any], str | None]:
        """Everything there is for now, and where the next reading goes on. A pass that ends without a cursor is whole."""
        found: list[Any] = []
        for _ in range(most):
            page = self.fetch(cursor)
            found += page.incoming
            cursor = page.cursor
            if not (page.more or (not hasattr(self.kind, "now") and cursor)):
                return found, cursor
        raise RuntimeError("the reading does not end")

    # --- what goes out

    def fresh(self, topic: Topic, many: int) -> list[Push]:
        """Pushes about people nobody knows yet, of one address each; who is to be deleted or merged is made first."""
        numbers = [next(self.numbers) for _ in range(many)]
        if topic.name == MERGE:
            return [self._pair(n) for n in numbers]
        made = [self.push_of(topic.name, n) for n in numbers]
        if topic.name == DELETE:
            self.connector.push([self.push_of(SET_FIELDS, n, "make_") for n in numbers])
        return made

    def _pair(self, n: int) -> Push:
        made = [self.push_of(SET_FIELDS, next(self.numbers), "make_") for _ in range(2)]
        ids = {one.key: one.partner_id for one in self.connector.push(made)}
        lost, kept = (ids[push.key] for push in made)
        return Push(MERGE, f"kit_{n}", f"ref_{n}", lost, {"kind": self.connector.kinds[0], "into": kept}, 1)

    def push_of(self, topic: str, n: int, prefix: str = "", **more: Any) -> Push:
        body: dict[str, Any] = {**BODY, "email": f"ada.{n}@{MAIL}", **more}
        if topic in (SET_FIELDS, DELETE):
            body = {"kind": self.connector.kinds[0], "fields": {self.plain_field: f"kit {n}"}, "how": "archive", **more}
        return Push(topic, f"{prefix}kit_{n}", f"ref_{n}", None, body, 1)

    @cached_property
    def plain_field(self) -> str:
        """A text that may be written and need not be unique, of the first kind that is kept in step."""
        shapes = self.connector.describe(self.connector.kinds[0])
        return next(str(one.name) for one in shapes if one.writable and not one.unique and one.type == "text")

    @cached_property
    def one_of_each(self) -> list[Topic]:
        """A topic per effect class and way of telling: what differs in nothing else is not proved twice."""
        ways = {
            (one.effect, one.name in (SET_FIELDS, DELETE, MERGE) and one.name): one for one in self.connector.topics
        }
        return list(ways.values())

    def effects(self) -> int:
        self.desk.settled()
        return self.case.sandbox.log.count() if self.case.sandbox is not None else 0

    def push(
        self, batch: Sequence[Push], how: Interference | None = None, **given: Any
    ) -> tuple[list[Outcome], PartnerError | None]:
        """The outcomes as the hub would see them, and the error if the batch ended with one."""
        try:
            if how is None:
                outcomes, raised = list(self.connector.push(batch)), None
            else:
                with self.desk.interfering(how, **given):
                    outcomes, raised = list(self.connector.push(batch)), None
        except PartnerError as error:
            raised = error
            told = [one for one in error.outcomes if isinstance(one, Outcome)]
            refused = isinstance(error, Refused)
            outcomes = told or [Outcome(one.key, "refused") if refused else outcome_of(one, error) for one in batch]
            self.heard.append(f"{error!s} {error!r}")
        self.heard += [repr(one) for one in outcomes]
        return outcomes, raised

    @cached_property
    def full_batch(self) -> dict[str, tuple[list[Push], list[Outcome], str, int]]:
        """Per topic: a full batch, its outcomes, how it ended otherwise, and how many effects it had."""
        found = {}
        for topic in self.connector.topics:
            batch, before = self.fresh(topic, self.connector.batch_size), self.effects()
            outcomes, error = self.push(batch)
            found[topic.name] = (batch, outcomes, type(error).__name__ if error else "", self.effects() - before)
        return found

    @cached_property
    def by_http(self) -> bool:
        """Does it speak to its sandbox by HTTP at all?"""
        before = len(self.desk.asked)
        self.push(self.fresh(self.connector.topics[0], 1))
        return len(self.desk.asked) > before

    def repeatable(self, topic: Topic) -> bool:
        return topic.effect in (EffectClass.NATURAL, EffectClass.KEYED)


class _Ear(logging.Handler):
    """Hears this thread alone: the sandbox, whose logs are the partner's affair, is served by others."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.heard, self.thread = heard, threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread:
            self.heard.append(record.getMessage())


@contextmanager
def running(case: Case) -> Iterator[Run]:
    """Serves the sandbox on a free port of loopback, and hears all that is logged meanwhile, at every level."""
    run = Run(case)
    root, ear = logging.getLogger(), _Ear(run.heard)
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        if case.sandbox is None:
            yield run
            return
        if hasattr(case.sandbox, "now"):
            case.sandbox.now = run.clock
        run.gate = Gate(case.sandbox.wsgi)
        token = case.account.secrets.get("token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        usage = getattr(case.connector, "usage", None)
        with serving(run.gate) as url:
            patient, hasty = (
                PartnerClient(url, headers=headers, timeout=timeout, allow_loopback=True, budget=run.meter, usage=usage)
                for timeout in (PATIENT, HASTY)
            )
            with closing(patient), closing(hasty):
                run.api, run.hasty_api = patient, hasty
                yield run
                run.gate.settled()
    finally:
        root.removeHandler(ear)
        root.setLevel(level)
        if isinstance(case.sandbox, Closes):
            case.sandbox.close()
