"""What compliance adds to `hub`: privacy, holds and audit."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from compliance import archive_openings, archives, audit, certificates, erasure, holds, report, unlearning
from compliance.backup_commands import backup, restore
from compliance.breach_commands import breaches
from compliance.consent_commands import consent
from compliance.merge_commands import duplicates
from compliance.policy_commands import policies
from compliance.request_commands import by_option, privacy
from compliance.retention_commands import retention
from hub.actors import titles_of
from hub.cli.opened import json_option, opened, region_option
from hub.errors import NotFound, WrongInput
from hub.models import ErasureRequest
from hub.policy import AT_THE_MACHINE


@privacy.command("plan")
@click.argument("request")
@region_option
@by_option
@json_option
def plan(request: str, region: str | None, by: str, as_json: bool) -> None:
    """Freeze the person, and say what will become of every record set."""
    with opened(region) as hub:
        found = erasure.plan(hub, request, by)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for item in found["items"]:
        held = "; ".join(f"held: {hold['basis']}" for hold in item["hold"])
        click.echo(f"{item['record_set']:20} {item['verb']:10} {item['rows']:6} rows   {held}".rstrip())
    for one in found["archived"]:
        click.echo(
            f"{one['record_set']:20} {'archived':10} {one['rows']:6} rows   until {one['until'][:10]}: {one['source']}"
        )


@privacy.command("approve")
@click.argument("request")
@region_option
@by_option
def approve(request: str, region: str | None, by: str) -> None:
    """Let it happen. Where holds stand in the way, another person than the one who verified must do it."""
    with opened(region) as hub:
        erasure.approve(hub, request, by, AT_THE_MACHINE)


@privacy.command("run")
@click.argument("request", required=False)
@region_option
@json_option
def run(request: str | None, region: str | None, as_json: bool) -> None:
    """Go on with one request, or with all that may: partners are told, rows end, the key is shredded. Safe to repeat."""
    with opened(region) as hub:
        states = {request: erasure.run(hub, request)} if request else erasure.run_all(hub)
    if as_json:
        click.echo(json.dumps(states))
        return
    for ref, state in states.items():
        click.echo(f"{ref}  {state}")


@privacy.command("certificate")
@click.argument("request")
@click.option("--check", type=click.Path(path_type=Path), help="Check this certificate instead of printing one.")
@region_option
def certificate(request: str, check: Path | None, region: str | None) -> None:
    """The signed certificate of a request, as JSON; or whether one that somebody shows is genuine."""
    with opened(region) as hub:
        if check is not None:
            genuine = certificates.is_genuine(_read(check), hub.vault.signer())
            click.echo("The certificate is genuine." if genuine else "The certificate is not genuine.")
            raise SystemExit(0 if genuine else 1)
        with hub.look() as session:
            row = session.scalar(select(ErasureRequest).where(ErasureRequest.ref == request))
        if row is None or row.certificate is None:
            raise NotFound(f"There is no certificate for {request}.", "See: hub privacy list")
        click.echo(json.dumps(row.certificate, ensure_ascii=False, indent=1))


@privacy.command("lift")
@click.argument("kind", type=click.Choice(["customer_number", "email", "phone"]))
@click.argument("value")
@region_option
@by_option
def lift(kind: str, value: str, region: str | None, by: str) -> None:
    """Somebody who was erased comes back of their own will: they may be made anew."""
    with opened(region) as hub:
        count = erasure.lift(hub, kind, value, by)
    click.echo(f"{count} tombstone(s) lifted")


@privacy.command("models")
@region_option
@json_option
def models(region: str | None, as_json: bool) -> None:
    """Models that may have learned from somebody who was forgotten since, and the day by which each is gone."""
    with opened(region) as hub:
        found = unlearning.flagged(hub)
    if as_json:
        click.echo(json.dumps([{**vars(one), "gone_by": one.gone_by.isoformat()} for one in found]))
        return
    for one in found:
        state = "in force" if one.in_force else ""
        click.echo(
            f"{one.scorer:8} {one.version}  gone by {one.gone_by}  {one.people} forgotten since  {state}".rstrip()
        )
    if not found:
        click.echo("No model has learned from anybody who was forgotten since.")


@privacy.group("archive")
def archive_group() -> None:
    """What a tax law wants kept of those who were erased: config/privacy/archives.yaml."""


@archive_group.command("list")
@click.option("--customer", default="", help="Of this customer only.")
@region_option
@json_option
def list_archive(customer: str, region: str | None, as_json: bool) -> None:
    """What lies there, by whose law and until when, and who opened it why; nothing is opened."""
    with opened(region) as hub, hub.look() as session:
        found = archives.listed(session, hub.clock(), customer)
        called = titles_of(session, archives.actors_in(found))
    if as_json:
        click.echo(json.dumps([one.plain() for one in found], ensure_ascii=False))
        return
    for one in found:
        click.echo(f"{one.ref}  {one.customer}  {one.law:3} until {one.ends_at:%Y-%m-%d}  {one.source}")
        for look in one.opened:
            seconded = f", allowed by {called[look.allowed_by]}" if look.allowed_by else ""
            click.echo(f"  opened {look.at:%Y-%m-%d %H:%M} UTC by {called[look.actor]}: {look.reason}{seconded}")
        for wish in one.wishes:
            word = f"allowed by {called[wish.allowed_by]}" if wish.allowed_by else "waits for a yes"
            click.echo(
                f"  {wish.number} asked {wish.at:%Y-%m-%d %H:%M} UTC by {called[wish.actor]}: {wish.reason}, {word}"
            )
    if not found:
        click.echo("The archive is empty.")


@archive_group.command("open")
@click.argument("ref")
@click.option("--reason", type=click.Choice(archives.REASONS), required=True, help="It is audited with your name.")
@region_option
@by_option
def open_archived(ref: str, reason: str, region: str | None, by: str) -> None:
    """Open one of them, as JSON; for a reason only, which is audited."""
    with opened(region) as hub:
        click.echo(json.dumps(archives.open_one(hub, ref, reason, by, AT_THE_MACHINE), ensure_ascii=False, indent=1))


@archive_group.command("ask")
@click.argument("ref")
@click.option("--reason", type=click.Choice(archives.REASONS), required=True, help="It is audited with your name.")
@region_option
@by_option
def ask_for_archived(ref: str, reason: str, region: str | None, by: str) -> None:
    """Ask for somebody else's yes to a look into one, where the policies of approval want four eyes."""
    with opened(region) as hub:
        archives.ask(hub, ref, reason, by)


