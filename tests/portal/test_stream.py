"""A page that stays fresh, and ends when its reader may see it no more."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from flask import Flask
from sqlalchemy import update

from desks import Traffic, Visitor
from hub.app import STREAMS
from hub.core import Hub
from hub.models import Session
from portal.stream import EVERY, events


def test_only_parts_that_look_different_are_sent_again() -> None:
    looks = [{"a": "1", "b": "1"}, {"a": "1", "b": "2"}, {"a": "1", "b": "2"}]

    told = list(events(lambda beat: looks[beat], lambda: True, lambda _: None, beats=3))

    assert [_parts(one) for one in told] == [[], [("a", "1"), ("b", "1")], [("b", "2")], []]
    assert told[-1] == ": beat\n\n", "a reader who has gone is noticed"


def test_a_part_with_several_lines_is_one_event() -> None:
    told = list(events(lambda _: {"a": "<p>\n\ndata: x\n"}, lambda: True, lambda _: None, beats=1))

    assert _parts(told[1]) == [("a", "<p>\n\ndata: x\n")]
    assert told[1].count("\n") == 3


def test_it_ends_when_the_reader_may_go_on_no_more() -> None:
    answers = iter([True, False])

    told = list(events(lambda _: {"a": "1"}, lambda: next(answers), lambda _: None))

    assert told[-1] == "event: end\ndata: {}\n\n"
    assert len(told) == 3


def test_a_revoked_session_sees_nothing_after_two_seconds(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> None:
        """In the second pause somebody revokes the session."""
        waited.append(seconds)
        if len(waited) == 2:
            _revoke(hub)

    told = _stream(operator, wait)

    assert told[-1].startswith("event: end")
    after = waited[1:]
    assert sum(after) <= 2 * EVERY <= 2.0


def test_the_first_look_sends_every_part(traffic: Traffic, hub: Hub, operator: Visitor) -> None:
    told = _stream(operator, lambda _: _revoke(hub))

    assert [name for name, _ in _parts(told[1])] == ["standing", "connections", "letters", "segments", "flow"]


def test_only_so_many_watch_at_once(app: Flask, traffic: Traffic, operator: Visitor) -> None:
    seats = app.extensions["portal"].streams
    assert all(seats.acquire(blocking=False) for _ in range(STREAMS))

    answer = operator.get("/operations/stream", Accept="text/event-stream")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_the_seat_is_given_back_when_the_reader_goes(app: Flask, traffic: Traffic, operator: Visitor) -> None:
    seats = app.extensions["portal"].streams

    answer = operator.get("/operations/stream", Accept="text/event-stream")
    taken = [seats.acquire(blocking=False) for _ in range(STREAMS)]
    answer.close()

    assert taken == [True] * (STREAMS - 1) + [False]
    assert seats.acquire(blocking=False)


def _revoke(hub: Hub) -> None:
    with hub.begin() as work:
        work.session.execute(update(Session).values(revoked_at=work.now))


def _stream(visitor: Visitor, wait: Callable[[float], None]) -> list[str]:
    """The console's stream, with pauses of our own."""
    extensions = visitor.client.application.extensions
    extensions["portal"] = replace(extensions["portal"], wait=wait)
    answer = visitor.get("/operations/stream", Accept="text/event-stream")
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    told = list(_text(answer.iter_encoded()))
    answer.close()
    return told


def _text(chunks: Iterator[bytes]) -> Iterator[str]:
    for chunk in chunks:
        yield chunk.decode()


def _parts(told: str) -> list[tuple[str, str]]:
    lines = [line.removeprefix("data: ") for line in told.splitlines() if line.startswith("data: ")]
    return [(one["name"], one["html"]) for one in map(json.loads, lines) if one]
