"""The tables of a report, row by row: refs, days and counts, never a personal value. Columns are the same in every language."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Executable, func, select
from sqlalchemy.orm import Session

from compliance import breaches
from compliance.anonymity import told
from compliance.cases import WISH
from compliance.periods import deadlines_of
from compliance.releases import HISTORY, release_of
from compliance.ropa import record_of
from compliance.transfers import crossings
from hub.core import Hub
from hub.models import AuditEntry, Consent, Customer, ErasureRequest, LegalHold, Notice, Person, PersonRequest
from rules.calendar import local_day

PAGE = 2_000  # rows that are in memory at a time
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """tallied: columns whose values are counted while the rows go by, for the report."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row]
    tallied: tuple[str, ...] = ()


def tables_of(hub: Hub, session: Session) -> Iterator[Table]:
    """Each is read when its rows are, in the session's one view of the database."""
    for make in TABLES:
        yield make(hub, session)


def _subjects(_hub: Hub, session: Session) -> Table:
    """Everybody whose data are kept, or were. consents: what they agree to now, as `purpose:channel`."""
    asked = _counted(session, PersonRequest) + _counted(session, ErasureRequest, ErasureRequest.cause == WISH)
    held = Counter(dict(_pairs(session.execute(
        select(LegalHold.person_id, func.count()).where(LegalHold.released_at.is_(None)).group_by(LegalHold.person_id)
    ))))  # fmt: skip
    known = (
        select(Person.id, Person.ref, Customer.ref, Person.jurisdiction, Person.made_at, Person.erased_at, Person.restricted_at)
        .outerjoin(Customer, Customer.person_id == Person.id)
        .where(Person.jurisdiction != "")  # under no law are those who hold the anonymous history, and are nobody
        .order_by(Person.id)
    )  # fmt: skip
    agreed = _granted(session)

    def rows() -> Iterator[Row]:
        for key, ref, customer, law, made, erased, restricted in _paged(session, known):
            state = "erased" if erased else "restricted" if restricted else "kept"
            yield ref, customer, law, made, erased, state, agreed.get(key, ()), asked[key], held[key]

    columns = ("subject", "customer", "law", "known_since", "erased_at", "state", "consents", "requests", "holds")
    return Table("subjects", columns, rows(), ("law", "state"))


def _requests(hub: Hub, session: Session) -> Table:
    """What people asked; an erasure that nobody asked for stands among the certificates alone. in_time: yes or no of what was settled,
    open or late of what was not."""
    today = hub.clock().date()
    erasures = select(
        ErasureRequest.ref, Customer.ref, ErasureRequest.jurisdiction, ErasureRequest.state, ErasureRequest.came_by,
        ErasureRequest.asked_at, ErasureRequest.due_on, ErasureRequest.finished_at,
    ).join(Customer, Customer.person_id == ErasureRequest.person_id).where(ErasureRequest.cause == WISH)  # fmt: skip
    others = select(
        PersonRequest.ref, PersonRequest.kind, PersonRequest.scope, Customer.ref, PersonRequest.jurisdiction, PersonRequest.state,
        PersonRequest.came_by, PersonRequest.asked_at, PersonRequest.due_on, PersonRequest.settled_at, PersonRequest.outcome,
    ).join(Customer, Customer.person_id == PersonRequest.person_id).order_by(PersonRequest.id)  # fmt: skip

    def in_time(due: Any, settled: Any) -> str:
        if settled is None:
            return "late" if today > due else "open"
        return "yes" if local_day(settled, hub.here.zone) <= due else "no"

    def rows() -> Iterator[Row]:
        for ref, customer, law, state, came_by, asked, due, settled in _paged(
            session, erasures.order_by(ErasureRequest.id)
        ):
            outcome = state if settled else ""
            yield ref, "erasure", "", customer, law, state, came_by, asked, due, settled, in_time(due, settled), outcome
        for *first, asked, due, settled, outcome in _paged(session, others):
            yield *first, asked, due, settled, in_time(due, settled), outcome or ""

    columns = ("request", "kind", "scope", "customer", "law", "state", "came_by", "asked_at", "due_on", "settled_at", "in_time",
               "outcome")  # fmt: skip
    return Table("requests", columns, rows(), ("kind", "in_time"))


def _deadlines(hub: Hub, _session: Session) -> Table:
    """By which the requests above are judged. days, months: calendar ones; longer_*: by how much an answer may be put off, once."""
    rows = (
        (law, one.days, one.months, one.extend_days, one.extend_months, one.source, one.reviewed_on, one.unverified)
        for law, one in sorted(deadlines_of(hub.settings.config).items())
    )
    columns = ("law", "days", "months", "longer_days", "longer_months", "source", "read_on", "unverified")
    return Table("deadlines", columns, rows)


def _certificates(_hub: Hub, session: Session) -> Table:
    """Each signed on its own: `hub privacy certificate --check` knows whether it is genuine."""
    signed = (
        select(ErasureRequest.cause, ErasureRequest.certificate)
        .where(ErasureRequest.state == "certified")
        .order_by(ErasureRequest.id)
    )

    def rows() -> Iterator[Row]:
        for cause, whole in _paged(session, signed):
            said = whole["statement"]
            yield said["request"], cause, said["customer"], said["erased_at"], said["backups_forget_by"], whole

    return Table(
        "certificates", ("request", "cause", "customer", "erased_at", "backups_forget_by", "certificate"), rows()
    )