@archive_group.command("allow")
@click.argument("ref")
@click.argument("wish", type=int)
@region_option
@by_option
def allow_archived(ref: str, wish: int, region: str | None, by: str) -> None:
    """Say yes to somebody's WISH, as the list numbers it; whoever asked opens it then, once."""
    with opened(region) as hub:
        archive_openings.allow(hub, ref, wish, by, AT_THE_MACHINE)


@click.group("holds")
def holds_group() -> None:
    """Legal holds: what must not be deleted."""


@holds_group.command("add")
@click.argument("customer_ref")
@click.option(
    "--record-set", default=holds.EVERYTHING, show_default=True, help="A table of the plan, or * for everything."
)
@click.option("--purpose", required=True)
@click.option("--basis", required=True, help="The paragraph or case that demands it.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The day it ends by itself.")
@region_option
@by_option
def add(
    customer_ref: str,
    record_set: str,
    purpose: str,
    basis: str,
    owner: str,
    until: datetime | None,
    region: str | None,
    by: str,
) -> None:
    """Protect a record set of one person from every deletion."""
    ends_at = until.replace(tzinfo=UTC) if until else None
    with opened(region) as hub:
        click.echo(holds.place(hub, holds.Wanted(customer_ref, record_set, purpose, basis, owner, ends_at), by))


@holds_group.command("list")
@region_option
@json_option
def list_holds(region: str | None, as_json: bool) -> None:
    """Holds in force."""
    with opened(region) as hub:
        rows: list[dict[str, Any]] = [
            {"id": hold.id, "customer": ref, "record_set": hold.record_set, "purpose": hold.purpose, "basis": hold.basis,
             "owner": hold.owner, "until": hold.ends_at.date().isoformat() if hold.ends_at else None}
            for hold, ref in holds.in_force(hub)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        until = f"until {row['until']}" if row["until"] else "until released"
        click.echo(f"{row['id']}  {row['customer']}  {row['record_set']:16} {until}  {row['basis']} ({row['owner']})")


@holds_group.command("release")
@click.argument("hold_id", type=int)
@region_option
@by_option
def release(hold_id: int, region: str | None, by: str) -> None:
    """End a hold; what waited for it goes on."""
    with opened(region) as hub:
        holds.release(hub, hold_id, by)


@click.group("audit")
def audit_group() -> None:
    """The chain of audit entries."""


@audit_group.command("verify")
@region_option
@json_option
def verify_audit(region: str | None, as_json: bool) -> None:
    """Find any edit, insertion, deletion, change of order, or a tail that was cut since the last anchor; exit 1 if there is one."""
    with opened(region) as hub:
        found = audit.verify(hub)
    if as_json:
        click.echo(json.dumps(vars(found)))
    else:
        click.echo(f"{found.sealed} entries sealed, {found.anchors} anchors, {found.unsealed} not sealed yet")
        for problem in found.problems:
            click.echo(problem)
        if not found.problems:
            click.echo("The chain is whole.")
    if found.problems:
        raise SystemExit(1)


@audit_group.command("bundle")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The folder to make; it must not exist yet."
)
@region_option
@by_option
@json_option
def bundle(out: Path, region: str | None, by: str, as_json: bool) -> None:
    """For an authority: tables as CSV and JSON, the chain, a report as PDF in English and Arabic, and a signed list of hashes."""
    with opened(region) as hub:
        told = report.bundle(hub, out, by)
    if as_json:
        click.echo(json.dumps(vars(told)))
        return
    click.echo(f"{told.rows['subjects']} people, {told.entries} sealed entries, {len(told.sha256)} files in {out}")
    click.echo(f"Check it without us: python {out / 'verify_bundle.py'} {out} {told.signer}")


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise WrongInput(f"{path} is no certificate that can be read.") from None
    if not isinstance(found, dict):
        raise WrongInput(f"{path} is no certificate.")
    return found


COMMANDS = (policies, privacy, holds_group, audit_group, consent, retention, backup, restore, breaches, duplicates)
