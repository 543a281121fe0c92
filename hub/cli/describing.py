"""hub demo --describe, hub demo --picture: what the demo's world is made of."""

import json
from collections.abc import Mapping
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hub.demo.describe import description
from hub.demo.picture import draw
from hub.demo.world.books import make_world
from hub.demo.world.truth import TODAY, default_worlds
from hub.errors import PartDown


def describe_world(counts: Mapping[str, int], seed: int, as_json: bool) -> None:
    """On a fixed day, so that two runs print the same."""
    found = description(books for code, count in counts.items() for books in make_world(code, count, TODAY, seed))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    console = Console()
    causes = Table("cause", "size", "unit", "what it does", title="Causes", title_justify="left")
    for one in found["causes"]:
        causes.add_row(one["name"].replace("_", " "), f"{one['size']:,g}", one["unit"], one["says"])
    shape = Table("", "measured", "target", "unit", "", title="Shape", title_justify="left")
    for one in found["distributions"]:
        low, high = one["target"]
        value = "-" if one["value"] is None else f"{one['value']:,.4g}"
        shape.add_row(one["name"], value, f"{low:,g} to {high:,g}", one["unit"], "" if one["fits"] else "outside")
    console.print(causes, shape)


def draw_picture(path: Path) -> None:
    try:
        path.write_text(draw(default_worlds()), encoding="utf-8")
    except OSError as error:
        raise PartDown(
            f"{path} cannot be written: {error.strerror}.", "Is the folder there, and the disk not full?"
        ) from error
