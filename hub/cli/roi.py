"""hub roi."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from hub.cli.opened import json_option, opened, region_option
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow.returns import titles_of
from hub.flow.returns_paper import Asked, paper
from hub.flow.roi import reports, roi
from hub.flow.withholding import least_people, of_returns
from hub.wording import PLACES

FOR_THE_HOUSE = (
    "For the house: numbers of few people are told here, too. What is handed on is the paper: hub roi --pdf FILE"
)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("roi")
@region_option
@click.option("--campaign", default=None, help="One journey only; default: all.")
@click.option("--branch", default="", help="One branch only: customers whose home it is, invoices that it wrote.")
@click.option("--since", type=DAY, default=None, help="First day; default: a year ago.")
@click.option("--until", type=DAY, default=None, help="Last day; default: today.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), default=None, help="As a paper, in this file.")
@click.option("--currency", default="", help="Of the paper; default: the one that most is invoiced in.")
@click.option("--language", type=click.Choice(list(PLACES)), default="en", show_default=True, help="Of the paper.")
@json_option
def roi_command(
    region: str | None, campaign: str | None, branch: str, since: datetime | None, until: datetime | None,
    pdf: Path | None, currency: str, language: str, as_json: bool,
) -> None:  # fmt: skip
    """What campaigns were worth: incremental margin from the holdout with its interval, and invoices shared out by each rule."""
    last = (until or datetime.now(UTC)).date()
    start = since.date() if since else last - timedelta(days=365)
    if start > last:
        raise click.UsageError("--since lies after --until.")
    with opened(region) as hub:
        if pdf:
            _write(pdf, _paper(hub, (start, last), language, campaign or "", currency.upper(), branch))
            return
        told = roi(hub, start, last, campaign, branch)
    if as_json:
        click.echo(json.dumps({**told, "note": FOR_THE_HOUSE}, ensure_ascii=False))
        return
    console = Console(width=140 if not Console().is_terminal else None)
    console.print(_of_all(told["global_control"]["headline"]))
    console.print(_proofs(told))
    for line in _guardrails(told):
        console.print(line)
    for currency, books in told["ledger"].items():
        console.print(_credits(currency, books))
    console.print(_referrals(told["referrals"]))
    console.print(FOR_THE_HOUSE)


def _paper(hub: Hub, span: tuple[date, date], language: str, campaign: str, currency: str, branch: str) -> bytes | None:
    """What may be handed on. Raises NotFound for an unknown campaign, WrongInput where too few people are in it."""
    told = reports(hub, *span, [branch])
    if campaign and campaign not in told[branch]["campaigns"]:
        raise NotFound(f"There is no campaign “{campaign}”.", "Campaigns: hub roi --json")
    kept = of_returns(told, branch, least_people(hub))
    if not kept.enough or not kept.together or campaign in kept.hidden:
        raise WrongInput(
            f"Fewer than {kept.least} people are in it, so it is not written down to be handed on.",
            "Choose all campaigns, all branches or a longer time; `hub roi` tells it to the house.",
        )
    asked = Asked(language, ZoneInfo(hub.here.zone), hub.clock(), titles_of(hub), campaign, currency, branch, kept.hidden,
                  kept.least)  # fmt: skip
    return paper(told[branch], asked)


def _write(path: Path, found: bytes | None) -> None:
    """Raises WrongInput where there is nothing to write, or it cannot be written."""
    if found is None:
        raise WrongInput(
            "No money has moved in this time, so there is no paper.", "Choose other days or another branch."
        )
    try:
        path.write_bytes(found)
    except OSError as error:
        raise WrongInput(f"{path} cannot be written: {error.strerror}.", "Name a file in a folder of yours.") from None


def _of_all(headline: dict[str, Any]) -> str:
    """All journeys together, in one line per currency."""
    lines = []
    for currency, one in headline.items():
        if one["incremental"] is None:
            why = "the groups have wrong sizes" if one["broken"] else "too few people yet"
            lines.append(f"All journeys against the global control, {currency}: not told, {why}.")
        else:
            low, high = one["interval"]
            lines.append(
                f"All journeys against the global control, {currency}: {one['incremental']:,} ({low:,} to {high:,}) minor units, "
                f"{'proved' if one['proved'] else 'nothing proved'}, {', '.join(one['told'])}."
            )
    return "\n".join(lines) or "All journeys against the global control: nobody was dealt it in this time."


def _proofs(told: dict[str, Any]) -> Table:
    title = f"Proved by the holdout; amounts capped at the {told['winsorised']:.0%} quantile, raw as they are"
    table = Table("campaign", "currency", "incremental margin", "interval", "raw", "cost", title=title)
    for name, one in told["campaigns"].items():
        for currency, proof in one["proof"].items():
            if proof["balance"]["broken"]:
                table.add_row(name, currency, "hidden", "the arms have wrong sizes", "", "")
            elif proof["incremental"] is None:
                table.add_row(name, currency, "not yet", "too few people", "", "")
            else:
                low, high = proof["interval"]
                table.add_row(
                    name,
                    currency,
                    f"{proof['incremental']:,}",
                    f"{low:,} to {high:,}",
                    f"{proof['raw']['incremental']:,}",
                    f"{one['cost'].get(currency, 0):,}",
                )
    return table


def _guardrails(told: dict[str, Any]) -> list[str]:
    """One line each: what must not get worse, and whether it did."""
    named = [*told["campaigns"].items(), *told["experiments"].items()]
    return [
        f"{name}, {rail['arm']}: {rail['measure']} {rail['state']}, worse by at most {rail['bound']:g} allowed"
        + (", between {:.4g} and {:.4g} more".format(*rail["interval"]) if rail["interval"] else "")
        + ("; dealt to nobody any more" if rail["stop"] and rail["state"] == "red" else "")
        for name, one in named
        for rail in one["guardrails"]
    ]


def _referrals(told: dict[str, Any]) -> str:
    refused = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in told["refused"].items())
    margin = ", ".join(f"{amount:,} {currency}" for currency, amount in told["margin"].items())
    rest = f"; not counted: {refused}" if refused else ""
    return f"{told['told']} referrals, {told['came']} newcomers came, margin {margin or 'none'} (minor units){rest}"


def _credits(currency: str, books: dict[str, Any]) -> Table:
    """Minor units; each row adds up to what was invoiced."""
    names = sorted({name for credited in books["models"].values() for name in credited})
    table = Table("model", *names, "unattributed", "invoiced", title=f"{currency}, minor units, net")
    for model, credited in books["models"].items():
        table.add_row(
            model,
            *(f"{credited.get(name, 0):,}" for name in names),
            f"{books['unattributed']:,}",
            f"{books['invoiced']:,}",
        )
    return table


COMMANDS = {"roi": roi_command}
