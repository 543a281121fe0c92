"""The register of breaches: noted at once, assessed by the traces they left, told to whom the law names, and closed.

noted -> assessed (who is affected, by law) -> told -> closed. Who is affected follows from the audit, documents looked at, and
partners' links; nobody's name is opened for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, union
from sqlalchemy.orm import Session

from compliance.breach_law import clock_of
from hub.actors import named
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.gate import PASS
from hub.ids import first_at
from hub.models import (
    AuditEntry,
    Breach,
    BreachClock,
    BreachPerson,
    Connection,
    Customer,
    Document,
    DocumentView,
    Link,
    Person,
    Principal,
    new_ref,
)
from hub.work import Work

KINDS = ("confidentiality", "integrity", "availability")
RISKS = ("unknown", "none", "risk", "high")
SOURCES = ("actor", "connection", "everybody")
WHOM = ("authority", "people")
BATCH = 5_000


@dataclass(frozen=True)
class Noticed:
    """summary: what happened, without a name. risk: to the people, as far as is known."""

    kind: str
    summary: str
    began_at: datetime
    ended_at: datetime
    noticed_at: datetime
    risk: str = "unknown"


@dataclass(frozen=True)
class Ticking:
    """One law's clock. left: hours until the authority must know, below 0 when it is late; None: told, or nothing to tell."""

    law: str
    people: int
    due_at: datetime
    must_tell: bool
    authority_told_at: datetime | None
    people_told_at: datetime | None
    left: float | None
    source: str


@dataclass(frozen=True)
class Case:
    breach: Breach
    clocks: tuple[Ticking, ...]

    @property
    def people(self) -> int:
        return sum(clock.people for clock in self.clocks)

    @property
    def is_late(self) -> bool:
        return any(clock.left is not None and clock.left < 0 for clock in self.clocks)


def note(hub: Hub, told: Noticed, actor: str) -> str:
    """The clock of the region's own law runs from here on. Raises WrongInput."""
    _one_of("kind", told.kind, KINDS)
    _one_of("risk", told.risk, RISKS)
    if not told.summary.strip():
        raise WrongInput("Say what happened.", "In a sentence, without a name.")
    with hub.begin() as work:
        if not told.began_at <= told.ended_at <= work.now or not told.began_at <= told.noticed_at <= work.now:
            raise WrongInput(
                "These times do not follow each other.", "It began, it ended and was noticed, all before now."
            )
        row = work.add(Breach(
            ref=new_ref(), kind=told.kind, risk=told.risk, summary=told.summary.strip()[:400], measures="", source="",
            began_at=told.began_at, ended_at=told.ended_at, noticed_at=told.noticed_at, noted_by=actor,
        ))  # fmt: skip
        work.session.flush()
        law = hub.here.jurisdiction
        due = clock_of(hub.settings.config, law).due(told.noticed_at, hub.here.zone)
        work.add(BreachClock(breach_id=row.id, law=law, people=0, due_at=due))
        work.audit(actor, "breach_noted", "breach", row.id, kind=row.kind, risk=row.risk)
        return row.ref


def assess(hub: Hub, ref: str, source: str, name: str, risk: str, actor: str) -> int:
    """Find who is affected by the traces of an account (`actor`), of a partner (`connection`), or everybody; answers how many.
    May be repeated as more becomes known; what authorities were told stays. Raises NotFound, WrongInput."""
    _one_of("source", source, SOURCES)
    _one_of("risk", risk, RISKS)
    with hub.begin() as work:
        breach = _open(work, ref)
        affected = _affected(work.session, breach, source, name)
        mine = BreachPerson.breach_id == breach.id
        work.session.execute(delete(BreachPerson).where(mine), execution_options={PASS: True})
        laws: Counter[str] = Counter()
        rows = []
        for person_id, law in work.session.execute(affected):
            laws[law] += 1
            rows.append({"breach_id": breach.id, "person_id": person_id})
        for start in range(0, len(rows), BATCH):
            work.insert_all(BreachPerson, rows[start : start + BATCH])
        breach.risk, breach.source, breach.assessed_at = (
            risk,
            f"{source}:{name}".rstrip(":"),
            breach.assessed_at or work.now,
        )
        _set_clocks(hub, work, breach, laws)
        work.audit(actor, "breach_assessed", "breach", breach.id, source=source, risk=risk, people=len(rows))
        return len(rows)


def tell(hub: Hub, ref: str, law: str, whom: str, actor: str) -> None:
    """Write down that an authority, or the people under its law, were told. Raises NotFound, WrongInput."""
    _one_of("whom", whom, WHOM)
    with hub.begin() as work:
        breach = _open(work, ref)
        clock = work.session.get(BreachClock, (breach.id, law))
        if clock is None:
            raise NotFound(f"This breach concerns nobody under the law of {law}.", "See: hub breaches list")
        if whom == "authority":
            clock.authority_told_at = clock.authority_told_at or work.now
        else:
            clock.people_told_at = clock.people_told_at or work.now
        work.audit(actor, "breach_told", "breach", breach.id, law=law, whom=whom, late=work.now > clock.due_at)


