"""hub schema: JSON Schemas of every kind of file, for editors."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import click
import pluggy

from hub.catalogue import catalogue
from hub.core import connector_classes
from hub.file_schemas import hub_schema, rates_schema, services_schema, template_schema
from hub.plugins import installed, load_plugins
from hub.settings import load_settings
from hub.targets import SYNCED, TARGETS
from rules.catalogue import Catalogue, nearest
from rules.desk_schema import desk_schema
from rules.file_schemas import calendar_schema, replies_schema, sending_schema
from rules.schema import schema_of
from rules.schema_nodes import Schema
from rules.sync_schema import sync_schema

FOLDER = ".schema"  # below the configuration
LINE = "# yaml-language-server: $schema="
RULES = {"segment": "segments", "policy": "policies", "journey": "journeys", "mapping": "mappings"}
ALONE: Mapping[str, tuple[str, Callable[[], Schema]]] = {
    "sync": ("mappings/*.yaml", lambda: sync_schema(SYNCED)),
    "desk": ("desks/*.yaml", desk_schema),
    "calendar": ("calendars/*.yaml", calendar_schema),
    "template": ("templates/*.yaml", template_schema),
    "sending": ("sending.yaml", sending_schema),
    "replies": ("replies.yaml", replies_schema),
    "services": ("services.yaml", services_schema),
    "rates": ("rates.yaml", rates_schema),
}


@dataclass(frozen=True)
class Described:
    """A kind of file. files: where those of the kind lie in the configuration, with * for any name."""

    kind: str
    files: str
    schema: Schema

    @property
    def line(self) -> str:
        """The first line by which an editor finds the schema."""
        return f"{LINE}{'../' * self.files.count('/')}{FOLDER}/{self.kind}.json"


def described(plugins: pluggy.PluginManager) -> Iterator[Described]:
    """Each kind of file there is, with those that plugins read."""
    known: Catalogue = catalogue(plugins)
    yield Described("hub", "hub.yaml", hub_schema(installed(), connector_classes(plugins)))
    for kind, folder in RULES.items():
        yield Described(kind, f"{folder}/*.yaml", schema_of(kind, known, TARGETS))
    for kind, (files, made) in ALONE.items():
        yield Described(kind, files, made())
    for brought in plugins.hook.describe_configuration():
        for files, schema in brought.items():
            yield Described(str(schema.get("title") or PurePosixPath(files).stem), files, dict(schema))


@click.command()
@click.argument("kind", required=False)
@click.option("--write", "to_files", is_flag=True, help="Write all of them to CONFIG/.schema, where editors find them.")
def schema(kind: str | None, to_files: bool) -> None:
    """JSON Schema of a kind of file, for editors: they complete and underline by the first line of each file."""
    settings = load_settings()
    found = {one.kind: one for one in described(load_plugins(settings.plugins))}
    if (kind is None) != to_files:
        raise click.UsageError(f"Name a kind ({', '.join(found)}), or say --write.")
    if kind is not None:
        if kind not in found:
            raise click.UsageError(f"There is no kind of file “{kind}”. {nearest(kind, found)}")
        click.echo(_text(found[kind]))
        return
    count = write(settings.config / FOLDER, found)
    click.echo(f"{count} schemas in {settings.config / FOLDER}")


def write(folder: Path, found: Mapping[str, Described]) -> int:
    folder.mkdir(exist_ok=True)
    for one in found.values():
        (folder / f"{one.kind}.json").write_text(_text(one) + "\n", encoding="utf-8")
    return len(found)


def _text(one: Described) -> str:
    return json.dumps(one.schema, indent=1, ensure_ascii=False)


COMMANDS = {"schema": schema}
