"""Sandboxes send signed webhooks until they are accepted, twice or out of order if their dial says so."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest

from hub.demo import sandboxes
from hub.demo.people import make_people, tier_of
from hub.demo.run import shares

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def door():
    """A loopback server with a dial at /faults that notes the ids it accepts; `busy` answers 503 so many times first."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            self._answer(200, json.dumps(self.server.faults).encode())

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.server.busy > 0:
                self.server.busy -= 1
                return self._answer(503)
            self.server.ids.append(self.headers["webhook-id"])
            return self._answer(202)

        def _answer(self, status, body=b"{}"):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.faults, server.ids, server.busy = {}, [], 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def enroll(door, count=3):
    base = f"http://127.0.0.1:{door.server_address[1]}"
    members = [{"member_id": f"m-{number}", "tier": "gold", "points": 3} for number in range(count)]
    sandboxes.enroll(sandboxes.Sender(f"{base}/webhooks/club", SECRET, f"{base}/faults", Random(1)), members, seed=7)
    return door.ids


def test_every_member_is_enrolled_once_and_in_order(door):
    assert enroll(door) == ["evt_7_m-0_1", "evt_7_m-1_1", "evt_7_m-2_1"]


def test_a_webhook_is_sent_again_until_it_is_accepted(door):
    door.busy = 2

    assert enroll(door, 1) == ["evt_7_m-0_1"]


def test_the_dial_makes_webhooks_come_twice(door):
    door.faults = {"duplicate": 1.0}

    assert enroll(door, 2) == ["evt_7_m-0_1", "evt_7_m-0_1", "evt_7_m-1_1", "evt_7_m-1_1"]


def test_the_dial_makes_webhooks_come_out_of_order_and_loses_none(door):
    door.faults = {"reorder": 0.5}

    ids = enroll(door, 12)

    assert sorted(ids) == sorted(f"evt_7_m-{number}_1" for number in range(12))
    assert ids != sorted(ids, key=lambda one: int(one.split("-")[1].split("_")[0]))


def test_the_same_seed_makes_the_same_people():
    from datetime import date

    first, second = (list(make_people("gcc", 20, date(2026, 11, 25), seed=7)) for _ in range(2))

    assert first == second
    assert len({one.number for one in first}) == 20
    assert all(day <= date(2026, 11, 25) for one in first for day, _, _ in one.visits)
    assert {one.tier for one in first} <= {tier_of(points) for points in range(100)}


def test_regions_share_the_customers_and_none_is_lost():
    assert shares(200, ["eu", "gcc", "apac"]) == {"eu": 67, "gcc": 67, "apac": 66}
    assert sum(shares(2, ["eu", "gcc", "apac"]).values()) == 2
