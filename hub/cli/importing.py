"""hub import FILE --mapping M.yaml --region R, or hub import FILE --connection shop_eu."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hub.cli.opened import json_option, opened, region_option
from hub.core import Hub, Partner
from hub.errors import ConfigError
from hub.flow.sync import Imported, history_of, import_pages, importer
from hub.sdk import FileMapping, ImportPage, RowProblem
from hub.settings import load_settings
from hub.targets import TARGETS
from rules import RuleError
from rules.mapping import load_mapping

ON_SCREEN = 20


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="YAML that says what the columns mean.")
@click.option("--connection", help="The shop whose history this is: NDJSON of its own rows, no mapping needed.")
@region_option
@click.option("--report", type=click.Path(path_type=Path), help="Write all bad rows here as CSV.")
@json_option
def import_command(
    file: Path, mapping: Path | None, connection: str | None, region: str | None, report: Path | None, as_json: bool
) -> None:
    """Import a CSV or NDJSON file. Good rows go in; bad ones are reported with line, column, reason and mend.

    A second import of the same file changes nothing."""
    if (mapping is None) == (connection is None):
        raise click.UsageError("Say --mapping M.yaml, or --connection NAME for a shop's own rows.")
    if not file.exists():
        raise ConfigError(f"{file} does not exist.", "Check the path.")
    plan = plan_of(mapping) if mapping else None
    with opened(region_of(connection) if connection else region) as hub, Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} rows"), TimeElapsedColumn(),
        console=Console(stderr=True), disable=as_json, transient=True,
    ) as progress:  # fmt: skip
        partner = hub.partner(connection) if connection else importer(hub)
        bar = progress.add_task(file.name, total=None)
        pages = pages_of(hub, partner, file, plan)
        done = import_pages(hub, partner, pages, SystemRandom(), lambda rows: progress.advance(bar, rows))
    if report and done.problems:
        write_report(report, done.problems)
    tell(file, done, as_json)


def plan_of(mapping: Path) -> FileMapping:
    try:
        return load_mapping(mapping, TARGETS)
    except RuleError as error:
        raise ConfigError(str(error)) from None


def region_of(connection: str) -> str:
    known = load_settings().connections
    if connection not in known:
        raise ConfigError(f"There is no connection “{connection}”.", f"Connections: {', '.join(sorted(known))}.")
    return known[connection].region


def pages_of(hub: Hub, partner: Partner, file: Path, plan: FileMapping | None) -> Iterator[ImportPage]:
    if plan is not None:
        pages: Iterator[ImportPage] = partner.connector.read(file, plan)  # type: ignore[attr-defined]
        return pages
    return history_of(hub, partner, file)


def tell(file: Path, done: Imported, as_json: bool) -> None:
    counts = {"rows": done.rows, "imported": done.imported, "unchanged": done.unchanged, "rejected": done.rejected}
    if done.erased:
        counts["erased"] = done.erased
    if as_json:
        bad = [vars(problem) for problem in done.problems]
        click.echo(json.dumps({**counts, "problems": bad}, ensure_ascii=False))
        return
    for problem in done.problems[:ON_SCREEN]:
        click.echo(f"{file}:{problem.line}: {problem.column}: {problem.reason} {problem.hint}".rstrip(), err=True)
    if done.rejected > ON_SCREEN:
        click.echo(f"... and {done.rejected - ON_SCREEN} more; --report FILE writes all.", err=True)
    click.echo(", ".join(f"{count:,} {name}" for name, count in counts.items()))


def write_report(path: Path, problems: list[RowProblem]) -> None:
    import csv

    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "column", "reason", "mend"])
        writer.writerows((one.line, one.column, one.reason, one.hint) for one in problems)


COMMANDS = {"import": import_command}
