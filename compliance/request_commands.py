"""`hub privacy` for every kind of request: how it comes in, its steps, its clock, and what is handed over."""

import csv
import getpass
import json
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select

from compliance import cases, dpia, erasure, history, moving, requests, storage, takeaway
from compliance.coming import CAME_BY, Came
from compliance.disclosure import disclose
from compliance.papers import files_of
from compliance.requests import Wish
from compliance.ropa import record_of, sheet
from hub.cli.opened import json_option, opened, region_option
from hub.core import Hub
from hub.errors import WrongInput
from hub.models import PersonRequest

by_option = click.option("--by", default=getpass.getuser, show_default="you", help="Who does it; it is audited.")
out_option = click.option("--out", type=click.Path(path_type=Path), help="The zip to write; it must not exist yet.")


@click.group("privacy")
def privacy() -> None:
    """Requests of persons: from the wish to the answer or the certificate."""


@privacy.command("intake")
@click.argument("customer_ref")
@click.option("--kind", type=click.Choice(["erasure", *requests.KINDS]), default="erasure", show_default=True)
@click.option("--scope", default="", help="Objection: marketing or profiling; review: segment:NAME.")
@click.option("--set", "values", multiple=True, metavar="FIELD=VALUE", help="Rectification: what is right.")
@click.option("--came-by", type=click.Choice(CAME_BY), default="cli", show_default=True)
@click.option("--came-on", type=click.DateTime(["%Y-%m-%d"]), help="Its deadline runs since; default: today.")
@region_option
@by_option
def intake(
    customer_ref: str,
    kind: str,
    scope: str,
    values: tuple[str, ...],
    came_by: str,
    came_on: datetime | None,
    region: str | None,
    by: str,
) -> None:
    """Write down what somebody asks. Asked twice, the open request is answered."""
    wish, came = dict(_pair(value) for value in values), Came(came_by, came_on.date() if came_on else None)
    with opened(region) as hub:
        if kind == "erasure":
            click.echo(erasure.intake(hub, customer_ref, by, came))
        else:
            click.echo(requests.intake(hub, Wish(customer_ref, kind, came, scope, wish), by))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise WrongInput(f"“{text}” sets nothing.", "Write FIELD=VALUE.")
    return name.strip(), value.strip()


@privacy.command("verify")
@click.argument("request")
@click.option("--how", type=click.Choice(cases.HOWS), required=True, help="By what the person was recognised.")
@region_option
@by_option
def verify(request: str, how: str, region: str | None, by: str) -> None:
    """Vouch that the wish is the person's own."""
    with opened(region) as hub:
        (requests if _is_other(hub, request) else erasure).verify(hub, request, by, how)


@privacy.command("refuse")
@click.argument("request")
@click.option("--reason", required=True, help=f"Erasure: in words; others: {', '.join(requests.REFUSALS)}.")
@click.option("--text", default="", help="What else the person is told.")
@region_option
@by_option
def refuse(request: str, reason: str, text: str, region: str | None, by: str) -> None:
    """Do not grant it; the person is told the reason, and where to complain."""
    with opened(region) as hub:
        if _is_other(hub, request):
            requests.refuse(hub, request, by, reason, text)
        else:
            erasure.refuse(hub, request, by, reason)


@privacy.command("answer")
@click.argument("request")
@click.option("--verdict", type=click.Choice(["kept", "changed"]), help="What a review came to.")
@click.option("--text", default="", help="What the person is told.")
@out_option
@region_option
@by_option
def answer(request: str, verdict: str | None, text: str, out: Path | None, region: str | None, by: str) -> None:
    """Do what was asked. Access and portability write everything that is kept to --out."""
    with opened(region) as hub:
        if out is None:
            click.echo(requests.answer(hub, request, by, verdict=verdict or "", text=text))
            return
        if out.exists():
            raise WrongInput(f"{out} exists already.", "Name another file, so that nothing is overwritten.")
        found = requests.hand_over(hub, request, by)
        takeaway.write(found, out, files_of(hub, found.customer), portable=_kind(hub, request) == "portability")
        click.echo(f"{sum(len(one.rows) for one in found.sections)} rows of {len(found.sections)} record sets in {out}")


@privacy.command("extend")
@click.argument("request")
@click.option("--reason", type=click.Choice(requests.DELAYS), required=True)
@region_option
@by_option
def extend(request: str, reason: str, region: str | None, by: str) -> None:
    """Take longer, once, as the law allows; the person is told."""
    with opened(region) as hub:
        requests.extend(hub, request, by, reason)


@privacy.command("pause")
@click.argument("request")
@region_option
@by_option
def pause(request: str, region: str | None, by: str) -> None:
    """The clock stands while the person proves who they are, where the law says so."""
    with opened(region) as hub:
        requests.pause(hub, request, by)


@privacy.command("resume")
@click.argument("request")
@region_option
@by_option
def resume(request: str, region: str | None, by: str) -> None:
    """The clock goes on."""
    with opened(region) as hub:
        requests.resume(hub, request, by)


@privacy.command("unbind")
@click.argument("request")
@region_option
@by_option
def unbind(request: str, region: str | None, by: str) -> None:
    """A restriction or objection ends; the person is told before their data is used again."""
    with opened(region) as hub:
        requests.lift(hub, request, by)


