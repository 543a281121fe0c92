"""The history as a statistic: how much of what happened where and when, with nobody to be found in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import extract, func, select
from sqlalchemy.orm import Session

from compliance.anonymity import Cell, released
from compliance.releases import HISTORY, Release, release_of
from hub.core import Hub
from hub.models import Customer, Event, Person
from rules.calendar import local_day

OTHER = "(other)"
WITHHELD = "(withheld)"
PAGE = 5_000  # rows in memory at a time
Slice = tuple[str, str]  # period and currency
Place = tuple[tuple[str, ...], str]  # group and kind


@dataclass
class Sums:
    people: set[int] = field(default_factory=set)
    events: int = 0
    amount: int = 0


@dataclass(frozen=True)
class Told:
    """columns and rows of a table. withheld: periods and currencies of which nothing is told, as they have too few people."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]
    withheld: int


def release(hub: Hub, actor: str) -> Told:
    """Each period stands alone and is told when it is over, so that a later release has the same rows for it, and two of them
    subtracted show nothing new. Audited. Raises ConfigError."""
    rule = release_of(hub.settings.config, HISTORY)
    today = period_of(local_day(hub.clock(), hub.here.zone), rule.period)
    with hub.look() as session:
        slices = {place: cells for place, cells in gathered(session, rule).items() if place[0] < today}
    rows: list[tuple[str | int, ...]] = []
    withheld = 0
    for place in sorted(slices):
        found = list(_rows(rule, place, slices[place]))
        withheld += any(row[-4] == WITHHELD for row in found)
        rows += found
    with hub.begin() as work:
        work.audit(actor, "history_released", "events", None, rows=len(rows), withheld=withheld, k=rule.k, l=rule.l)
    return Told(
        (rule.period, "currency", *rule.groups, "kind", "people", "events", "amount_minor"), tuple(rows), withheld
    )


def period_of(day: date, kind: str) -> str:
    """As it sorts by time: 2026, 2026-Q4, 2026-11."""
    return {"year": f"{day:%Y}", "quarter": f"{day:%Y}-Q{(day.month + 2) // 3}", "month": f"{day:%Y-%m}"}[kind]


def gathered(session: Session, rule: Release) -> Mapping[Slice, Sequence[Cell]]:
    """By period and currency: what happened, and to whom. An erased person's rows count, nobody of them is counted."""
    year, month = extract("year", Event.local_day), extract("month", Event.local_day)
    columns = (Customer.id, Customer.branch, Person.jurisdiction, Person.erased_at, Event.kind, Event.currency)
    asked = (
        select(*columns, year, month, func.count(), func.sum(Event.amount_minor))
        .join(Customer, Customer.id == Event.customer_id)
        .join(Person, Person.id == Customer.person_id)
        .where(Event.withdrawn_at.is_(None))
        .group_by(*columns, year, month)
    )
    sums: dict[Slice, dict[Place, Sums]] = {}
    for customer, branch, law, erased_at, kind, currency, in_year, in_month, events, amount in session.execute(
        asked, execution_options={"yield_per": PAGE}
    ):
        known = {"branch": branch or "", "law": law}
        place = (tuple(known[name] for name in rule.groups), kind)
        when = (period_of(date(int(in_year), int(in_month), 1), rule.period), currency or "")
        one = sums.setdefault(when, {}).setdefault(place, Sums())
        one.events, one.amount = one.events + events, one.amount + int(amount or 0)
        if erased_at is None:
            one.people.add(customer)
    return {
        when: [Cell(*place, frozenset(one.people), (one.events, one.amount)) for place, one in cells.items()]
        for when, cells in sums.items()
    }


def _rows(rule: Release, place: Slice, cells: Sequence[Cell]) -> Iterator[tuple[str | int, ...]]:
    found = released(cells, rule.k, rule.l)
    for cell in found.shown:
        yield (*place, *cell.group, cell.value, len(cell.people), *cell.sums)
    blank = [""] * len(rule.groups)
    if found.rest is not None:
        yield (*place, *blank, OTHER, len(found.rest.people), *found.rest.sums)
    if found.withheld:
        yield (*place, *blank, WITHHELD, "", "", "")
