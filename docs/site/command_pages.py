"""Every command with its help, as `hub --help` shows it."""

from collections.abc import Iterator

import click
from tables import code, plain, table

from hub.cli import HELP, cli


def commands() -> str:
    with click.Context(cli, info_name="hub") as context:
        blocks = [block for name in cli.list_commands(context) for block in _told(name, context, HELP.get(name, ""))]
        known = set(cli.list_commands(context))
        cli.get_command(context, "")  # what plugins bring is asked for by a word that the core does not know
        brought = [name for name in sorted(cli.commands) if name not in known]
        blocks += [block for name in brought for block in _told(name, context, "")]
    return (
        "# Commands\n\nIn a checkout `./garage X` is `hub X`. Exit codes: 0 well, 1 the input is wrong, 2 the call is wrong, "
        "3 a part is down.\n\n" + "\n\n".join(blocks) + "\n"
    )


def _told(name: str, parent: click.Context, short: str, depth: int = 2) -> Iterator[str]:
    group = parent.command
    command = group.get_command(parent, name) if isinstance(group, click.Group) else None
    if command is None or command.hidden:
        return
    with click.Context(command, info_name=name, parent=parent) as context:
        yield f"{'#' * depth} {context.command_path}\n\n{plain(command.help) or short}"
        if isinstance(command, click.Group):
            for below in sorted(command.list_commands(context)):
                yield from _told(below, context, "", depth + 1)
            return
        yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```"
        if options := [record for one in command.params if (record := one.get_help_record(context)) and record[1]]:
            yield table(("option", "meaning"), ((code(names), plain(says)) for names, says in options))
