"""`hub policies`: what other policies would have decided last month, and why a question is answered as it is."""

import json
from pathlib import Path
from typing import Any

import click

from compliance import policies as judge
from hub.cli.opened import json_option, opened, region_option
from hub.sdk import Decision
from rules.policy import QUESTION


@click.group("policies")
def policies() -> None:
    """What policies decide: plan a change on last month's messages, ask why."""


@policies.command("plan")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--without", multiple=True, help="Name of a policy in force to do without; may be said again.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="How far to look back.")
@region_option
@json_option
def plan(files: tuple[Path, ...], without: tuple[str, ...], days: int, region: str | None, as_json: bool) -> None:
    """What FILES, in place of the policies of their names, would have decided differently; changes nothing."""
    if not files and not without:
        raise click.UsageError("Name the files of policies that change, or --without one that goes.")
    with opened(region) as hub:
        found = judge.plan(hub, judge.proposed(hub, files, without), days)
    if as_json:
        told = [
            {"facts": one.facts, "before": _plain(one.before), "after": _plain(one.after), "messages": one.messages,
             "people": one.people}
            for one in found.differences
        ]  # fmt: skip
        click.echo(json.dumps({"since": found.since.isoformat(), "judged": found.judged, "left_out": found.left_out,
                               "differences": told}, ensure_ascii=False))  # fmt: skip
        return
    for one in found.differences:
        facts = ", ".join(f"{name} {one.facts[name]}" for name in judge.SHOWN)
        click.echo(
            f"{one.messages:8} messages of {one.people} people: {_words(one.before)} -> {_words(one.after)}\n{'':9}{facts}"
        )
    changed = sum(one.messages for one in found.differences)
    click.echo(
        f"{found.judged} messages since {found.since:%Y-%m-%d} were judged, {changed} would have been decided differently."
    )
    if found.left_out:
        click.echo(f"{found.left_out} were left out: their partner, topic or customer is not there any more.")


@policies.command("why")
@click.argument("question", nargs=-1, required=True)
@region_option
@json_option
def why(question: tuple[str, ...], region: str | None, as_json: bool) -> None:
    """QUESTION is the number of a message, or facts: purpose=marketing channel=mail consent=granted."""
    with opened(region) as hub:
        is_number = len(question) == 1 and question[0].isdecimal()
        facts = judge.question_about(hub, int(question[0])) if is_number else judge.question_of(question)
        book, now = hub.book.current().policies, hub.clock()
        answer, said = judge.judged(book, facts, now), judge.why(book, facts, now)
    if as_json:
        click.echo(
            json.dumps(
                {"facts": facts, "answer": _plain(answer), "said": [vars(one) for one in said]}, ensure_ascii=False
            )
        )
        return
    click.echo(", ".join(f"{name} {value}" for name, value in facts.items() if name != "fields"))
    click.echo(_words(answer))
    if unsaid := [fact for fact in QUESTION.facts if fact not in facts]:
        click.echo(f"Not said, so no test on it holds: {', '.join(unsaid)}.")
    for one in said:
        click.echo(f"  {one.policy:36} {one.verdict:7} {one.reason}")


def _plain(one: Decision) -> dict[str, Any]:
    return {"verdict": one.verdict, "policy": one.policy, "reason": one.reason, "mask": sorted(one.mask)}


def _words(one: Decision) -> str:
    mask = f" {', '.join(sorted(one.mask))}" if one.mask else ""
    return f"{one.verdict}{mask} ({': '.join(filter(None, (one.policy, one.reason)))})"
