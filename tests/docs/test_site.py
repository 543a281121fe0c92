"""The docs build without a broken link, every block in them does what the page says, and the reference holds what the code has."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import click
import pytest

import warm
from blocks import Reader, begins_with, blocks_of
from hub.cli import COMMANDS, cli
from hub.variables import VARIABLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if path.name != "README.md")
RUN = [name for name in PAGES if any(not block.shown for block in blocks_of((DOCS / name).read_text()))]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose `hub` answers at once; every page has a place of its own in it."""
    folder = Path(tmp_path_factory.mktemp("bench"))
    (folder / "bin").mkdir()
    path = folder / "hub.socket"
    warm.lay(folder / "bin", path)
    with subprocess.Popen([sys.executable, warm.__file__, str(path)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield folder
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def site(bench: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(tmp_path_factory.mktemp("site"))
    built = subprocess.run(
        [bench / "bin" / "mkdocs", "build", "-q", "--strict", "-f", DOCS / "site/mkdocs.yml", "-d", folder],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def text_of(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def test_the_docs_are_built_and_no_link_or_anchor_leads_nowhere(site: Path) -> None:
    assert {path.stem for path in (site / "reference").glob("*.html")} >= {"commands", "hooks", "facts", "errors"}


def test_a_page_asks_no_other_host_for_anything(site: Path) -> None:
    asked = re.compile(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="?(?:https?:)?//[^">]+')
    for page in site.rglob("*.html"):
        assert asked.findall(page.read_text(encoding="utf-8")) == [], page.name


def test_every_command_stands_in_the_reference(site: Path) -> None:
    told = text_of(site / "reference/commands.html")
    with click.Context(cli) as context:
        cli.get_command(context, "none of the core's")  # plugins are asked for what the core does not know

    assert len(cli.commands) > 5
    for name in {*COMMANDS, *cli.commands}:
        assert f"hub {name}" in told


def test_what_the_reference_tells_is_what_the_code_has(site: Path) -> None:
    from hub.errors import HubError
    from hub.metrics import METRICS
    from hub.sdk import hookspecs
    from hub.web.catalogue import EVENTS
    from rules.operators import OPERATORS

    wanted = {
        "hooks": [name for name, one in vars(hookspecs).items() if hasattr(one, "hub_spec")],
        "metrics": [one.name for one in METRICS],
        "webhooks": list(EVENTS),
        "operators": list(OPERATORS),
        "errors": [one.code for one in HubError.__subclasses__()],
        "settings": [one.name for one in VARIABLES],
    }

    for page, names in wanted.items():
        told = text_of(site / f"reference/{page}.html")
        assert names
        assert [name for name in names if name not in told] == [], page


def test_every_variable_that_is_read_is_told_of_and_every_one_told_of_is_read() -> None:
    code = "\n".join(
        path.read_text()
        for package in ("hub", "connectors", "compliance", "portal", "scoring")
        for path in (ROOT / package).rglob("*.py")
        if path.name not in {"variables.py", "starting.py"}
    )
    launcher = (ROOT / "garage").read_text()
    read = set(re.findall(r'"(HUB_[A-Z_]*[A-Z]|REDIS_URL|CREDENTIALS_DIRECTORY)"|f"(HUB_[A-Z]+_)\{', code))
    found = {whole or f"{part}<REGION>" for whole, part in read} | set(re.findall(r"\{(HUB_[A-Z]+)", launcher))

    assert found == {one.name for one in VARIABLES} - {"<NAME>_FILE"}


def test_few_blocks_are_shown_only_and_each_says_why() -> None:
    blocks = [block for name in PAGES for block in blocks_of((DOCS / name).read_text())]
    shown = [block.shown for block in blocks if block.shown]

    assert all(len(why) > 10 for why in shown)
    assert len(shown) <= len(blocks) / 4, f"{len(shown)} of {len(blocks)}"


def follow(bench: Path, name: str, port: int) -> Path:
    """Do what a page says, after the page that it begins with; answers the folder in which it ended."""
    place = bench / name.replace("/", "_")
    page = (DOCS / name).read_text()
    if place.exists():
        return place
    if first := begins_with(page):
        shutil.copytree(follow(bench, first, port), place)
    else:
        (place / "work").mkdir(parents=True)
        (place / "kept").mkdir()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "REDIS_URL"))}
    paths = os.pathsep.join((str(bench / "bin"), str(Path(sys.executable).parent), environ["PATH"]))
    work = place / "work" / "my-chain" if first else place / "work"
    if first:
        listening = work / "config" / "hub.yaml"
        listening.write_text(re.sub(r"port: \d+", f"port: {port}", listening.read_text()))
    reader = Reader(work, {**environ, "PATH": paths, "HOME": str(place), "COLUMNS": "140"}, place / "kept")
    try:
        reader.follow(page.replace(":8101", f":{port}"))
    finally:
        reader.end()
    return place


@pytest.mark.parametrize("name", RUN)
def test_every_block_of_a_page_does_what_the_page_says(name: str, bench: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    follow(bench, name, port)
