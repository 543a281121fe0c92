"""What the demo says while it runs: where to look, how far the history is in, what flows; with --once, the sum of it."""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hub.access import make_sign_in_link, principal_of
from hub.demo.order import check_room
from hub.demo.run import FORESEEN
from hub.demo.sandboxes import port_of
from hub.demo.scenes import FILL, SCENES
from hub.demo.somebody import somebody
from hub.demo.stage import Demo, desk_of, loopback, wait_until_ready
from hub.errors import PartDown
from hub.worker import Supervisor

STANDSTILL = 240.0  # seconds in which nothing moves, after which --once gives up
LOOK_EVERY, SELDOM = 0.7, 10  # seconds, and as many times as long as the look before took


def run_teller(demo: Demo, supervisor: Supervisor) -> None:
    """With --once it waits until everything has settled, and sums up; else it tells for ever."""
    console = Console(stderr=demo.as_json)
    for code in demo.order.counts:
        wait_until_ready(f"{loopback(demo.settings.region(code))}/readyz")
    if not demo.once:
        tell_doors(demo, console)
    statuses = watch_history(demo, console, supervisor)
    if demo.once:
        sum_up(demo, statuses)
    else:
        say(console, f"The history is in after {time.monotonic() - demo.began:.0f} s; life goes on.\n")
        tell_customers(demo, console)
        tell_life(demo, console)


def tell_doors(demo: Demo, console: Console) -> None:
    """Plain lines: a link that a table folds cannot be clicked."""
    console.print("Where to look, and who can sign in (each link works once, as operator and admin):\n")
    for code in demo.order.counts:
        here = demo.settings.region(code)
        base = here.origin
        say(console, f"  {code:5} {base}/\n        {base}/sign-in/{demo.links[code]}")
        say(
            console,
            f"        {desk_of(demo, code)}  the CRM's own desk ({demo.crm(code).connector}): change a contact, the hub hears of it",
        )
        say(
            console,
            f"        http://127.0.0.1:{port_of(demo.settings)}/site/{code}  a garage's own site, with the chat in its corner",
        )
    say(console, "\nA new link: ./garage sign-in 'your name' --role operator --region eu      Stop: Ctrl-C\n")


def tell_customers(demo: Demo, console: Console) -> None:
    """Of each region somebody whose pages have much to show."""
    say(console, "Sign in as a customer (each link works once; use another browser or a private window):\n")
    for code in demo.order.counts:
        here = demo.settings.region(code)
        hub = demo.open_hub(code)
        with hub.begin() as work:
            ref = somebody(work.session, work.now)
            secret = make_sign_in_link(work, principal_of(work, ref), timedelta(hours=12)) if ref else ""
        hub.close()
        if ref:
            say(console, f"  {code:5} {here.origin}/sign-in/{secret}")
    say(console, "\nAnother one: ./garage sign-in --customer REF --region eu\n")


def watch_history(demo: Demo, console: Console, supervisor: Supervisor) -> dict[str, dict[str, Any]]:
    """A bar per region until all files are in and, with --once, all has settled; answers how it stands then."""
    with Progress(
        TextColumn("{task.description:5}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,} rows"),
        TimeElapsedColumn(), console=console, disable=demo.as_json, transient=True,
    ) as progress:  # fmt: skip
        bars = {code: progress.add_task(code, total=1) for code in demo.order.counts}
        moved, seen = time.monotonic(), None
        while True:
            asked = time.monotonic()
            statuses = {code: ask_status(demo, code) for code in demo.order.counts}
            took = time.monotonic() - asked
            for code, (done, total) in demo.gauge.seen().items():
                progress.update(bars[code], completed=done, total=max(1, total))
            if is_done(demo, supervisor, statuses):
                return statuses
            if (now := [demo.gauge.seen(), statuses]) != seen:
                moved, seen = time.monotonic(), now
            check_room_or_end(demo)
            if demo.once and time.monotonic() - moved > STANDSTILL:
                json.dump({"settled": False, "regions": statuses}, sys.stdout)
                end(3)
            time.sleep(max(LOOK_EVERY, SELDOM * took))  # all that waits is counted for it: who has much is asked seldom


def is_done(demo: Demo, supervisor: Supervisor, statuses: Mapping[str, Mapping[str, Any]]) -> bool:
    wanted = (*FILL, FORESEEN, SCENES) if demo.once else FILL
    names = {f"{code}-{name}" for code in demo.order.counts for name in wanted}
    if not all(statuses.values()) or not supervisor.finished(names):
        return False
    return not demo.once or all(is_settled(one) for one in statuses.values())


def check_room_or_end(demo: Demo) -> None:
    """A full disk is said at once: nothing would ever settle."""
    try:
        check_room(demo.settings.home, 0)
    except PartDown as error:
        sys.stderr.write(f"{error}\n")
        end(3)


def end(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def tell_life(demo: Demo, console: Console) -> None:
    last: dict[str, Any] = {}
    while True:
        statuses = {code: ask_status(demo, code) for code in demo.order.counts}
        line = {code: counted(one) for code, one in statuses.items() if one}
        if line != last:
            say(console, flowing(line))
        last = line
        time.sleep(1.0)


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
