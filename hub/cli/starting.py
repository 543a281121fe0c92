"""`hub init FOLDER`: a project of one's own, from the configuration that comes with the house."""

import re
import shutil
from importlib.metadata import files
from pathlib import Path

import click

from hub.errors import ConfigError, WrongInput

CHECKOUT = Path(__file__).parents[2] / "config"
WHEEL = re.compile(r".*share/garage-hub/config/hub\.yaml")  # as setup.cfg lays it
IGNORED = "/var/\n/config/.schema/\n.env\n"
HOOKS = """\
# `pre-commit install` lets no commit through whose configuration is wrong.
repos:
  - repo: local
    hooks:
      - {id: hub-check, name: hub check, entry: hub check config, language: system, pass_filenames: false, files: ^config/}
"""
README = """\
# {name}

A chain of garages on Garage Hub. `config/` says everything; `var/` holds state and is not committed.

```sh
hub check        # every mistake, with file, line and how to mend it
hub init         # open the region: database, keys, folders
hub up           # web, workers and clock, until Ctrl-C
```

| next | how |
|---|---|
| your people and visits | `hub import FILE.csv --mapping config/mappings/purchases.yaml` |
| your own partners | a block under `connections` in `config/hub.yaml`; `hub plugins` shows which connectors there are |
| who is spoken to | `config/segments/`, `config/journeys/`; `hub segments plan NAME` and `hub journeys plan NAME` look ahead |
| completion in an editor | `hub schema --write` |

The segments, journeys and texts are a beginning: throw away what you do not want, `hub check` says what still asks for it.
"""
HUB = """\
# yaml-language-server: $schema=.schema/hub.json
# What loads, which regions there are, and which partner accounts they have. Secrets stand in the environment, never here.
plugins: [{plugins}]

regions:
{region}
connections:
  shop_{code}: # your own system; give it a url and what it hears once it is to be told things
    connector: shop
    region: {code}
    jurisdiction: {law}
    secrets: {{webhook_secret: "${{SHOP_{CODE}_WEBHOOK_SECRET}}"}} # hub init makes one, in var/regions/{code}/secrets.env
  import_{code}: {{connector: csvfile, region: {code}}}
  webhook_{code}: {{connector: webhook, region: {code}, jurisdiction: {law}}}
"""


def begin(folder: Path, code: str) -> int:
    """Write a project with one region of the house's; answers how many files. Raises WrongInput, ConfigError."""
    if folder.exists() and any(folder.iterdir()):
        raise WrongInput(f"{folder} is not empty.", "Name a folder that is not there yet.")
    house = house_configuration()
    hub = _hub(house / "hub.yaml", code)
    shutil.copytree(house, folder / "config", ignore=shutil.ignore_patterns(".schema"))
    for desk in sorted((folder / "config" / "desks").glob("*.yaml")):
        if not re.search(rf"^region: {code}$", desk.read_text(encoding="utf-8"), re.MULTILINE):
            desk.unlink()
    written = {"config/hub.yaml": hub, ".gitignore": IGNORED, ".pre-commit-config.yaml": HOOKS,
               "README.md": README.format(name=folder.resolve().name)}  # fmt: skip
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sum(path.is_file() for path in folder.rglob("*"))


def house_configuration() -> Path:
    """In a checkout beside the packages, else where the wheel has laid it. Raises ConfigError."""
    if (CHECKOUT / "hub.yaml").exists():
        return CHECKOUT
    for one in files("garage-hub") or ():
        if WHEEL.fullmatch(one.as_posix()):
            return Path(str(one.locate())).resolve().parent
    raise ConfigError("The configuration that comes with the house is not installed.", "Install the wheel again.")


def _hub(house: Path, code: str) -> str:
    text = house.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"^  (\w+):\n((?:    .*\n)+)", text.split("\nconnections:")[0], re.MULTILINE))
    if code not in blocks:
        raise WrongInput(f"There is no region “{code}” to begin with.", f"There are: {', '.join(blocks)}.")
    plugins = re.search(r"^plugins: \[(.*)\]$", text, re.MULTILINE)
    law = re.search(r"jurisdiction: (\w+)", blocks[code])
    if plugins is None or law is None:
        raise ConfigError(f"{house} is not as it came.", "Install the wheel again.")
    return HUB.format(plugins=plugins[1], region=f"  {code}:\n{blocks[code]}", code=code, CODE=code.upper(), law=law[1])


def tell_begun(folder: Path, count: int) -> None:
    click.echo(f"{count} files in {folder}. Go on with: cd {folder} && hub check && hub init")
