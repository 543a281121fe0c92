"""On whose machine a folder lies: that of a share which is mounted there, by the words of the operating system's table of mounts."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

SHARE = re.compile(
    r"//([^/\s]+)/|(?:[^@\s/]+@)?(\[[0-9A-Fa-f:.]+\]|[^/\s:\[\]]+):/"
)  # //host/share, host:/folder, user@host:/folder


@dataclass(frozen=True)
class Mount:
    """source: what is mounted at the place, as the system has it."""

    at: Path
    source: str

    @property
    def host(self) -> str:
        """Empty for a disk of this machine."""
        found = SHARE.match(self.source)
        return (found[1] or found[2]).strip("[]").lower() if found else ""


def mounts() -> list[Mount]:
    return [Mount(Path(one.mountpoint), one.device) for one in psutil.disk_partitions(all=True)]


def mount_of(folder: Path, known: Iterable[Mount]) -> Mount:
    """The innermost one that holds this folder, whether it is there yet or not; what was mounted last lies on top."""
    whole, found = folder.resolve(), Mount(Path("/"), "")
    for one in known:
        if whole.is_relative_to(one.at) and len(one.at.parts) >= len(found.at.parts):
            found = one
    return found
