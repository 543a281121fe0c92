"""`hub demo`: opens the regions, starts everything, lets people come in by the real doors, and tells what flows."""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from hub import log
from hub.access import make_sign_in_link, principal_named
from hub.core import Hub
from hub.demo import people, sandboxes
from hub.demo.people import Made
from hub.errors import PartDown
from hub.flow.sync import import_pages, importer
from hub.settings import RegionSettings, Settings
from hub.targets import TARGETS
from hub.web.access import grant_token
from hub.worker import Supervisor
from rules.mapping import load_mapping

SEED = 7
PATIENCE = 240.0  # seconds for everything to settle
STAFF = ("operator", "admin")


@dataclass
class Demo:
    """What the children of one run share: settings, who is to come, and the secrets that were shown to the operator."""

    settings: Settings
    open_hub: Callable[[str], Hub]
    counts: Mapping[str, int]
    today: date
    once: bool
    as_json: bool
    tokens: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def made(self, region: str) -> list[Made]:
        return list(people.make_people(region, self.counts[region], self.today, SEED))


def shares(total: int, regions: list[str]) -> dict[str, int]:
    """How many customers each region gets: the first ones get what does not divide."""
    return {code: total // len(regions) + (index < total % len(regions)) for index, code in enumerate(regions)}


def prepare(demo: Demo) -> None:
    """A token for the teller and a sign-in link per region, written before anything runs."""
    for code in demo.counts:
        hub = demo.open_hub(code)
        with hub.begin() as work:
            operator = principal_named(work, "demo operator", STAFF)
            demo.links[code] = make_sign_in_link(work, operator, timedelta(hours=12))
            teller = principal_named(work, "demo teller", ())
            demo.tokens[code] = grant_token(work, teller, ["status:read"], timedelta(hours=12))
        hub.close()


def add_children(supervisor: Supervisor, demo: Demo) -> None:
    supervisor.add("sandboxes", lambda: run_sandboxes(demo))
    for code in demo.counts:
        supervisor.add(f"{code}-import", lambda code=code: run_import(demo, code), once=True)  # type: ignore[misc]
        supervisor.add(f"{code}-loyalty", lambda code=code: run_loyalty(demo, code), once=True)  # type: ignore[misc]
    supervisor.add("teller", lambda: run_teller(demo, supervisor), once=True, ends_all=demo.once)


def run_sandboxes(demo: Demo) -> None:
    log.set_up("WARNING")
    sandboxes.serve(demo.settings.plugins, demo.settings.home / "sandboxes", sandboxes.port_of(demo.settings), SEED)


def run_import(demo: Demo, code: str) -> None:
    """Customers, then their visits, by the door that `hub import` uses."""
    log.set_up("WARNING", region=code)
    hub = demo.open_hub(code)
    made = demo.made(code)
    with TemporaryDirectory(prefix="garage-") as folder:
        customers, visits = Path(folder) / "customers.csv", Path(folder) / "visits.csv"
        people.write_customers(customers, made)
        people.write_visits(visits, made, code)
        partner = importer(hub)
        for file, mapping in ((customers, "demo_customers"), (visits, f"demo_visits_{code}")):
            plan = load_mapping(demo.settings.config / "mappings" / f"{mapping}.yaml", TARGETS)
            import_pages(hub, partner, partner.connector.read(file, plan), Random(SEED))  # type: ignore[attr-defined]  # noqa: S311
    hub.close()


def run_loyalty(demo: Demo, code: str) -> None:
    """Everybody is enrolled by signed webhooks; then, if life goes on, points move now and then."""
    log.set_up("WARNING", region=code)
    connection = next(
        (one for one in demo.settings.connections.values() if one.region == code and one.connector == "loyalty"), None
    )
    if connection is None:
        return
    here = demo.settings.region(code)
    secret = demo.settings.secrets_of(code)[connection.secrets["webhook_secret"]]
    url = f"{loopback(here)}/webhooks/{connection.name}"
    wait_until_ready(f"{loopback(here)}/readyz")
    members = [
        {"member_id": f"m-{one.number}", "customer_number": one.number, "tier": one.tier, "points": one.points}
        for one in demo.made(code)
    ]
    dial = f"http://127.0.0.1:{sandboxes.port_of(demo.settings)}/faults"
    sender = sandboxes.Sender(url, secret, dial, Random(SEED))  # noqa: S311 - a demo's dice
    sandboxes.enroll(sender, members, SEED)
    if not demo.once:
        sandboxes.live(sender, members)


def loopback(here: RegionSettings) -> str:
    """By number: browsers know that every *.localhost is this machine, the resolver may not."""
    return f"http://127.0.0.1:{here.port}"


def wait_until_ready(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise PartDown(f"{url} does not answer.")


def run_teller(demo: Demo, supervisor: Supervisor) -> None:
    """Says where to look, then what flows; with --once it waits until everything has settled, and sums up."""
    console = Console(stderr=demo.as_json)
    for code in demo.counts:
        here = demo.settings.region(code)
        wait_until_ready(f"{loopback(here)}/readyz")
    if not demo.once:
        tell_doors(demo, console)
    tell(demo, console, supervisor)


def tell_doors(demo: Demo, console: Console) -> None:
    """Plain lines: a link that a table folds cannot be clicked."""
    console.print("Where to look, and who can sign in (each link works once, as operator and admin):\n")
    for code in demo.counts:
        here = demo.settings.region(code)
        base = f"http://{here.host}:{here.port}"
        say(console, f"  {code:5} {base}/\n        {base}/sign-in/{demo.links[code]}")
    say(console, "\nA new link: ./garage sign-in 'your name' --role operator --region eu      Stop: Ctrl-C\n")


def tell(demo: Demo, console: Console, supervisor: Supervisor) -> None:
    end = time.monotonic() + PATIENCE
    last: dict[str, Any] = {}
    while True:
        statuses = {code: ask_status(demo, code) for code in demo.counts}
        if all(statuses.values()):
            settled = supervisor.finished(
                {f"{code}-{what}" for code in demo.counts for what in ("import", "loyalty")}
            ) and all(is_settled(one) for one in statuses.values())
            if demo.once and settled:
                return sum_up(demo, statuses)
            line = {code: counted(one) for code, one in statuses.items()}
            if line != last and not demo.once:
                say(console, flowing(line))
            last = line
        if demo.once and time.monotonic() > end:
            json.dump({"settled": False, "regions": statuses}, sys.stdout)
            os._exit(3)
        time.sleep(0.3 if demo.once else 1.0)


def flowing(line: Mapping[str, Mapping[str, int]]) -> str:
    parts = [
        f"{code}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()) for code, counts in line.items()
    ]
    return f"{datetime.now(UTC):%H:%M:%S}  " + "   ".join(parts)


def say(console: Console, words: str) -> None:
    console.print(words, highlight=False, soft_wrap=True, markup=False)


def ask_status(demo: Demo, code: str) -> dict[str, Any]:
    here = demo.settings.region(code)
    request = urllib.request.Request(  # noqa: S310 - our own loopback
        f"{loopback(here)}/api/v1/status", headers={"Authorization": f"Bearer {demo.tokens[code]}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {}


def counted(one: Mapping[str, Any]) -> dict[str, int]:
    return {
        "customers": one["customers"],
        "in": sum_of(one, "inbox", "done"),
        "out": sum_of(one, "outbox", "sent"),
        "waiting": sum_of(one, "inbox", "waiting") + sum_of(one, "outbox", "waiting", "claimed"),
        "dead": sum(row["dead_letters"] for row in one["connections"]),
    }


def sum_of(one: Mapping[str, Any], side: str, *states: str) -> int:
    return sum(row[side].get(state, 0) for row in one["connections"] for state in states)


def is_settled(one: Mapping[str, Any]) -> bool:
    return (
        sum_of(one, "inbox", "waiting") == 0
        and sum_of(one, "outbox", "waiting", "claimed") == 0
        and not one["segments_due"]
    )


def sum_up(demo: Demo, statuses: Mapping[str, Mapping[str, Any]]) -> None:
    summary = {
        "rows_in": sum(sum_of(one, "inbox", "done") for one in statuses.values()),
        "customers": sum(one["customers"] for one in statuses.values()),
        "memberships": sum(sum(one["memberships"].values()) for one in statuses.values()),
        "messages_settled": sum(sum_of(one, "outbox", "sent", "unknown", "refused") for one in statuses.values()),
        "dead_letters": sum(row["dead_letters"] for one in statuses.values() for row in one["connections"]),
        "seconds": round(time.monotonic() - demo.began, 1),
    }
    if demo.as_json:
        sys.stdout.write(json.dumps({**summary, "regions": statuses}) + "\n")
        return
    table = Table(title="The demo garage has settled", title_justify="left", show_header=False)
    for name, value in summary.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    Console().print(table)
