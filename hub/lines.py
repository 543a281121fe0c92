"""Lines to other hosts notice when nothing comes any more. A host that is cut off closes nothing: left alone, whoever waits for it
waits for hours, and what it had locked stays locked as long."""

import socket
from collections.abc import Mapping

CONNECT = 5  # seconds for a connection to be made
QUIET, BETWEEN, ASKED = 4, 2, 3  # seconds of silence, then so many questions, each so many seconds after the last
SILENT = QUIET + BETWEEN * ASKED  # seconds after which a line is dead, also one on which something waits to be taken

SERVER = (
    f"-c tcp_keepalives_idle={QUIET}", f"-c tcp_keepalives_interval={BETWEEN}", f"-c tcp_keepalives_count={ASKED}",
    f"-c tcp_user_timeout={SILENT * 1000}",
)  # fmt: skip


def of_postgres(given: Mapping[str, object], *, pooled: bool) -> dict[str, str | int]:
    """What libpq is told, beside what the address says itself. The server keeps the same watch on us, so that the locks of somebody
    who is gone are free again; behind a pooler that is between the pooler and the server (postgresql.org/docs, 19.3.2)."""
    ours: dict[str, str | int] = {
        "connect_timeout": CONNECT, "keepalives_idle": QUIET, "keepalives_interval": BETWEEN, "keepalives_count": ASKED,
        "tcp_user_timeout": SILENT * 1000,
    }  # fmt: skip
    ours = {name: value for name, value in ours.items() if name not in given}
    if not pooled:
        ours["options"] = " ".join([*SERVER, str(given.get("options", ""))]).strip()  # the later of two counts
    return ours


def of_valkey(url: str) -> dict[str, object]:
    """What its client is told; a socket of this machine needs no watch."""
    return {} if url.startswith("unix:") else {"socket_keepalive": True, "socket_keepalive_options": _watched()}


def watch(listening: socket.socket) -> None:
    """Whatever comes in here is watched: Linux hands these on to each connection. A listener that is no TCP has nothing to watch."""
    if listening.family in (socket.AF_INET, socket.AF_INET6):
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _watched().items():
            listening.setsockopt(socket.IPPROTO_TCP, name, value)


def _watched() -> dict[int, int]:
    """By the numbers of this system; one that it does not have is left out."""
    wanted = {"TCP_KEEPIDLE": QUIET, "TCP_KEEPINTVL": BETWEEN, "TCP_KEEPCNT": ASKED, "TCP_USER_TIMEOUT": SILENT * 1000}
    return {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}
