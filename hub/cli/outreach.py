"""hub outreach list, hub outreach accuracy, hub outreach note."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click
from babel.numbers import format_currency, get_currency_precision

from hub.cli.opened import json_option, opened, region_option
from hub.flow import outreach as flow
from hub.flow.insights import Reason
from hub.services import read_services
from hub.wording import PLACES, wording


class Outreach(click.Group):
    """`hub outreach --branch B` is `hub outreach list --branch B`, which is what one wants every morning."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Outreach)
def outreach() -> None:
    """Whom a branch calls today, why, and what came of it."""


@outreach.command("list")
@region_option
@click.option("--branch", required=True, help="Code of the branch.")
@click.option(
    "--top",
    "--capacity",
    "capacity",
    default=20,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Calls that can be made.",
)
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet.")
@click.option(
    "--lang", "language", default="en", show_default=True, type=click.Choice(list(PLACES)), help="Of the reasons."
)
@json_option
def list_(region: str | None, branch: str, capacity: int, as_csv: bool, language: str, as_json: bool) -> None:
    """Who first, what to offer, what it is worth, and how often lists like this were right. Made, or lengthened, by this."""
    with opened(region) as hub:
        flow.make(hub, branch, capacity, "cli")
        found = flow.listed(hub, branch)
        services = read_services(hub.settings.config)
    if as_json:
        told = {**asdict(found), "day": found.day.isoformat()}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    if as_csv:
        names = [name for name in asdict(found.entries[0])] if found.entries else ["rank"]
        writer = csv.DictWriter(sys.stdout, names)
        writer.writeheader()
        writer.writerows({**asdict(one), "reasons": " ".join(one.reasons)} for one in found.entries)
        return
    click.echo(f"{branch}, {found.day}: {len(found.entries)} to call, {found.controls} left alone for comparison")
    for sentence in said(found):
        click.echo(sentence)
    words = wording(language)
    for one in found.entries:
        mark = "!" if one.safety else " "
        churn = f"{100 * one.churn:3.0f} %" if one.churn is not None else "  ?  "
        title = services.of(one.service).title(language)
        click.echo(
            f"{one.rank:3} {mark} {one.customer_ref}  {title:24} {100 * one.chance:3.0f} % likely, {money(one):>12} "
            f"expected, stays away {churn}"
        )
        for why in map(Reason.of, one.reasons):
            click.echo(f"      {words.reason(why.fact, why.value, why.direction)}")


@outreach.command("accuracy")
@region_option
@click.option("--branch", required=True, help="Code of the branch.")
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet.")
@json_option
def accuracy(region: str | None, branch: str, as_csv: bool, as_json: bool) -> None:
    """How good today's list is: each figure with its interval, of the backtest and of what came true since. Makes no list."""
    with opened(region) as hub:
        found = flow.listed(hub, branch)
    if as_json:
        told = {"measures": [asdict(one) for one in found.measures], "backtest": found.accuracy, "live": found.proven}
        click.echo(json.dumps(told, ensure_ascii=False))
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows(flow.measured_rows(found))
    else:
        for sentence in said(found):
            click.echo(sentence)


@outreach.command("note")
@region_option
@click.argument("entry", type=int)
@click.argument("outcome", type=click.Choice(flow.OUTCOMES))
@click.option("--by", required=True, help="Who called; it is audited.")
def note(region: str | None, entry: int, outcome: str, by: str) -> None:
    """What came of a call."""
    with opened(region) as hub, hub.begin() as work:
        flow.note(work, entry, outcome, by)
    click.echo(f"{entry}: {outcome}")


FIGURES = {
    "precision": "calls that came true",
    "lift": "times a lot",
    "auc": "AUC",
    "ap": "average precision",
    "brier": "Brier",
    "ece": "calibration error",
}
NONE = "not known yet"


def said(found: flow.Listed) -> Iterator[str]:
    """The list's own accuracy: a sentence of the backtest, one of what came true since, and all figures side by side."""
    known = found.accuracy
    if not known:
        yield "Nothing is known of how good this list is: no model of what cars need is in force."
        return
    low, high = known["interval"]
    yield (
        f"Of lists of {known['list_length']} in the backtest {100 * known['precision']:.0f} % were right "
        f"[{100 * low:.0f}, {100 * high:.0f}]; of cars drawn by lot {100 * known['by_lot']:.0f} %. "
        f"A call is taken to add a quarter: an assumption until the comparison proves it."
    )
    if found.proven:
        calls, control = found.proven["calls"], found.proven["control"]
        low, high = (100 * one for one in found.proven.get("gain_interval", (0, 0)))
        apart = (
            f", {100 * found.proven['gain']:+.0f} points [{low:+.0f}, {high:+.0f}]" if "gain" in found.proven else ""
        )
        yield (
            f"Since then, within {known['horizon_days']} days of a call {_share(calls)} of {calls['rows']:,} were given it, and of "
            f"{control['rows']:,} left alone {_share(control)}{apart}."
        )
    yield f"{'':24}{'in the backtest':26}since then"
    yield from (f"  {FIGURES[one.name]:22}{_figure(one.backtest):26}{_figure(one.live)}" for one in found.measures)


def _share(told: Mapping[str, Any]) -> str:
    if not told["rows"]:
        return "nobody"
    low, high = told["interval"]
    return f"{100 * told['precision']:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def _figure(one: flow.Figure | None) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]" if one else NONE


def money(one: flow.Entry) -> str:
    if not one.currency:
        return "?"
    return format_currency(one.value_minor / 10 ** get_currency_precision(one.currency), one.currency, locale="en")


COMMANDS = {"outreach": outreach}
