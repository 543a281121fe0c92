"""`hub breaches`: the register of breaches, their clocks, and who is affected."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from compliance import breaches as register
from compliance.breaches import KINDS, RISKS, SOURCES, WHOM, Case, Noticed
from compliance.request_commands import by_option
from hub.cli.opened import json_option, opened, region_option

MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"]


@click.group("breaches")
def breaches() -> None:
    """Breaches of personal data: noted, assessed, told within the period of each law, closed."""


@breaches.command("note")
@click.argument("summary")
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--risk", type=click.Choice(RISKS), default="unknown", show_default=True)
@click.option("--began", type=click.DateTime(MOMENTS), required=True, help="UTC.")
@click.option("--ended", type=click.DateTime(MOMENTS), help="UTC; default: now.")
@click.option("--noticed", type=click.DateTime(MOMENTS), help="UTC, since when we know; default: now.")
@region_option
@by_option
def note(
    summary: str,
    kind: str,
    risk: str,
    began: datetime,
    ended: datetime | None,
    noticed: datetime | None,
    region: str | None,
    by: str,
) -> None:
    """Write a breach down. The clock runs from when it was noticed."""
    with opened(region) as hub:
        now = hub.clock()
        times = [moment.replace(tzinfo=UTC) if moment else now for moment in (began, ended, noticed)]
        click.echo(register.note(hub, Noticed(kind, summary, times[0], times[1], times[2], risk), by))


@breaches.command("assess")
@click.argument("breach")
@click.option("--by-traces-of", "source", type=click.Choice(SOURCES), required=True)
@click.option("--name", default="", help="What the account is called, or principal:NUMBER; of the connection.")
@click.option("--risk", type=click.Choice(RISKS), required=True)
@region_option
@by_option
def assess(breach: str, source: str, name: str, risk: str, region: str | None, by: str) -> None:
    """Find who is affected, and start the clock of each of their laws."""
    with opened(region) as hub:
        click.echo(f"{register.assess(hub, breach, source, name, risk, by)} people are affected")


@breaches.command("tell")
@click.argument("breach")
@click.option("--law", required=True, help="DE, AE, SG ...")
@click.option("--whom", type=click.Choice(WHOM), default="authority", show_default=True)
@region_option
@by_option
def tell(breach: str, law: str, whom: str, region: str | None, by: str) -> None:
    """Write down that they were told now."""
    with opened(region) as hub:
        register.tell(hub, breach, law, whom, by)


@breaches.command("close")
@click.argument("breach")
@click.option("--measures", required=True, help="What was done about it.")
@region_option
@by_option
def close(breach: str, measures: str, region: str | None, by: str) -> None:
    """End it, once everybody was told who had to be."""
    with opened(region) as hub:
        register.close(hub, breach, measures, by)


@breaches.command("list")
@region_option
@json_option
def list_breaches(region: str | None, as_json: bool) -> None:
    """Open ones first, with the time that is left under each law."""
    with opened(region) as hub, hub.look() as session:
        cases = register.all_of(hub, session, hub.clock())
    if as_json:
        click.echo(json.dumps([_plain(case) for case in cases], ensure_ascii=False))
        return
    for case in cases:
        state = "closed" if case.breach.closed_at else case.breach.risk
        click.echo(f"{case.breach.ref}  {case.breach.kind:16} {state:8} {case.people:7} people  {case.breach.summary}")
        for clock in case.clocks:
            click.echo(
                f"    {clock.law:3} {clock.people:7} people  {_time(clock.left, clock.authority_told_at)}  ({clock.source})"
            )


@breaches.command("people")
@click.argument("breach")
@region_option
def people(breach: str, region: str | None) -> None:
    """Refs of those affected, as CSV."""
    with opened(region) as hub, hub.look() as session:
        rows = register.people_of(session, breach)
    click.echo("person,law")
    for person, law in rows:
        click.echo(f"{person},{law}")


def _time(left: float | None, told: datetime | None) -> str:
    if told:
        return f"told on {told:%Y-%m-%d %H:%M}"
    if left is None:
        return "nothing to tell"
    span = str(timedelta(minutes=round(abs(left) * 60)))[:-3]
    return f"{span} left" if left >= 0 else f"{span} late"


def _plain(case: Case) -> dict[str, Any]:
    one = case.breach
    return {
        "breach": one.ref, "kind": one.kind, "risk": one.risk, "summary": one.summary, "noticed_at": one.noticed_at.isoformat(),
        "source": one.source, "people": case.people, "closed": one.closed_at is not None, "late": case.is_late,
        "clocks": [
            {"law": clock.law, "people": clock.people, "due_at": clock.due_at.isoformat(), "must_tell": clock.must_tell,
             "told": clock.authority_told_at is not None} for clock in case.clocks
        ],
    }  # fmt: skip
