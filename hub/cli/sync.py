"""`hub sync`: pull, look, rest, go on, compare both sides, and decide what only a person can."""

import json
from datetime import timedelta
from random import SystemRandom
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import func, select

from hub.cli.opened import json_option, opened, region_option
from hub.core import Hub, Partner
from hub.errors import PartDown, PartnerError
from hub.flow import conflicts, drift, following, merges, outward, pipeline, pulls, reconcile
from hub.flow.sync import decide
from hub.models import Connection, Customer, DeadLetter, Duplicate, Message, SyncState
from hub.sdk import Fetches


@click.group()
def sync() -> None:
    """Keep a partner in step: run, status, pause, resume, reconcile, conflicts, resolve, duplicates, keep-apart."""


@sync.command("run")
@click.argument("connection")
@region_option
@click.option("--full", is_flag=True, help="Compare all objects of both sides, and mend what differs.")
@json_option
def run(connection: str, region: str | None, full: bool, as_json: bool) -> None:
    """Pull what changed at CONNECTION, take it in, and tell what is ours."""
    with opened(region) as hub, _progress(as_json) as progress:
        partner, rng = hub.partner(connection), SystemRandom()
        reconcile.map_for(hub, partner)
        task = progress.add_task("pulled", total=None)
        pulled = 0
        try:
            drifts = following.describe(hub, partner)
            for new in pulls.pull(hub, partner) if isinstance(partner.connector, Fetches) else ():
                pulled += new
                progress.update(task, completed=pulled)
            taken = _work_off(hub, partner, rng)
            mended = (
                reconcile.apply(hub, partner, reconcile.compare(hub, partner))
                if full
                else reconcile.heal(hub, partner, rng)
            )
            told = _tell(hub, partner, rng)
        except PartnerError as error:
            raise PartDown(f"“{connection}” does not answer as it should: {error.what}", "Try again later.") from None
    found = {"connection": connection, "pulled": pulled, "taken": taken, "told": told, "mended": mended,
             "drift": [vars(one) for one in drifts]}  # fmt: skip
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(
            f"{pulled:,} pulled, {taken:,} taken in, {told:,} told, {mended:,} mended, {len(drifts)} fields drifted."
        )


def _work_off(hub: Hub, partner: Partner, rng: SystemRandom) -> int:
    total = 0
    while count := pipeline.process(hub, partner, rng):
        total += count
        following.introduce(hub, partner, rng)
    return total


def _tell(hub: Hub, partner: Partner, rng: SystemRandom) -> int:
    following.meet(hub, partner, rng)
    total = 0
    while count := pipeline.send(hub, partner, rng):
        total += count
    return total


@sync.command("status")
@click.argument("connection", required=False)
@region_option
@json_option
def status(connection: str | None, region: str | None, as_json: bool) -> None:
    """Lag, last pull and comparison, conflicts, what waits, drift; of CONNECTION, or of all that are kept in step."""
    with opened(region) as hub:
        chosen = [hub.partner(connection)] if connection else list(hub.partners.values())
        rows = [_standing(hub, one) for one in chosen if connection or outward.map_of(hub, one)]
    if as_json:
        click.echo(json.dumps({"connections": rows}))
        return
    table = Table("connection", "state", "lag", "last pull", "compared", "conflicts open", "waiting", "dead", "drift")
    for row in rows:
        lag = "never" if row["lag_seconds"] is None else f"{row['lag_seconds']:,.0f} s"
        table.add_row(
            row["connection"], row["state"], lag, row["pulled_at"] or "never", row["compared_at"] or "never",
            str(row["conflicts"].get("open", 0)), str(row["waiting"]), str(row["dead"]), str(len(row["drift"])),
        )  # fmt: skip
    Console().print(table)


def _standing(hub: Hub, partner: Partner) -> dict[str, Any]:
    """lag: seconds since we last read all that the partner had to say."""
    mapping = reconcile.map_for(hub, partner)
    with hub.look() as session:
        row, standing = session.get_one(Connection, partner.id), session.get(SyncState, partner.id)
        waiting = select(func.count()).where(
            Message.connection_id == partner.id, Message.state.in_(("waiting", "claimed"))
        )
        dead = select(func.count()).where(DeadLetter.connection_id == partner.id, DeadLetter.closed_at.is_(None))
        pulled = standing.pulled_at if standing else None
        return {
            "connection": partner.name,
            "state": row.state,
            "reason": row.reason or (standing.reason if standing else ""),
            "lag_seconds": (hub.clock() - pulled).total_seconds() if pulled else None,
            "pulled_at": pulled.isoformat() if pulled else None,
            "compared_at": standing.compared_at.isoformat() if standing and standing.compared_at else None,
            "report": standing.report if standing else None,
            "resync": bool(standing and standing.resync),
            "conflicts": conflicts.counts(session, partner),
            "waiting": session.scalar(waiting) or 0,
            "dead": session.scalar(dead) or 0,
            "drift": [vars(one) for one in drift.found(session, partner, mapping)],
        }


