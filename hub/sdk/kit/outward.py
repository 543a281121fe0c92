"""Checks of what goes out, judged by the partner's books."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hub.errors import AuthBroken
from hub.sdk.contracts import Asks, EffectClass
from hub.sdk.kit.interfering import Interference
from hub.sdk.kit.run import MAIL, NAME, PHONE, Run
from hub.sdk.kit.shape import pushes, pushes_by_http
from hub.sdk.kit.table import Level, check

BUSY = "429 Too Many Requests"
WISH = 7.0  # seconds a busy partner asks for
MAY = frozenset({"retry", "unknown"})


def asks(run: Run) -> str:
    if any(one.effect is EffectClass.ASKABLE for one in run.connector.topics):
        return pushes(run)
    return "no topic is askable"


def refuses_some(run: Run) -> str:
    return pushes(run) or ("" if run.case.refuses else "the case names no push that this partner refuses")


def repeats(run: Run) -> str:
    if any(run.repeatable(one) for one in run.connector.topics):
        return pushes(run)
    return "no topic is natural or keyed"


@check("out.arrives", "a full batch arrives", Level.BRONZE, pushes)
def _arrives(run: Run) -> Iterator[str]:
    """Sent means that it stands in the partner's books."""
    for name, (batch, outcomes, error, effects) in run.full_batch.items():
        lost = sorted({one.state for one in outcomes} - {"sent"})
        if error or lost:
            yield f"{name}: {error or 'some are ' + ', '.join(lost)}"
        elif effects < len(batch):
            yield f"{name}: told as sent, and the partner knows nothing"


@check("out.outcomes", "each push has one outcome, under its own key", Level.BRONZE, pushes)
def _outcomes(run: Run) -> Iterator[str]:
    """A push without an outcome is in doubt for ever."""
    for name, (batch, outcomes, _, _) in run.full_batch.items():
        if sorted(one.key for one in outcomes) != sorted(push.key for push in batch):
            yield f"{name}: {len(outcomes)} outcomes for {len(batch)} pushes, or of other keys"


@check("out.mixed", "a batch may hold several topics", Level.SILVER, pushes)
def _mixed(run: Run) -> Iterator[str]:
    """The hub claims by connection, not by topic."""
    batch = [push for topic in run.connector.topics for push in run.fresh(topic, 1)][: run.connector.batch_size]
    outcomes, error = run.push(batch)
    if error or {one.key for one in outcomes if one.state == "sent"} != {one.key for one in batch}:
        yield type(error).__name__ if error else "not all are sent"


@check("out.nothing", "an empty batch asks nobody", Level.SILVER, pushes)
def _nothing(run: Run) -> Iterator[str]:
    """A partner would refuse it."""
    before = len(run.desk.asked)
    outcomes, error = run.push([])
    if outcomes or error or len(run.desk.asked) > before:
        yield "it does"


@check("out.effect", "a repeat of a natural or keyed push has no second effect", Level.BRONZE, repeats)
def _effect(run: Run) -> Iterator[str]:
    """What is in doubt is pushed again: the effect class is a promise."""
    for topic in run.connector.topics:
        if not run.repeatable(topic):
            continue
        batch, before = run.fresh(topic, 1), run.effects()
        run.push(batch)
        once = run.effects()
        if once == before:
            yield f"{topic.name}: a push had no effect"
        run.push([replace(push, attempt=2) for push in batch])
        if run.effects() != once:
            yield f"{topic.name}: a repeat had a second effect"


@check("out.asked", "an askable push is found after it was sent, and not before", Level.BRONZE, asks)
def _asked(run: Run) -> Iterator[str]:
    """Before a repeat, the partner is asked by our reference."""
    for topic in run.connector.topics:
        if topic.effect is not EffectClass.ASKABLE:
            continue
        if not isinstance(run.connector, Asks):
            yield "an askable topic needs ask()"
            return
        batch = run.fresh(topic, 2)
        if run.connector.ask(batch) != {push.key: False for push in batch}:
            yield f"{topic.name}: ask() finds what was never pushed"
        run.push(batch[:1])
        if run.connector.ask(batch) != {batch[0].key: True, batch[1].key: False}:
            yield f"{topic.name}: ask() does not tell what was pushed from what was not"


@check("out.partial", "one push that the partner refuses stops no other", Level.SILVER, refuses_some)
def _partial(run: Run) -> Iterator[str]:
    """A verdict per record, read from the body: an error inside a 200 is an error."""
    for topic in run.connector.topics:
        if topic.name not in run.case.refuses:
            continue
        first, bad, last = run.fresh(topic, 3)
        before = run.effects()
        bad = replace(bad, body={**bad.body, **run.case.refuses[topic.name]})
        states = {one.key: one.state for one in run.push([first, bad, last])[0]}
        if states != {first.key: "sent", bad.key: "refused", last.key: "sent"}:
            yield f"{topic.name}: {', '.join(states.values()) or 'no outcome'}"
        elif run.effects() == before:
            yield f"{topic.name}: the good ones did not arrive"