def _holds(_hub: Hub, session: Session) -> Table:
    columns = (LegalHold.record_set, LegalHold.purpose, LegalHold.basis, LegalHold.owner, LegalHold.placed_at, LegalHold.ends_at,
               LegalHold.released_at)  # fmt: skip
    joined = select(LegalHold.id, Customer.ref, *columns).join(Customer, Customer.person_id == LegalHold.person_id)
    names = ("hold", "customer", "record_set", "purpose", "basis", "owner", "placed_at", "ends_at", "released_at")
    return Table("holds", names, _paged(session, joined.order_by(LegalHold.id)))


def _consents(hub: Hub, session: Session) -> Table:
    """By purpose and channel: how many people's last word is yes, how many a no, and how many words there were in all; cut to k,
    as it is a statistic. Who said what stands in `subjects`, by reference."""
    k = release_of(hub.settings.config, HISTORY).k
    last = _last_words()
    said = select(last.c.purpose, last.c.channel, *(
        func.count().filter(last.c.state == state, last.c.nth == 1) for state in ("granted", "withdrawn")
    ), func.count())  # fmt: skip
    rows = session.execute(said.group_by(last.c.purpose, last.c.channel).order_by(last.c.purpose, last.c.channel))
    counted = ((purpose, channel, *(told(one, k) for one in numbers)) for purpose, channel, *numbers in _pairs(rows))
    return Table("consents", ("purpose", "channel", "granted", "withdrawn", "events"), counted)


def _texts(_hub: Hub, session: Session) -> Table:
    """Every version of a text that anybody was shown."""
    columns = (
        Notice.hash,
        Notice.purpose,
        Notice.language,
        Notice.material,
        Notice.made_at,
        Notice.layout,
        Notice.text,
    )
    rows = session.execute(select(*columns).order_by(Notice.purpose, Notice.language, Notice.made_at, Notice.hash))
    names = ("notice", "purpose", "language", "material", "made_at", "layout", "text")
    return Table("texts", names, _pairs(rows))


def _processing(hub: Hub, _session: Session) -> Table:
    names = ("purpose", "basis", "source", "categories", "kept", "recipients", "transfers", "read_on")
    rows = (tuple(getattr(one, name) for name in names) for one in record_of(hub).entries)
    return Table("processing", names, rows)


def _transfers(hub: Hub, session: Session) -> Table:
    rows = (
        (one.connection, hub.here.jurisdiction, one.jurisdiction, one.topic, one.sent, one.refused, one.last_at)
        for one in crossings(hub, session)
    )
    return Table("transfers", ("partner", "from", "to", "topic", "sent", "held_back", "last_at"), rows)


def _breaches(hub: Hub, session: Session) -> Table:
    """A row for each law that a breach concerns. people: whole, as the authority must be told how many (GDPR Art. 33(3)(a))."""
    rows = (
        (case.breach.ref, case.breach.kind, case.breach.risk, case.breach.summary, case.breach.began_at, case.breach.ended_at,
         case.breach.noticed_at, case.breach.source, clock.law, clock.people, clock.due_at, clock.authority_told_at,
         clock.people_told_at, case.breach.closed_at, case.breach.measures)
        for case in breaches.all_of(hub, session, hub.clock()) for clock in case.clocks
    )  # fmt: skip
    columns = ("breach", "kind", "risk", "summary", "began_at", "ended_at", "noticed_at", "found_by", "law", "people", "due_at",
               "authority_told_at", "people_told_at", "closed_at", "measures")  # fmt: skip
    return Table("breaches", columns, rows)


def _deeds(_hub: Hub, session: Session) -> Table:
    """What was done, by how often; each single one stands in the chain."""
    counted = select(AuditEntry.action, func.count(), func.max(AuditEntry.at)).group_by(AuditEntry.action)
    return Table("deeds", ("action", "times", "last_at"), _pairs(session.execute(counted.order_by(AuditEntry.action))))


Maker = Callable[[Hub, Session], Table]
TABLES: tuple[Maker, ...] = (
    _subjects, _requests, _deadlines, _certificates, _holds, _breaches, _consents, _texts, _processing, _transfers, _deeds,
)  # fmt: skip


def _last_words() -> Any:
    """Each consent event with its place among those of the same person, purpose and channel: 1 is the last word."""
    same = (Consent.person_id, Consent.purpose, Consent.channel)
    nth = func.row_number().over(partition_by=same, order_by=(Consent.at.desc(), Consent.id.desc())).label("nth")
    return select(*same, Consent.state, nth).subquery()


def _granted(session: Session) -> Mapping[int, tuple[str, ...]]:
    last = _last_words()
    given = select(last.c.person_id, last.c.purpose, last.c.channel).where(last.c.nth == 1, last.c.state == "granted")
    rows = session.execute(given.order_by(last.c.person_id, last.c.purpose, last.c.channel))
    known: dict[tuple[str, ...], tuple[str, ...]] = {}  # few sets of answers among many people

    def same(several: Iterable[Row]) -> tuple[str, ...]:
        found = tuple(f"{purpose}:{channel}" for _, purpose, channel in several)
        return known.setdefault(found, found)

    return {key: same(several) for key, several in groupby(_pairs(rows), key=lambda row: row[0])}


def _counted(
    session: Session, model: type[PersonRequest] | type[ErasureRequest], *which: ColumnElement[bool]
) -> Counter[int]:
    rows = session.execute(select(model.person_id, func.count()).where(*which).group_by(model.person_id))
    return Counter(dict(_pairs(rows)))


def _pairs(rows: Iterable[Any]) -> Iterator[Any]:
    return (tuple(row) for row in rows)


def _paged(session: Session, statement: Executable) -> Iterator[Row]:
    return _pairs(session.execute(statement.execution_options(yield_per=PAGE)))
