"""hub bench: the benchmarks that come with the source, run and put into one table."""

import subprocess
import sys
from pathlib import Path

import click

import hub

SUITE = Path(hub.__file__).parents[1] / "tests" / "benchmarks"


@click.command("bench", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def bench(words: tuple[str, ...]) -> None:
    """Measure, and compare with peers, limits and goals."""
    if not (SUITE / "__main__.py").is_file():
        raise click.UsageError("The benchmarks come with the source; an installed package does not carry them.")
    sys.exit(subprocess.run([sys.executable, str(SUITE), *words], check=False).returncode)  # noqa: S603 - our own suite


COMMANDS = {"bench": bench}
