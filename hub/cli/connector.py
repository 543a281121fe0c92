"""`hub connector`: begin a connector as a distribution of its own, and prove it offline."""

import json
import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import click
from rich.console import Console
from rich.table import Table

from hub.cli.opened import json_option, opened, region_option
from hub.errors import NotFound, PartnerError, WrongInput
from hub.plugins import installed, load_plugins
from hub.sdk.cases import Case
from hub.sdk.http import PartnerClient
from hub.sdk.kit.recorder import Recorder, ask
from hub.sdk.kit.scaffold import KINDS, Auth, Paging, Wanted, scaffold
from hub.sdk.scrubbing import Scrubber
from hub.sdk.testing import Finding, Level, Report, check_connector, rows

STYLES = {"ok": "green", "failed": "bold red", "not_applicable": "dim"}


@click.group()
def connector() -> None:
    """Begin a connector, prove it, and record its partner: new, check, checks, record."""


@connector.command("new")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(list(KINDS)), prompt="What is the partner", help="What kind of partner it is."
)
@click.option(
    "--auth", type=click.Choice(get_args(Auth)), prompt="How is it shown our key", help="bearer token, or X-Api-Key."
)
@click.option(
    "--paging", type=click.Choice(get_args(Paging)), prompt="How are its changes read", help="How changes are read."
)
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where to; default: here."
)
def new(name: str, kind: Any, auth: Any, paging: Any, folder: Path) -> None:
    """Write a distribution for a connector NAME: working code, its sandbox, a recorded webhook, a test and a README."""
    written = scaffold(folder, Wanted(name, kind, auth, paging))
    for path in written:
        click.echo(str(path))
    root = written[0].parent
    click.echo(f"Next: pip install -e {root} && hub connector check {name} --level bronze")


@connector.command("record")
@click.argument("connection")
@region_option
@click.option("--what", default="fetch", help="fetch, list:KIND or describe:KIND; default: fetch.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file that is written.")
@click.option("--keep", multiple=True, help="A field whose values name nobody and may stay; may be said again.")
@click.option("--pages", default=3, help="Most pages to ask for.")
def record(connection: str, region: str | None, what: str, to: Path, keep: tuple[str, ...], pages: int) -> None:
    """Ask CONNECTION for real, take the people out of its answers, and keep them as a file that tests can replay."""
    with opened(region) as hub:
        partner = hub.partner(connection)
        if not isinstance(partner.api, PartnerClient):
            raise WrongInput(f"“{connection}” does not speak HTTP.", "Only answers of HTTP are recorded.")
        recorder = Recorder(Scrubber(keep))
        partner.api.witness = recorder
        try:
            ask(partner.connector, what, pages)
        except PartnerError as error:  # what it answered is worth as much as a page
            click.echo(f"It ended with: {error.what}")
        finally:
            partner.api.witness = None
    recorder.write(to)
    click.echo(f"{len(recorder.answers)} answers in {to}. Read it once before you share it.")


@connector.command("check")
@click.argument("name")
@click.option("--all", "everything", is_flag=True, help="Show what is good, too.")
@click.option(
    "--level",
    type=click.Choice([str(one) for one in Level]),
    default=None,
    help="What is enough; default: no check fails.",
)
@json_option
def check(name: str, everything: bool, level: str | None, as_json: bool) -> None:
    """Run every check and fault against the connector NAME and its sandbox. Nothing leaves this machine."""
    logging.getLogger().setLevel(logging.CRITICAL)
    with TemporaryDirectory() as folder:
        report = check_connector(_case(name, Path(folder)))
    if as_json:
        click.echo(json.dumps({"connector": name, **report.as_json()}, ensure_ascii=False))
    else:
        _show(name, report, everything)
    if not (report.reaches(Level(level)) if level else report.ok):
        raise WrongInput(f"“{name}” fails {len(report.failures)} checks.", "The table says which, and why.")


@connector.command("checks")
@json_option
def checks(as_json: bool) -> None:
    """Every check of the kit: its name, its level, and what it proves."""
    if as_json:
        click.echo(json.dumps([{"id": one.id, "level": one.level, "title": one.title, "proves": one.proves}
                               for one in rows()], ensure_ascii=False))  # fmt: skip
    else:
        click.echo(markdown())


def markdown() -> str:
    """The table as it stands in hub/sdk/kit/README.md."""
    lines = [f"| `{one.id}` | {one.level} | {one.title} | {one.proves} |" for one in rows()]
    return "\n".join(["| check | level | what | why |", "|---|---|---|---|", *lines])


def _case(name: str, folder: Path) -> Case:
    """Of the plugin that brings a connector of this name; one plugin may bring several."""
    names = installed()
    for plugin in [name] if name in names else names:
        for several in load_plugins([plugin]).hook.register_cases(folder=folder):
            for case in several:
                if case.connector.name == name:
                    found: Case = case
                    return found
    raise NotFound(
        f"No installed plugin brings a case for “{name}”.",
        "Implement register_cases beside register_connectors; installed: " + ", ".join(sorted(names)) + ".",
    )


def _show(name: str, report: Report, everything: bool) -> None:
    console = Console()
    shown = [one for one in report.findings if everything or one.state == "failed"]
    if shown:
        table = Table("", "check", "level", "what", box=None, pad_edge=False)
        for one in shown:
            table.add_row(f"[{STYLES[one.state]}]{_mark(one)}[/]", one.check.id, str(one.check.level), _said(one))
        console.print(table)
    faults = sum(one.check.fault for one in report.ran)
    counts = f"{len(report.ran)} checks, {faults} of them faults; {len(report.not_applicable)} do not apply"
    console.print(f"{name}: [bold]{report.level or 'no level'}[/] ({counts})")


def _mark(one: Finding) -> str:
    return {"ok": "ok", "failed": "FAIL", "not_applicable": "n/a"}[one.state]


def _said(one: Finding) -> str:
    return one.check.title + (f"\n[dim]{one.why}[/]" if one.why else "")


COMMANDS = {"connector": connector}
