"""hub check, hub plugins, hub rules test, cost, engine."""

import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hub.blocks import place
from hub.catalogue import catalogue
from hub.cli.engine import engine
from hub.cli.opened import json_option
from hub.cli.watching import watch
from hub.core import connector_classes
from hub.errors import ConfigError
from hub.plugins import installed, load_plugins
from hub.rates import read_rates
from hub.rulebook import purposes_of
from hub.sdk import Connector
from hub.services import read_services
from hub.settings import Settings, load_settings
from hub.targets import SYNCED, TARGETS
from rules import RuleError, load_book
from rules.catalogue import nearest
from rules.cost import DEAR, cost
from rules.desks import load_desks
from rules.hours import Calendar, read_calendars
from rules.mapping import read_mapping
from rules.parse import read
from rules.read_sending import load_sending
from rules.replies import load_replies
from rules.syncmap import read_sync
from rules.trying import Tried, tried

LOOK_EVERY = 0.5  # seconds between two looks at the folder


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--watch", "watching", is_flag=True, help="Check again at every change of a file, until Ctrl-C.")
@json_option
def check(folder: Path | None, watching: bool, as_json: bool) -> None:
    """Check a configuration folder (default: HUB_CONFIG): every mistake of every file, where it is and how to mend it."""
    if watching:
        _watch(folder)
        return
    problems = problems_of(folder)
    if as_json:
        click.echo(json.dumps({"problems": problems}, ensure_ascii=False))
    elif problems:
        click.echo("\n".join(problems), err=True)
    if problems:
        raise SystemExit(1)
    if not as_json:
        click.echo("The configuration is right.")
        for line in dear(folder):
            click.echo(line)


def _watch(folder: Path | None) -> None:
    where = folder or Path(os.environ.get("HUB_CONFIG", "config"))

    def wait() -> bool:
        time.sleep(LOOK_EVERY)
        return True

    for problems in watch(where, lambda: problems_of(folder), wait):
        told = "\n".join(problems) if problems else "The configuration is right."
        click.echo(f"{datetime.now():%H:%M:%S}  {len(problems)} problems\n{told}")  # noqa: DTZ005 - for whoever sits there


def dear(folder: Path | None) -> list[str]:
    """Of a configuration that is right: the segments that cost much over all customers."""
    settings = load_settings(config=folder)
    book = load_book(settings.config, catalogue(load_plugins(settings.plugins)), believed=True)
    costs = {rule.mark: cost(rule.when) for rule in book.segments.values()}
    return [
        f"{mark.file}:{mark.line}: costs {units} times a test of a stored fact; a window on its events would help."
        for mark, units in sorted(costs.items())
        if units >= DEAR
    ]


def problems_of(folder: Path | None) -> list[str]:
    try:
        settings = load_settings(config=folder)
        plugins = load_plugins(settings.plugins)
    except ConfigError as error:
        return str(error).splitlines()
    problems = list(_connections(settings, connector_classes(plugins)))
    calendars, wrong = read_calendars(settings.config / "calendars")
    services, strange = _services(settings)
    problems += [*map(str, wrong), *strange]
    try:
        load_book(settings.config, catalogue(plugins), calendars=calendars, services=services, believed=bool(wrong))
    except RuleError as error:
        problems += str(error).splitlines()
    for path in sorted((settings.config / "mappings").glob("*.yaml")):
        try:
            source = read(path)
            read_sync(source, SYNCED) if "sync" in source.top else read_mapping(source, TARGETS)
        except RuleError as error:
            problems += str(error).splitlines()
    problems += [*_desks(settings, calendars), *_sending(settings, purposes_of(plugins), calendars)]
    for brought in plugins.hook.check_configuration(config=settings.config):
        problems += brought
    return problems


def _connections(settings: Settings, known: Mapping[str, type[Connector]]) -> Iterator[str]:
    path = settings.config / "hub.yaml"
    for one in settings.connections.values():
        if one.connector not in known:
            where = place(path, "connections", one.name, "connector")
            yield f"{where}: No plugin brings “{one.connector}”. {nearest(one.connector, known)}"
            continue
        topics = {topic.name for topic in known[one.connector].topics}
        for cause, heard in one.hears.items():
            for topic in [topic for topic in heard if topic not in topics]:
                where = place(path, "connections", one.name, "hears", cause)
                yield f"{where}: {one.connector} does not take “{topic}”. It takes: {', '.join(sorted(topics)) or 'nothing'}."


