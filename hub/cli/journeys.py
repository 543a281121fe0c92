"""hub journeys list, check, plan, draw, simulate, apply, rollback, end, why, tasks, done."""

import json
from pathlib import Path
from typing import Any

import click

from hub.catalogue import catalogue
from hub.cli.looking import show
from hub.cli.opened import json_option, opened, region_option
from hub.cli.simulating import named, simulate_command
from hub.errors import WrongInput
from hub.flow import applying, foreseen, tasks, told_why
from hub.flow.in_force import versions_in_force
from hub.flow.progress import progress
from hub.plugins import load_plugins
from hub.proof import prove_journey
from hub.services import read_services
from hub.settings import load_settings
from rules import RuleError
from rules.book import load_book
from rules.journeys import picture

fate_option = click.option(
    "--others", type=click.Choice(["stay", "map", "exit"]), default="stay", show_default=True,
    help="What becomes of those on an older version: they stay on it, go on in the new one, or leave.",
)  # fmt: skip


@click.group("journeys")
def journeys() -> None:
    """Who is spoken to, when and how: look ahead, put in force, look back."""


@journeys.command("list")
@region_option
@json_option
def list_command(region: str | None, as_json: bool) -> None:
    """Journeys in force, with how many are on them."""
    with opened(region) as hub, hub.look() as session:
        rows = [
            (one.rule.name, one.rule.title, sum(s.people for s in foreseen.plan(hub, one.rule).standing))
            for one in versions_in_force(hub, session)
        ]
    show(["journey", "title", "people"], rows, as_json)


@journeys.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@json_option
def check(folder: Path | None, as_json: bool) -> None:
    """Read every journey of a configuration folder and play its tests; every mistake with its place and mend."""
    settings = load_settings(config=folder)
    try:
        services = read_services(settings.config).named or None
        found = load_book(settings.config, catalogue(load_plugins(settings.plugins)), services=services).journeys
    except RuleError as error:
        if as_json:
            click.echo(json.dumps({"problems": str(error).splitlines()}, ensure_ascii=False))
            raise SystemExit(1) from None
        raise WrongInput(str(error)) from None
    rows = [(name, len(rule.nodes), len(rule.trials), rule.hash[:12]) for name, rule in sorted(found.items())]
    show(["journey", "steps", "tests", "version"], rows, as_json)


@journeys.command()
@region_option
@click.argument("journey")
@fate_option
@json_option
def plan(region: str | None, journey: str, others: foreseen.Fate, as_json: bool) -> None:
    """What applying it would do (a name, or CONFIG/journeys/NAME.yaml): people per step and what becomes of each; nothing is
    written."""
    with opened(region) as hub:
        found = foreseen.plan(hub, named(hub, journey)[0], others)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    click.echo(f"{found.journey}: version {found.version}; in force {found.in_force or 'none'}")
    for one in found.standing:
        to = f" to {one.to}" if one.to else ""
        click.echo(f"  {one.people} in {one.node} (version {one.version}): {one.fate}{to}; {', '.join(one.samples)}")
    click.echo(f"  {found.timers} waits would be counted anew; {found.queued} messages wait in the outbox")
    if found.existing:
        click.echo(f"  {found.existing} are whom it is for already: --existing lets them in, too")
    for name in found.broken:
        click.echo(f"  experiment {name}: its arms change, so it asks another question; give it another name")


@journeys.command()
@region_option
@click.argument("journey")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the SVG goes; default: NAME.svg.")
@click.option("--plain", is_flag=True, help="Without numbers: the graph of a document that nobody has walked.")
@json_option
def draw(region: str | None, journey: str, out: Path | None, plain: bool, as_json: bool) -> None:
    """Its graph as an SVG: a way as wide as the people on it, who stands where, who left; and the same numbers as a table."""
    with opened(region) as hub:
        rule, _ = named(hub, journey)
        with hub.look() as session:
            counts = None if plain else progress(session, rule)
    path = out or Path(f"{rule.name}.svg")
    path.write_text(picture.draw(rule, counts), encoding="utf-8")
    show(["step", "kind", "does", "came", "here", "went"], picture.table(rule, counts or picture.Counts()), as_json)
    click.echo(f"drawn: {path}", err=as_json)


