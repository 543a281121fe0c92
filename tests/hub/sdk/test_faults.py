"""The fault dial: each fault does what its name says, the dice are seeded, and the dial turns while it runs."""

import json
import socket
from io import BytesIO
from typing import Any

import pytest

from hub.sdk.faults import FaultDial


class Served:
    """An app that counts its effects behind a dial, called without a server."""

    def __init__(self, seed: int = 1) -> None:
        self.effects = 0
        self.dial = FaultDial(self.app, seed)

    def app(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.effects += 1
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"done": true}' * 20]

    def call(
        self, method: str = "POST", path: str = "/x", body: bytes = b"", **more: Any
    ) -> tuple[str, dict[str, str], bytes]:
        heard: list[Any] = []
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), **more,
        }  # fmt: skip
        found = b"".join(self.dial(environ, lambda status, headers: heard.append((status, dict(headers)))))
        return heard[0][0], heard[0][1], found

    def turn(self, **faults: Any) -> str:
        return self.call("PUT", "/faults", json.dumps(faults).encode())[0]


@pytest.fixture
def served() -> Served:
    return Served()


def test_a_dial_at_zero_lets_everything_through(served: Served) -> None:
    assert {served.call()[0] for _ in range(50)} == {"200 OK"}
    assert served.effects == 50


def test_the_dial_is_read_as_it_was_set_and_unset_names_go_back_to_zero(served: Served) -> None:
    served.turn(busy=0.5)
    served.turn(failing=0.25, unknown_fault=1)
    found = json.loads(served.call("GET", "/faults")[2])
    assert (found["busy"], found["failing"]) == (0.0, 0.25)


@pytest.mark.parametrize("body", [b"{", b"[{}]", b'{"busy": null}', b'{"busy": "much"}'])
def test_a_dial_that_makes_no_sense_stays_where_it_was(served: Served, body: bytes) -> None:
    served.turn(busy=1)
    assert served.call("PUT", "/faults", body)[0] == "400 Bad Request"
    assert served.call()[0] == "429 Too Many Requests"


def test_busy_has_no_effect_and_asks_to_wait_in_both_forms(served: Served) -> None:
    served.turn(busy=1, retry_after=7)
    answers = [served.call() for _ in range(30)]
    assert {status for status, _, _ in answers} == {"429 Too Many Requests"}
    wishes = {headers["Retry-After"] for _, headers, _ in answers}
    assert "7" in wishes
    assert any(wish.endswith("GMT") for wish in wishes)
    assert served.effects == 0


def test_failing_has_no_effect(served: Served) -> None:
    served.turn(failing=1)
    assert served.call()[0].startswith("500")
    assert served.effects == 0


@pytest.mark.parametrize(("name", "effects"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_cuts_the_connection_before_or_after_the_effect(served: Served, name: str, effects: int) -> None:
    served.turn(**{name: 1})
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(ConnectionAbortedError):
            served.call("POST", "/x", b"", **{"werkzeug.socket": theirs})
        assert ours.recv(1) == b""
    assert served.effects == effects


def test_a_page_hides_an_effect_that_happened(served: Served) -> None:
    served.turn(page=1)
    assert served.call()[2] == b"<html>Maintenance</html>"
    assert served.effects == 1


def test_a_slow_body_comes_whole_in_the_end(served: Served) -> None:
    served.turn(slow_body=1)
    assert served.call()[2] == b'{"done": true}' * 20


def test_rates_are_met_and_the_same_seed_gives_the_same_faults() -> None:
    first, again, other = Served(5), Served(5), Served(6)
    for one in (first, again, other):
        one.turn(busy=0.2, failing=0.3)
    found = [[one.call()[0][:3] for _ in range(400)] for one in (first, again, other)]
    assert found[0] == found[1] != found[2]
    assert 50 <= found[0].count("429") <= 110
    assert 90 <= found[0].count("500") <= 150