def close(hub: Hub, ref: str, measures: str, actor: str) -> None:
    """Raises WrongInput while somebody has yet to be told."""
    if not measures.strip():
        raise WrongInput("Say what was done about it.", "The register must hold it (GDPR Art. 33(5)).")
    with hub.begin() as work:
        breach = _open(work, ref)
        if breach.assessed_at is None:
            raise WrongInput("Nobody has found out yet who is affected.", "First: hub breaches assess")
        for clock in _clocks(hub, work.session, breach, work.now):
            if clock.must_tell and clock.people and clock.authority_told_at is None:
                raise WrongInput(f"The authority of {clock.law} was not told.", "Tell it, or judge the risk anew.")
            if breach.risk == "high" and clock.people and clock.people_told_at is None:
                raise WrongInput(f"{clock.people} people under the law of {clock.law} were not told (GDPR Art. 34).")
        breach.measures, breach.closed_at = measures.strip()[:400], work.now
        work.audit(actor, "breach_closed", "breach", breach.id)


def all_of(hub: Hub, session: Session, now: datetime) -> list[Case]:
    """Open ones first, whatever is due first on top."""
    rows = session.scalars(select(Breach).order_by(Breach.closed_at.is_not(None), Breach.noticed_at.desc()))
    cases = [Case(row, tuple(_clocks(hub, session, row, now))) for row in rows]
    return sorted(
        cases,
        key=lambda case: min(
            (one.due_at for one in case.clocks if one.left is not None), default=datetime.max.replace(tzinfo=now.tzinfo)
        ),
    )


def people_of(session: Session, ref: str) -> Sequence[tuple[str, str]]:
    """Refs of those affected, each with their law; a customer's ref where they are one. Raises NotFound."""
    breach = session.scalar(select(Breach).where(Breach.ref == ref))
    if breach is None:
        raise NotFound(f"There is no breach {ref}.", "See: hub breaches list")
    rows = session.execute(
        select(func.coalesce(Customer.ref, Person.ref), Person.jurisdiction)
        .join(BreachPerson, BreachPerson.person_id == Person.id)
        .outerjoin(Customer, Customer.person_id == Person.id)
        .where(BreachPerson.breach_id == breach.id)
        .order_by(Person.id)
    )
    return [(person, law) for person, law in rows]


def _affected(session: Session, breach: Breach, source: str, name: str) -> Select[int, str]:
    """Ids and laws. Ids of entries tell when they were made, so that a window is a stretch of the primary key."""
    wanted = select(Person.id, Person.jurisdiction).where(Person.jurisdiction != "").order_by(Person.id)
    if source == "everybody":
        return wanted.where(
            Person.made_at <= breach.ended_at, or_(Person.erased_at.is_(None), Person.erased_at > breach.began_at)
        )
    if source == "connection":
        partner = session.scalar(select(Connection.id).where(Connection.name == name))
        if partner is None:
            raise NotFound(f"There is no connection “{name}”.")
        return wanted.where(Person.id.in_(select(Link.person_id).where(Link.connection_id == partner)))
    meanwhile = (AuditEntry.id >= first_at(breach.began_at), AuditEntry.at.between(breach.began_at, breach.ended_at))
    deeds = select(AuditEntry.about_id).where(AuditEntry.actor.in_(named(session, name)), *meanwhile)
    looked = (
        select(Document.customer_id)
        .join(DocumentView, DocumentView.document_id == Document.id)
        .join(Principal, Principal.id == DocumentView.viewer_id)
        .where(
            DocumentView.viewer == "staff",
            Principal.title == name,
            DocumentView.at.between(breach.began_at, breach.ended_at),
        )
    )
    customers: Any = union(deeds.where(AuditEntry.about == "customer"), looked)
    owners = select(Customer.person_id).where(Customer.id.in_(customers))
    return wanted.where(Person.id.in_(union(deeds.where(AuditEntry.about == "person"), owners)))


def _set_clocks(hub: Hub, work: Work, breach: Breach, laws: Counter[str]) -> None:
    """One for each law under which somebody is affected, and the region's own in any case."""
    for law in {hub.here.jurisdiction, *laws}:
        rule = clock_of(hub.settings.config, law)
        began = breach.noticed_at if rule.since == "noticed" else breach.assessed_at or work.now
        clock = work.session.get(BreachClock, (breach.id, law)) or work.add(BreachClock(breach_id=breach.id, law=law))
        clock.people, clock.due_at = laws[law], rule.due(began, hub.here.zone)
    known = work.session.scalars(select(BreachClock).where(BreachClock.breach_id == breach.id))
    for clock in known:
        if clock.law not in laws:
            clock.people = 0


def _clocks(hub: Hub, session: Session, breach: Breach, now: datetime) -> list[Ticking]:
    rows = session.scalars(select(BreachClock).where(BreachClock.breach_id == breach.id).order_by(BreachClock.law))
    return [_ticking(hub, breach, row, now) for row in rows]


def _ticking(hub: Hub, breach: Breach, row: BreachClock, now: datetime) -> Ticking:
    rule = clock_of(hub.settings.config, row.law)
    concerns = breach.assessed_at is None or row.people > 0
    must = concerns and rule.must_tell(breach.risk, row.people)
    runs = must and row.authority_told_at is None and breach.closed_at is None
    left = (row.due_at - now).total_seconds() / 3600 if runs else None
    return Ticking(row.law, row.people, row.due_at, must, row.authority_told_at, row.people_told_at, left, rule.source)


def _open(work: Work, ref: str) -> Breach:
    row = work.session.scalar(select(Breach).where(Breach.ref == ref).with_for_update())
    if row is None:
        raise NotFound(f"There is no breach {ref}.", "See: hub breaches list")
    if row.closed_at is not None:
        raise WrongInput("This breach is closed.")
    return row


def _one_of(what: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise WrongInput(f"“{word}” is no {what}.", f"One of: {', '.join(known)}.")
