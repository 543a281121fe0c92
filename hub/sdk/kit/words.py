"""Checks of a partner's words: good ones become records, and whatever else comes is refused with a reason, never a crash."""

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, get_args

from hub.errors import WrongInput
from hub.sdk.bodies import read_json
from hub.sdk.contracts import Receives, TakesRows
from hub.sdk.kit.inward import keys_of
from hub.sdk.kit.run import Run
from hub.sdk.kit.shape import normalises, receives
from hub.sdk.kit.table import Level, check
from hub.sdk.objects import Observes
from hub.sdk.record_kinds import Record
from hub.sdk.row_checks import checked

NONSENSE = (b"", b"{", b"null", b"[]", b"{}", b"[1]", b'"x"', b'{"a": 1}', b"\xff\xfe", b"[" * 50_000)
DIGITS = "9" * 400
FEW = 6  # payloads that are taken apart, one of each shape first
KNOWN = get_args(Record)


def _records(run: Run, payload: bytes) -> list[Any]:
    """What the hub would do with a payload. Raises WrongInput when it makes no sense."""
    if run.has(TakesRows):  # its payloads are rows that were checked at the door
        payload = run.connector.incoming(checked(read_json(payload))).payload
    found = list(run.connector.normalise(payload))
    if run.has(Observes):
        run.connector.observe(payload)
    return found


def hears_webhooks(run: Run) -> str:
    return receives(run) or normalises(run)


@check("words.records", "recorded webhooks become the records they mean", Level.BRONZE, hears_webhooks)
def _become(run: Run) -> Iterator[str]:
    """Each recording says which records it stands for."""
    if not run.has(Receives):
        return
    for one in run.recorded:
        payloads = [incoming.payload for incoming in run.connector.verify(one.knock)]
        names = tuple(type(record).__name__ for payload in payloads for record in run.connector.normalise(payload))
        if names != one.records:
            yield f"{one.name} gave {names}, recorded are {one.records}"


@check("words.ours", "records are ours, with zones and finite numbers", Level.BRONZE, normalises)
def _ours(run: Run) -> Iterator[str]:
    """What a connector gives is believed by everything behind it."""
    for payload in run.payloads:
        for record in _records(run, payload):
            if not isinstance(record, KNOWN):
                yield f"{type(record).__name__} is no record"
            elif wrong := _unsound(record):
                yield f"{type(record).__name__}: {wrong}"


@check("words.pure", "the same payload means the same, in any order", Level.SILVER, normalises)
def _pure(run: Run) -> Iterator[str]:
    """A delivery is taken again after a kill, by another process."""
    first = [_records(run, payload) for payload in run.payloads]
    again = [list(run.build().normalise(payload)) for payload in reversed(run.payloads)]
    if first != again[::-1]:
        yield "what came before it changes its meaning"


@check("words.nonsense", "nonsense is refused with a reason", Level.BRONZE, normalises)
def _nonsense(run: Run) -> Iterator[str]:
    """WrongInput sets a delivery aside with its reason; a crash would try it again and again."""
    for payload in NONSENSE:
        shown = payload[:12].decode("ascii", "replace")
        if wrong := refusal(run, lambda payload=payload: _records(run, payload)):  # type: ignore[misc]
            yield f"{shown}: {wrong}"


def refusal(run: Run, act: Callable[[], object]) -> str:
    try:
        act()
    except WrongInput as error:
        run.heard.append(f"{error!s} {error!r}")
        return ""
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"raised {type(error).__name__}"
    return "was accepted"


def _survives(run: Run, payload: bytes) -> str:
    """Records that are sound, or WrongInput."""
    try:
        found = _records(run, payload)
    except WrongInput as error:
        run.heard.append(f"{error!s} {error!r}")
        return ""
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"raised {type(error).__name__}"
    return next(filter(None, map(_unsound, found)), "")


