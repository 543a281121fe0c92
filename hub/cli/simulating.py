"""hub journeys simulate."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from hub.cli.opened import json_option, opened, region_option
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import simulating
from hub.flow.levels import calendars
from hub.flow.simulating import Forecast
from rules import RuleError
from rules.book import load_book
from rules.journeys.documents import JourneyRule
from rules.journeys.picture import draw
from rules.journeys.playing import Stage
from rules.journeys.trials import outcome, played, read_fixture
from rules.parse import read
from rules.values import decimals

UNSENT = {"outranked": "another journey was expected to bring more", "stale": "no room within the caps in time"}
BARS = " ▁▂▃▄▅▆▇█"
WEEK = timedelta(days=7)


class Months(click.ParamType):  # type: ignore[type-arg]  # generic in its stub alone
    name = "12mo"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        text = str(value).removesuffix("mo").strip()
        if not text.isdigit() or not 1 <= int(text) <= 60:
            self.fail("Write a number of months from 1 to 60, as 12mo.", param, ctx)
        return int(text)


@click.command("simulate")
@region_option
@click.argument("journey")
@click.option("--person", default=None, help="One customer, by ref: every step with its day.")
@click.option(
    "--fixture",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=None,
    help="A made-up customer: from, given, when, arms, as in a test of a journey.",
)
@click.option("--last", "months", type=Months(), default="12mo", show_default=True, help="Over how long a past.")
@click.option("--branch", default=None, help="Customers of one branch only.")
@click.option(
    "--draw",
    "picture_at",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Draw it with these numbers, as an SVG.",
)
@json_option
def simulate_command(
    region: str | None,
    journey: str,
    person: str | None,
    fixture: Path | None,
    months: int,
    branch: str | None,
    picture_at: Path | None,
    as_json: bool,
) -> None:
    """Play it over the last months of everybody, of one customer, or of a made-up one: the same engine on a virtual clock;
    nothing is sent, nothing is written."""
    with opened(region) as hub:
        rule, _ = named(hub, journey)
        if person or fixture:
            stage = _one(hub, rule, person, fixture, months)
            _tell_one(rule, stage, as_json)
            return
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=as_json or not console.is_terminal) as bar:
            line = bar.add_task(rule.name, total=None)
            found = simulating.simulate(
                hub, rule, months, branch, lambda done, of: bar.update(line, completed=done, total=of)
            )
    if picture_at is not None:
        picture_at.write_text(draw(rule, found.counts(rule)), encoding="utf-8")
    click.echo(json.dumps(found.as_json(), ensure_ascii=False) if as_json else "\n".join(lines(found)))


def named(hub: Hub, name: str) -> tuple[JourneyRule, str]:
    """By name, or by a file in a folder of journeys; with its text. Raises NotFound, WrongInput."""
    path = Path(name)
    folder = path.resolve().parent.parent if path.suffix == ".yaml" else hub.settings.config
    try:
        rules = load_book(folder, hub.book.catalogue).journeys
    except RuleError as error:
        raise WrongInput(str(error)) from None
    if path.stem not in rules:
        raise NotFound(f"There is no journey “{path.stem}”.", f"Journeys: {', '.join(sorted(rules)) or 'none'}.")
    return rules[path.stem], (folder / "journeys" / f"{path.stem}.yaml").read_text(encoding="utf-8")


def _one(hub: Hub, rule: JourneyRule, person: str | None, fixture: Path | None, months: int) -> Stage:
    if fixture is None:
        return simulating.one_person(hub, rule, str(person), months)
    try:
        trial = read_fixture(read(fixture), hub.book.catalogue, hub.book.current().segments, rule.zone)
    except RuleError as error:
        raise WrongInput(str(error)) from None
    return played(rule, trial, calendars(hub))


def _tell_one(rule: JourneyRule, stage: Stage, as_json: bool) -> None:
    zone = ZoneInfo(rule.zone)
    rows = [
        {"at": row.at.astimezone(zone).isoformat(timespec="minutes"), "way": row.way + 1, "step": row.node,
         "outcome": row.outcome, **row.detail}
        for row in stage.rows
    ]  # fmt: skip
    ends = outcome(stage)
    if as_json:
        click.echo(json.dumps({"journey": rule.name, "steps": rows, "ends": ends}, default=str, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['at'][:16].replace('T', ' ')}  {row['step']}: {row['outcome']}")
        for line in row.get("because", ()):
            click.echo(f"                    {line}")
    click.echo(f"ends: {ends}; nothing was sent")


# --- everybody


def lines(found: Forecast) -> list[str]:
    """In words, a bar for each week."""
    entered = sum(found.entries.values())
    head = f"{found.journey}, {found.since} to {found.until}: {found.people:,} customers looked at"
    told = [f"{head} in {found.seconds:.1f} s; nothing was sent"]
    told.append(f"  {'came in':<22}{entered:>9,}  {_week(found, found.entries)}  {_peak(found.entries)}")
    if found.held:
        told.append(f"  {'held back':<22}{found.held:>9,}")
    for channel, sent in _by(found.sends).items():
        told.append(f"  {channel + ' sent':<22}{sum(sent.values()):>9,}  {_week(found, sent)}  {_peak(sent)}")
    for role, given in _by(found.tasks).items():
        told.append(f"  {'tasks for ' + role:<22}{sum(given.values()):>9,}  {_week(found, given)}  {_peak(given)}")
    if found.goals:
        told.append(
            f"  {'reached the goal':<22}{sum(found.goals.values()):>9,}  {_week(found, found.goals)}  {_peak(found.goals)}"
        )
    ended = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in found.ended.most_common())
    told.append(f"  ended: {ended or 'nobody'}; {sum(found.here.values()):,} still on their way")
    for why, count in sorted(found.unsent.items()):
        told.append(f"  {count:,} messages did not go: {UNSENT[why]}")
    told.append(f"  {found.clashes:,} messages came within a day of another to the same person")
    if found.full_days:
        told.append(
            f"  {len(found.full_days):,} days were full, {found.turned_away:,} times somebody had to wait a day"
        )
    for currency, margin in sorted(found.margin.items()):
        told.append(f"  margin of the 30 days after entry, with or without it: {money(margin, currency)}")
    for currency, (middle, low, high) in sorted(found.expected.items()):
        words = f"{money(middle, currency)} ({money(low, currency)} to {money(high, currency)})"
        told.append(f"  expected margin that would not come by itself: {words}")
    if not found.expected:
        told.append("  expected margin: no proof yet, its holdout has to tell")
    if found.as_today:
        told.append(f"  taken as they are today: {', '.join(found.as_today)}")
    return told


def _by(found: Mapping[tuple[date, str], int]) -> dict[str, Counter[date]]:
    rows: dict[str, Counter[date]] = {}
    for (day, name), count in sorted(found.items(), key=lambda one: one[0][1]):
        rows.setdefault(name, Counter())[day] += count
    return rows


def _week(found: Forecast, days: Mapping[date, int]) -> str:
    weeks = [0] * ((found.until - found.since) // WEEK + 1)
    for day, count in days.items():
        weeks[(day - found.since) // WEEK] += count
    top = max(weeks) or 1
    return "".join(BARS[-(-8 * count // top)] for count in weeks)


def _peak(days: Mapping[date, int]) -> str:
    if not days:
        return ""
    day = max(days, key=lambda one: (days[one], one))
    return f"most {days[day]:,} on {day}"


def money(minor: int, currency: str) -> str:
    places = decimals(currency)
    return f"{minor / 10**places:,.{places}f} {currency}"
