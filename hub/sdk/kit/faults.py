"""The named faults: a partner misbehaves by a seeded die, the hub's own rules go on, and the books have to be right in the end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.errors import PartnerError, WrongInput
from hub.sdk.contracts import Asks, EffectClass, Fetches, Push, Pushes, Topic
from hub.sdk.kit.interfering import Interference
from hub.sdk.kit.readings import begun, fresh_names, missing_or_twice
from hub.sdk.kit.run import HASTY, SOON, Run
from hub.sdk.kit.shape import fetches, pushes_by_http
from hub.sdk.kit.table import Level, check

JSON = ("Content-Type", "application/json")
SLOW = HASTY[1] * 1.6
SEED = 20260301
MANY, ROUNDS = 3, 8
BIG = b'{"results": [' + b"1," * 5_500_000 + b"1]}"


@dataclass(frozen=True)
class Fault:
    """rate: of calls that are met; most: how many at all (slow ones are few, so that the kit is quick)."""

    name: str
    title: str
    level: Level
    how: Interference
    rate: float = 0.6
    most: int = 4


FAULTS = (
    Fault("busy_seconds", "429, Retry-After in seconds", Level.BRONZE,
          Interference("429 Too Many Requests", (JSON, ("Retry-After", "1")))),
    Fault("busy_date", "429, Retry-After as a date", Level.SILVER,
          Interference("429 Too Many Requests", (JSON, ("Retry-After", "Sun, 01 Mar 2026 12:00:07 GMT")))),
    Fault("unavailable", "503", Level.BRONZE, Interference("503 Service Unavailable", (JSON, ("Retry-After", "1")))),
    Fault("failing", "500, and nothing happened", Level.BRONZE, Interference("500 Internal Server Error")),
    Fault("failing_late", "500 after it happened", Level.SILVER, Interference("500 Internal Server Error", happens=True)),
    Fault("bad_gateway", "502 with a page", Level.SILVER, Interference("502 Bad Gateway", body=b"<html>")),
    Fault("reset_before", "the connection breaks before anything happens", Level.SILVER, Interference(cut=True)),
    Fault("reset_after", "it happens, and the connection breaks", Level.SILVER, Interference(cut=True, happens=True)),
    Fault("timeout", "it happens, and the answer comes too late", Level.SILVER, Interference(delay=SLOW), most=1, rate=1.0),
    Fault("slow_body", "the answer comes in drops", Level.GOLD, Interference(drip=True), most=2, rate=1.0),
    Fault("page", "it happens, and a proxy answers 200 with HTML", Level.SILVER,
          Interference("200 OK", body=b"<html>Maintenance</html>", happens=True)),
    Fault("cut_body", "it happens, and half of the answer is lost", Level.GOLD,
          Interference(alter=lambda body: body[: len(body) // 2] or b"{")),
    Fault("broken_utf8", "it happens, and the answer is no UTF-8", Level.GOLD, Interference(alter=lambda body: body + b"\xff\xfe")),
    Fault("huge_body", "11 MB of answer", Level.GOLD, Interference("200 OK", body=BIG, happens=True), most=1, rate=1.0),
    Fault("expired_token", "the token expires and is renewed", Level.SILVER, Interference("401 Unauthorized"), most=2),
    Fault("quota", "403: the quota is used up for now", Level.GOLD,
          Interference("403 Forbidden", body=b'[{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]')),
)  # fmt: skip


def pushes_or_fetches(run: Run) -> str:
    return pushes_by_http(run) and fetches(run)


def _under(fault: Fault) -> Any:
    def both(run: Run) -> Iterator[str]:
        if run.has(Pushes) and not pushes_by_http(run):
            for topic in run.one_of_each:
                yield from _told(run, topic, fault)
        if run.has(Fetches) and not fetches(run):
            yield from _read(run, fault)

    def test(run: Run) -> Iterator[str]:
        if not fault.how.delay:
            yield from both(run)
            return
        with run.hasty():
            yield from both(run)

    return test


for _fault in FAULTS:
    check(
        f"fault.{_fault.name}", _fault.title, _fault.level, pushes_or_fetches, fault=True,
        proves=f"{_fault.title}: pushed by the hub's rules until all is settled, each effect stands in the partner's books "
        "once, and everything that changed there is read.",
    )(_under(_fault))  # fmt: skip


def _told(run: Run, topic: Topic, fault: Fault) -> Iterator[str]:
    """A batch, settled as the hub settles it. Natural, keyed and askable: exactly once. Blind: at most once, or at least
    once where its topic says so."""
    size = min(MANY, run.connector.batch_size)
    once = _effects_of(run, run.fresh(topic, 1))
    batch, before = run.fresh(topic, size), run.effects()
    with run.desk.interfering(fault.how, rate=fault.rate, most=fault.most, seed=SEED):
        states = settle(run, topic, batch)
    happened, wanted = run.effects() - before, once * size
    blind, repeats = topic.effect is EffectClass.BLIND, topic.repeat_blind
    if wrong := sorted({state for state in states.values() if state != "sent"} - ({"unknown"} if blind else set())):
        yield f"{topic.name} ends {', '.join(wrong)}"
    elif len(states) != size:
        yield f"{topic.name}: {size - len(states)} pushes have no fate"
    elif not blind and happened != wanted:
        yield f"{topic.name}: {happened} effects for {wanted}"
    elif blind and not repeats and not list(states.values()).count("sent") * once <= happened <= wanted:
        yield f"{topic.name}: {happened} effects, told at most {wanted} times"


def _effects_of(run: Run, batch: Sequence[Push]) -> int:
    before = run.effects()
    run.push(batch)
    return run.effects() - before


def settle(run: Run, topic: Topic, batch: Sequence[Push]) -> dict[str, str]:
    """key -> state, by the hub's own rules: retry and, for natural and keyed, unknown go again; askable ones are asked
    about first; blind ones stay unknown unless their topic repeats them."""
    fates: dict[str, str] = {}
    open_ = list(batch)
    for attempt in range(1, ROUNDS + 1):
        outcomes, _ = run.push([replace(push, attempt=attempt) for push in open_])
        run.desk.settled()  # the hub's backoff: a call that was given up has its effect late
        doubtful = {one.key for one in outcomes if one.state == "unknown"}
        again = {one.key for one in outcomes if one.state == "retry"}
        fates |= {one.key: one.state for one in outcomes if one.state not in ("retry", "unknown")}
        if run.repeatable(topic) or topic.repeat_blind:
            again |= doubtful
        elif topic.effect is EffectClass.ASKABLE and doubtful:
            there = _ask(run, [push for push in open_ if push.key in doubtful])
            fates |= {key: "sent" for key, is_there in there.items() if is_there}
            again |= {key for key, is_there in there.items() if not is_there}
        else:
            fates |= dict.fromkeys(doubtful, "unknown")
        open_ = [push for push in open_ if push.key in again]
        if not open_:
            break
    return fates


def _ask(run: Run, batch: Sequence[Push]) -> dict[str, bool]:
    """A partner that is away is asked again later."""
    for _ in range(ROUNDS):
        try:
            return dict(run.connector.ask(batch)) if isinstance(run.connector, Asks) else {}
        except PartnerError as error:
            run.heard.append(f"{error!s} {error!r}")
    return {}


def _read(run: Run, fault: Fault) -> Iterator[str]:
    """Changes, read as the hub reads them: an error leaves the cursor where it stands."""
    cursor, names = begun(run), fresh_names(run, 5)
    run.clock.now += SOON
    run.change(names)
    run.clock.now += SOON
    found: list[Any] = []
    with run.desk.interfering(fault.how, rate=fault.rate, most=fault.most, seed=SEED):
        for _ in range(4 * ROUNDS):
            try:
                page = run.fetch(cursor)
            except (PartnerError, WrongInput) as error:
                run.heard.append(f"{error!s} {error!r}")
                continue
            found += page.incoming
            cursor = page.cursor
            if not page.more and (cursor is None or hasattr(run.kind, "now")):
                break
        else:
            yield "the reading does not end"
    yield from (f"reading: {wrong}" for wrong in missing_or_twice(found, names))


@check("fault.repeated_batch", "a batch that is pushed twice is told once", Level.SILVER, pushes_by_http, fault=True)
def _repeated(run: Run) -> Iterator[str]:
    """A worker that froze after its push wakes up, and another has pushed meanwhile."""
    for topic in run.one_of_each:
        if run.repeatable(topic):
            batch = run.fresh(topic, min(MANY, run.connector.batch_size))
            once = _effects_of(run, batch)
            if _effects_of(run, [replace(push, attempt=2) for push in reversed(batch)]):
                yield f"{topic.name}: a second effect"
            elif not once:
                yield f"{topic.name}: no effect"


@check("fault.partial_batch", "the partner fails in the middle of a batch", Level.GOLD, pushes_by_http, fault=True)
def _partial(run: Run) -> Iterator[str]:
    """What was told before is told; what follows is tried again; nobody is told twice."""
    for topic in run.one_of_each:
        batch, before = run.fresh(topic, min(MANY, run.connector.batch_size)), run.effects()
        with run.desk.interfering(Interference("500 Internal Server Error"), most=1, skip=1):
            states = settle(run, topic, batch)
        if topic.effect is not EffectClass.BLIND and set(states.values()) != {"sent"}:
            yield f"{topic.name} ends {', '.join(sorted(set(states.values())))}"
        elif topic.effect is not EffectClass.BLIND and run.effects() - before < len(batch):
            yield f"{topic.name}: {run.effects() - before} effects for {len(batch)}"
