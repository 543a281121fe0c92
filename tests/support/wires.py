"""Hosts on this machine: network namespaces on one switch, which can be cut off from each other without anybody being told.

A cut is a wrong address of Ethernet: what one host sends to the other goes to a card that nobody has. Nothing is closed, nothing is
refused, no answer comes, as where a cable was pulled beyond the next switch. Needs root, `ip` and `nsenter`; nothing leaves
the machine, and the machine's own network is not touched."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import permutations
from threading import Thread
from typing import Any

NEWNET = 0x40000000  # CLONE_NEWNET, linux/sched.h
NETWORK = "12.34.56"  # looks public, as the hub calls no private address; no wire leads there
NOWHERE = "02:00:00:00:ff:ff"
TOOLS = ("ip", "nsenter", "ss")


def why_not() -> str:
    """Why no hosts can be made here; empty where they can."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"needs {' and '.join(missing)} (Debian: apt install iproute2 util-linux)"
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"probe{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("-n", name, "link", "add", "switch", "type", "bridge")
    except subprocess.CalledProcessError as error:
        return f"no network namespaces here: {error.stderr.strip()}"
    finally:
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "del", name)
    return ""


class Wires:
    """hosts: their names, of at most eight letters."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts = {name: number for number, name in enumerate(hosts, 1)}
        self.mark = f"hub{os.getpid()}"
        self.laid: list[str] = []

    def lay(self) -> None:
        switch = self._space("switch")
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        for name, number in self.hosts.items():
            space = self._space(name)
            _ip(
                "-n",
                space,
                "link",
                "add",
                "wire",
                "address",
                _card(number),
                "type",
                "veth",
                "peer",
                f"to-{name}",
                "netns",
                switch,
            )
            _ip("-n", switch, "link", "set", f"to-{name}", "master", "switch", "up")
            _ip("-n", space, "address", "add", f"{self.address(name)}/24", "dev", "wire")
            for device in ("lo", "wire"):
                _ip("-n", space, "link", "set", device, "up")
        self.heal()

    def take_away(self) -> None:
        for name in self.laid:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", name)
        self.laid.clear()

    def address(self, host: str) -> str:
        return f"{NETWORK}.{self.hosts[host]}"

    def words(self, host: str) -> list[str]:
        """To stand before a command that runs on this host."""
        return ["nsenter", f"--net=/run/netns/{self.mark}-{host}"]

    def cut(self, one: str, other: str, *, back: bool = True) -> None:
        """From here on nothing of `one` reaches `other`, nor the other way round; without `back` that way stays whole."""
        for here, there in ((one, other), (other, one)) if back else ((one, other),):
            self._point(here, there, NOWHERE)

    def heal(self) -> None:
        for here, there in permutations(self.hosts, 2):
            self._point(here, there, _card(self.hosts[there]))

    def reset(self, one: str, other: str) -> None:
        """Every connection between the two breaks at once: both are told so."""
        for here, there in ((one, other), (other, one)):
            _run(*self.words(here), "ss", "-K", "dst", self.address(there))

    def in_thread(self, host: str, task: Callable[..., Any], *given: Any) -> Thread:
        """A thread of this process whose connections are made on that host."""

        def run() -> None:
            _enter(f"/run/netns/{self.mark}-{host}")
            task(*given)

        return Thread(target=run, daemon=True)

    def _space(self, name: str) -> str:
        space = f"{self.mark}-{name}"
        _ip("netns", "add", space)
        self.laid.append(space)
        return space

    def _point(self, here: str, there: str, card: str) -> None:
        """Known for good, so that no question about it is asked, and none stays without an answer that somebody could notice."""
        _ip(
            "-n",
            f"{self.mark}-{here}",
            "neighbour",
            "replace",
            self.address(there),
            "lladdr",
            card,
            "nud",
            "permanent",
            "dev",
            "wire",
        )


@contextmanager
def wires(hosts: Sequence[str]) -> Iterator[Wires]:
    laid = Wires(hosts)
    try:
        laid.lay()
        yield laid
    finally:
        laid.take_away()


def _card(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"


def _enter(space: str) -> None:
    """This thread alone (setns(2)); Python has it from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(space, os.O_RDONLY)
    try:
        if libc.setns(handle, NEWNET):
            raise OSError(ctypes.get_errno(), f"setns {space}")
    finally:
        os.close(handle)


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)
