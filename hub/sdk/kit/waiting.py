"""Checks of limits: the shared budget, what a busy partner asks for, and who asks again."""

import time
from collections.abc import Iterator
from wsgiref.handlers import format_date_time

from hub.sdk.kit.interfering import Interference
from hub.sdk.kit.outward import BUSY, WISH
from hub.sdk.kit.run import Run
from hub.sdk.kit.shape import pushes_by_http
from hub.sdk.kit.table import Level, check


def metered(run: Run) -> str:
    return pushes_by_http(run) or ("" if getattr(run.kind, "limits", ()) else "it names no limits")


@check("out.budget", "every call asks the shared budget first", Level.SILVER, pushes_by_http)
def _budget(run: Run) -> Iterator[str]:
    """A call around `account.api` counts against a limit that nobody sees."""
    for topic in run.one_of_each:
        batch = run.fresh(topic, 1)
        asked, spent = len(run.desk.asked), run.meter.spent
        run.push(batch)
        if len(run.desk.asked) - asked > run.meter.spent - spent:
            yield f"{topic.name} calls around it"


@check("out.used_up", "a used-up budget waits, and calls nobody", Level.SILVER, pushes_by_http)
def _used_up(run: Run) -> Iterator[str]:
    """What waits for a window is not sent and not lost; it waits as long as the window says."""
    for topic in run.one_of_each:
        batch, asked = run.fresh(topic, 1), len(run.desk.asked)
        run.meter.used_up = WISH
        try:
            outcomes, _ = run.push(batch)
        finally:
            run.meter.used_up = None
        if len(run.desk.asked) > asked or [one.state for one in outcomes] != ["retry"] or outcomes[0].after != WISH:
            yield f"{topic.name}: {[(one.state, one.after) for one in outcomes]}"


@check("out.usage", "what the partner says of its limit is heard", Level.GOLD, metered)
def _usage(run: Run) -> Iterator[str]:
    """Somebody else may use the same account."""
    if hasattr(run.kind, "usage") and not run.meter.heard:
        yield "usage() never heard anything of the sandbox"


def _waits(run: Run, header: str | None, least: float = 0.0, most: float = 1e9) -> Iterator[str]:
    """429 with this Retry-After: each push waits, for a time between these; None leaves it to our own backoff."""
    extra = (("Retry-After", header),) if header is not None else ()
    how = Interference(BUSY, (("Content-Type", "application/json"), *extra))
    for topic in run.one_of_each:
        outcomes, _ = run.push(run.fresh(topic, 1), how)
        waits = [one.after for one in outcomes]
        if [one.state for one in outcomes] != ["retry"]:
            yield f"{topic.name} is {', '.join(one.state for one in outcomes) or 'nothing'}"
        elif not all(least <= wait <= most if wait is not None else least == 0 for wait in waits):
            yield f"{topic.name} waits {waits}"


@check("out.429_seconds", "429 waits the seconds it names", Level.BRONZE, pushes_by_http)
def _seconds(run: Run) -> Iterator[str]:
    """Retry-After: 7"""
    yield from _waits(run, "7", WISH, WISH)


@check("out.429_date", "429 waits until the moment it names", Level.SILVER, pushes_by_http)
def _date(run: Run) -> Iterator[str]:
    """Retry-After: Sun, 01 Mar 2026 12:00:07 GMT - the other form of RFC 9110"""
    yield from _waits(run, format_date_time(time.time() + 30), 25.0, 30.0)


@check("out.429_silent", "429 without a word waits, too", Level.BRONZE, pushes_by_http)
def _silent(run: Run) -> Iterator[str]:
    """Our own backoff decides."""
    yield from _waits(run, None)


@check("out.busy_once", "a busy partner is asked once, not once for each push", Level.SILVER, pushes_by_http)
def _once(run: Run) -> Iterator[str]:
    """Whoever goes on calling makes the wait longer; the hub decides when to come again."""
    for topic in run.one_of_each:
        batch, before = run.fresh(topic, min(3, run.connector.batch_size)), len(run.desk.asked)
        run.push(batch, Interference(BUSY, (("Content-Type", "application/json"), ("Retry-After", "7"))))
        if len(run.desk.asked) - before > 1:
            yield f"{topic.name} asks {len(run.desk.asked) - before} times"


@check("out.429_odd", "a Retry-After that makes no sense stops nothing", Level.SILVER, pushes_by_http)
def _odd(run: Run) -> Iterator[str]:
    """Negative, in words, empty, or without end: the push waits by our own backoff."""
    for header in ("-5", "soon", "", "1.5", "Thu, 99 Foo 2026 99:99:99 GMT"):
        yield from _waits(run, header)
