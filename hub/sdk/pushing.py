"""The kit's checks of what goes out, judged by the books of the partner's sandbox."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import Any, Protocol

from werkzeug.serving import WSGIRequestHandler, make_server

from hub.errors import AuthBroken, PartnerError, Refused
from hub.sdk.checks import Notebook
from hub.sdk.contracts import DELETE, SET_FIELDS, Account, Asks, EffectClass, Outcome, Push, Topic
from hub.sdk.effects_log import EffectsLog
from hub.sdk.faults import FaultDial, Faults
from hub.sdk.http import PartnerClient
from hub.sdk.outcomes import outcome_of

BODY = {
    "segment": "kit", "segments": ["kit", "regulars"], "tier": "gold", "text": "Your tier is gold now.",
    "name": "Ada Kit", "phone": "+491520000000", "how": "archive",
}  # fmt: skip
TIMEOUT = (2.0, 0.4)  # seconds
WISH = 7.0  # seconds a busy sandbox asks for
MAY = frozenset({"retry", "unknown"})
REPEATABLE = (EffectClass.NATURAL, EffectClass.KEYED)


class Judged(Protocol):
    """A sandbox that keeps books."""

    log: EffectsLog

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...


class Gate:
    """In front of the sandbox: one fixed status for everybody, while it is set. It knows who is still inside: a call that
    its caller gave up has its effect late, and must not be counted for the next one."""

    def __init__(self, app: FaultDial) -> None:
        self.app = app
        self.status = ""
        self.inside = 0
        self.quiet = threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self.status:
            with self.quiet:
                self.inside += 1
            try:
                return self.app(environ, start_response)
            finally:
                with self.quiet:
                    self.inside -= 1
                    self.quiet.notify_all()
        start_response(self.status, [("Content-Type", "application/json")])
        return [b'{"code": "kit", "category": "KIT"}']


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """The kit's own requests are nobody's news."""


@dataclass
class Bench:
    """A connector wired to its sandbox, with the dial in reach."""

    connector: Any
    sandbox: Judged
    gate: Gate
    book: Notebook
    numbers: Iterator[int]

    def fresh(self, topic: Topic, many: int) -> list[Push]:
        """Pushes about people nobody knows yet, of one address each; who is to be deleted is made first."""
        numbers = [next(self.numbers) for _ in range(many)]
        made = [self._push(topic.name, n) for n in numbers]
        if topic.name == DELETE:
            self.connector.push([self._push(SET_FIELDS, n, "make_") for n in numbers])
        return made

    def _push(self, topic: str, n: int, prefix: str = "") -> Push:
        body: dict[str, Any] = {**BODY, "email": f"ada.{n}@example.org"}
        if topic in (SET_FIELDS, DELETE):
            body |= {"kind": self.connector.kinds[0], "fields": {self.plain_field: f"kit {n}"}}
        return Push(topic, f"{prefix}kit_{n}", f"ref_{n}", None, body, 1)

    @cached_property
    def plain_field(self) -> str:
        """A text that may be written and need not be unique, of the first kind that is kept in step."""
        shapes = self.connector.describe(self.connector.kinds[0])
        return next(str(one.name) for one in shapes if one.writable and not one.unique and one.type == "text")

    def effects(self) -> int:
        with self.gate.quiet:
            self.gate.quiet.wait_for(lambda: self.gate.inside == 0, timeout=5.0)
        return len(self.sandbox.log.rows())

    def push(
        self, batch: Sequence[Push], status: str = "", **faults: float
    ) -> tuple[list[Outcome], PartnerError | None]:
        """The outcomes as the hub would see them, and the error if the batch ended with one."""
        self.gate.status, self.gate.app.faults = status, Faults(**faults)
        try:
            outcomes, raised = list(self.connector.push(batch)), None
        except PartnerError as error:
            raised = error
            told = [one for one in error.outcomes if isinstance(one, Outcome)]
            whole = Refused if isinstance(error, Refused) else PartnerError
            outcomes = told or [
                Outcome(push.key, "refused") if whole is Refused else outcome_of(push, error) for push in batch
            ]
            self.book.heard.append(f"{error!s} {error!r}")
        finally:
            self.gate.status, self.gate.app.faults = "", Faults()
        self.book.heard += [repr(one) for one in outcomes]
        return outcomes, raised


@contextmanager
def bench(book: Notebook, build: Callable[[Account], Any], account: Account, sandbox: Judged) -> Iterator[Bench]:
    """Serves the sandbox on a free port of loopback while it is open."""
    gate = Gate(FaultDial(sandbox.wsgi, seed=1))
    server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    headers = {"Authorization": f"Bearer {account.secrets.get('token', '')}"}
    client = PartnerClient(f"http://127.0.0.1:{server.port}", headers=headers, timeout=TIMEOUT, allow_loopback=True)
    try:
        with closing(client):
            yield Bench(build(replace(account, api=client)), sandbox, gate, book, count(1))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def check_pushes(desk: Bench) -> None:
    book, connector = desk.book, desk.connector
    size = getattr(connector, "batch_size", 0)
    book.check("batch_size is a number from 1 to 1000", lambda: "" if 1 <= size <= 1000 else f"is {size}")
    book.check("there are topics to push", lambda: "" if connector.topics else "topics is empty")
    for topic in connector.topics:
        _check_topic(desk, topic, size)
        _check_faults(desk, topic)


def _check_topic(desk: Bench, topic: Topic, size: int) -> None:
    desk.book.check(f"{topic.name}: a full batch arrives, one outcome each", lambda: _full(desk, topic, size))
    desk.book.check(f"{topic.name}: is {topic.effect}", lambda: _effect(desk, topic))


def _full(desk: Bench, topic: Topic, size: int) -> str:
    batch, before = desk.fresh(topic, size), desk.effects()
    outcomes, error = desk.push(batch)
    if error is not None:
        return f"raised {type(error).__name__}"
    if sorted(one.key for one in outcomes) != sorted(push.key for push in batch):
        return f"{len(outcomes)} outcomes for {size} pushes, or of other keys"
    lost = {one.state for one in outcomes} - {"sent"}
    if lost:
        return f"some are {', '.join(sorted(lost))}"
    return "" if desk.effects() - before >= size else "told as sent, and the partner knows nothing"


def _effect(desk: Bench, topic: Topic) -> str:
    """Natural and keyed: twice is once. Askable: the partner knows before and after. Blind claims nothing but arrival."""
    batch, before = desk.fresh(topic, 1), desk.effects()
    asks = topic.effect is EffectClass.ASKABLE
    if asks and not isinstance(desk.connector, Asks):
        return "an askable topic needs ask()"
    if asks and desk.connector.ask(batch) != {batch[0].key: False}:
        return "ask() finds what was never pushed"
    desk.push(batch)
    once = desk.effects()
    if once == before:
        return "a push had no effect"
    if asks and desk.connector.ask(batch) != {batch[0].key: True}:
        return "ask() does not find what was pushed"
    if topic.effect in REPEATABLE:
        desk.push([replace(push, attempt=2) for push in batch])
        return "" if desk.effects() == once else "a repeat had a second effect"
    return ""


def _check_faults(desk: Bench, topic: Topic) -> None:
    """hidden: the effect happened and the answer is lost; only a repeatable topic may simply be told to retry."""
    hidden = MAY if topic.effect in REPEATABLE else frozenset({"unknown"})
    for what, faults, allowed in (
        ("busy (429)", {"busy": 1.0, "retry_after": WISH}, frozenset({"retry"})),
        ("failing (500)", {"failing": 1.0}, MAY),
        ("a reset before the effect", {"reset_before": 1.0}, MAY),
        ("a reset after the effect", {"reset_after": 1.0}, hidden),
        ("a page instead of JSON", {"page": 1.0}, hidden),
        ("no answer in time", {"latency": TIMEOUT[1] * 1.5}, hidden),
    ):
        desk.book.check(
            f"{topic.name}: {what} is {' or '.join(sorted(allowed))}",
            lambda faults=faults, allowed=allowed: _fate(desk, topic, allowed, faults),  # type: ignore[misc]
        )
    desk.book.check(f"{topic.name}: 429 waits as long as asked", lambda: _waits(desk, topic))
    desk.book.check(f"{topic.name}: 401 is AuthBroken", lambda: _broken_key(desk, topic))
    desk.book.check(
        f"{topic.name}: 400 is refused", lambda: _fate(desk, topic, frozenset({"refused"}), {}, "400 Bad Request")
    )


def _fate(desk: Bench, topic: Topic, allowed: frozenset[str], faults: dict[str, float], status: str = "") -> str:
    outcomes, _ = desk.push(desk.fresh(topic, 1), status, **faults)
    states = {one.state for one in outcomes}
    return "" if states and states <= allowed else f"is {', '.join(sorted(states)) or 'nothing'}"


def _waits(desk: Bench, topic: Topic) -> str:
    outcomes, _ = desk.push(desk.fresh(topic, 1), busy=1.0, retry_after=WISH)
    waits = [one.after or 0.0 for one in outcomes]
    return "" if waits and all(WISH - 2 <= wait <= WISH for wait in waits) else f"waits {waits} for a wish of {WISH}"


def _broken_key(desk: Bench, topic: Topic) -> str:
    _, error = desk.push(desk.fresh(topic, 1), "401 Unauthorized")
    return "" if isinstance(error, AuthBroken) else f"is {type(error).__name__ if error else 'no error'}"
