"""`hub policies`: what other policies would have decided last month, and why a question is answered as it is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from compliance import asked
from compliance import policies as judge
from hub.cli.opened import json_option, opened, region_option
from hub.sdk import Decision
from rules.policy import MESSAGE, QUESTIONS, VERDICTS


@click.group("policies")
def policies() -> None:
    """What policies decide: plan a change on last month's messages, ask why."""


@policies.command("facts")
@click.argument("about", required=False, type=click.Choice(list(QUESTIONS)))
@json_option
def facts(about: str | None, as_json: bool) -> None:
    """What a policy may ask about, question by question: each fact with its type and meaning."""
    told = {name: one for name, one in QUESTIONS.items() if about in (None, name)}
    if as_json:
        found = {
            name: {fact.name: {"type": fact.type, "meaning": fact.meaning} for fact in one.facts.values()}
            for name, one in told.items()
        }
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, one in told.items():
        click.echo(f"question: {name} ({', '.join(VERDICTS[name])})")
        for fact in one.facts.values():
            click.echo(f"  {fact.name:18} {fact.type:7} {fact.meaning}")


@policies.command("list")
@region_option
@json_option
def listed(region: str | None, as_json: bool) -> None:
    """The policies in force, by the question that each answers."""
    with opened(region) as hub:
        rows = [
            {"policy": one.name, "question": one.question, "verdict": one.verdict, "title": one.title, "because": one.because,
             "file": f"{one.mark.file}:{one.mark.line}"}
            for one in sorted(hub.book.current().policies, key=lambda one: (one.question, one.name))
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['question']:10} {row['policy']:36} {row['verdict']:6} {row['title']}")


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
            {"about": one.about, "facts": _shown(one.facts), "before": _plain(one.before), "after": _plain(one.after),
             "times": one.times, "people": one.people}
            for one in found.differences
        ]  # fmt: skip
        click.echo(json.dumps({"since": found.since.isoformat(), "judged": found.judged, "left_out": found.left_out,
                               "differences": told}, ensure_ascii=False))  # fmt: skip
        return
    for one in found.differences:
        plain = _shown(one.facts)
        facts = ", ".join(f"{name} {plain[name]}" for name in judge.SHOWN[one.about] if name in plain)
        click.echo(
            f"{one.times:8} {one.about}, of {one.people} people: {_words(one.before)} -> {_words(one.after)}\n{'':9}{facts}"
        )
    changed = sum(one.times for one in found.differences)
    click.echo(
        f"{found.judged} questions since {found.since:%Y-%m-%d} were judged, {changed} would have been decided differently."
    )
    if found.left_out:
        click.echo(
            f"{found.left_out} were left out: what they were about is not there any more, or was not written down."
        )


@policies.command("why")
@click.argument("question", nargs=-1, required=True)
@click.option("--about", default=MESSAGE, show_default=True, type=click.Choice(list(QUESTIONS)), help="Which question.")
@region_option
@json_option
def why(question: tuple[str, ...], about: str, region: str | None, as_json: bool) -> None:
    """QUESTION is the number of a message or of an audited yes, or facts: purpose=marketing channel=mail consent=granted."""
    with opened(region) as hub:
        if len(question) == 1 and question[0].isdecimal():
            about, facts = asked.numbered(hub, int(question[0]))
        else:
            facts = judge.in_region(hub, judge.question_of(question, about), about)
        book, now = hub.book.current().policies, hub.clock()
        answer, said = judge.judged(book, facts, now, about), judge.why(book, facts, now, about)
    unsaid = [fact for fact in QUESTIONS[about].facts if fact not in facts]
    facts = _shown(facts)
    if as_json:
        click.echo(
            json.dumps(
                {"about": about, "facts": facts, "answer": _plain(answer), "said": [vars(one) for one in said]},
                ensure_ascii=False,
            )
        )
        return
    click.echo(", ".join(f"{name} {value}" for name, value in facts.items() if name != "fields"))
    click.echo(_words(answer))
    if unsaid:
        click.echo(f"Not said, so no test on it holds: {', '.join(unsaid)}.")
    for one in said:
        click.echo(f"  {one.policy:36} {one.verdict:7} {one.reason}")


def _plain(one: Decision) -> dict[str, Any]:
    told = {"verdict": one.verdict, "policy": one.policy, "reason": one.reason, "mask": sorted(one.mask)}
    return told | ({"law": one.law} if one.law else {})


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Sets in an order."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in facts.items()}


def _words(one: Decision) -> str:
    mask = f" {', '.join(sorted(one.mask))}" if one.mask else ""
    return f"{one.verdict}{mask} ({': '.join(filter(None, (one.policy, one.reason)))})"
