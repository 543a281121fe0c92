"""Partners over HTTP, against a real server on loopback: what each answer means, and who is never called at all."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from redis import Redis

from hub.errors import AuthBroken, Gone, PartnerError, Refused, RetryLater
from hub.sdk import PartnerClient
from hub.sdk import http as sdk_http
from hub.sdk.budget import Budget, Window
from hub.sdk.http import error_of, retry_after, words

Answering = Callable[[socket.socket], None]
SHORT = (0.5, 0.3)


class Loopback:
    """Serves one raw answer to everybody, and keeps what it was asked."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        self.answering: Answering = raw(b"{}")
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            conversation, _ = self.listener.accept()
            with conversation:
                if self.done.is_set():
                    return
                self.asked.append(_request(conversation))
                self.answering(conversation)

    def close(self) -> None:
        self.done.set()
        socket.create_connection(self.listener.getsockname()).close()
        self.thread.join()
        self.listener.close()


def _request(conversation: socket.socket) -> bytes:
    with conversation.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return head + b"\r\n" + stream.read(length[0] if length else 0)


def raw(body: bytes, status: str = "200 OK", length: int | None = None, **headers: str) -> Answering:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return lambda conversation: conversation.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


@pytest.fixture
def partner() -> Iterator[Loopback]:
    with closing(Loopback()) as server:
        yield server


@pytest.fixture
def client(partner: Loopback) -> Iterator[PartnerClient]:
    headers = {"Authorization": "Bearer hunter2"}
    with closing(PartnerClient(partner.url, headers=headers, timeout=SHORT, allow_loopback=True)) as made:
        yield made


def test_a_good_answer_is_its_json_and_the_partner_saw_what_we_said(partner: Loopback, client: PartnerClient) -> None:
    partner.answering = raw(b'{"id": "1"}', "201 Created")
    assert client.request("POST", "/a/b", json={"x": "ü"}, params={"q": "1 2"}, headers={"Idempotency-Key": "k"}) == {
        "id": "1"
    }
    head, _, body = partner.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a/b?q=1+2 HTTP/1.1")
    assert json.loads(body or head.split(b"\r\n")[-1]) == {"x": "ü"}
    for line in (b"Authorization: Bearer hunter2", b"Idempotency-Key: k", b"User-Agent: garage-hub"):
        assert line in head


