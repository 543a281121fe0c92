"""Hosts that are cut off from each other: nothing is closed and nothing refused, bytes merely do not come. Whatever the cut, nothing
is lost or doubled, whoever stands ready takes over, and everything flows again soon after the cut is mended.

HUB_HOSTS_CUTS=all makes every cut (some minutes) instead of the three that tell most, HUB_HOSTS_SECONDS (8) longer ones."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from hosts import BELL, HOSTS, DistantPostgres, Hosts
from judging import judge
from wires import why_not, wires

WHY_NOT = why_not()
pytestmark = [pytest.mark.alone, pytest.mark.postgres, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]
SECONDS = float(os.environ.get("HUB_HOSTS_SECONDS", "8"))  # of a cut; longer than any patience of ours should be
RECOVERY = 15.0  # seconds after the lease


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    with wires(HOSTS) as laid:
        server = DistantPostgres(laid)
        try:
            owner = server.create("hosts")
            given = {
                "HUB_OWNER_EU": owner,
                "HUB_DATABASE_EU": server.over_the_wire(server.application_url_for("hosts")),
                "HUB_REDIS_EU": f"redis://{laid.address('bell')}:{BELL}/0",
                "HUB_BIND": laid.address("web"),
            }
            hosts = Hosts(tmp_path, Random(1), given, laid.address("web"), laid.address("partners"), laid=laid)
            try:
                hosts.start()
                yield hosts
            finally:
                laid.heal()
                hosts.stop()
        finally:
            server.stop()


def stands_in(hosts: Hosts, host: str) -> float:
    """Workers of one host are cut off from the database in the middle of what they do: those of the other go on, while it lasts."""
    hosts.cut(host, "db")
    return hosts.flows_again(hosts.settings.timing.lease + RECOVERY)


def other_clock(hosts: Hosts, _host: str) -> float:
    first, began = hosts.moving(), time.monotonic()
    hosts.cut(first, "db")
    while hosts.moving() == first:
        assert time.monotonic() < began + 10 + RECOVERY, "nobody moves time"
        time.sleep(0.1)
    return time.monotonic() - began


def cut_and_mended(host: str, *others: str, back: bool = True) -> Callable[[Hosts], float]:
    def harm(hosts: Hosts) -> float:
        hosts.cut(host, *others, back=back)
        time.sleep(SECONDS)
        hosts.heal()
        return hosts.flows_again(hosts.settings.timing.lease + RECOVERY)

    return harm


def broken_off(host: str, *others: str) -> Callable[[Hosts], float]:
    def harm(hosts: Hosts) -> float:
        hosts.reset(host, *others)
        return hosts.flows_again(hosts.settings.timing.lease + RECOVERY)

    return harm


ALL_OF_THEM = ("web", "workers", "others", "clock", "standby")
TELLING = {
    "workers from the database, others go on": lambda hosts: stands_in(hosts, "workers"),
    "the clock from the database, the other moves time": lambda hosts: other_clock(hosts, ""),
    "partners' answers to workers": cut_and_mended("partners", "workers", "others", back=False),
}
MORE = {
    "everybody from the database": cut_and_mended("db", *ALL_OF_THEM),
    "everybody from Valkey": cut_and_mended("bell", *ALL_OF_THEM),
    "web from the database": cut_and_mended("web", "db"),
    "web from Valkey": cut_and_mended("web", "bell"),
    "workers from Valkey": cut_and_mended("workers", "bell"),
    "workers from partners": cut_and_mended("workers", "partners"),
    "the street from the web": cut_and_mended("street", "web"),
    "the database's answers to workers": cut_and_mended("db", "workers", back=False),
    "every connection to the database, broken": broken_off("db", *ALL_OF_THEM),
    "every connection to Valkey, broken": broken_off("bell", *ALL_OF_THEM),
    "every connection to partners, broken": broken_off("partners", "workers", "others"),
}


def test_hosts_that_are_cut_off_lose_nothing_double_nothing_and_are_back_soon(hosts: Hosts) -> None:
    cuts = {**TELLING, **(MORE if os.environ.get("HUB_HOSTS_CUTS") == "all" else {})}
    found = {}
    with hosts.load():
        hosts.flows_again(60)
        assert "child failed" not in hosts.said(), "those who began at once stood in each other's way"
        for name, harm in cuts.items():
            found[name] = harm(hosts)
            hosts.heal()
            hosts.flows_again(hosts.settings.timing.lease + RECOVERY)
            print(f"{name}: {found[name]:.1f} s", flush=True)
    hosts.wait_settled(time.monotonic() + 90)

    judge(hosts)
    lease = hosts.settings.timing.lease
    assert max(found.values()) <= lease + RECOVERY, found
