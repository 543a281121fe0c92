"""The protocols of everything a plugin may bring or ask for; the hub calls objects, never modules."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from hub.sdk.budget import Meters
from hub.sdk.questions import Decision as Decision
from hub.sdk.questions import Question as Question
from hub.sdk.record_kinds import Record
from hub.sdk.sandboxes import Sandbox as Sandbox

Kind = Literal["shop", "crm", "fleet", "loyalty", "channel", "import", "webhook"]


# --- partners: what comes in ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Knock:
    """A webhook request as it arrived. url: the public URL the partner called; headers: names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True)
class Incoming:
    """One thing the partner told us. key: dedupe key, of *signed* bytes only. entity: whom it is about, in their words;
    deliveries of one are processed in order. at, version: their own, if any."""

    key: str
    entity: str
    payload: bytes
    at: datetime | None = None
    version: int | None = None


@dataclass(frozen=True)
class Answer:
    """What the partner expects to hear once its bytes are safe."""

    status: int = 202
    body: bytes = b'{"status":"accepted"}'
    content_type: str = "application/json"


@runtime_checkable
class Receives(Protocol):
    def verify(self, knock: Knock) -> Sequence[Incoming]:
        """Check the raw bytes and split them; raises WrongSignature, NotJson, WrongInput."""

    def answer(self, knock: Knock) -> Answer: ...


@runtime_checkable
class Normalises(Protocol):
    def normalise(self, payload: bytes) -> Iterable[Record]:
        """The partner's words into ours; raises WrongInput when they make no sense."""


@runtime_checkable
class TakesMail(Protocol):
    def letter(self, raw: bytes, received_at: datetime) -> Sequence[Incoming]:
        """A mail that came back to us by our own door: a reply, a bounce. Raises WrongInput when it answers none of ours."""


@dataclass(frozen=True)
class Page:
    """cursor: where the next fetch goes on, at most 400 characters, to be committed with the page; None starts anew.

    more: the next page can be read at once; else all has been read for now. resync: the partner's log no longer reaches
    back to where we were, so only a comparison of both sides (Lists) can tell what was missed, deletions above all."""

    incoming: Sequence[Incoming]
    cursor: str | None
    more: bool = False
    resync: bool = False


@dataclass(frozen=True)
class RowProblem:
    """One bad value of a file: where (line from 1, column name), what is wrong, how to mend it. No value of a person."""

    line: int
    column: str
    reason: str
    hint: str


@dataclass(frozen=True)
class ImportPage:
    """A stretch of a file. rows: good rows in `incoming`; problems: the bad ones beside them."""

    rows: int
    incoming: Incoming | None
    problems: Sequence[RowProblem]


@runtime_checkable
class Imports(Protocol):
    def read(self, path: Path, mapping: Mapping[str, Any] | Any) -> Iterator[ImportPage]:
        """Stream a file as pages; raises WrongInput when it is no such file at all."""


@dataclass(frozen=True)
class Bounds:
    """What rows are judged by. branches: codes that are known. residences: countries whose people are kept here; empty: all."""

    branches: Collection[str]
    residences: Collection[str]
    now: datetime


@runtime_checkable
class TakesRows(Protocol):
    """Rows of the garage's own system, checked by hub.sdk.rows before: by the API, and from files of history."""

    def incoming(self, row: Mapping[str, Any]) -> Incoming:
        """One row for the inbox; its key is the same whenever the same version of the same thing is told."""

    def history(self, path: Path, bounds: Bounds) -> Iterator[ImportPage]:
        """Stream a file of rows as pages; raises WrongInput when it is no such file at all."""


@runtime_checkable
class Fetches(Protocol):
    def fetch(self, cursor: str | None) -> Page:
        """What changed at the partner since, as the same payloads that `normalise` and `observe` read. Pages may overlap:
        an Incoming that is told twice has the same key."""


# --- partners: what goes out ---------------------------------------------------------------------------------------


class EffectClass(StrEnum):
    """What may be done when nobody knows whether a push arrived.

    keyed: push again, the partner takes our key. natural: push again, it sets a state. askable: ask by our reference
    first. blind: nobody can tell; the topic's rule decides, and it is counted."""

    KEYED = "keyed"
    NATURAL = "natural"
    ASKABLE = "askable"
    BLIND = "blind"


