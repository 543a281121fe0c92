"""hub segments plan, preview, refresh, apply, diff, rollback, remove, history, verify, incidents (pins, import: files of their own)."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from hub.cli.foreign import import_
from hub.cli.looking import show
from hub.cli.opened import json_option, opened, region_option
from hub.cli.pins import pin, pins, unpin
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import alongside, plans, versions
from hub.flow import segments as flow
from hub.snapshots.engines import ENGINES, check_installed
from rules import RuleError, SegmentRule
from rules.book import load_book
from rules.documents import plain

SQL = "sql"


@click.group("segments")
def segments() -> None:
    """Who is in which segment: look ahead, refresh, look back, prove."""


def _rule(hub: Hub, name: str) -> SegmentRule:
    """By name, or by a file in a folder of segments that is not in force yet. Raises NotFound, WrongInput."""
    path = Path(name)
    rules = hub.book.current().segments
    if path.suffix == ".yaml":
        try:
            rules = load_book(path.resolve().parent.parent, hub.book.catalogue).segments
        except RuleError as error:
            raise WrongInput(str(error)) from None
    if path.stem not in rules:
        raise NotFound(f"There is no segment “{path.stem}”.", f"Segments: {', '.join(sorted(rules))}.")
    return rules[path.stem]


@segments.command()
@region_option
@click.argument("segment")
@json_option
def plan(region: str | None, segment: str, as_json: bool) -> None:
    """Who would enter and leave by the rule as it stands (a name, or CONFIG/segments/NAME.yaml); nothing is written."""
    with opened(region) as hub:
        found = plans.plan(hub, _rule(hub, segment))
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False))
        return
    click.echo(
        f"{found.segment}: {found.members} would be in it; {found.entering} would enter, {found.leaving} would leave"
    )
    for word, refs in (("enter", found.sample_entering), ("leave", found.sample_leaving)):
        for ref in refs:
            click.echo(f"  would {word}: {ref}")
    for name, count in found.overlaps.items():
        click.echo(f"  also in {name}: {count}")
    for name, count in found.reachable.items():
        click.echo(f"  may be reached for {name}: {count}")


@segments.command()
@region_option
@click.argument("segment")
def preview(region: str | None, segment: str) -> None:
    """How many customers the rule holds for now, exactly."""
    with opened(region) as hub:
        click.echo(plans.preview(hub, _rule(hub, segment)))


@segments.command()
@region_option
@click.argument("segment", required=False)
@click.option(
    "--engine", type=click.Choice([SQL, *ENGINES]), default=SQL, show_default=True,
    help="Who counts: the database, or DuckDB or Apache Spark over an encrypted snapshot of what the rules read.",
)  # fmt: skip
def refresh(region: str | None, segment: str | None, engine: str) -> None:
    """Put the rule in force over all customers now, or every rule; partners are told of every move."""
    with opened(region) as hub:
        rules = [_rule(hub, Path(segment).stem)] if segment else list(hub.book.current().segments.values())
        for rule, moves in _by_sql(hub, rules) if engine == SQL else _by_engine(hub, rules, engine):
            _print_moves(rule.name, moves)


Refreshed = Iterator[tuple[SegmentRule, list[flow.Move]]]


def _by_sql(hub: Hub, rules: list[SegmentRule]) -> Refreshed:
    for rule in rules:
        with hub.begin() as work:
            moves = flow.refresh(hub, work, rule, "rule")
            alongside.follow(hub, work, moves)
        yield rule, moves


def _by_engine(hub: Hub, rules: list[SegmentRule], name: str) -> Refreshed:
    check_installed(name)
    from hub.flow import recounting  # stands on an extra

    return recounting.refresh(hub, rules, name)


@segments.command()
@region_option
@click.argument("segment")
def apply(region: str | None, segment: str) -> None:
    """Put a segment in force over all customers now: a name, or a file, which is copied to CONFIG/segments first."""
    path = Path(segment)
    with opened(region) as hub:
        path = path if path.suffix == ".yaml" else versions.file_of(hub, segment)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise NotFound(f"{path} cannot be read.", "Name a segment, or a file in UTF-8.") from None
        moves = versions.apply(hub, path.stem, text)
    _print_moves(path.stem, moves)


@segments.command()
@region_option
@click.argument("segment")
@click.option("--from", "one", default=None, help="A version's hash (hub segments history); default: the one in force.")
@click.option("--to", "other", default=None, help="A version's hash; default: the file as it stands.")
def diff(region: str | None, segment: str, one: str | None, other: str | None) -> None:
    """What differs between a version and the file, or between two versions; exit 1 where something does."""
    with opened(region) as hub:
        lines = versions.difference(hub, segment, one, other)
    click.echo("\n".join(lines) if lines else "no difference")
    if lines:
        raise SystemExit(1)


@segments.command()
@region_option
@click.argument("segment")
@click.argument("version", required=False)
def rollback(region: str | None, segment: str, version: str | None) -> None:
    """Go back to the version before, or to the one whose hash begins with VERSION: its file, and its members."""
    with opened(region) as hub:
        found, moves = versions.roll_back(hub, segment, version)
    click.echo(f"{segment}: version {found[: versions.SHOWN]} is in force")
    _print_moves(segment, moves)


@segments.command()
@region_option
@click.argument("segment")
def remove(region: str | None, segment: str) -> None:
    """Delete a segment that nothing else reads, and end its memberships."""
    with opened(region) as hub:
        moves = versions.remove(hub, segment)
    _print_moves(segment, moves)


def _print_moves(name: str, moves: list[flow.Move]) -> None:
    mine = [move for move in moves if move.segment == name]
    entered = sum(move.entered for move in mine)
    click.echo(f"{name}: {entered} entered, {len(mine) - entered} left")


@segments.command()
@region_option
@click.argument("segment")
@json_option
def history(region: str | None, segment: str, as_json: bool) -> None:
    """Versions of a segment that were in force, the latest first."""
    with opened(region) as hub:
        rows = [(row.hash[:12], row.applied_at, row.ended_at) for row in plans.history(hub, segment)]
    if not rows:
        raise NotFound(f"No version of a segment “{segment}” was ever in force.")
    show(["version", "applied_at", "ended_at"], rows, as_json)


@segments.command()
@region_option
@click.option("--repair", is_flag=True, help="Mend what differs.")
@json_option
def verify(region: str | None, repair: bool, as_json: bool) -> None:
    """Compute every segment anew and compare: a difference is an incident, told with its trace; exit 1."""
    with opened(region) as hub:
        found = plans.verify(hub, hub.book.current().segments.values(), repair=repair)
    if as_json:
        rows = [
            {"segment": one.segment, "customer": one.customer_ref, "inside": one.inside, "sentences": one.sentences}
            for one in found
        ]
        click.echo(json.dumps({"differences": rows}, ensure_ascii=False))
    else:
        for one in found:
            click.echo(
                f"{one.segment}: {one.customer_ref} is {'in' if one.inside else 'not in'}, and should be otherwise"
            )
            for sentence in one.sentences:
                click.echo(f"  {sentence}")
        click.echo(f"{len(found)} differences")
    if found:
        raise SystemExit(1)


@segments.command()
@region_option
@click.argument("segment", required=False)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@json_option
def incidents(region: str | None, segment: str | None, limit: int, as_json: bool) -> None:
    """Memberships that were not what their rule gave, the latest first: who, which way, mended or not, and the trace."""
    with opened(region) as hub:
        found = plans.incidents(hub, segment, limit)
    if as_json:
        click.echo(json.dumps({"incidents": [plain(asdict(one)) for one in found]}, ensure_ascii=False))
        return
    for one in found:
        was = "in, and should have been out" if one.inside else "out, and should have been in"
        mended = (
            f"mended {one.mended_at:%Y-%m-%d %H:%M}" if one.mended_at else "not mended: hub segments verify --repair"
        )
        click.echo(f"{one.found_at:%Y-%m-%d %H:%M} {one.segment}: {one.customer_ref} was {was}; {mended}")
        for sentence in one.sentences:
            click.echo(f"  {sentence}")
    click.echo(f"{len(found)} incidents")


for command in (pin, unpin, pins, import_):
    segments.add_command(command)

COMMANDS = {"segments": segments}
