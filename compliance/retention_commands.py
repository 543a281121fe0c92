"""`hub retention`: what has been kept long enough, and letting it go."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from compliance import retention as keeper
from compliance.keeping import read_keeping, read_proposed
from compliance.request_commands import by_option
from compliance.retention import Due
from compliance.went import Past
from hub.cli.opened import json_option, opened, region_option


@click.group("retention")
def retention() -> None:
    """How long rows are kept: config/privacy/retention.yaml."""


@retention.command("plan")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(1, 366), help="With FILE: how far to look back."
)
@region_option
@json_option
def plan(file: Path | None, days: int, region: str | None, as_json: bool) -> None:
    """What a run would let go today. With another FILE of periods: what it would have decided differently since, of what is there
    and of what went; changes nothing."""
    with opened(region) as hub:
        found = keeper.plan(hub)
        if file is not None:
            other = read_proposed(file)
            _compare(found, keeper.plan(hub, other), keeper.past(hub, other, days), as_json=as_json)
            return
    if as_json:
        click.echo(json.dumps([{**vars(one), "before": one.before.isoformat()} for one in found]))
        return
    for one in found:
        law = f" ({one.jurisdiction})" if one.jurisdiction else ""
        kept = f"   {one.kept} protected by a hold or a request" if one.kept else ""
        click.echo(f"{one.record_set:20} {one.verb:10} {one.rows:8} rows before {one.before:%Y-%m-%d}{law}{kept}")
    if not found:
        click.echo("Nothing has been kept too long.")


def _compare(found: Sequence[Due], others: Sequence[Due], past: Past, *, as_json: bool) -> None:
    """By record set, as the two files may tell laws apart differently."""
    now, then = (Counter[str](), Counter[str]())
    for counted, several in ((now, found), (then, others)):
        for one in several:
            counted[one.record_set] += one.rows
    names = sorted(name for name in {*now, *then, *past.kept} if now[name] != then[name] or past.kept.get(name))
    rows = [
        {"record_set": name, "now": now[name], "then": then[name], "went": past.went.get(name, 0), "kept": past.kept.get(name, 0)}
        for name in names
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps({"since": past.since.isoformat(), "untold": past.untold, "differences": rows}))
        return
    for row in rows:
        click.echo(f"{row['record_set']:20} {row['now']:8} rows would go today, {row['then']:8} by the other file")
        if row["kept"]:
            click.echo(
                f"{'':20} {row['kept']:8} of {row['went']} that went since {past.since:%Y-%m-%d} would still be there"
            )
    if not rows:
        click.echo(f"Since {past.since:%Y-%m-%d} both files would have let go the same.")
    if past.untold:
        click.echo(f"{past.untold} rows went in runs that did not write down how old they were.")


@retention.command("why")
@click.argument("of")
@click.option("--law", default="", help="Whose law: DE, SA ... Without it, the region's.")
@click.option("--days", type=click.IntRange(min=0), help="How long ago what it is about has ended: is it kept?")
@region_option
@json_option
def why(of: str, law: str, days: int | None, region: str | None, as_json: bool) -> None:
    """How long a class of retention or a record set (OF) is kept, by which entry of the file, and where that was read."""
    with opened(region) as hub:
        keeping, law = read_keeping(hub.settings.config), law or hub.here.jurisdiction
    rows = [
        {"class": name, "law": law, "entry": law if law in keeping.laws_of(name) else "default", "days": period.days,
         "until": period.until, "source": period.source, "reviewed_on": period.reviewed_on.isoformat(),
         "verdict": keeping.verdict(name, law, days) if days is not None else None}
        for name in keeper.classes_of(of, keeping) for period in [keeping.of(name, law)]
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        length = f"{row['days']} days" if row["days"] is not None else f"until {row['until']}"
        verdict = f"{row['verdict']}: " if row["verdict"] else ""
        click.echo(f"{verdict}{row['class']} under {row['law']} ({row['entry']}): {length}")
        click.echo(f"  {row['source']}, read on {row['reviewed_on']}")
    click.echo("A hold or an open request keeps it longer: hub holds list, hub privacy list")


@retention.command("run")
@region_option
@by_option
@json_option
def run(region: str | None, by: str, as_json: bool) -> None:
    """Let it go now; the clock does the same once a night."""
    with opened(region) as hub:
        done = keeper.run(hub, by)
    if as_json:
        click.echo(json.dumps(done))
        return
    for name, rows in done.items():
        click.echo(f"{name:20} {rows:8} rows")
    click.echo(f"{sum(done.values())} rows in all")
