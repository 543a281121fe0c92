"""What was done to a car, visit by visit: work and prices, what was found, what was advised, what was billed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.models import Branch, Finding, Inspection, Invoice, Line, Visit
from portal.cars import Advice, Car, within
from portal.chain import Chain
from portal.me import Me
from portal.papers import Shown, looks_of, of_row

MOST = 20  # visits of one page


@dataclass(frozen=True)
class Done:
    """A line of work. title: the garage's own words, or its code. price_minor: of the whole line; None for who sees none."""

    title: str
    kind: str
    quantity_milli: int
    price_minor: int | None


@dataclass(frozen=True)
class Found:
    """safety: ok, advisory, important or critical. measured in `unit`, before: the same part's reading at the look before."""

    part: str
    safety: str
    measured: float | None
    unit: str
    note: str
    before: float | None = None


@dataclass(frozen=True)
class Bill:
    number: str
    net_minor: int
    tax_minor: int
    total_minor: int
    paid: bool


@dataclass(frozen=True)
class Chapter:
    """One visit with all that belongs to it. works: kinds of work, in our words. ended: the car was handed back."""

    id: int
    day: date
    opened_at: datetime
    ended: bool
    branch: str
    km: int | None
    works: tuple[str, ...]
    currency: str
    amount_minor: int | None
    note: str
    lines: tuple[Done, ...]
    found: tuple[Found, ...]
    advice: tuple[Advice, ...]
    bill: Bill | None
    pictures: tuple[Shown, ...]

    @property
    def looked_at(self) -> tuple[Found, ...]:
        """What was found, but for what the advice says anyway."""
        advised = {one.part for one in self.advice}
        return tuple(one for one in self.found if one.measured is not None or one.part not in advised)

    @property
    def declined(self) -> tuple[Advice, ...]:
        return tuple(one for one in self.advice if one.state != "sold")


def chapters(
    session: Session, me: Me, car: Car, chain: Chain, advice: Iterable[Advice], before: int | None = None
) -> list[Chapter]:
    """The latest first, at most MOST and one, which says that there are more. Six queries. before: the id of a visit."""
    wanted = select(Visit, Branch.title).outerjoin(Branch, Branch.code == Visit.branch)
    wanted = wanted.where(within(me, car, Visit), Visit.status != "cancelled")
    if before is not None:
        wanted = wanted.where(Visit.id < before)
    rows = session.execute(wanted.order_by(Visit.opened_at.desc(), Visit.id.desc()).limit(MOST + 1)).all()
    visits, titles = (
        [visit for visit, _ in rows],
        {visit.branch: title for visit, title in rows if visit.branch and title},
    )
    told = _Told(session, me, car, [visit.id for visit in visits], titles)
    at_visit = defaultdict(list)
    for one in advice:
        at_visit[one.visit_id].append(one)
    return [told.chapter(visit, chain, at_visit.get(visit.id, ())) for visit in visits]


class _Told:
    """What belongs to some visits, read together. What was sealed for somebody else stays closed."""

    def __init__(self, session: Session, me: Me, car: Car, ids: Sequence[int], branches: Mapping[str, str]) -> None:
        self.me, self.car = me, car
        self.branches = branches
        self.lines = _by(session.scalars(_standing(Line, ids).order_by(Line.number)), "visit_id")
        self.bills = _by(
            session.scalars(select(Invoice).where(Invoice.visit_id.in_(ids), Invoice.cancelled_at.is_(None))),
            "visit_id",
        )
        rows = session.execute(
            select(Finding, Inspection.visit_id)
            .join(Inspection, Inspection.id == Finding.inspection_id)
            .where(Inspection.visit_id.in_(ids), Finding.withdrawn_at.is_(None))
            .order_by(Finding.inspection_id, Finding.number)
        ).all()
        self.pictures = _by(session.scalars(looks_of(me, ids)), "visit_id")
        self.findings: dict[int, list[tuple[Finding, float | None]]] = defaultdict(list)
        last: dict[str, float] = {}
        for row, visit_id in rows:
            self.findings[visit_id or 0].append((row, last.get(row.part)))
            if row.measured is not None:
                last[row.part] = row.measured

    def chapter(self, visit: Visit, chain: Chain, advice: Sequence[Advice]) -> Chapter:
        mine, priced = visit.customer_id == self.me.customer_id, self.car.sees_prices
        lines = self.lines.get(visit.id, [])
        works = dict.fromkeys(work for line in lines if (work := chain.work_of(line.code)))
        return Chapter(
            id=visit.id,
            day=visit.local_day,
            opened_at=visit.opened_at,
            ended=visit.closed_at is not None,
            branch=self.branches.get(visit.branch or "", visit.branch or ""),
            km=visit.odometer_km,
            works=tuple(works) or (visit.reason,),
            currency=visit.currency or "",
            amount_minor=visit.amount_minor if priced and visit.currency else None,
            note=self.me.opened("visits.note", visit.id, visit.note) if mine else "",
            lines=tuple(self._done(line, mine, priced) for line in lines),
            found=tuple(self._found(row, before, mine) for row, before in self.findings.get(visit.id, ())),
            advice=tuple(advice),
            bill=self._bill(visit.id) if priced else None,
            pictures=tuple(
                of_row(one, self.me.opened("documents.title", one.id, one.title))
                for one in self.pictures.get(visit.id, ())
            ),
        )

    def _done(self, line: Line, mine: bool, priced: bool) -> Done:
        title = self.me.opened("lines.title", line.id, line.title) if mine else ""
        return Done(title or line.code, line.kind, line.quantity_milli, line.price_minor if priced else None)

    def _found(self, row: Finding, before: float | None, mine: bool) -> Found:
        note = self.me.opened("findings.note", row.id, row.note) if mine else ""
        return Found(row.part, row.safety, row.measured, row.unit or "", note, before)

    def _bill(self, visit_id: int) -> Bill | None:
        """Its number is sealed for who was billed, which need not be who came."""
        for row in self.bills.get(visit_id, ()):
            mine = row.customer_id == self.me.customer_id
            number = self.me.opened("invoices.number", row.id, row.number) if mine else ""
            return Bill(number, row.net_minor, row.tax_minor, row.total_minor, row.paid_on is not None)
        return None


def _standing(model: type[Line], ids: Sequence[int]) -> Any:
    return select(model).where(model.visit_id.in_(ids), model.withdrawn_at.is_(None))


def _by(rows: Iterable[Any], column: str) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found
