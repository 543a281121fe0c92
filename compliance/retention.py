"""What has been kept long enough goes, or becomes nobody's: by the periods of config/privacy/retention.yaml, through the one gate.

Whoever has a hold or an open request is left out; a run is cut into small transactions, and done again it does nothing more."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select, true, update

from compliance import execution, strangers, unlearning, went
from compliance.cases import CLOSED
from compliance.keeping import STRANGERS, TERM, Keeping, read_keeping
from compliance.registry import bound_to, by_table, record_sets
from compliance.went import ABOUT, DEED, Past, judged
from hub.clock import NIGHT
from hub.core import Hub
from hub.errors import NotFound
from hub.flow import pipeline
from hub.flow.identity import lock_customers
from hub.flow.strangers import claimed
from hub.gate import binding, erase_rows
from hub.models import (
    Appointment,
    ArchivedInvoice,
    Attempt,
    AuditEntry,
    Base,
    CarInvitation,
    ConsentAsk,
    Customer,
    DataKey,
    DeadLetter,
    Delivery,
    ErasureRequest,
    Estimate,
    Event,
    GuestLink,
    Incident,
    Inspection,
    Invoice,
    LegalHold,
    Membership,
    Message,
    Person,
    PersonRequest,
    Pin,
    Principal,
    Recommendation,
    Session,
    SignInLink,
    Tombstone,
    Visit,
    table,
)
from hub.work import Work

BATCH = 500  # rows to a transaction
Verb = Literal["erase", "anonymise", "shred", "forget"]


@dataclass(frozen=True)
class Rule:
    """Rows of one table. ended: since when their period runs. person: the way to whose they are, if they are somebody's."""

    model: type[Base]
    retention: str
    verb: Verb
    ended: Any
    person: Any = None
    only: ColumnElement[bool] | None = None

    @property
    def record_set(self) -> str:
        return table(self.model).name


def _customer(column: Any) -> Any:
    return select(Customer.person_id).where(Customer.id == column).correlate(column.table).scalar_subquery()


def _principal(column: Any) -> Any:
    return select(Principal.person_id).where(Principal.id == column).correlate(column.table).scalar_subquery()


ENTITY = select(Customer.person_id).where(Customer.ref == Message.entity).correlate(table(Message)).scalar_subquery()
UNREFERENCED = ~exists().where(DeadLetter.message_id == Message.id) & ~exists().where(Attempt.message_id == Message.id)
RULES: tuple[Rule, ...] = (
    Rule(Delivery, "traffic", "shred", Delivery.settled_at, None, Delivery.data_key_id.is_not(None)),
    Rule(Message, "traffic", "erase", Message.settled_at, ENTITY, UNREFERENCED),
    Rule(Session, "access", "erase", Session.expires_at, _principal(Session.principal_id)),
    Rule(CarInvitation, "access", "erase", CarInvitation.ended_at, _customer(CarInvitation.customer_id)),
    Rule(GuestLink, "access", "erase", GuestLink.expires_at, _customer(GuestLink.customer_id)),
    Rule(SignInLink, "access", "erase", SignInLink.expires_at, _principal(SignInLink.principal_id)),
    Rule(Membership, "campaigns", "erase", Membership.left_at, _customer(Membership.customer_id)),
    Rule(Pin, "campaigns", "erase", Pin.ended_at, _customer(Pin.customer_id)),
    Rule(Pin, "campaigns", "erase", Pin.last_on, _customer(Pin.customer_id), Pin.ended_at.is_(None)),
    Rule(Incident, "campaigns", "erase", Incident.mended_at, _customer(Incident.customer_id)),
    Rule(Tombstone, "accountability", "erase", Tombstone.expires_at),
    Rule(ConsentAsk, "accountability", "erase", ConsentAsk.expires_at, ConsentAsk.person_id),
    Rule(PersonRequest, "accountability", "erase", PersonRequest.settled_at, PersonRequest.person_id,
         PersonRequest.kind.not_in(("restriction", "objection")) | PersonRequest.ended_at.is_not(None)),
    Rule(ArchivedInvoice, "statutory", "erase", ArchivedInvoice.ends_at, ArchivedInvoice.person_id),
    Rule(Event, "service_history", "anonymise", Event.at_utc, _customer(Event.customer_id)),
    Rule(Visit, "service_history", "anonymise", Visit.closed_at, _customer(Visit.customer_id)),
    Rule(Invoice, "service_history", "anonymise", Invoice.issued_at, _customer(Invoice.customer_id)),
    Rule(Inspection, "service_history", "anonymise", Inspection.done_at, _customer(Inspection.customer_id)),
    Rule(Appointment, "service_history", "anonymise", Appointment.ends_at, _customer(Appointment.customer_id)),
    Rule(Estimate, "service_history", "anonymise", Estimate.made_at, _customer(Estimate.customer_id)),
    Rule(Recommendation, "service_history", "anonymise", Recommendation.made_at, _customer(Recommendation.customer_id)),
    Rule(Customer, STRANGERS, "forget", strangers.LAST, Customer.person_id, claimed(Customer.id)),
)  # fmt: skip


