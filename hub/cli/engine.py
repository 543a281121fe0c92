"""hub rules engine: which matcher serves, proved on the spot."""

import json
from random import SystemRandom

import click

from hub.cli.opened import json_option
from hub.engine.matching import is_built
from hub.engine.process import Process
from hub.engine.proof import prove


@click.command("engine")
@json_option
@click.option("--cases", type=click.IntRange(1, 1_000_000), default=500, show_default=True, help="Random customers.")
def engine(as_json: bool, cases: int) -> None:
    """Which engine serves, and whether its answers are those of plain Python."""
    serves = "durable-rules" if is_built() else "built-in"
    proof = prove(Process if is_built() else None, SystemRandom(), cases)
    if as_json:
        found = {"serves": serves, "cases": proof.cases, "verdicts": proof.verdicts, "wrong": proof.wrong}
        click.echo(json.dumps(found | {"answered_by_engine": proof.engine}))
    else:
        click.echo("segments and policies: SQL and the predicate")
        click.echo(f"sequences and chains of proposals: {serves}")
        click.echo(
            f"self test: {proof.cases} random customers, {proof.verdicts} verdicts of yes, {proof.wrong} customers wrong; "
            f"{proof.engine} of {2 * proof.cases} questions answered by durable-rules"
        )
    if proof.wrong:
        raise SystemExit(3)
