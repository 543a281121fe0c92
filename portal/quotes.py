"""A customer's estimates as their pages show them: each line with what was found, its picture, its price and what they said."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound
from hub.flow.approvals import standing
from hub.models import Branch, Estimate, EstimateLine, Finding, Inspection
from portal import papers
from portal.cars import cars_of
from portal.me import Me
from portal.papers import Shown
from rules.calendar import local_day

MOST = 50  # estimates of the list
FIRST = {"critical": 0, "important": 1}  # what matters for safety is read first


@dataclass(frozen=True)
class QuoteLine:
    """number: by which it is answered. title: the garage's own words, or empty. part: what it is about, else its code.
    measured in `unit`: what was found at the visit. answer: approved, declined, or empty."""

    number: int
    title: str
    part: str
    safety: str
    note: str
    price_minor: int
    answer: str
    measured: float | None
    unit: str
    found: str
    picture: Shown | None


@dataclass(frozen=True)
class Quote:
    """state: open, over (no longer to be answered) or answered. seen: the version's hash, in hex. lines: safety first."""

    ref: str
    state: str
    seen: str
    car: str
    branch: str
    currency: str
    made_on: date
    valid_until: date | None
    answered_at: datetime | None
    note: str
    lines: Sequence[QuoteLine]
    pictures: Sequence[Shown] = ()

    @property
    def total_minor(self) -> int:
        return sum(line.price_minor for line in self.lines)

    @property
    def approved_minor(self) -> int:
        return sum(line.price_minor for line in self.lines if line.answer == "approved")


def quotes(hub: Hub, session: Session, who: Me) -> list[Quote]:
    """Those that wait for an answer first, the latest first."""
    rows = session.scalars(_mine(who).order_by(Estimate.made_at.desc(), Estimate.id.desc()).limit(MOST)).all()
    around = _around(session, who, rows)
    found = [_quote(hub, who, row, around) for row in rows]
    return sorted(found, key=lambda one: one.state != "open")


def waiting(hub: Hub, session: Session, who: Me) -> list[str]:
    """Refs of estimates that can still be answered, the latest first."""
    today = local_day(hub.clock(), hub.here.zone)
    wanted = _mine(who).where(Estimate.state == "open").order_by(Estimate.made_at.desc()).limit(MOST)
    rows = session.scalars(wanted).all()
    return [row.ref for row in rows if row.valid_until is None or row.valid_until >= today]


def quote_of(hub: Hub, session: Session, who: Me, ref: str) -> Quote:
    """With findings and pictures. Raises NotFound: somebody else's estimate and one that is nowhere are the same."""
    row = session.scalars(_mine(who).where(Estimate.ref == ref)).first()
    if row is None:
        raise NotFound("There is no such estimate among yours.", "Those that wait stand under Estimates.")
    pictures = _pictures(hub, session, who, row)
    return _quote(hub, who, row, _around(session, who, [row]), _findings(session, row), pictures)


def _mine(who: Me) -> Select[Estimate]:
    return select(Estimate).where(Estimate.customer_id == who.customer_id, Estimate.state != "withdrawn")


@dataclass(frozen=True)
class _Around:
    """What estimates name. lines: by estimate; branches: by code; cars: what each is called, by its id."""

    lines: Mapping[int, Sequence[EstimateLine]]
    branches: Mapping[str, Branch]
    cars: Mapping[int, str]


def _around(session: Session, who: Me, rows: Sequence[Estimate]) -> _Around:
    """Three queries, however many estimates there are."""
    lines: dict[int, list[EstimateLine]] = defaultdict(list)
    for line in standing(session, *(row.id for row in rows)):
        lines[line.estimate_id].append(line)
    branches = session.scalars(select(Branch).where(Branch.code.in_({row.branch for row in rows if row.branch})))
    cars = {car.id: car.title or car.plate for car in cars_of(session, who)} if rows else {}
    return _Around(lines, {branch.code: branch for branch in branches}, cars)


def _quote(
    hub: Hub, who: Me, row: Estimate, around: _Around, findings: Mapping[str, Finding] | None = None,
    pictures: Sequence[Shown] = (),
) -> Quote:  # fmt: skip
    branch = around.branches.get(row.branch or "")
    zone = branch.zone if branch else hub.here.zone
    is_over = row.valid_until is not None and row.valid_until < local_day(hub.clock(), zone)
    by_part = {one.title.casefold(): one for one in pictures if one.form == "picture" and one.title}
    lines = [_line(who, line, findings or {}, by_part) for line in around.lines.get(row.id, ())]
    shown = {line.picture.ref for line in lines if line.picture}
    return Quote(
        ref=row.ref,
        state="over" if row.state == "open" and is_over else row.state,
        seen=row.content_hash.hex(),
        car=around.cars.get(row.vehicle_id or 0, ""),
        branch=branch.title if branch else row.branch or "",
        currency=row.currency,
        made_on=local_day(row.made_at, zone),
        valid_until=row.valid_until,
        answered_at=row.answered_at,
        note=who.opened("estimates.note", row.id, row.note),
        lines=sorted(lines, key=lambda line: FIRST.get(line.safety, len(FIRST))),
        pictures=[one for one in pictures if one.ref not in shown],
    )


def _line(who: Me, row: EstimateLine, findings: Mapping[str, Finding], pictures: Mapping[str, Shown]) -> QuoteLine:
    part = row.part or row.code
    found = findings.get(part)
    return QuoteLine(
        number=row.number,
        title=who.opened("estimate_lines.title", row.id, row.title),
        part=part,
        safety=row.safety,
        note=who.opened("estimate_lines.note", row.id, row.note),
        price_minor=row.price_minor,
        answer=row.answer or "",
        measured=found.measured if found else None,
        unit=(found.unit or "") if found else "",
        found=who.opened("findings.note", found.id, found.note) if found else "",
        picture=pictures.get(part.replace("_", " ").casefold()),
    )


def _findings(session: Session, row: Estimate) -> Mapping[str, Finding]:
    """part -> what was found at the visit the estimate was made at."""
    if row.visit_id is None:
        return {}
    wanted = (
        select(Finding)
        .join(Inspection, Inspection.id == Finding.inspection_id)
        .where(Inspection.visit_id == row.visit_id, Inspection.customer_id == row.customer_id)
        .where(Inspection.cancelled_at.is_(None), Finding.withdrawn_at.is_(None))
        .order_by(Inspection.done_at, Finding.number)
    )
    return {one.part: one for one in session.scalars(wanted)}


def _pictures(hub: Hub, session: Session, who: Me, row: Estimate) -> list[Shown]:
    """Photos and clips of that visit that can be looked at."""
    if row.visit_id is None:
        return []
    return papers.shown(hub, session, who, session.scalars(papers.looks_of(who, [row.visit_id])).all())
