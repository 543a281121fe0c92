"""A customer's documents as their pages show them: titles opened, cars named, who looked, with whom they are shared."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import documents, sharing, viewing
from hub.models import Document, DocumentShare
from portal import guard
from portal.cars import cars_of
from portal.languages import Tongue
from portal.me import Me

LOOKS, READ = 8, 100  # looks of which a page tells, and among how many it finds them
KB = 1000


@dataclass(frozen=True)
class Shown:
    """form: pdf, picture, film or file, as the page can show it. title: may be empty, then the kind names it."""

    id: int
    ref: str
    kind: str
    title: str
    car: str
    form: str
    size: int
    state: str
    reason: str
    progress: int
    issued_on: date
    ends_on: date | None
    own: bool


@dataclass(frozen=True)
class Look:
    """name: whose it was; empty for the owner's own."""

    ref: str
    name: str
    how: str
    at: datetime


@dataclass(frozen=True)
class Shared:
    ref: str
    document: str
    recipient: str
    until: datetime
    opens: int
    most: int
    opened_at: datetime | None
    stands: bool


def form_of(media: str) -> str:
    if media == "application/pdf":
        return "pdf"
    return {"image": "picture", "video": "film"}.get(media.partition("/")[0], "file")


def size_words(tongue: Tongue, size: int) -> Markup:
    if size < KB * KB:
        return tongue.say("%(number)s kB", number=tongue.number(max(1, round(size / KB))))
    return tongue.say("%(number)s MB", number=tongue.number(round(size / KB / KB, 1)))


def shown(hub: Hub, session: Session, who: Me, rows: Sequence[Document]) -> list[Shown]:
    """For the customer who asks."""
    names = documents.titles(hub, session, who.customer_id, rows, who.key)
    cars = {car.id: car.short or car.plate for car in cars_of(session, who)}
    person = guard.who()
    mine = person.principal_id if person else None
    return [
        of_row(row, names.get(row.id, ""), cars.get(row.vehicle_id or 0, ""), row.brought_by == mine) for row in rows
    ]


def looks_of(who: Me, visits: Collection[int]) -> Select[Document]:
    """Photos and films of these visits that can be looked at; a driver has none, as they are their owner's."""
    return (
        select(Document)
        .where(Document.customer_id == who.customer_id, Document.visit_id.in_(visits), Document.state == "released")
        .where(Document.kind.in_(("photo", "video")))
        .order_by(Document.id)
    )


def of_row(row: Document, title: str, car: str = "", own: bool = False) -> Shown:
    return Shown(row.id, row.ref, row.kind, title, car, form_of(row.media), row.size, row.state, row.reason, row.progress,
                 row.issued_on, row.ends_on, own)  # fmt: skip


def looks(hub: Hub, session: Session, who: Me, rows: Sequence[Document]) -> list[Look]:
    """The latest looks at these documents, each with a name the owner knows; of several by the same the last one."""
    refs = {row.id: row.ref for row in rows}
    found = viewing.views_of(session, list(refs), READ)
    shares = list({share.id: share for _, share, _ in found if share}.values())
    recipients = sharing.recipients(hub, session, who.customer_id, shares, who.key)
    told: dict[tuple[str, str, str], Look] = {}
    for one, share, staff in found:
        name = "" if one.viewer == "customer" else (recipients.get(share.id) if share else staff) or "?"
        look = Look(refs[one.document_id], name, one.how, one.at)
        told.setdefault((look.ref, look.name, look.how), look)
    return list(told.values())[:LOOKS]


def shares(hub: Hub, session: Session, who: Me, rows: Sequence[Document], now: datetime) -> list[Shared]:
    """Those that still stand, the latest first."""
    refs = {row.id: row.ref for row in rows}
    found = [one for one in sharing.shares_of(session, list(refs)) if sharing.stands(one, now)]
    names = sharing.recipients(hub, session, who.customer_id, found, who.key)
    return [_shared(one, refs[one.document_id], names.get(one.id, ""), now) for one in found]


def _shared(one: DocumentShare, document: str, recipient: str, now: datetime) -> Shared:
    return Shared(
        one.ref, document, recipient, one.expires_at, one.opens, one.most_opens, one.opened_at, sharing.stands(one, now)
    )