@dataclass(frozen=True)
class Topic:
    """One kind of push a connector takes. purpose: what the policy is asked about. fields: personal fields it needs.

    repeat_blind: a blind push whose fate is unknown is sent again under the same key (at least once); else it settles
    as `unknown` (at most once)."""

    name: str
    effect: EffectClass
    purpose: str
    fields: tuple[str, ...] = ()
    channel: str = "api"
    repeat_blind: bool = False


SET_FIELDS, DELETE = "set_fields", "delete"  # topics of every connector that keeps objects in step (Lists)
MERGE = "merge"  # of those among them whose partner lets an app merge two objects


@dataclass(frozen=True)
class Push:
    """One message, rendered. key: the same at every attempt. entity: our random ref of whom it is about.

    `set_fields` has the body {kind, fields: {partner's name: text or None}}: it updates `partner_id`, or else creates or
    updates by our ref. `delete` has {kind, how: archive | erase}; both set a state, so they are natural. ref: ours of the
    object, where it is not the customer; then `delete` empties `fields` before it archives. links: {other kind: {add: [their
    ids], remove: [...]}}, told after the fields. What is told of a segment has members: {their list: is the customer on it}.

    `merge` has {kind, into: their id}: `partner_id` becomes part of that one, also when it is so already; the outcome's
    partner_id is the id that both have afterwards."""

    topic: str
    key: str
    entity: str
    partner_id: str | None
    body: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True)
class Outcome:
    """What became of one push. state `retry` waits `after` seconds (None: our own backoff); `unknown` may have happened.
    kept_out: fields of a `set_fields` that was sent which the partner does not take, and will not take another time;
    `links.<kind>` where it does not take a link to an object of that kind."""

    key: str
    state: Literal["sent", "retry", "refused", "gone", "unknown"]
    reason: str = ""
    after: float | None = None
    partner_id: str | None = None
    kept_out: tuple[str, ...] = ()


@runtime_checkable
class Pushes(Protocol):
    batch_size: ClassVar[int]

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        """Tell the partner; one Outcome per Push. May raise PartnerError for the batch as a whole."""


@runtime_checkable
class Asks(Protocol):
    def ask(self, batch: Sequence[Push]) -> Mapping[str, bool]:
        """Of these keys: did the partner get it? (askable topics, before a repeat)"""


@runtime_checkable
class TakesLoads(Protocol):
    """A partner with another way for very many: where three quarters of `load_size` wait, the hub claims up to `load_size` pushes
    at once, more than `batch_size`."""

    load_size: ClassVar[int]


class Api(Protocol):
    """How a connector talks to its partner: hub.sdk.http.PartnerClient fits, and so does a test's own."""

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any: ...


@dataclass(frozen=True)
class Account:
    """One partner account in one region: what a connector is built from. meters: asked before each call, which `api` does."""

    connection: str
    region: str
    api: Api
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    meters: Meters | None = field(default=None, repr=False)


class Connector(Protocol):
    """A class whose instance serves one Connection, with what it has of Receives, Normalises, Fetches, Pushes and Asks."""

    name: ClassVar[str]
    kind: ClassVar[Kind]
    topics: ClassVar[tuple[Topic, ...]]

    def __init__(self, account: Account) -> None: ...


class Channel(Connector, Protocol):
    """A connector that speaks to people (mail, SMS): kind `channel`."""

    def address_of(self, fields: Mapping[str, str]) -> str | None:
        """Where this person is reached, or None."""


# --- what plugins get in their hands -------------------------------------------------------------------------------


class Work(Protocol):
    """One open transaction of one region."""

    @property
    def session(self) -> Any: ...

    @property
    def now(self) -> datetime: ...

    def ring(self, connection: str) -> None:
        """Wake the drain of this connection once the transaction has been committed."""


class Hub(Protocol):
    """All parts of one region's process, put together once."""

    @property
    def region_code(self) -> str: ...

    def begin(self) -> Any:
        """A context manager that yields a Work and commits it, or rolls it back."""

    def permits(self, question: Question) -> Decision: ...