@journeys.command("apply")
@region_option
@click.argument("journey")
@fate_option
@click.option(
    "--existing",
    is_flag=True,
    help="Let in whoever is in its segment already, or whom its schedule would let in today.",
)
@click.option("--by", "actor", default="cli", help="Who puts it in force, for the audit.")
def apply_command(region: str | None, journey: str, others: foreseen.Fate, existing: bool, actor: str) -> None:
    """Put it in force, once its texts stand for 200 real customers and the worst there could be; done again after a kill, it goes
    on where it stopped."""
    with opened(region) as hub:
        rule, text = named(hub, journey)
        prove_journey(hub, rule)
        counts = applying.apply(hub, rule, text, actor, fate=others, existing=existing)
    told = ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "nobody is moved"
    click.echo(f"{rule.name}: version {rule.hash[:12]} is in force; {told}")


@journeys.command()
@region_option
@click.argument("journey")
@fate_option
@click.option("--by", "actor", default="cli", help="Who takes it back, for the audit.")
def rollback(region: str | None, journey: str, others: foreseen.Fate, actor: str) -> None:
    """Put the version before in force again."""
    with opened(region) as hub:
        mark = applying.rollback(hub, journey, actor, fate=others)
    click.echo(f"{journey}: version {mark[:12]} is in force")


@journeys.command()
@region_option
@click.argument("journey")
@click.option("--by", "actor", default="cli", help="Who ends it, for the audit.")
def end(region: str | None, journey: str, actor: str) -> None:
    """Let nobody in any more; whoever is on the way goes on to its end."""
    with opened(region) as hub:
        applying.end(hub, journey, actor)
    click.echo(f"{journey}: nobody comes in any more")


@journeys.command()
@region_option
@click.argument("customer")
@click.argument("journey", required=False)
@json_option
def why(region: str | None, customer: str, journey: str | None, as_json: bool) -> None:
    """How far a customer (by ref) came on each journey and why, what became of each message, and why they are not on it."""
    with opened(region) as hub:
        found = told_why.why(hub, customer, journey)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        click.echo("\n".join(_lines(one)))


def _lines(one: dict[str, Any]) -> list[str]:
    lines = [f"{one['journey']}:"]
    for way in one["ways"]:
        ends = (
            f", {way['reason']}" if way["reason"] else f", in {way['at']} until {way['wakes_at']}" if way["at"] else ""
        )
        lines.append(f"  {way['state']}{ends} (by {way['entry']}, {way['entered_at'] or 'not yet in'})")
        for step in way["steps"]:
            lines.append(f"    {step['at'][:16]} {step['step']}: {step['outcome']}")
            lines += [f"      {line}" for line in step.get("because", [])]
            lines += [f"      {sent['by']}: {sent['state']} {sent['reason']}".rstrip() for sent in step["messages"]]
            lines += [f"      not sent: {step['unsent']}"] if step.get("unsent") else []
    lines += [f"  dealt {dealt['arm']} of {dealt['experiment']}" for dealt in one["dealt"]]
    return [*lines, *(f"  {line}" for line in one["door"]["because"])]


@journeys.command("tasks")
@region_option
@click.option("--role", default=None, help="Of one role only, such as advisor.")
@json_option
def tasks_command(region: str | None, role: str | None, as_json: bool) -> None:
    """What journeys ask of people and nobody has done yet, the most urgent first."""
    with opened(region) as hub:
        rows = [tuple(row) for row in tasks.open_tasks(hub, role)]
    show(["task", "role", "title", "customer", "journey", "due"], rows, as_json)


@journeys.command()
@region_option
@click.argument("task")
@click.option("--outcome", default="done", show_default=True, help="What came of it, in one word.")
@click.option("--by", "actor", default="cli", help="Who did it, for the audit.")
def done(region: str | None, task: str, outcome: str, actor: str) -> None:
    """Somebody has done a task (by ref): the journey goes on at once."""
    with opened(region) as hub:
        tasks.close(hub, task, outcome, actor)
    click.echo(f"{task}: {outcome}")


journeys.add_command(simulate_command)

COMMANDS = {"journeys": journeys}
