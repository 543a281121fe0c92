"""A region's own Valkey: real binary, real sockets, real kills."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from hub.embedded import LONGEST_SOCKET, ValkeyServer, ensure_valkey
from hub.errors import PartDown

pytestmark = pytest.mark.valkey


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose server, whoever started it, is gone after the test."""
    folder = tmp_path / "valkey"
    yield folder
    pid = ValkeyServer(folder).pid if folder.exists() else None
    if pid:
        os.kill(pid, signal.SIGKILL)


def words(url: str) -> Redis:
    return Redis.from_url(url, decode_responses=True)


def keep(url: str, value: str) -> None:
    with words(url) as client:
        client.set("bell", value)


def kept(url: str) -> object:
    with words(url) as client:
        return client.get("bell")


def kill(server: ValkeyServer) -> None:
    pid = server.pid
    assert pid
    os.kill(pid, signal.SIGKILL)


def test_a_started_server_answers_on_a_socket_only_its_user_may_open(folder: Path) -> None:
    server = ValkeyServer(folder)

    server.start()

    assert server.running()
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    with words(server.url) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.info("server")["process_id"] == server.pid


def test_a_stopped_server_is_gone_and_has_kept_what_it_was_told(folder: Path) -> None:
    server = ValkeyServer(folder)
    server.start()
    keep(server.url, "rung")

    server.stop()

    assert not server.running()
    assert server.pid is None
    server.start()
    assert kept(server.url) == "rung"


def test_many_callers_at_once_share_one_server(folder: Path) -> None:
    with ThreadPoolExecutor(8) as crowd:
        urls = set(crowd.map(lambda _: ensure_valkey(folder, os.environ), range(8)))

    assert len(urls) == 1
    keep(urls.pop(), "rung")
    assert kept(ensure_valkey(folder, os.environ)) == "rung"


def test_another_process_finds_the_same_server(folder: Path) -> None:
    keep(ensure_valkey(folder, os.environ), "rung")
    program = f"""
import os, pathlib, redis
from hub.embedded import ensure_valkey
print(redis.Redis.from_url(ensure_valkey(pathlib.Path({str(folder)!r}), os.environ)).get("bell").decode())
"""

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout == "rung\n"


def test_nobody_stops_a_server_that_another_owns(folder: Path) -> None:
    owner, guest = ValkeyServer(folder), ValkeyServer(folder)
    owner.start()
    guest.start()

    guest.stop()

    assert owner.running()
    owner.stop()
    assert not owner.running()


def test_the_one_who_watches_takes_over_a_server_that_belongs_to_nobody(folder: Path) -> None:
    ensure_valkey(folder, os.environ)
    watcher = ValkeyServer(folder)
    watcher.start()

    watcher.stop()

    assert not watcher.running()


def test_a_server_whose_owner_was_killed_finds_a_new_owner(folder: Path) -> None:
    program = f"""
import os, pathlib, signal
from hub.embedded import ValkeyServer
ValkeyServer(pathlib.Path({str(folder)!r})).start()
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    heir = ValkeyServer(folder)
    left_behind = heir.pid

    heir.start()

    assert left_behind
    assert heir.pid == left_behind
    heir.stop()
    assert heir.pid is None


def test_a_killed_server_comes_back_with_its_data(folder: Path) -> None:
    server = ValkeyServer(folder)
    server.start()
    keep(server.url, "rung")
    first = server.pid

    kill(server)
    server.start()

    assert server.pid != first
    assert kept(server.url) == "rung"


def test_a_stale_socket_and_pid_file_are_swept_away(folder: Path) -> None:
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(folder / "v.sock"))
    (folder / "valkey.pid").write_text(str(os.getpid()))
    server = ValkeyServer(folder)
    assert server.pid is None

    server.start()

    assert server.running()
    assert server.pid != os.getpid()


def test_a_frozen_server_gets_no_rival_on_the_same_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.embedded.PATIENCE", 0.5)
    server = ValkeyServer(folder)
    server.start()
    pid = server.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)

    with pytest.raises(PartDown, match=f"pid {pid}.*does not answer"):
        ensure_valkey(folder, os.environ)

    os.kill(pid, signal.SIGCONT)
    assert server.pid == pid
    assert server.running()


def test_a_frozen_server_can_still_be_stopped_by_its_owner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.embedded.PATIENCE", 0.5)
    server = ValkeyServer(folder)
    server.start()
    pid = server.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)

    server.stop()

    assert server.pid is None


def test_a_frozen_server_is_replaced_by_its_owner_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.embedded.PATIENCE", 0.5)
    server = ValkeyServer(folder)
    server.start()
    pid = server.pid
    assert pid
    assert not server.kill()  # it answers
    os.kill(pid, signal.SIGSTOP)

    assert not ValkeyServer(folder).kill()
    assert server.kill()
    server.start()

    assert server.running()
    assert server.pid != pid


def test_a_folder_too_deep_for_a_socket_gets_a_private_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    server = ValkeyServer(deep)
    known_before = server.url
    server.start()
    try:
        assert server.url == known_before
        short = server.socket.parent
        assert len(os.fsencode(server.socket)) <= LONGEST_SOCKET
        assert stat.S_IMODE(short.stat().st_mode) == 0o700
        assert ensure_valkey(deep, os.environ) == server.url
    finally:
        server.stop()
    assert not short.exists()


def test_a_short_folder_that_others_may_enter_is_not_trusted(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    foreign = tmp_path / "open to all"
    foreign.mkdir(mode=0o755)
    (deep / "socket.path").write_text(str(foreign))

    chosen = ValkeyServer(deep).socket.parent

    assert chosen != foreign
    chosen.rmdir()


def test_a_server_that_cannot_start_says_why(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin" / "valkey-server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    folder.mkdir()
    (folder / "appendonlydir").write_text("a file where a folder should be")

    with pytest.raises(PartDown, match="appendonlydir"):
        ensure_valkey(folder, {"PATH": str(broken.parent)})

    (folder / "appendonlydir").unlink()


def test_a_broken_server_on_the_path_is_passed_over(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin" / "valkey-server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)

    url = ensure_valkey(folder, {"PATH": str(broken.parent)})

    with words(url) as client:
        assert client.ping()


@pytest.mark.parametrize("url", ["redis://cache:6379/3", "rediss://:secret@cache", "unix:///run/redis.sock?db=1"])
def test_a_redis_that_is_named_wins(folder: Path, url: str) -> None:
    assert ensure_valkey(folder, {"REDIS_URL": url}) == url
    assert not folder.exists()


@pytest.mark.parametrize(
    "url", ["http://:secret@cache", "redis:///0", "redis://:secret@cache/eu", "unix://run/redis.sock"]
)
def test_a_redis_url_that_cannot_be_used_is_refused_without_showing_it(folder: Path, url: str) -> None:
    with pytest.raises(ValueError, match="REDIS_URL") as caught:
        ensure_valkey(folder, {"REDIS_URL": url})

    assert "secret" not in str(caught.value)
