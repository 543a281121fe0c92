"""What is held about somebody and why, and what was done with it: counted by one question to the database, opened by none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from compliance.counting import counts
from compliance.disclosure import KEPT_BACK
from compliance.registry import by_table, readable_sets
from compliance.traces import done_to
from hub.models import AuditEntry, Connection, Link
from hub.own import OWN

OURS = frozenset(
    {"lookup", "protection", "operation", "access"}
)  # serves to find, to protect and to run, and says nothing itself


@dataclass(frozen=True)
class Held:
    """Rows for one purpose. retentions: the classes by which they are kept."""

    purpose: str
    retentions: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Deed:
    """by: `you`, `partner` or `garage`; who of the garage's people is their own business."""

    at: datetime
    action: str
    by: str


def held(session: Session, person_id: int, customer_id: int) -> list[Held]:
    """By purpose, the most first."""
    tables = {name: ways for name, ways in by_table(readable_sets()).items() if name not in KEPT_BACK}
    rows: dict[str, int] = {}
    retentions: dict[str, set[str]] = {}
    for name, number in counts(session, tables, person_id, customer_id).items():
        about = tables[name][0].column.info
        if number and about["purpose"] not in OURS:
            rows[about["purpose"]] = rows.get(about["purpose"], 0) + number
            retentions.setdefault(about["purpose"], set()).add(about["retention"])
    order = sorted(rows, key=lambda purpose: (-rows[purpose], purpose))
    return [Held(purpose, tuple(sorted(retentions[purpose])), rows[purpose]) for purpose in order]


def deeds(session: Session, person_id: int, customer_id: int, most: int, partners: Collection[str]) -> Sequence[Deed]:
    """What was done with their data, the latest first. partners: names of all connections."""
    mine = done_to(person_id, customer_id)
    columns = (AuditEntry.at, AuditEntry.action, AuditEntry.actor)
    theirs = (AuditEntry.about == mine.c.about) & (AuditEntry.about_id == mine.c.about_id)
    wanted = select(*columns).select_from(AuditEntry).join(mine, theirs)
    rows = session.execute(wanted.order_by(AuditEntry.id.desc()).limit(most))
    return [Deed(at, action, _who(actor, partners)) for at, action, actor in rows]


def partners_of(session: Session, person_id: int) -> tuple[list[str], set[str]]:
    """Kinds of partners who know them: crm, loyalty ..., by the connection's connector; and the names of all connections."""
    knows = exists().where(Link.connection_id == Connection.id, Link.person_id == person_id)
    rows = session.execute(select(Connection.name, Connection.connector, knows)).all()
    kinds = {connector for _, connector, knows in rows if knows and connector != OWN}
    return sorted(kinds), {name for name, *_ in rows}


def _who(actor: str, partners: Collection[str]) -> str:
    if actor in ("portal", "own", "customer"):
        return "you"
    return "partner" if actor in partners else "garage"