@pytest.mark.parametrize("answering", [raw(b"", "204 No Content"), raw(b" \n")])
def test_an_empty_answer_is_none(partner: Loopback, client: PartnerClient, answering: Answering) -> None:
    partner.answering = answering
    assert client.request("GET", "/") is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, Refused), (302, Refused), (307, Refused), (400, Refused), (401, AuthBroken), (403, AuthBroken),
        (404, Refused), (408, RetryLater), (409, Refused), (410, Gone), (413, Refused), (422, Refused), (425, RetryLater),
        (429, RetryLater), (500, RetryLater), (501, RetryLater), (502, RetryLater), (503, RetryLater), (504, RetryLater),
        (599, RetryLater),
    ],
)  # fmt: skip
def test_every_status_has_one_meaning(
    partner: Loopback, client: PartnerClient, status: int, error: type[PartnerError]
) -> None:
    partner.answering = raw(b'{"code":"x"}', f"{status} Said", Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(error) as raised:
        client.request("GET", "/")
    assert type(raised.value) is error
    assert len(partner.asked) == 1


@pytest.mark.parametrize(
    ("status", "happened"), [(429, False), (503, False), (500, True), (502, True), (504, True), (408, True)]
)
def test_a_quota_had_surely_no_effect_and_a_failure_may_have_had_one(
    partner: Loopback, client: PartnerClient, status: int, happened: bool
) -> None:
    partner.answering = raw(b"", f"{status} Said")
    with pytest.raises(RetryLater) as raised:
        client.request("POST", "/")
    assert raised.value.happened is happened


@pytest.mark.parametrize("status", [429, 503, 500])
def test_the_partners_wish_is_kept(partner: Loopback, client: PartnerClient, status: int) -> None:
    partner.answering = raw(b"", f"{status} Said", Retry_After="17")
    with pytest.raises(RetryLater) as raised:
        client.request("GET", "/")
    assert raised.value.after == 17.0


NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 5 ", 5.0), (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0), ("Sun, 01 Mar 2026 01:00:10 +0100", 10.0),
        ("", None), (None, None), ("soon", None), ("-5", None), ("1.5", None), ("²", None), ("Sun, 99 Mar 2026", None),
        ("Sun, 01 Mar 99999 00:00:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_its_forms_and_nonsense_is_no_wish(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "body", [b"<html>Maintenance</html>", b"{", b"[" * 100_000, b"\xff\xfe"], ids=["page", "half", "deep", "bytes"]
)
def test_a_2xx_that_is_no_json_may_have_happened(partner: Loopback, client: PartnerClient, body: bytes) -> None:
    partner.answering = raw(body)
    with pytest.raises(RetryLater, match="no JSON") as raised:
        client.request("POST", "/")
    assert raised.value.happened


def test_nobody_listening_had_surely_no_effect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = PartnerClient(f"http://127.0.0.1:{port}", timeout=SHORT, allow_loopback=True)
    with closing(client), pytest.raises(RetryLater) as raised:
        client.request("POST", "/")
    assert not raised.value.happened


def test_a_name_that_does_not_resolve_had_surely_no_effect() -> None:
    client = PartnerClient("http://nobody.invalid", timeout=SHORT)
    with closing(client), pytest.raises(RetryLater) as raised:
        client.request("POST", "/")
    assert not raised.value.happened


def _hangs_up(conversation: socket.socket) -> None:
    conversation.shutdown(socket.SHUT_RDWR)


def _waits_for_the_other(conversation: socket.socket) -> None:
    conversation.recv(1)  # until the client gives up and closes


@pytest.mark.parametrize(
    "answering",
    [
        _hangs_up,
        raw(b'{"id": ', length=100),
        raw(b"no gzip", Content_Encoding="gzip"),
        raw(gzip.compress(b"{}" * 5000)[:40], Content_Encoding="gzip"),
        lambda conversation: conversation.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
    ],
    ids=["no-answer", "half-body", "no-gzip", "half-gzip", "half-chunk"],
)
def test_a_connection_that_breaks_after_the_bytes_went_out_may_have_had_its_effect(
    partner: Loopback, client: PartnerClient, answering: Answering
) -> None:
    partner.answering = answering
    with pytest.raises(RetryLater) as raised:
        client.request("POST", "/", json={"x": 1})
    assert raised.value.happened


def test_a_partner_that_does_not_answer_in_time_may_have_acted(partner: Loopback, client: PartnerClient) -> None:
    partner.answering = _waits_for_the_other
    with pytest.raises(RetryLater, match="in time") as raised:
        client.request("POST", "/")
    assert raised.value.happened


def _drips(conversation: socket.socket) -> None:
    """A byte at a time, each long before a read would time out, until the client has had enough."""
    conversation.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    with suppress(OSError):
        for _ in range(1000):
            conversation.sendall(b" ")
            threading.Event().wait(0.02)


def test_a_body_that_drips_is_not_waited_for(partner: Loopback) -> None:
    partner.answering = _drips
    client = closing(PartnerClient(partner.url, timeout=(0.5, 0.1), allow_loopback=True))
    with client as open_client, pytest.raises(RetryLater, match="drips") as raised:
        open_client.request("POST", "/")
    assert raised.value.happened


def test_the_whole_answer_can_be_had(partner: Loopback, client: PartnerClient) -> None:
    partner.answering = raw(b"a,b\n1,2\n", Sforce_Locator="x")
    reply = client.exchange("PUT", "/csv", content=b"a,b", headers={"Content-Type": "text/csv"})
    assert (reply.status, reply.body, reply.headers["sforce-locator"]) == (200, b"a,b\n1,2\n", "x")
    assert partner.asked[0].rstrip(b"\r\n").endswith(b"a,b")


def test_each_call_is_paid_for_and_what_the_partner_says_is_heard(partner: Loopback, redis: Redis) -> None:
    budget = Budget(redis, "http", [Window("burst", 190, 10.0), Window("daily", 100, 86_400.0)])
    partner.answering = raw(b"{}", Left="0")
    with closing(
        PartnerClient(
            partner.url, timeout=SHORT, allow_loopback=True, budget=budget,
            usage=lambda headers: [("daily", int(headers["Left"]))],
        )
    ) as client:  # fmt: skip
        client.request("GET", "/")
        with pytest.raises(RetryLater, match="used up"):
            client.request("GET", "/")
    assert len(partner.asked) == 1


def test_several_matches_are_a_conflict(partner: Loopback, client: PartnerClient) -> None:
    partner.answering = raw(b'["/a", "/b"]', "300 Multiple Choices")
    with pytest.raises(Refused, match="conflict"):
        client.request("PATCH", "/")


def test_an_endless_answer_fills_no_memory(
    partner: Loopback, client: PartnerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk_http, "MOST_BYTES", 1000)
    partner.answering = raw(gzip.compress(b" " * 1_000_000), Content_Encoding="gzip")
    with pytest.raises(RetryLater, match="too large"):
        client.request("GET", "/")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "2130706433", "127.1", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"],  # noqa: S104
)
def test_no_spelling_of_this_machine_is_called(partner: Loopback, host: str) -> None:
    port = partner.url.rpartition(":")[2]
    with (
        closing(PartnerClient(f"http://{host}:{port}", timeout=SHORT)) as client,
        pytest.raises(PartnerError) as raised,
    ):
        client.request("GET", "/")
    assert not partner.asked
    assert isinstance(raised.value, Refused) or not raised.value.happened  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "[fe80::1]", "[fc00::1]"],
)
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_private_addresses_are_refused_even_where_loopback_is_allowed(host: str, allow_loopback: bool) -> None:
    client = PartnerClient(f"http://{host}", timeout=SHORT, allow_loopback=allow_loopback)
    with closing(client), pytest.raises(Refused, match="cannot be called"):
        client.request("GET", "/latest/meta-data")