def _sending(settings: Settings, purposes: Collection[str], calendars: Mapping[str, Calendar]) -> list[str]:
    problems = []
    regions = settings.regions
    for load in (
        lambda: load_sending(settings.config, purposes, regions, calendars),
        lambda: load_replies(settings.config, purposes),
    ):
        try:
            load()
        except RuleError as error:
            problems += str(error).splitlines()
    return problems


def _services(settings: Settings) -> tuple[Collection[str] | None, list[str]]:
    """Those that may be named, None where nobody knows; and what is wrong in them and in what they cost."""
    try:
        found = read_services(settings.config).named
        read_rates(settings.config)
    except ConfigError as error:
        return None, str(error).splitlines()
    return found or None, []


def _desks(settings: Settings, calendars: Collection[str]) -> list[str]:
    try:
        load_desks(settings.config / "desks", calendars, settings.regions)
    except RuleError as error:
        return str(error).splitlines()
    return []


@click.command("plugins")
@json_option
def plugins_command(as_json: bool) -> None:
    """Plugins that are installed, and those that are active."""
    active = load_settings().plugins
    rows = [{"name": name, "module": module, "active": name in active} for name, module in sorted(installed().items())]
    if as_json:
        click.echo(json.dumps({"plugins": rows}))
        return
    table = Table("plugin", "module", "active")
    for row in rows:
        table.add_row(str(row["name"]), str(row["module"]), "yes" if row["active"] else "no")
    Console().print(table)


@click.group("rules")
def rules_group() -> None:
    """Rules and their engine."""


@rules_group.command("test")
@click.argument("segment", required=False)
@json_option
def rules_test(segment: str | None, as_json: bool) -> None:
    """Try the examples of all segments and policies, and show what came out."""
    settings = load_settings()
    try:
        rows = tried(settings.config, catalogue(load_plugins(settings.plugins)))
    except RuleError as error:
        raise ConfigError(str(error), "Mend these first: hub check.") from error
    if segment is not None:
        rows = [row for row in rows if row.rule == segment]
        if not rows:
            raise ConfigError(f"There is no rule “{segment}”.", "hub rules test shows them all.")
    if as_json:
        click.echo(json.dumps({"examples": [row.as_json() for row in rows]}, ensure_ascii=False))
    else:
        _print_tried(rows)
    if not all(row.right for row in rows):
        raise SystemExit(1)


def _print_tried(rows: list[Tried]) -> None:
    table = Table("rule", "example", "expected", "came out", "place")
    for row in rows:
        came_out = row.came_out if row.right else f"[bold red]{row.came_out}[/]"
        table.add_row(row.rule, row.example, row.expected, came_out, row.place)
    console = Console(width=140 if not Console().is_terminal else None)
    console.print(table)
    wrong = sum(not row.right for row in rows)
    console.print(f"{len(rows)} examples, {wrong} wrong." if wrong else f"{len(rows)} examples, all as expected.")


@rules_group.command("cost")
@json_option
def rules_cost(as_json: bool) -> None:
    """What each segment costs over all customers, in units of one test of a stored fact."""
    settings = load_settings()
    try:
        book = load_book(settings.config, catalogue(load_plugins(settings.plugins)))
    except RuleError as error:
        raise ConfigError(str(error), "Mend these first: hub check.") from error
    costs = {name: cost(rule.when) for name, rule in book.segments.items()}
    if as_json:
        click.echo(json.dumps({"costs": costs}))
        return
    table = Table("segment", "cost", "")
    for name, units in sorted(costs.items(), key=lambda one: -one[1]):
        table.add_row(name, str(units), "dear: a window on its events would help" if units >= DEAR else "")
    Console().print(table)


rules_group.add_command(engine)

COMMANDS = {"check": check, "plugins": plugins_command, "rules": rules_group}