@dataclass(frozen=True)
class Due:
    """What a run would do. jurisdiction: empty for those without a period of their own. kept: rows that a hold or an open
    request protects."""

    record_set: str
    verb: Verb
    jurisdiction: str
    before: datetime
    rows: int
    kept: int


def plan(hub: Hub, other: Keeping | None = None) -> list[Due]:
    """Counts, and changes nothing. other: periods in place of those in force."""
    found, keeping = [], other or read_keeping(hub.settings.config)
    with hub.begin() as work:
        for rule, jurisdiction, before in _rules(keeping, work):
            ended = _ended(rule, jurisdiction, before, keeping)
            every = int(work.session.scalar(select(func.count()).select_from(rule.model).where(ended)) or 0)
            rows = int(
                work.session.scalar(select(func.count()).select_from(rule.model).where(ended & _free(rule, work))) or 0
            )
            if every:
                found.append(Due(rule.record_set, rule.verb, jurisdiction, before, rows, every - rows))
    return found


def past(hub: Hub, other: Keeping, days: int) -> Past:
    """What the runs of the last `days` let go, and what of it these periods would have kept."""
    with hub.look() as session:
        return judged(session, other, hub.clock(), days)


def classes_of(name: str, keeping: Keeping) -> list[str]:
    """A class itself, or those of the columns of a record set. Raises NotFound."""
    if name in keeping.periods:
        return [name]
    found = Base.metadata.tables.get(name)
    if found is None:
        raise NotFound(f"There is no class or record set “{name}”.", f"Classes: {', '.join(sorted(keeping.periods))}.")
    return sorted({column.info["retention"] for column in found.columns})


def run(hub: Hub, actor: str, most: int = 100_000) -> Mapping[str, int]:
    """Record set -> rows that went or became nobody's; audited. most: rows at which it stops for today."""
    done = dict[str, int]()
    strangers.resume(hub, actor)
    keeping = read_keeping(hub.settings.config)
    with hub.begin() as work:
        rules = list(_rules(keeping, work))
    for rule, jurisdiction, before in rules:
        while sum(done.values()) < most and (count := _batch(hub, rule, jurisdiction, before, keeping, actor)):
            done[rule.record_set] = done.get(rule.record_set, 0) + count
    if models := unlearning.run(hub, actor):
        done["models"] = models
    with hub.begin() as work:
        work.audit(
            actor, DEED, ABOUT, went.day(hub, work.now), rows=sum(done.values()), record_sets=sorted(done), went=[]
        )
    return done


def run_tonight(hub: Hub) -> None:
    """Once in each night of the region."""
    now = hub.clock()
    if not NIGHT[0] <= now.astimezone(ZoneInfo(hub.here.zone)).hour < NIGHT[1]:
        return
    with hub.look() as session:
        today = (AuditEntry.about == ABOUT, AuditEntry.about_id == went.day(hub, now), AuditEntry.action == DEED)
        if session.scalar(select(AuditEntry.id).where(*today).limit(1)) is not None:
            return
    run(hub, "clock")


def _rules(keeping: Keeping, work: Work) -> Iterator[tuple[Rule, str, datetime]]:
    """Each rule under each law that has a period of its own, and under all others together."""
    for rule in RULES:
        for jurisdiction in ("", *keeping.laws_of(rule.retention)):
            period = keeping.of(rule.retention, jurisdiction)
            if period.days is not None or period.until == TERM:  # where each row bears its own term, that is over now
                yield rule, jurisdiction, work.now - timedelta(days=period.days or 0)


def _ended(rule: Rule, jurisdiction: str, before: datetime, keeping: Keeping) -> ColumnElement[bool]:
    ended: ColumnElement[bool] = rule.ended < before
    if rule.only is not None:
        ended &= rule.only
    if rule.verb in ("anonymise", "forget"):  # what is nobody's already stays so
        ended &= _of_person(rule, Person.data_key_id).is_not(None)
    others = keeping.laws_of(rule.retention)
    if rule.person is None or not others:
        return ended
    under = _of_person(rule, Person.jurisdiction)
    law = under == jurisdiction if jurisdiction else or_(under.is_(None), under.not_in(others))
    return ended & law


def _of_person(rule: Rule, column: Any) -> Any:
    return select(column).where(Person.id == rule.person).correlate(table(rule.model)).scalar_subquery()