@privacy.command("list")
@region_option
@json_option
def listed(region: str | None, as_json: bool) -> None:
    """Requests of every kind, with the day by which the person must be answered."""
    with opened(region) as hub, hub.look() as session:
        rows = [one.plain() for one in cases.all_of(session, hub.clock().date())]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        late = "  OVERDUE" if row["overdue"] else "  clock stands" if row["paused"] else ""
        about = f"  ({row['scope']})" if row["scope"] else ""
        click.echo(
            f"{row['request']}  {row['kind']:13} {row['state']:10} {row['jurisdiction']:3} by {row['due_on']}{late}{about}"
        )


@privacy.command("ropa")
@click.option("--csv", "as_csv", is_flag=True, help="A row per purpose, for a spreadsheet.")
@region_option
def ropa(as_csv: bool, region: str | None) -> None:
    """The record of processing (GDPR Art. 30, KSA Art. 31), made of the tables, purposes, periods and partners themselves."""
    with opened(region) as hub:
        found = record_of(hub)
    click.echo(sheet(found) if as_csv else json.dumps(found.plain(), ensure_ascii=False, indent=1))


@privacy.command("storage")
@region_option
@json_option
def where_it_lies(region: str | None, as_json: bool) -> None:
    """Where files, backups, queues, logs and keys of the region lie, where they may (config/privacy/storage.yaml), and for how long."""
    with opened(region) as hub:
        found, made = storage.places_of(hub.settings, hub.region_code), storage.made_at(hub)
    if as_json:
        rows = [vars(one) | {"fits": one.fits} | ({"made_at": made} if one.kind == "backups" else {}) for one in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in found:
        click.echo(f"{one.kind:9} at {one.at:24} may at {', '.join(one.allowed)}\n{'':12} kept: {one.kept}")
        if one.folder:
            click.echo(f"{'':12} in {one.folder}")
        if one.kind == "backups" and made:
            click.echo(f"{'':12} made at {', '.join(made)}")


@privacy.command("dpia")
@region_option
@json_option
def assessment(region: str | None, as_json: bool) -> None:
    """A draft of the impact assessment (GDPR Art. 35) as Markdown: what can be known is filled in, what you must judge is named."""
    with opened(region) as hub:
        draft = dpia.draft_of(hub)
    click.echo(json.dumps(draft.plain(), ensure_ascii=False, indent=1) if as_json else dpia.text(draft), nl=as_json)


@privacy.command("move")
@click.argument("customer_ref")
@click.option("--to", required=True, help="The region that is to be their home.")
@click.option(
    "--reason", required=True, help="What the person asked, and where they live now; it stands in the certificate."
)
@click.option(
    "--apply",
    "applies",
    is_flag=True,
    help="Do it; without this it is planned only. Run it again while it says `leaving`.",
)
@region_option
@by_option
@json_option
def move(customer_ref: str, to: str, reason: str, applies: bool, region: str | None, by: str, as_json: bool) -> None:
    """A person's home moves to another region: copied, compared, switched, forgotten here, and certified by both."""
    with opened(region) as hub, opened(to) as there:
        ref = moving.plan(hub, there, customer_ref, reason, by)
        if applies:
            moving.run(hub, there, ref, by)
        found = moving.told(hub, ref)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for verb in ("travels", "ends"):
        for name, rows in found["plan"][verb].items():
            click.echo(f"{name:20} {verb:10} {rows:6} rows")
    for basis in found["plan"]["holds"]:
        click.echo(f"held: {basis}")
    click.echo(f"{ref}  {found['from']} -> {found['to']}  {found['state']}")


@privacy.command("release")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The CSV to write; it must not exist yet.")
@region_option
@by_option
def release(out: Path, region: str | None, by: str) -> None:
    """The history as a statistic in which nobody can be found: config/privacy/releases.yaml says how many people a number needs."""
    with opened(region) as hub:
        told = history.release(hub, by)
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([told.columns, *told.rows])
    except FileExistsError:
        raise WrongInput(f"{out} is there already.", "Choose another name: nothing is written over.") from None
    click.echo(f"{len(told.rows)} rows in {out}; {told.withheld} periods have too few people to be told")


@privacy.command("export")
@click.argument("customer_ref")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The zip to write; it must not exist yet.")
@click.option("--portable", is_flag=True, help="For another provider: the data and files, without the page to read.")
@region_option
@by_option
def export(customer_ref: str, out: Path, portable: bool, region: str | None, by: str) -> None:
    """Everything that is kept about a person, as a page, JSON, CSV and their files in one zip."""
    with opened(region) as hub:
        found = disclose(hub, customer_ref, by)
        takeaway.write(found, out, files_of(hub, customer_ref), portable=portable)
    click.echo(f"{sum(len(one.rows) for one in found.sections)} rows of {len(found.sections)} record sets in {out}")


def _is_other(hub: Hub, request: str) -> bool:
    """Beside the requests to be forgotten."""
    return bool(_kind(hub, request))


def _kind(hub: Hub, request: str) -> str:
    with hub.look() as session:
        return session.scalar(select(PersonRequest.kind).where(PersonRequest.ref == request)) or ""