def _unsound(record: Any) -> str:
    for value in _values(asdict(record) if is_dataclass(record) and not isinstance(record, type) else record):
        if isinstance(value, float) and not math.isfinite(value):
            return "a number that is none"
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
            return "a number that no column holds"
        if isinstance(value, datetime) and value.utcoffset() is None:
            return "a time without a zone"
        if isinstance(value, str) and not _encodes(value):
            return "a text that is no Unicode"
    return ""


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _values(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        for value in found.values():
            yield from _values(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _values(value)
    else:
        yield found


def _taken_apart(run: Run) -> Iterator[Any]:
    """Some payloads as JSON, those with other keys first."""
    shapes: dict[str, Any] = {}
    for payload in run.payloads:
        try:
            found = json.loads(payload)
        except ValueError:
            continue
        shapes.setdefault(str(sorted(_paths(found, ()))), found)
    yield from list(shapes.values())[:FEW]


def _paths(found: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Where a value stands, of every value, branches included."""
    parts: Iterable[tuple[Any, Any]] = (
        found.items() if isinstance(found, dict) else enumerate(found[:3]) if isinstance(found, list) else ()
    )
    for name, value in parts:
        yield (*path, name)
        yield from _paths(value, (*path, name))


def _with(found: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(found))
    place = copy
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return copy


def _each(run: Run, value: Any, written: Callable[[str], str] = str) -> Iterator[str]:
    """`value` in the place of every value, one at a time. written: changes the text of the JSON at last."""
    for found in _taken_apart(run):
        for path in _paths(found, ()):
            text = written(json.dumps(_with(found, path, value)))
            if wrong := _survives(run, text.encode("utf-8", "surrogatepass")):
                yield f"at {'.'.join(map(str, path))}: {wrong}"


@check("words.nan", "NaN and infinity are refused, or become nothing", Level.SILVER, normalises)
def _nan(run: Run) -> Iterator[str]:
    """Python's JSON reads them; no database and no other program does."""
    yield from _each(run, math.nan)
    yield from _each(run, math.inf)


@check("words.digits", "numbers of 400 digits are refused, or become nothing", Level.SILVER, normalises)
def _digits(run: Run) -> Iterator[str]:
    """They fit no column, and a time of them no calendar."""
    yield from _each(run, int(DIGITS))
    yield from _each(run, DIGITS)
    yield from _each(run, "@", lambda text: text.replace('"@"', "1e400"))


@check("words.unicode", "half characters and zero bytes are refused, or become nothing", Level.SILVER, normalises)
def _unicode(run: Run) -> Iterator[str]:
    """JSON can name half a character; PostgreSQL takes neither that nor a zero byte."""
    yield from _each(run, "\ud800")
    yield from _each(run, "a\x00b")


@check("words.types", "a value of another type is refused, or becomes nothing", Level.BRONZE, normalises)
def _types(run: Run) -> Iterator[str]:
    """Where a text stood, a list may stand tomorrow."""
    for value in (None, [], {}, [1], {"a": 1}, 1, -1, True, "", "x"):
        yield from _each(run, value)


@check("words.long", "a text of a million characters is refused, or cut", Level.SILVER, normalises)
def _long(run: Run) -> Iterator[str]:
    """Nobody's memory is filled, and nothing crashes."""
    for found in list(_taken_apart(run))[:2]:
        for path in _paths(found, ()):
            if wrong := _survives(run, json.dumps(_with(found, path, "x" * 1_000_000)).encode()):
                yield f"at {'.'.join(map(str, path))}: {wrong}"


@check(
    "fault.field_added",
    "the partner adds fields: nothing changes",
    Level.SILVER,
    normalises,
    fault=True,
    excusable=True,
)
def _added(run: Run) -> Iterator[str]:
    """Partners add fields whenever they like."""
    for found in _taken_apart(run):
        before = _records(run, json.dumps(found).encode())
        try:
            after = _records(run, json.dumps(_grown(found)).encode())
        except WrongInput as error:
            yield f"is refused: {error.what[:80]}"
            continue
        if after != before:
            yield "an unknown field changes the records"


def _grown(found: Any) -> Any:
    if isinstance(found, dict):
        return {**{name: _grown(value) for name, value in found.items()}, "kit_new_field": {"a": [1, None]}}
    return [_grown(one) for one in found] if isinstance(found, list) else found


@check("fault.field_gone", "the partner takes a field away: sense or a reason", Level.SILVER, normalises, fault=True)
def _gone(run: Run) -> Iterator[str]:
    """Schemas change: what is no longer told says nothing, or the delivery is set aside with a reason."""
    for found in _taken_apart(run):
        for path in _paths(found, ()):
            left = _with(found, path, None)
            place = left
            for name in path[:-1]:
                place = place[name]
            del place[path[-1]]
            if wrong := _survives(run, json.dumps(left).encode()):
                yield f"without {'.'.join(map(str, path))}: {wrong}"


@check("fault.reordered_webhooks", "webhooks in any order tell the same", Level.SILVER, hears_webhooks, fault=True)
def _reordered(run: Run) -> Iterator[str]:
    """Nothing but the payload, its time and its version says what it means."""

    def told(order: Iterable[Any]) -> dict[str, list[Any]]:
        return {
            key: list(run.connector.normalise(incoming.payload))
            for one in order
            for incoming in run.connector.verify(one.knock)
            for key in keys_of([incoming])
        }

    if told(run.recorded) != told(reversed(run.recorded)):
        yield "the order changes what is told"
