"""Sandboxes send signed webhooks until they are accepted, twice or out of order if their dial says so."""

import dataclasses
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP

from connectors.hubspot.signature import check_signature
from hub.demo import sandboxes
from hub.sdk import Knock
from hub.sdk.effects_log import EffectsLog, put_thing
from hub.sdk.fates import Webhook, to_tell

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def door():
    """A loopback server with a dial at /faults that notes the ids it accepts; `busy` answers 503 so many times first."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            self._answer(200, json.dumps(self.server.faults).encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.server.busy > 0:
                self.server.busy -= 1
                return self._answer(503)
            self.server.ids.append(self.headers["webhook-id"])
            self.server.knocks.append((self.headers, body))
            self.server.paths.append(self.path)
            return self._answer(202)

        def _answer(self, status, body=b"{}"):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.faults, server.ids, server.knocks, server.paths, server.busy = {}, [], [], [], 0
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def sender(door):
    base = f"http://127.0.0.1:{door.server_address[1]}"
    return sandboxes.Sender(f"{base}/webhooks/club", SECRET, f"{base}/faults", Random(1))


def enroll(door, count=3):
    club = sender(door)
    for number in range(count):
        club.send(f"evt_7_m-{number}_1", "member.enrolled", {"member_id": f"m-{number}", "tier": "gold", "points": 3})
    club.release()
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


def test_events_of_the_crm_are_signed_as_the_connector_checks_it(door):
    crm = sender(door)
    crm.send_events([{"eventId": 1, "objectId": 2}])
    crm.send_events([])

    (headers, body), *more = door.knocks
    lower = {name.lower(): value for name, value in headers.items()}
    knock = Knock("POST", crm.url, lower, body, datetime.now(UTC))
    check_signature(knock, SECRET)
    assert json.loads(body) == [{"eventId": 1, "objectId": 2}]
    assert more == []


def test_what_happens_at_the_crm_is_told_once_in_its_order_however_often_the_demo_starts(door, tmp_path):
    log = EffectsLog(tmp_path / "hubspot.db")
    for number in range(130):
        log.transact(lambda db, n=number: put_thing(db, "event:ours", f"{n:012}", json.dumps({"eventId": n})))

    sent = [sandboxes.relay(tmp_path, "ours", sender(door)) for _ in range(2)]

    assert sent == [130, 0]
    told = [event["eventId"] for _, body in door.knocks for event in json.loads(body)]
    assert told == list(range(130))


def test_what_a_provider_will_know_of_a_message_is_told_once_and_not_before_its_time(door, tmp_path):
    log, now = EffectsLog(tmp_path / "sms.db"), datetime.now(UTC)
    for seconds, ref in ((-1, "second"), (-2, "first"), (600, "later")):
        webhook = Webhook(now + timedelta(seconds=seconds), "message.delivered", {"client_ref": ref})
        log.transact(lambda db, webhook=webhook: to_tell(db, "ours", webhook))

    sent = [sandboxes.report(tmp_path, "sms", "ours", sender(door)) for _ in range(2)]

    assert sent == [2, 0]
    assert [json.loads(body)["data"]["client_ref"] for _, body in door.knocks] == ["first", "second"]


def test_whoever_wants_no_more_mails_clicks_once(door, tmp_path):
    click = Webhook(datetime.now(UTC), sandboxes.STOP, {"token": "ref.marketing.seal"})
    EffectsLog(tmp_path / "mail.db").transact(lambda db: to_tell(db, "ours", click))

    sandboxes.report(tmp_path, "mail", "ours", sender(door))

    [(_, body)] = door.knocks
    assert (door.paths, body) == (["/webhooks/club/stop/ref.marketing.seal"], b"List-Unsubscribe=One-Click")


def test_whoever_writes_back_is_heard_by_lmtp_where_there_is_a_door(door, tmp_path):
    class Kept:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the server's own name for it
            mails.append((envelope.mail_from, envelope.content))
            return "250 kept"

    class Lmtp(Controller):
        def factory(self):
            return LMTP(self.handler)

    with socket.create_server(("127.0.0.1", 0)) as probe:
        mails, at = [], probe.getsockname()[1]
    server = Lmtp(Kept(), hostname="127.0.0.1", port=at)
    server.start()
    words = "From: ada@example.org\nTo: s@garage.example\nIn-Reply-To: <1@hub>\n\nMorgen?\n"
    for here in ("", f"127.0.0.1:{at}"):
        to_tell_and_report(tmp_path, dataclasses.replace(sender(door), door=here), {"mail": words + here})
    server.stop()

    [(who, content)] = mails
    assert (who, content.splitlines()[-2]) == ("ada@example.org", b"Morgen?")


def to_tell_and_report(folder, one, data):
    answer = Webhook(datetime.now(UTC), sandboxes.ANSWERED, data)
    EffectsLog(folder / "mail.db").transact(lambda db: to_tell(db, "ours", answer))
    sandboxes.report(folder, "mail", "ours", one)


def test_a_webhook_that_is_given_up_is_said(door, caplog):
    url = f"http://127.0.0.1:{door.server_address[1]}/webhooks/club"
    door.busy = 1

    sandboxes.deliver(url, b"{}", lambda _: {"webhook-id": "evt_1"}, patience=0.0)
    sandboxes.deliver("http://127.0.0.1:1/", b"{}", lambda _: {}, patience=0.0)

    assert [record.reason for record in caplog.records] == ["refused with 503", "nobody answers (URLError)"]