@pytest.mark.parametrize(
    "path", ["http://169.254.169.254/x", "//elsewhere.invalid/x", "@elsewhere.invalid/x", "x:y@z/x"]
)
def test_no_path_leads_to_another_host(partner: Loopback, client: PartnerClient, path: str) -> None:
    assert client.request("GET", path) == {}
    assert len(partner.asked) == 1


def test_an_address_that_is_none_is_refused() -> None:
    with closing(PartnerClient("ftp://example.invalid")) as client, pytest.raises(Refused):
        client.request("GET", "/")


def test_a_quota_in_a_403_is_no_broken_key() -> None:
    assert type(error_of(403, {}, b'[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]')) is RetryLater
    assert type(error_of(403, {}, b'{"category":"MISSING_SCOPES"}')) is AuthBroken


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"category":"VALIDATION_ERROR","message":"anna@example.org is taken"}', "VALIDATION_ERROR"),
        (b'[{"errorCode":"FIELD"}]', "FIELD"), (b"[]", ""), (b"[1]", ""), (b"<html>", ""), (b'"x"', ""),
        (b"[" * 100_000, ""), (json.dumps({"code": "x" * 500}).encode(), "x" * 80),
    ],
    ids=["hubspot", "list", "empty", "number", "page", "text", "deep", "long"],
)  # fmt: skip
def test_of_an_error_only_its_code_is_kept_as_the_rest_may_repeat_what_we_sent(body: bytes, said: str) -> None:
    assert words(body) == said


def test_neither_a_client_nor_its_errors_show_the_key(
    partner: Loopback, client: PartnerClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    partner.answering = raw(b'{"code":"no"}', "401 Unauthorized")
    with pytest.raises(AuthBroken) as raised:
        client.request("GET", "/")
    shown: list[Any] = [repr(client), str(client), repr(raised.value), str(raised.value), caplog.text]
    assert not any("hunter2" in str(one) for one in shown)
