"""hub templates prove."""

import json

import click

from hub.cli.opened import json_option, opened, region_option
from hub.proof import names_of, proved
from hub.templates import Templates


@click.group("templates")
def templates_group() -> None:
    """Texts for people."""


@templates_group.command("prove")
@region_option
@click.argument("name", required=False)
@click.option("--profiles", default=200, show_default=True, type=click.IntRange(0, 10_000), help="Real customers.")
@json_option
def prove(region: str | None, name: str | None, profiles: int, as_json: bool) -> None:
    """Fill every text and mail, in each language, for real customers and for the worst of them: a missing value is an error."""
    with opened(region) as hub:
        people = names_of(hub, profiles)
        templates = Templates(hub.settings.config / "templates")
        chosen = [templates.named(name)] if name else templates.all()
        problems = [wrong for template in chosen for wrong in proved(templates, template, people)]
    if as_json:
        click.echo(
            json.dumps({"templates": len(chosen), "people": len(people), "problems": problems}, ensure_ascii=False)
        )
    elif problems:
        click.echo("\n".join(problems), err=True)
    else:
        click.echo(f"{len(chosen)} templates stand, for {len(people)} customers and the worst there could be.")
    if problems:
        raise SystemExit(1)


COMMANDS = {"templates": templates_group}
