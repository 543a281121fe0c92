"""The scanner is asked over a socket, and only what it found clean is clean."""

import io
import socket

import pytest

from clamd import EICAR, Daemon
from hub.errors import ConfigError, PartDown
from hub.flow.scanner import Scanner, Verdict


@pytest.fixture
def daemon():
    opened = []

    def start(answer=None):
        opened.append(Daemon(answer))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_a_clean_file_is_clean_and_was_seen_to_its_end(daemon):
    clamd, content = daemon(), bytes(200_000)

    assert Scanner(clamd.url).scan(io.BytesIO(content)) == Verdict(True)
    clamd.thread.join(5)
    assert clamd.seen == content


def test_what_is_found_has_its_name(daemon):
    assert Scanner(daemon().url).scan(io.BytesIO(b"a letter " + EICAR)) == Verdict(False, "Eicar-Test")


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: \0"])
def test_what_was_not_looked_at_is_not_clean(daemon, answer):
    with pytest.raises(PartDown):
        Scanner(daemon(answer).url).scan(io.BytesIO(b"a"))


def test_a_scanner_that_is_away_is_a_part_that_is_down():
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"tcp://127.0.0.1:{server.getsockname()[1]}"

    for url in (nobody, "unix:///nowhere/clamd.ctl"):
        with pytest.raises(PartDown):
            Scanner(url).scan(io.BytesIO(b"a"))


def test_a_wrong_address_says_how_to_write_it():
    with pytest.raises(ConfigError, match="unix://"):
        Scanner("clamd").scan(io.BytesIO(b""))