@sync.command("pause")
@click.argument("connection")
@region_option
@click.option("--reason", required=True, help="Why; everybody sees it.")
@click.option("--hours", type=click.FloatRange(0, 24 * 90), default=None, help="Go on by itself after so long.")
def pause(connection: str, region: str | None, reason: str, hours: float | None) -> None:
    """Neither pull nor tell; what comes in is kept, and all of it waits in order."""
    with opened(region) as hub, hub.begin() as work:
        until = work.now + timedelta(hours=hours) if hours else None
        pulls.pause(work, hub.partner(connection), "cli", reason, until)
    click.echo(f"“{connection}” rests.")


@sync.command("resume")
@click.argument("connection")
@region_option
def resume(connection: str, region: str | None) -> None:
    """Go on after a pause, or after a key was renewed."""
    with opened(region) as hub, hub.begin() as work:
        pulls.resume(work, hub.partner(connection), "cli")
    click.echo(f"“{connection}” goes on.")


@sync.command("reconcile")
@click.argument("connection")
@region_option
@click.option("--apply", "applying", is_flag=True, help="Do the plan; without it nothing is changed.")
@click.option("--only", default="", help=f"Classes to apply, by commas: {','.join(reconcile.CLASSES)}.")
@json_option
def reconcile_command(connection: str, region: str | None, applying: bool, only: str, as_json: bool) -> None:
    """Page both sides of CONNECTION, name all that differs, and preview the repair."""
    chosen = [word.strip() for word in only.split(",") if word.strip()] or list(reconcile.CLASSES)
    if unknown := [word for word in chosen if word not in reconcile.CLASSES]:
        raise click.UsageError(f"No class “{unknown[0]}”. Classes: {', '.join(reconcile.CLASSES)}.")
    with opened(region) as hub, _progress(as_json) as progress:
        partner = hub.partner(connection)
        task = progress.add_task("compared", total=None)
        try:
            report = reconcile.compare(hub, partner, lambda count: progress.advance(task, count))
        except PartnerError as error:
            raise PartDown(f"“{connection}” does not answer as it should: {error.what}", "Try again later.") from None
        if applying:
            reconcile.apply(hub, partner, report, chosen)
    if as_json:
        click.echo(json.dumps(report.to_json()))
        return
    table = Table("class", "objects", "repair", title=f"{report.agreeing:,} agree")
    for name, count in report.counts().items():
        table.add_row(name, f"{count:,}", reconcile.ACTIONS[name] if count else "")
    Console().print(table)
    click.echo(
        "Both sides agree." if report.clean else f"{report.applied:,} applied." if applying else "Nothing was changed."
    )


@sync.command("conflicts")
@click.argument("connection")
@region_option
@click.option("--all", "everything", is_flag=True, help="Those that a rule decided, too.")
@json_option
def conflicts_command(connection: str, region: str | None, everything: bool, as_json: bool) -> None:
    """Fields that both sides changed: which rule decided, who won, when. No values."""
    with opened(region) as hub, hub.look() as session:
        rows = [
            {"id": row.id, "kind": row.kind, "field": row.field, "rule": row.rule, "won": row.won,
             "made_at": row.made_at.isoformat(), "customer": session.get_one(Customer, row.customer_id).ref}
            for row in conflicts.latest(session, hub.partner(connection), not everything)
        ]  # fmt: skip
    _show(rows, as_json, "conflicts", ("id", "customer", "field", "rule", "won", "made_at"))


@sync.command("resolve")
@click.argument("conflict", type=int)
@region_option
@click.option("--take", type=click.Choice(["ours", "theirs"]), required=True, help="Whose value both sides shall have.")
def resolve(conflict: int, region: str | None, take: str) -> None:
    """Decide a conflict that waits for a person."""
    with opened(region) as hub:
        decide(hub, conflict, take, "cli")
    click.echo(f"Conflict {conflict}: {take}.")


@sync.command("duplicates")
@region_option
@json_option
def duplicates(region: str | None, as_json: bool) -> None:
    """Customers that may be one person, and why; nobody is merged by likeness."""
    with opened(region) as hub, hub.look() as session:
        rows = [
            {"id": row.id, "why": row.why, "found_at": row.found_at.isoformat(),
             "customer": session.get_one(Customer, row.customer_id).ref, "other": session.get_one(Customer, row.other_id).ref}
            for row in session.scalars(select(Duplicate).where(Duplicate.state == "open").order_by(Duplicate.id).limit(500))
        ]  # fmt: skip
    _show(rows, as_json, "duplicates", ("id", "customer", "other", "why", "found_at"))


@sync.command("keep-apart")
@click.argument("duplicate", type=int)
@region_option
def keep_apart(duplicate: int, region: str | None) -> None:
    """Say that a proposed pair is two people; it is not proposed again."""
    with opened(region) as hub, hub.begin() as work:
        merges.keep_apart(work, duplicate, "cli")
    click.echo(f"Proposal {duplicate}: they stay two.")


def _show(rows: list[dict[str, Any]], as_json: bool, name: str, columns: tuple[str, ...]) -> None:
    if as_json:
        click.echo(json.dumps({name: rows}))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(str(row[column]) for column in columns))
    Console().print(table)


def _progress(as_json: bool) -> Progress:
    columns = (TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), disable=as_json, transient=True)


COMMANDS = {"sync": sync}
