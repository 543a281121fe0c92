"""Checks of a connector's shape: what it is called, what it can do, and that it can be proved at all."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from hub.sdk.budget import Window
from hub.sdk.contracts import (
    DELETE,
    SET_FIELDS,
    EffectClass,
    Fetches,
    Imports,
    Kind,
    Normalises,
    Pushes,
    Receives,
    TakesRows,
    Topic,
)
from hub.sdk.kit.run import Run
from hub.sdk.kit.table import TABLE, Level, check
from hub.sdk.objects import Describes, Lists

WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOTIONS = (Receives, Normalises, Fetches, Pushes, Imports, TakesRows)


def anyone(run: Run) -> str:
    return ""


def pushes(run: Run) -> str:
    if not run.has(Pushes):
        return "it pushes nothing"
    return "" if run.gate is not None else "there is no sandbox"


def pushes_by_http(run: Run) -> str:
    return pushes(run) or ("" if run.by_http else "it does not speak HTTP")


def receives(run: Run) -> str:
    return "" if run.has(Receives) else "it receives no webhooks"


def normalises(run: Run) -> str:
    if not run.has(Normalises):
        return "it makes no records"
    return "" if run.payloads else "nothing comes in"


def fetches(run: Run) -> str:
    if not run.has(Fetches):
        return "it fetches nothing"
    return "" if run.changes is not None and run.gate is not None else "the sandbox cannot be made to change"


def on_a_clock(run: Run) -> str:
    return fetches(run) or ("" if hasattr(run.kind, "now") else "it reads by id, not by time")


def keeps_in_step(run: Run) -> str:
    topics = {one.name for one in run.connector.topics}
    if not (run.has(Lists) and run.has(Describes) and SET_FIELDS in topics):
        return "it keeps no objects in step"
    return "" if run.gate is not None else "there is no sandbox"


@check("shape.name", "its name is a lower-case word", Level.BRONZE, anyone)
def _name(run: Run) -> Iterator[str]:
    """The name stands in files, URLs and logs, so it must be safe in all of them."""
    if not WORD.fullmatch(str(getattr(run.kind, "name", ""))):
        yield "it is not"


@check("shape.kind", "its kind is one the hub knows", Level.BRONZE, anyone)
def _kind(run: Run) -> Iterator[str]:
    """Policies and pages speak of kinds; an unknown one would fall through all of them."""
    if getattr(run.kind, "kind", None) not in get_args(Kind):
        yield f"it is none of {', '.join(get_args(Kind))}"


@check("shape.topics", "its topics are well-formed", Level.BRONZE, anyone)
def _topics(run: Run) -> Iterator[str]:
    """A topic says what may be done when nobody knows whether a push arrived, and for which purpose it may be sent."""
    topics: Any = getattr(run.kind, "topics", None)
    if not isinstance(topics, tuple) or not all(isinstance(one, Topic) for one in topics):
        yield "topics is no tuple of Topic"
        return
    names = [one.name for one in topics]
    if len(set(names)) != len(names) or not all(WORD.fullmatch(name) for name in names):
        yield "names of topics are lower-case words, each once"
    for one in topics:
        if not isinstance(one.effect, EffectClass) or not WORD.fullmatch(one.purpose):
            yield f"{one.name} needs an effect class and a purpose"
        elif one.repeat_blind and one.effect is not EffectClass.BLIND:
            yield f"repeat_blind belongs to blind topics, not to {one.name}"


@check("shape.built", "it is built from an account", Level.BRONZE, anyone)
def _built(run: Run) -> Iterator[str]:
    """The hub builds one object per connection; whatever is missing must be told as an error of the configuration."""
    if not any(isinstance(run.build(), motion) for motion in MOTIONS):
        yield "it does nothing of what connectors do"


@check("shape.quiet", "building it asks nobody", Level.SILVER, anyone)
def _quiet(run: Run) -> Iterator[str]:
    """A hub starts while a partner is away."""
    before = len(run.gate.asked) if run.gate is not None else 0
    run.build()
    if run.gate is not None and len(run.gate.asked) > before:
        yield "the partner was called"


@check("shape.batch", "its batches have 1 to 1000 pushes", Level.BRONZE, pushes)
def _batch(run: Run) -> Iterator[str]:
    """The hub cuts batches to this size."""
    size = getattr(run.kind, "batch_size", 0)
    if not isinstance(size, int) or not 1 <= size <= 1000:
        yield f"batch_size is {size}"


@check("shape.pushes", "what has topics pushes, and what pushes has topics", Level.BRONZE, anyone)
def _pushes(run: Run) -> Iterator[str]:
    """A message for a topic that nobody pushes would wait for ever."""
    if run.has(Pushes) != bool(run.connector.topics):
        yield "it has topics and no push()" if run.connector.topics else "it has push() and no topics"


@check("shape.recorded", "webhooks are recorded", Level.BRONZE, receives)
def _recorded(run: Run) -> Iterator[str]:
    """What a connector can do and nothing was given for is not proved."""
    if not run.recorded:
        yield "there is no payload to verify"


@check("shape.sandbox", "a sandbox judges what it pushes and fetches", Level.BRONZE, anyone)
def _sandbox(run: Run) -> Iterator[str]:
    """Arrived is what stands in the partner's books, not what a connector says."""
    if run.case.sandbox is None and (run.has(Pushes) or run.has(Fetches)):
        yield "there is none"
    elif run.has(Fetches) and run.changes is None:
        yield "its people cannot be made to act: it has no change()"


@check("shape.limits", "its limits are windows, and it reads the partner's usage without trust", Level.SILVER, anyone)
def _limits(run: Run) -> Iterator[str]:
    """All workers share one budget per account; a header that is nonsense must not stop a push."""
    limits = getattr(run.kind, "limits", ())
    if not all(isinstance(one, Window) for one in limits):
        yield "limits is no tuple of Window"
        return
    usage = getattr(run.kind, "usage", None)
    for said in ("", "x", "-1", "1e9", "a=b/c", "9" * 400):
        names = {name for name, _ in usage(_Everything(said))} if usage else set()
        if names - {one.name for one in limits}:
            yield "usage() names windows that limits does not have"


class _Everything(dict[str, str]):
    """Headers that hold the same words under every name."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said

    def get(self, key: str, default: Any = None) -> Any:
        return self.said

    def __missing__(self, key: str) -> str:
        return self.said


@check("shape.whole", "it has what its kind of partner is for", Level.GOLD, anyone)
def _whole(run: Run) -> Iterator[str]:
    """A CRM can be compared and forgets on request; a fleet and a programme can be asked; a channel knows its addresses."""
    kind, topics = run.kind.kind, {one.name for one in run.connector.topics}
    if kind == "crm" and not (run.has(Lists) and run.has(Describes) and {SET_FIELDS, DELETE} <= topics):
        yield "a crm lists, reads, describes, and takes set_fields and delete"
    if kind in ("fleet", "loyalty") and not (run.has(Fetches) or run.has(Receives)):
        yield f"a {kind} partner is heard: fetch() or verify()"
    if kind == "channel" and not hasattr(run.connector, "address_of"):
        yield "a channel has address_of()"


@check("shape.excuses", "only what a partner's contract may lack is excused", Level.BRONZE, anyone)
def _excuses(run: Run) -> Iterator[str]:
    """An excuse is the partner's limit, not the author's."""
    for name, why in run.case.excuses.items():
        if name not in TABLE or not TABLE[name].excusable or not why.strip():
            yield f"{name} cannot be excused, or without a reason"
