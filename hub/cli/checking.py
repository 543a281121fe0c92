"""hub check, hub schema, hub plugins, hub rules engine."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hub.catalogue import catalogue
from hub.cli.opened import json_option
from hub.core import connector_classes
from hub.errors import ConfigError
from hub.plugins import installed, load_plugins
from hub.settings import load_settings
from hub.targets import TARGETS
from rules import RuleError, load_book
from rules.mapping import load_mapping
from rules.schema import schema_of


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@json_option
def check(folder: Path | None, as_json: bool) -> None:
    """Check a configuration folder (default: HUB_CONFIG): every mistake of every file, where it is and how to mend it."""
    problems = problems_of(folder)
    if as_json:
        click.echo(json.dumps({"problems": problems}, ensure_ascii=False))
    elif problems:
        click.echo("\n".join(problems), err=True)
    if problems:
        raise SystemExit(1)
    if not as_json:
        click.echo("The configuration is right.")


def problems_of(folder: Path | None) -> list[str]:
    try:
        settings = load_settings(config=folder)
        plugins = load_plugins(settings.plugins)
    except ConfigError as error:
        return str(error).splitlines()
    problems = []
    known = connector_classes(plugins)
    for connection in settings.connections.values():
        if connection.connector not in known:
            problems.append(f"{settings.config / 'hub.yaml'}: connection “{connection.name}”: no plugin brings “{connection.connector}”. "
                            f"Brought: {', '.join(sorted(known))}.")  # fmt: skip
            continue
        topics = {topic.name for topic in known[connection.connector].topics}
        problems += [
            f"{settings.config / 'hub.yaml'}: connection “{connection.name}” hears “{topic}”, which {connection.connector} does not take. "
            f"It takes: {', '.join(sorted(topics)) or 'none'}."
            for heard in connection.hears.values()
            for topic in heard
            if topic not in topics
        ]
    try:
        load_book(settings.config, catalogue(plugins))
    except RuleError as error:
        problems += str(error).splitlines()
    for path in sorted((settings.config / "mappings").glob("*.yaml")):
        try:
            load_mapping(path, TARGETS)
        except RuleError as error:
            problems += str(error).splitlines()
    for brought in plugins.hook.check_configuration(config=settings.config):
        problems += brought
    return problems


@click.command()
@click.argument("kind", type=click.Choice(["segment", "policy", "mapping"]))
def schema(kind: str) -> None:
    """JSON Schema of a document kind, for editors."""
    known = catalogue(load_plugins(load_settings().plugins))
    click.echo(json.dumps(schema_of(kind, known, TARGETS), indent=1, ensure_ascii=False))


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


@rules_group.command("engine")
def rules_engine() -> None:
    """Which engine serves."""
    click.echo("rule engine: built-in predicate (segments and policies by SQL and compiled conditions)")


COMMANDS = {"check": check, "schema": schema, "plugins": plugins_command, "rules": rules_group}
