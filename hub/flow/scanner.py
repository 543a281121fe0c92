"""A ClamAV daemon, spoken to by its INSTREAM command: the file is sent in chunks, the answer is one line."""

import socket
import struct
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from hub.errors import ConfigError, PartDown

CHUNK = 65_536
PATIENCE = 60.0  # seconds for one file
LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Verdict:
    """found: the name of what was found, or nothing."""

    clean: bool
    found: str = ""


@dataclass(frozen=True)
class Scanner:
    """url: unix:///run/clamav/clamd.ctl or tcp://host:3310."""

    url: str

    def scan(self, file: BinaryIO) -> Verdict:
        """Raises PartDown when the daemon does not answer, or refuses to look: what was not looked at is not clean."""
        try:
            with closing(self._connect()) as line:
                line.sendall(b"zINSTREAM\0")
                for chunk in iter(lambda: file.read(CHUNK), b""):
                    line.sendall(LENGTH.pack(len(chunk)) + chunk)
                line.sendall(LENGTH.pack(0))
                answer = _line(line)
        except OSError as error:
            raise PartDown(
                "The virus scanner does not answer.", "Look at clamd; files wait until it is back."
            ) from error
        _, _, said = answer.partition(": ")
        if said == "OK":
            return Verdict(True)
        if said.endswith(" FOUND"):
            return Verdict(False, said.removesuffix(" FOUND"))
        raise PartDown(f"The virus scanner could not look: {said[:80]}.", "See StreamMaxLength in clamd.conf.")

    def _connect(self) -> socket.socket:
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(PATIENCE)
            try:
                line.connect(parts.path)
            except OSError:
                line.close()
                raise
            return line
        if parts.scheme == "tcp" and parts.hostname:
            return socket.create_connection((parts.hostname, parts.port or 3310), PATIENCE)
        raise ConfigError("HUB_CLAMAV names no scanner.", "Write unix:///run/clamav/clamd.ctl or tcp://host:3310.")


def _line(line: socket.socket) -> str:
    """Up to the zero byte that ends an answer to a command with a z in front."""
    said = b""
    while not said.endswith(b"\0"):
        some = line.recv(4096)
        if not some:
            break
        said += some
    return said.rstrip(b"\0").decode("utf-8", "replace").strip()
