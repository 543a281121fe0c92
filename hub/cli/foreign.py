"""hub segments import: a segment of another tool as a document of ours."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import click
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hub.catalogue import catalogue
from hub.errors import WrongInput
from hub.plugins import load_plugins
from hub.settings import load_settings
from rules.foreign import Names, Translation, translate
from rules.values import NAME

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
KEYS = {"facts", "events"}


@click.command("import")
@click.argument("export", type=FILE)
@click.option("--names", type=FILE, help="YAML: facts: and events:, each {their name: ours}.")
@click.option("--as", "name", help="What it is called here; default: the name of the file.")
def import_(export: Path, names: Path | None, name: str | None) -> None:
    """A segment that Dittofeed, Mautic or HubSpot (a list) has exported as JSON, as a document of ours, to be kept as
    CONFIG/segments/NAME.yaml with examples of yours. Whole or not at all: what does not map is named, and nothing is written."""
    called = name or export.stem
    if not NAME.fullmatch(called):
        raise WrongInput(f"“{called}” is no name of a segment.", "Say --as with lower-case letters, digits and _.")
    known = catalogue(load_plugins(load_settings().plugins))
    try:
        found = translate(json.loads(export.read_text(encoding="utf-8")), _names(names), known)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise WrongInput(f"{export} is no JSON: {error}", "Take it from the tool's API as it comes.") from None
    if found.left:
        what = "\n".join(f"{export}: {one}." if one[-1] not in ".?" else f"{export}: {one}" for one in found.left)
        raise WrongInput(what, "Name their facts and events by --names, or write those parts yourself.")
    click.echo(_document(called, found), nl=False)


def _names(path: Path | None) -> Names:
    if path is None:
        return Names()
    try:
        given: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise WrongInput(f"{path} is no YAML: {error}") from None
    if not isinstance(given, dict) or set(given) - KEYS or not all(isinstance(one, dict) for one in given.values()):
        raise WrongInput(f"{path} names facts and events, and nothing else.", "Write facts: {plan: loyalty.tier}.")
    return Names(**given)


def _document(name: str, found: Translation) -> str:
    yaml, out = YAML(), StringIO()
    yaml.width = 140
    yaml.dump({"segment": name, "title": found.title or name.replace("_", " ").capitalize(), "when": found.when}, out)
    return (
        "# yaml-language-server: $schema=../.schema/segment.json\n"
        f"{out.getvalue()}# From {found.tool}. `hub check` wants examples: somebody who is in, and somebody who is out.\nexamples: []\n"
    )