@check("out.masked", "a push without personal fields is pushed, or refused", Level.SILVER, pushes)
def _masked(run: Run) -> Iterator[str]:
    """A policy may keep fields back; that is no crash."""
    for topic in run.connector.topics:
        if not topic.fields:
            continue
        for push in run.fresh(topic, 1):
            body = {name: value for name, value in push.body.items() if name not in ("name", "email", "phone")}
            outcomes, error = run.push([replace(push, body=body)])
            if error or [one.state for one in outcomes] not in (["sent"], ["refused"]):
                yield f"{topic.name}: {type(error).__name__ if error else 'no outcome'}"


@check("out.sparing", "what a topic does not name stays here", Level.GOLD, pushes_by_http)
def _sparing(run: Run) -> Iterator[str]:
    """Least data: a name, an address or a number goes out only where the topic says that it needs one."""
    for topic in run.connector.topics:
        batch, before = run.fresh(topic, 1), len(run.desk.asked)
        run.push(batch)
        sent = b"\n".join(one.body + one.target.encode() for one in run.desk.asked[before:])
        for field, value in (("name", NAME), ("email", MAIL), ("phone", PHONE)):
            if field not in topic.fields and value.encode() in sent:
                yield f"{topic.name} sends {field} and does not name it"


@check("out.401", "401 parks the connection", Level.BRONZE, pushes_by_http)
def _broken_key(run: Run) -> Iterator[str]:
    """A refused key is no fault of a push: AuthBroken, and everything waits."""
    for topic in run.one_of_each:
        _, error = run.push(run.fresh(topic, 1), Interference("401 Unauthorized"))
        if not isinstance(error, AuthBroken):
            yield f"{topic.name}: {type(error).__name__ if error else 'no error'}"


def fate(run: Run, how: Interference, allowed: frozenset[str], hidden: bool = False) -> Iterator[str]:
    """What becomes of a push per kind of topic. hidden: it may have happened, so a topic that must not be told twice is
    `unknown`."""
    for topic in run.one_of_each:
        may = allowed if not hidden or run.repeatable(topic) else allowed - {"retry"}
        outcomes, _ = run.push(run.fresh(topic, 1), how)
        states = {one.state for one in outcomes}
        if not states or not states <= may:
            yield f"{topic.name} is {', '.join(sorted(states)) or 'nothing'}, and not {' or '.join(sorted(may))}"


STATUSES: tuple[tuple[str, bytes, frozenset[str], str], ...] = (
    ("301 Moved Permanently", b"", frozenset({"refused"}), "no redirect is followed, to whatever host it leads"),
    ("400 Bad Request", b"", frozenset({"refused"}), "what can never succeed is not tried again"),
    ("404 Not Found", b"", frozenset({"refused", "gone"}), "what can never succeed is not tried again"),
    ("408 Request Timeout", b"", MAY, "the partner was slow"),
    ("409 Conflict", b"", frozenset({"refused"}), "somebody else's state stands in the way: a person looks"),
    ("410 Gone", b"", frozenset({"gone", "refused"}), "the other end is gone for good"),
    ("422 Unprocessable Entity", b"", frozenset({"refused"}), "what can never succeed is not tried again"),
    ("425 Too Early", b"", MAY, "the partner asks for another try"),
    ("500 Internal Server Error", b"", MAY, "the partner failed; it may have acted before"),
    ("502 Bad Gateway", b"<html>", MAY, "a proxy failed; the partner may have acted"),
    ("503 Service Unavailable", b"", frozenset({"retry"}), "the partner asks to wait"),
    ("504 Gateway Timeout", b"<html>", MAY, "a proxy gave up; the partner may have acted"),
)  # fmt: skip


def _by_status(status: str, body: bytes, allowed: frozenset[str]) -> Any:
    def test(run: Run) -> Iterator[str]:
        headers = (("Content-Type", "application/json"), ("Location", "/elsewhere"))
        yield from fate(run, Interference(status, headers, body or b"{}"), allowed, hidden=allowed == MAY)
        if any("elsewhere" in one.target for one in run.desk.asked):
            yield "the redirect was followed"

    return test


for _status, _body, _allowed, _why in STATUSES:
    check(
        f"out.{_status[:3]}", f"{_status[:3]} is {' or '.join(sorted(_allowed))}", Level.SILVER, pushes_by_http,
        proves=f"{_status}: {_why}.",
    )(_by_status(_status, _body, _allowed))  # fmt: skip


@check("out.quota_403", "a 403 that speaks of a limit is no broken key", Level.GOLD, pushes_by_http)
def _quota(run: Run) -> Iterator[str]:
    """A used-up quota ends by itself; nobody has to mend a key."""
    how = Interference("403 Forbidden", body=b'[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "limit"}]')
    yield from fate(run, how, frozenset({"retry"}))
    if isinstance(run.push(run.fresh(run.connector.topics[0], 1), how)[1], AuthBroken):
        yield "the connection is parked"


@check("out.error_quiet", "an error of the batch names no outcome twice", Level.GOLD, pushes_by_http)
def _error_outcomes(run: Run) -> Iterator[str]:
    """When a partner goes away in the middle, each push has exactly one fate."""
    for topic in run.one_of_each:
        batch = run.fresh(topic, min(4, run.connector.batch_size))
        outcomes, _ = run.push(batch, Interference("500 Internal Server Error"), skip=1)
        if sorted(one.key for one in outcomes) != sorted(push.key for push in batch):
            yield f"{topic.name}: {len(outcomes)} outcomes for {len(batch)} pushes"
