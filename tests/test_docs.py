"""What the documents say is so."""

import re
from pathlib import Path

import click

from hub.cli import COMMANDS, HELP, cli

ROOT = Path(__file__).parent.parent


def test_every_command_the_readme_names_exists():
    named = {
        word
        for line in (ROOT / "README.md").read_text().splitlines()
        for word in re.findall(r"\./garage ([a-z][a-z-]+)", line)
    }

    with click.Context(cli) as context:
        assert [word for word in sorted(named - {"test"}) if cli.get_command(context, word) is None] == []


def test_every_command_has_a_line_of_help():
    assert HELP.keys() == COMMANDS.keys()


def test_every_link_of_a_readme_leads_somewhere():
    for readme in ROOT.rglob("README.md"):
        if any(part.startswith(".") for part in readme.relative_to(ROOT).parts):
            continue
        for target in re.findall(r"\]\(([^)#]+)\)", readme.read_text()):
            assert (readme.parent / target).exists(), f"{readme}: {target}"


def test_every_setting_the_readme_names_is_read_somewhere():
    code = "\n".join(path.read_text() for path in (ROOT / "hub").rglob("*.py"))
    for name in re.findall(r"`(HUB_[A-Z]+|REDIS_URL)`", (ROOT / "README.md").read_text()):
        assert name in code, name


def test_every_folder_of_ours_says_on_half_a_page_what_is_in_it():
    """A folder of three modules and more; migrations say it themselves, one by one."""
    packages = [ROOT / name for name in ("hub", "rules", "connectors", "scoring", "portal", "compliance")]
    folders = [path.parent for package in packages for path in package.rglob("__init__.py")]

    for folder in [*folders, ROOT / "tests", ROOT / "tests" / "chaos"]:
        if len(list(folder.glob("*.py"))) >= 3:
            assert (folder / "README.md").is_file(), folder.relative_to(ROOT)