def _free(rule: Rule, work: Work) -> ColumnElement[bool]:
    """Whose rows nothing protects: no hold on the record set, and no request that is still being answered. Who is forgotten whole is held
    by any."""
    if rule.person is None:
        return rule.ended.is_not(None)  # type: ignore[no-any-return]
    sets = LegalHold.record_set.in_([rule.record_set, "*", *bound_to(rule.record_set)])
    held = select(LegalHold.person_id).where(binding(work.now), sets if rule.verb != "forget" else true())
    asking: Select[Any] = select(PersonRequest.person_id).where(PersonRequest.state.not_in(CLOSED))
    leaving: Select[Any] = select(ErasureRequest.person_id).where(ErasureRequest.state.not_in(CLOSED))
    protected = held.union_all(asking, leaving).subquery()
    return or_(rule.person.is_(None), rule.person.not_in(select(protected.c[0])))


def _batch(hub: Hub, rule: Rule, jurisdiction: str, before: datetime, keeping: Keeping, actor: str) -> int:
    """One transaction, or one erasure after the other; the gate asks the holds again. How old was what it let go stands in the same
    transaction, as a run may be killed."""
    key = table(rule.model).c.id
    person = rule.person if rule.person is not None else select(Person.id).where(Person.id == 0).scalar_subquery()
    law = _of_person(rule, Person.jurisdiction) if rule.person is not None else literal("")
    with hub.begin() as work:
        due = (
            select(key, person, rule.ended, law)
            .where(_ended(rule, jurisdiction, before, keeping) & _free(rule, work))
            .order_by(key)
            .limit(BATCH)
        )
        rows = work.session.execute(due).all()
        if rows and rule.verb != "forget":
            ids, persons = [row[0] for row in rows], sorted({row[1] for row in rows if row[1] is not None})
            DEEDS[rule.verb](hub, work, rule, ids, persons)
            went.note(hub, rule.record_set, rule.retention, rows, actor, work)
    if rule.verb != "forget":
        return len(rows)
    return sum(
        strangers.forget(hub, row[0], actor, partial(went.note, hub, rule.record_set, rule.retention, [row], actor))
        for row in rows
    )


def _erase(_hub: Hub, work: Work, rule: Rule, ids: Sequence[int], persons: Sequence[int]) -> None:
    """What has a key of its own ends with it, in backups too."""
    columns = table(rule.model).c
    keys = (
        list(work.session.scalars(select(columns.data_key_id).where(columns.id.in_(ids))))
        if "data_key_id" in columns
        else []
    )
    erase_rows(work.session, rule.model, columns.id.in_(ids), record_set=rule.record_set, persons=persons, now=work.now,
               bound_to=bound_to(rule.record_set))  # fmt: skip
    if keys:
        erase_rows(
            work.session, DataKey, DataKey.id.in_(keys), record_set=rule.record_set, persons=persons, now=work.now
        )


def _shred(_hub: Hub, work: Work, _rule: Rule, ids: Sequence[int], _persons: Sequence[int]) -> None:
    """A partner's raw words: their key goes, the row stays as the proof against repeats."""
    keys = list(work.session.scalars(select(Delivery.data_key_id).where(Delivery.id.in_(ids))))
    gone = {"data_key_id": None, "payload": None, "reason": "kept long enough: its payload is gone"}
    work.session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(gone))
    letters = (DeadLetter.delivery_id.in_(ids), DeadLetter.closed_at.is_(None))
    work.session.execute(update(DeadLetter).where(*letters).values(closed_at=work.now, closed_by="retention"))
    erase_rows(work.session, DataKey, DataKey.id.in_(keys), record_set="deliveries", persons=(), now=work.now)


def _anonymise(hub: Hub, work: Work, rule: Rule, ids: Sequence[int], persons: Sequence[int]) -> None:
    """Totals stay, the person goes: as an erasure does it. What was counted of them is counted anew."""
    owners = {row.id: row for row in work.session.scalars(select(Customer).where(Customer.person_id.in_(persons)))}
    lock_customers(work, list(owners))
    one = by_table(record_sets())[rule.record_set][0]
    for branch in sorted({owner.branch or "" for owner in owners.values()}):
        mine = [owner.id for owner in owners.values() if (owner.branch or "") == branch]
        where = one.table.c.id.in_(ids) & one.column.in_(mine)
        work.session.execute(update(one.table).where(where).values(execution.nobodys(work, one, branch or None)))
    pipeline.follow(hub, work, {owner: {"events"} for owner in owners}, [])


DEEDS: Mapping[Verb, Callable[[Hub, Work, Rule, Sequence[int], Sequence[int]], None]] = {
    "erase": _erase, "shred": _shred, "anonymise": _anonymise,
}  # fmt: skip
