"""hub init, hub up, hub worker."""

import json
import socket
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from hub import clock, door, log, worker
from hub.app import STREAMS
from hub.cli.opened import hub_at, json_option, region_option, regions_of, valkey_environ, warm
from hub.cli.starting import begin, tell_begun
from hub.core import check_opened
from hub.embedded import ValkeyServer
from hub.errors import PartDown
from hub.flow import reports, runs
from hub.opening import make_secrets, open_new_region
from hub.regions import down
from hub.serving import LINES, MANY, serve_web
from hub.settings import Settings, load_settings
from hub.worker import Supervisor, stop_on_signal

LOOK_EVERY = 0.5  # seconds between two looks at Valkey
LOOK_FOR_RUNS = 5.0  # seconds between two looks at what is to be trained or scored
OWNED = "the database's role owns its tables, so row-level security does not hold it. Let hub init alone be the owner: HUB_OWNER_{}."
ROLES = ("web", "streams", "workers", "clock", "scores", "doors")


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@region_option
@json_option
def init(folder: Path | None, region: str | None, as_json: bool) -> None:
    """Without FOLDER: open the regions of the configuration. Safe to run again: it brings the schema up to date and fills
    what is missing. With FOLDER: write a new project there, with one region (eu, gcc or apac) to begin with."""
    if folder is not None:
        tell_begun(folder, begin(folder, region or "eu"))
        return
    settings = load_settings()
    opened = {code: open_region(settings, code) for code in regions_of(settings, region)}
    if as_json:
        click.echo(json.dumps(opened))
        return
    for code, new in opened.items():
        click.echo(f"{code}: {'opened' if new else 'up to date'} in {settings.folder(code)}")


