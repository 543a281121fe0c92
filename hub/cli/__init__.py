"""`hub`: one verb per motion; exit 0, 1 (the input is wrong), 2 (the call is wrong), 3 (a part is down)."""

import gc
import sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version

import click

from hub.errors import HubError, PartDown

# command -> module; imported when it is called, so that `hub --help` stays quick
COMMANDS = {
    "init": "hub.cli.running",
    "up": "hub.cli.running",
    "worker": "hub.cli.running",
    "demo": "hub.cli.demo",
    "check": "hub.cli.checking",
    "schema": "hub.cli.editors",
    "plugins": "hub.cli.checking",
    "rules": "hub.cli.checking",
    "segments": "hub.cli.segments",
    "journeys": "hub.cli.journeys",
    "import": "hub.cli.importing",
    "status": "hub.cli.looking",
    "metrics": "hub.cli.looking",
    "outbox": "hub.cli.looking",
    "dead-letters": "hub.cli.looking",
    "tokens": "hub.cli.access",
    "sign-in": "hub.cli.access",
    "sign-out": "hub.cli.access",
    "why": "hub.cli.looking",
    "loyalty": "hub.cli.loyalty",
    "templates": "hub.cli.templates",
    "roi": "hub.cli.roi",
    "experiments": "hub.cli.experiments",
    "costs": "hub.cli.costs",
    "sync": "hub.cli.sync",
    "train": "hub.cli.scores",
    "score": "hub.cli.scores",
    "models": "hub.cli.scores",
    "outreach": "hub.cli.outreach",
    "connector": "hub.cli.connector",
    "bench": "hub.cli.bench",
    "export": "hub.cli.exporting",
}


class Lazy(click.Group):
    """Core commands by module; what plugins bring is looked up only when the core has no such word."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            gc.disable()  # what is imported stays: to look for garbage meanwhile takes a sixth of the time
            try:
                command: click.Command = import_module(COMMANDS[name]).COMMANDS[name]
            finally:
                gc.enable()
            return command
        known = super().get_command(ctx, name)
        if known is None:
            self._ask_plugins()
        return known or super().get_command(ctx, name)

    def _ask_plugins(self) -> None:
        """The active plugins; where no hub is configured, all that are installed: evaluating a file needs no hub."""
        from hub.plugins import installed, load_plugins
        from hub.settings import config_folder, load_settings

        configured = (config_folder() / "hub.yaml").exists()
        load_plugins(load_settings().plugins if configured else tuple(installed())).hook.register_commands(cli=self)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The core's, then what plugins bring; a configuration that cannot be read hides those, and not the help."""
        from hub.cli import brought

        theirs = brought.recall()
        if theirs is None:
            with suppress(HubError):
                self._ask_plugins()
            theirs = {name: command.get_short_help_str(90) for name, command in self.commands.items()}
            brought.remember(theirs)
        for title, rows in (("Commands", HELP), ("Commands of plugins", theirs)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(sorted(rows.items()))


HELP = {
    "init": "A project of your own in a new folder; without one, open the regions of the configuration.",
    "bench": "Measure, and compare with peers, limits and goals; comes with the source.",
    "up": "Run web, workers and clock of every region, watched.",
    "worker": "Run the workers and the clock of one region, watched.",
    "demo": "A small chain of garages with sandbox partners, alive.",
    "check": "Check the whole configuration; every mistake with file, line and hint.",
    "schema": "JSON Schema of a kind of file, for editors.",
    "plugins": "Plugins that are installed, and those that are active.",
    "rules": "Which engine serves the rules.",
    "segments": "Who would enter and leave a segment, how many, since when; and proof that it is right.",
    "journeys": "Put journeys in force, look ahead and back, and why somebody is where.",
    "import": "Import a CSV or NDJSON file by a mapping.",
    "status": "Queues, lag, dead letters and health per connection.",
    "metrics": "What Prometheus is told, or a dashboard for Grafana.",
    "outbox": "Messages that wait, were refused, or are in doubt.",
    "dead-letters": "What was given up: look at it, replay it, or discard it.",
    "tokens": "Grant or revoke API tokens.",
    "sign-in": "A link that signs a member of staff or a customer in, once.",
    "sign-out": "End whatever lets a member of staff in, at once.",
    "loyalty": "Our membership cards against the programme's own books.",
    "roi": "What campaigns were worth, with proof, and the ledger shared out.",
    "export": "The configuration as it is in force, in a folder of its own.",
    "experiments": "Is a test worth starting here, and how long would it take?",
    "costs": "What campaigns cost beside messages, minutes and discounts",
    "templates": "Proof that every text can be filled, in every language.",
    "sync": "Keep a partner in step: run, status, pause, resume, reconcile, conflicts.",
    "train": "Train a scorer on the region's past; in force only if it is proved better.",
    "score": "Let a scorer's model judge everybody; segments that read the score follow.",
    "models": "Models on the shelf: list, show, compare, promote, rollback.",
    "outreach": "Whom a branch calls today, why, what to offer, and what came of it.",
    "why": "Why a customer is, or is not, in a segment.",
    "connector": "Begin a connector, prove it offline, and record its partner without the people in it.",
}


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(version("garage-hub"), prog_name="hub")
def cli() -> None:
    """Garage Hub: integration hub and rules engine for a chain of garages."""


def main() -> None:
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HubError as error:
        click.echo(str(error), err=True)
        sys.exit(3 if isinstance(error, PartDown) else 1)
    except BrokenPipeError:
        sys.exit(0)
