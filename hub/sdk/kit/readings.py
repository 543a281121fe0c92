"""Checks of what is fetched: everything comes exactly once, from any place on, whatever the partner answers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from hub.errors import AuthBroken, HubError, PartnerError, RetryLater, WrongInput
from hub.sdk.contracts import Incoming
from hub.sdk.cursor import MOST
from hub.sdk.kit.interfering import Interference
from hub.sdk.kit.outward import BUSY, WISH
from hub.sdk.kit.run import SOON, Run
from hub.sdk.kit.shape import fetches, on_a_clock
from hub.sdk.kit.table import Level, check

MANY = 210  # more than a page of any partner we know
HOUR = timedelta(hours=1)


def begun(run: Run) -> str | None:
    """Where a reading stands that has read all there is; one that goes by ids begins anew each time."""
    return run.read_all(None)[1] if hasattr(run.kind, "now") else None


def fresh_names(run: Run, many: int) -> list[str]:
    """Of one length, so that none is part of another."""
    return [f"kit{next(run.numbers):06}x" for _ in range(many)]


def told_of(found: Sequence[Incoming], names: Sequence[str]) -> Counter[str]:
    """How often each name was told under a key of its own."""
    by_key = {one.key: one.payload for one in found}
    return Counter(name for payload in by_key.values() for name in names if name.encode() in payload)


def missing_or_twice(found: Sequence[Incoming], names: Sequence[str]) -> Iterator[str]:
    counts = told_of(found, names)
    if lost := len([name for name in names if not counts[name]]):
        yield f"{lost} of {len(names)} are lost"
    if twice := len([name for name in names if counts[name] > 1]):
        yield f"{twice} of {len(names)} come more than once"


@check("read.begins", "a first reading answers, and tells where the next goes on", Level.BRONZE, fetches)
def _begins(run: Run) -> Iterator[str]:
    """The database keeps 400 characters of a cursor."""
    page = run.fetch(None)
    if page.cursor is not None and not 0 < len(page.cursor) <= MOST:
        yield f"a cursor has 1 to {MOST} characters"


@check("read.all", "several pages of changes come, each exactly once", Level.BRONZE, fetches)
def _all(run: Run) -> Iterator[str]:
    """Paging drops nothing and repeats nothing; each page is read by a process that knows the cursor and nothing else."""
    cursor, names = begun(run), fresh_names(run, MANY)
    run.clock.now += SOON
    for start in range(0, MANY, 150):
        run.change(names[start : start + 150], run.clock.now + timedelta(seconds=start))
    run.clock.now += SOON
    yield from missing_or_twice(run.read_all(cursor)[0], names)


@check("read.again", "the same cursor again tells the same under the same keys", Level.BRONZE, fetches)
def _again(run: Run) -> Iterator[str]:
    """A page whose process was killed is read again: the inbox knows its keys."""
    cursor, names = begun(run), fresh_names(run, 5)
    run.clock.now += SOON
    run.change(names)
    run.clock.now += SOON
    first, second = run.fetch(cursor), run.fetch(cursor)
    if not {one.key for one in first.incoming} or {one.key for one in first.incoming} != {
        one.key for one in second.incoming
    }:
        yield "its keys differ, or there are none"


@check("read.quiet", "where nothing changed, nothing new is told, and the reading ends", Level.BRONZE, fetches)
def _quiet(run: Run) -> Iterator[str]:
    """Overlaps are harmless because keys are known; a reading that never ends is not."""
    first, cursor = run.read_all(None)
    run.clock.now += SOON
    run.change(names := fresh_names(run, 2))
    run.clock.now += timedelta(seconds=60)
    first, cursor = run.read_all(cursor)
    run.clock.now += timedelta(seconds=30)  # inside of the overlap, where there is one
    second, _ = run.read_all(cursor)
    if {one.key for one in second} - {one.key for one in first} or not told_of(first, names):
        yield "old things come under new keys"


@check("read.changed", "what changed again is told again", Level.BRONZE, fetches)
def _changed(run: Run) -> Iterator[str]:
    """A key that is only an id hides every later version."""
    cursor, names = begun(run), fresh_names(run, 3)
    found = []
    for _ in range(2):
        run.clock.now += SOON
        run.change(names)
        run.clock.now += SOON
        some, cursor = run.read_all(cursor)
        found += some
    counts = told_of(found, names)
    if any(counts[name] != 2 for name in names):
        yield f"two versions came {sorted(counts.values())} times"


@check("read.keys", "each thing has a key and says whom it is about", Level.BRONZE, fetches)
def _keys(run: Run) -> Iterator[str]:
    """The inbox knows repeats by the key, and keeps the order per entity."""
    cursor = begun(run)
    run.change(fresh_names(run, 3))
    run.clock.now += SOON
    for one in run.read_all(cursor)[0]:
        if not one.key or not one.entity or len(one.key) > 200 or (one.at and one.at.utcoffset() is None):
            yield "a key of 1 to 200 characters, an entity, and a time with a zone are needed"
            return


def meets_nonsense(run: Run) -> str:
    return fetches(run) or ("" if run.spoils is not None else "nothing at this partner makes no sense")


@check("read.one_bad", "one thing that makes no sense holds up no other", Level.SILVER, meets_nonsense)
def _one_bad(run: Run) -> Iterator[str]:
    """It is set aside with a reason; else whoever made it would stop the reading for all, for ever."""
    cursor, names = begun(run), fresh_names(run, 3)
    run.clock.now += SOON
    run.change(names)
    run.spoils.spoil(run.case.account.secrets.get("token", ""), names[1], run.clock.now)
    run.clock.now += SOON
    yield from missing_or_twice(run.read_all(cursor)[0], [names[0], names[2]])


@check("read.cursor_nonsense", "a cursor that makes no sense is refused, or begins anew", Level.SILVER, fetches)
def _cursor_nonsense(run: Run) -> Iterator[str]:
    """Cursors outlive versions of a connector."""
    for cursor in ("", "x", "{}", "[1, 2]", '["x", "y", null]', "\u0000", "9" * 400):
        try:
            run.fetch(cursor)
        except HubError as error:
            run.heard.append(f"{error!s} {error!r}")
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            yield f"{cursor[:20]!r} raised {type(error).__name__}"


@check("read.401", "401 parks the connection", Level.BRONZE, fetches)
def _refused_key(run: Run) -> Iterator[str]:
    """AuthBroken, as for a push."""
    with run.desk.interfering(Interference("401 Unauthorized")):
        yield from _raises(run, AuthBroken)


@check("read.429", "429 waits as long as it says", Level.BRONZE, fetches)
def _busy(run: Run) -> Iterator[str]:
    """The reading goes on at the same place, later."""
    how = Interference(BUSY, (("Content-Type", "application/json"), ("Retry-After", "7")))
    with run.desk.interfering(how):
        try:
            run.fetch(None)
        except RetryLater as error:
            if error.after != WISH:
                yield f"waits {error.after}"
            return
        yield "is no RetryLater"


def _raises(run: Run, *errors: type[Exception]) -> Iterator[str]:
    try:
        run.fetch(None)
    except errors as error:
        run.heard.append(f"{error!s} {error!r}")
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        yield f"raised {type(error).__name__}"
    else:
        yield "was taken for an answer"


ANSWERS: tuple[tuple[str, str, bytes, Level], ...] = (
    ("html", "HTML with a 200", b"<html>Maintenance</html>", Level.BRONZE),
    ("cut", "half a JSON", b'{"results": [{"id": "1"', Level.BRONZE),
    ("empty", "a 200 without a body", b"", Level.SILVER),
    ("null", "a 200 that says null", b"null", Level.SILVER),
    ("list", "a list where an object stood", b"[]", Level.SILVER),
    ("object", "an object without what was asked for", b"{}", Level.SILVER),
    ("error", "an error inside a 200", b'{"status": "error", "errors": [{"message": "x"}]}', Level.SILVER),
    ("utf8", "broken UTF-8", b'{"results": "\xff\xfe"}', Level.SILVER),
    ("huge", "11 MB", b"[" + b"1," * 5_500_000 + b"1]", Level.GOLD),
    ("deep", "50,000 brackets", b"[" * 50_000, Level.SILVER),
)


def _by_answer(body: bytes) -> Any:
    def test(run: Run) -> Iterator[str]:
        with run.desk.interfering(Interference("200 OK", body=body)):
            yield from _raises(run, PartnerError, WrongInput)

    return test


for _name, _title, _body, _level in ANSWERS:
    check(
        f"read.{_name}", f"{_title} is no page", _level, fetches,
        proves=f"{_title}: an answer that is none is an error; an empty page would end the reading, or lose its place.",
    )(_by_answer(_body))  # fmt: skip


@check("fault.tie_storm", "hundreds of changes in one moment come exactly once", Level.GOLD, fetches, fault=True)
def _ties(run: Run) -> Iterator[str]:
    """Airbyte looped for ever on more than a page of equal times; the cursor stays as short as it was."""
    cursor, names = begun(run), fresh_names(run, MANY)
    run.clock.now += SOON
    run.change(names)
    run.clock.now += SOON
    found, behind = run.read_all(cursor)
    yield from missing_or_twice(found, names)
    if len(behind or "") > len(cursor or "") + 100:
        yield "the cursor grows with the number of ties"


@check("fault.late_commit", "a change that shows up late is found", Level.GOLD, on_a_clock, fault=True)
def _late(run: Run) -> Iterator[str]:
    """Some partners show a change seconds after the time it bears: whoever reads on from the newest time has lost it."""
    cursor, names = begun(run), fresh_names(run, 4)
    run.clock.now += SOON
    run.change(names[:2], run.clock.now)
    run.clock.now += timedelta(seconds=60)
    first, cursor = run.read_all(cursor)
    run.change(names[2:], run.clock.now - timedelta(seconds=65))
    run.clock.now += SOON
    yield from missing_or_twice([*first, *run.read_all(cursor)[0]], names)


@check("fault.same_second", "a change in the very second of the reading is found", Level.GOLD, on_a_clock, fault=True)
def _same_second(run: Run) -> Iterator[str]:
    """The second is not over when it is read; rows of its rest were dropped for good by a peer."""
    cursor, names = begun(run), fresh_names(run, 6)
    run.clock.now += SOON
    found = []
    for start in range(0, 6, 2):
        run.change(names[start : start + 2], run.clock.now)
        some, cursor = run.read_all(cursor)
        found += some
        run.clock.now += timedelta(milliseconds=1)
    run.clock.now += SOON
    yield from missing_or_twice([*found, *run.read_all(cursor)[0]], names)


@check("fault.stale_cursor", "a place the partner forgot long ago starts again", Level.GOLD, on_a_clock, fault=True)
def _stale(run: Run) -> Iterator[str]:
    """After ninety-six hours away: what changed meanwhile comes, or the page asks for a comparison of both sides."""
    cursor, names = begun(run), fresh_names(run, 2)
    run.clock.now += HOUR
    run.change(names)
    run.clock.now += 95 * HOUR
    page = run.fetch(cursor)
    found, _ = run.read_all(page.cursor)
    if not page.resync:
        yield from missing_or_twice([*page.incoming, *found], names)


@check("fault.killed_reader", "a reader killed at every page loses nothing", Level.GOLD, fetches, fault=True)
def _killed(run: Run) -> Iterator[str]:
    """Each page is read twice, as after a kill before its commit."""
    cursor, names = begun(run), fresh_names(run, MANY)
    run.clock.now += SOON
    run.change(names)
    run.clock.now += SOON
    found: list[Incoming] = []
    for _ in range(60):
        found += run.fetch(cursor).incoming
        page = run.fetch(cursor)
        found += page.incoming
        cursor = page.cursor
        if not page.more and (cursor is None or hasattr(run.kind, "now")):
            break
    yield from missing_or_twice(found, names)