def open_region(settings: Settings, code: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> bool:
    try:
        new = open_new_region(settings, code, clock)
        make_secrets(settings, code)
    except OperationalError as error:
        raise down(f"The database of {code}", error) from error
    except OSError as error:
        raise PartDown(f"{settings.folder(code)} cannot be written: {error.strerror}.") from error
    return new


@click.command()
@region_option
@click.option(
    "--only",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    help="This role alone; may be given again. Default: all.",
)
@click.option("-n", "count", type=click.IntRange(1, 64), default=None, help="How many workers; default as configured.")
def up(region: str | None, roles: tuple[str, ...], count: int | None) -> None:
    """Run web, workers and clock of every region until SIGTERM or Ctrl-C. On many machines each runs one role (--only): of
    clocks one moves time, the others stand ready."""
    settings = load_settings()
    supervisor = watcher(settings)
    for code in regions_of(settings, region):
        add_region(supervisor, settings, code, roles or ROLES, workers=count)
        if not roles or "web" in roles:
            click.echo(f"{code}: {settings.region(code).origin}/")
    supervisor.serve()


@click.command("worker")
@region_option
@click.option("-n", "count", type=click.IntRange(1, 64), default=None, help="How many workers; default as configured.")
def worker_command(region: str | None, count: int | None) -> None:
    """Run N supervised workers and one clock of a region."""
    settings = load_settings()
    codes = regions_of(settings, region)
    supervisor = watcher(settings)
    for code in codes:
        add_region(supervisor, settings, code, ROLES[2:], workers=count)
    supervisor.serve()


def watcher(settings: Settings) -> Supervisor:
    """What starts the children says by name which of them ended."""
    log.set_up(level_of(settings))
    return Supervisor(settings.timing.stalled)


def add_region(
    supervisor: Supervisor, settings: Settings, code: str, roles: Collection[str] = ROLES, *, workers: int | None = None
) -> None:
    """The processes of one region; each builds its own hub after the fork and holds this region's credentials only."""
    warm(settings)
    if not check_opened(settings, code):
        click.echo(f"{code}: {OWNED.format(code.upper())}", err=True)
    here = settings.region(code)
    if not valkey_environ(settings, code).get("REDIS_URL"):
        supervisor.add(f"{code}-valkey", lambda: keep_valkey(settings, code), last=True)
    if "workers" in roles:
        for number in range(workers or here.workers):
            supervisor.add(f"{code}-worker-{number + 1}", lambda: run_worker(settings, code))
    if "clock" in roles:
        supervisor.add(f"{code}-clock", lambda: run_clock(settings, code))
    if "scores" in roles:
        supervisor.add(f"{code}-scores", lambda: run_scores(settings, code))
    for name in doors_of(settings, code) if "doors" in roles else ():
        supervisor.add(f"{code}-{name}", lambda name=name: run_door(settings, code, name))  # type: ignore[misc]
    for name, port, streams, lines in (("web", here.port, STREAMS, 0), ("streams", here.streams, MANY, LINES)):
        if name in roles and port:
            add_web(supervisor, settings, code, name, port, streams, lines)


def add_web(
    supervisor: Supervisor, settings: Settings, code: str, name: str, port: int, streams: int, lines: int
) -> None:
    host = settings.environ.get("HUB_BIND") or "127.0.0.1"
    processes = max(1, settings.count("HUB_WEB_PROCESSES", 1))
    settings.count("HUB_PROXIES", 0)  # a mistake is told before anything starts
    check_port(port, f"the {name} server of {code}")
    stalled = settings.timing.stalled
    supervisor.add(
        f"{code}-{name}",
        lambda: serve_web(lambda: hub_at(settings, code), code, f"{host}:{port}", stalled, processes, streams, lines),
    )


def check_port(port: int, what: str) -> None:
    """Raises PartDown when somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            hint = "End what runs there (another demo?), or give another port in hub.yaml."
            raise PartDown(f"Port {port} is in use; {what} wants it.", hint) from error


def keep_valkey(settings: Settings, code: str) -> None:
    """See that the region's Valkey runs, take it over from whoever started it, and start it again when it was killed."""
    log.set_up(level_of(settings), region=code)
    server = ValkeyServer(settings.folder(code) / "valkey")
    stopping = stop_on_signal()
    while not stopping():
        _start_or_replace(server, settings.timing.stalled)
        time.sleep(LOOK_EVERY)
    server.stop()


def _start_or_replace(server: ValkeyServer, stalled: float) -> None:
    """One that stands still is killed: it gets no rival on its files, so it would stand in the way for ever."""
    try:
        server.start(stalled)
    except PartDown:
        if not server.kill():
            raise


def run_worker(settings: Settings, code: str) -> None:
    log.set_up("WARNING", region=code)
    hub = hub_at(settings, code)
    worker.work(hub, lambda: False)


def run_clock(settings: Settings, code: str) -> None:
    log.set_up(level_of(settings), region=code)
    stopping = stop_on_signal()
    clock.run(hub_at(settings, code), stopping)


def run_scores(settings: Settings, code: str) -> None:
    """Trainings, scorings and counts of returns, one after the other, in a process of their own: no delivery waits behind them."""
    log.set_up(level_of(settings), region=code)
    stopping = stop_on_signal()
    hub = hub_at(settings, code)
    while not stopping():
        try:
            if not runs.work_off(hub, clock.holder()) and not reports.count_due(hub):
                time.sleep(LOOK_FOR_RUNS)
        except PartDown:
            time.sleep(LOOK_FOR_RUNS)


def doors_of(settings: Settings, code: str) -> list[str]:
    """Connections of a region that take mails by LMTP."""
    return [one.name for one in settings.connections.values() if one.region == code and "lmtp" in one.options]


def run_door(settings: Settings, code: str, name: str) -> None:
    log.set_up(level_of(settings), region=code)
    stopping = stop_on_signal()
    door.serve(hub_at(settings, code), name, stopping)


def level_of(settings: Settings) -> str:
    return settings.environ.get("HUB_LOG", "INFO")


COMMANDS = {"init": init, "up": up, "worker": worker_command}
