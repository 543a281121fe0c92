"""hub status, hub outbox, hub dead-letters, hub why: look, and where it helps, act."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from hub import metrics
from hub.cli.opened import hub_at, json_option, opened, region_option, regions_of
from hub.errors import NotFound
from hub.flow import explain, letters, pending
from hub.models import Connection, DeadLetter, Delivery, Message
from hub.settings import load_settings
from hub.status import status_of
from hub.voices import voice
from hub.wording import PLACES


@click.command()
@region_option
@json_option
def status(region: str | None, as_json: bool) -> None:
    """Queues, lag, dead letters and health per connection."""
    settings = load_settings()
    found = []
    for code in regions_of(settings, region):
        hub = hub_at(settings, code)
        found.append(status_of(hub))
        hub.close()
    if as_json:
        click.echo(json.dumps({"regions": found}, ensure_ascii=False))
        return
    for one in found:
        _print_status(one)


def _print_status(one: dict[str, Any]) -> None:
    clock = "clock runs" if one["clock"] else "no clock"
    valkey = "Valkey answers" if one["valkey"] else "no Valkey"
    table = Table(title=f"{one['region']}: {one['customers']} customers, {clock}, {valkey}", title_justify="left")
    for name in ("connection", "health", "inbox", "outbox", "lag", "dead", "in words"):
        table.add_column(name, justify="right" if name in {"lag", "dead"} else "left")
    for row in one["connections"]:
        counts = [
            ", ".join(f"{count} {state}" for state, count in sorted(row[side].items())) for side in ("inbox", "outbox")
        ]
        table.add_row(row["name"], row["health"], *counts, f"{row['lag']} s", str(row["dead_letters"]), row["reason"])
    console = Console(width=140 if not Console().is_terminal else None)
    console.print(table)
    for each in one["incidents"]:
        console.print(_incident(each, one["region"]), style="bold", markup=False)
    if one["configuration"]["wrong"]:
        console.print("The configuration changed and is wrong; the last good one stays in force:", style="bold")
        console.print(one["configuration"]["wrong"], markup=False)


def _incident(each: dict[str, Any], region: str) -> str:
    what = f"segment {each['segment']}: {each['found']} membership(s) were not what the rule gives"
    read = f"Read why: hub segments incidents {each['segment']} -r {region}"
    if not each["unmended"]:
        return f"{what}, and were mended. {read}"
    return f"{what}, {each['unmended']} still wrong. {read}; mend: hub segments verify --repair -r {region}"


@click.command("metrics")
@region_option
@click.option("--dashboard", is_flag=True, help="For Grafana's import: a panel for each number.")
def metrics_command(region: str | None, dashboard: bool) -> None:
    """What GET /metrics tells a Prometheus, or a dashboard made of it."""
    if dashboard:
        click.echo(metrics.dashboard())
        return
    with opened(region) as hub:
        click.echo(metrics.exposition(hub), nl=False)


@click.group("outbox")
def outbox_group() -> None:
    """Messages on their way out."""


@outbox_group.command("list")
@region_option
@click.option("--state", default="waiting", help="waiting, claimed, sent, unknown, refused, dead")
@click.option("--limit", default=50)
@json_option
def outbox_list(region: str | None, state: str, limit: int, as_json: bool) -> None:
    """Messages in one state, oldest first, with the reason."""
    with opened(region) as hub, hub.look() as session:
        columns = (
            Message.id,
            Connection.name,
            Message.topic,
            Message.state,
            Message.attempts,
            Message.why,
            Message.reason,
            Message.made_at,
        )
        rows = session.execute(
            select(*columns).join(Connection, Connection.id == Message.connection_id).where(Message.state == state)
            .order_by(Message.id).limit(limit)
        ).all()  # fmt: skip
    show(["id", "connection", "topic", "state", "attempts", "why", "reason", "made_at"], rows, as_json)


@outbox_group.command("why")
@region_option
@click.argument("message_id", type=int)
@json_option
def outbox_why(region: str | None, message_id: int, as_json: bool) -> None:
    """Why a message did not go, or when it will."""
    with opened(region) as hub, hub.look() as session:
        message = session.get(Message, message_id)
        if message is None:
            raise NotFound(f"There is no message {message_id}.", "See: hub outbox list")
        told = {
            "id": message.id, "connection": name_of(hub, message.connection_id), "topic": message.topic,
            "state": message.state, "why": message.why, "reason": message.reason,
            "not_before": message.not_before.isoformat(), "made_at": message.made_at.isoformat(),
            "settled_at": message.settled_at.isoformat() if message.settled_at else None,
        }  # fmt: skip
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    until = f"; it goes after {told['not_before']}" if message.state == "waiting" else ""
    said = f"{message.why}: {message.reason}" if message.why else message.reason or "nothing stood in its way"
    click.echo(f"{message.topic} by {told['connection']} is {message.state}: {said}{until}")


@outbox_group.command("replay")
@region_option
@click.argument("message_id", type=int)
def outbox_replay(region: str | None, message_id: int) -> None:
    """Send a message again under the same key."""
    with opened(region) as hub, hub.begin() as work:
        message = work.session.get(Message, message_id)
        if message is None:
            raise NotFound(f"There is no message {message_id}.")
        pending.resend(hub, work, [message], "cli")
    click.echo(f"message {message_id} waits again")


@click.group("dead-letters")
def dead_letters() -> None:
    """What was given up."""


@dead_letters.command("list")
@region_option
@json_option
def dead_letters_list(region: str | None, as_json: bool) -> None:
    """Open dead letters, oldest first."""
    with opened(region) as hub, hub.look() as session:
        columns = (DeadLetter.id, Connection.name, DeadLetter.code, DeadLetter.reason, DeadLetter.died_at)
        rows = session.execute(
            select(*columns).join(Connection, Connection.id == DeadLetter.connection_id)
            .where(DeadLetter.closed_at.is_(None)).order_by(DeadLetter.id)
        ).all()  # fmt: skip
    show(["id", "connection", "code", "reason", "died_at"], rows, as_json)


@dead_letters.command("show")
@region_option
@click.argument("letter_id", type=int)
def dead_letters_show(region: str | None, letter_id: int) -> None:
    """All about one dead letter but its payload, which is personal."""
    with opened(region) as hub, hub.look() as session:
        letter = session.get(DeadLetter, letter_id)
        if letter is None:
            raise NotFound(f"There is no dead letter {letter_id}.")
        about: Any = (
            session.get(Delivery, letter.delivery_id) if letter.delivery_id else session.get(Message, letter.message_id)
        )
        click.echo(
            f"{letter.code}: {letter.reason}\ndied at {letter.died_at:%Y-%m-%d %H:%M:%S} UTC after {about.attempts} tries"
        )


@dead_letters.command("replay")
@region_option
@click.argument("letter_id", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="All open ones.")
def dead_letters_replay(region: str | None, letter_id: int | None, everything: bool) -> None:
    """Let it go its way once more."""
    if (letter_id is None) != everything:
        raise click.UsageError("Name a dead letter, or say --all.")
    with opened(region) as hub, hub.begin() as work:
        chosen = letters.all_open(work) if letter_id is None else [letters.open_letter(work, letter_id)]
        count = letters.replay(hub, work, chosen, "cli")
    click.echo(f"{count} replayed")


@dead_letters.command("discard")
@region_option
@click.argument("letter_id", type=int)
@click.option("--reason", required=True, type=click.Choice(letters.REASONS))
def dead_letters_discard(region: str | None, letter_id: int, reason: str) -> None:
    """Give it up for good; a payload goes with its key."""
    with opened(region) as hub, hub.begin() as work:
        letters.discard(work, [letters.open_letter(work, letter_id)], reason, "cli")
    click.echo(f"dead letter {letter_id} discarded")


@click.command()
@region_option
@click.argument("customer")
@click.argument("segment", required=False)
@click.option(
    "--language", "--lang", default="en", show_default=True, type=click.Choice(list(PLACES)), help="Of the sentences."
)
@json_option
def why(region: str | None, customer: str, segment: str | None, language: str, as_json: bool) -> None:
    """Why a customer (by ref) is, or is not, in a segment: each test with the value seen, what would have to change, and
    when it will change by itself."""
    with opened(region) as hub:
        found = explain.why(hub, customer, segment, voice(language))
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False))
        return
    for one in found:
        click.echo("\n".join(one.lines))


def name_of(hub: Any, connection_id: int) -> str:
    return next((partner.name for partner in hub.partners.values() if partner.id == connection_id), "")


def show(names: list[str], rows: Any, as_json: bool) -> None:
    if as_json:
        click.echo(
            json.dumps({"items": [dict(zip(names, row, strict=True)) for row in rows]}, default=str, ensure_ascii=False)
        )
        return
    table = Table()
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*(f"{value:%Y-%m-%d %H:%M:%S}" if hasattr(value, "strftime") else str(value) for value in row))
    console = Console(width=140 if not Console().is_terminal else None)
    console.print(table if rows else "nothing")


COMMANDS = {
    "status": status,
    "metrics": metrics_command,
    "outbox": outbox_group,
    "dead-letters": dead_letters,
    "why": why,
}
