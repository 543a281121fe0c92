"""Cards against the partner's own books: every difference is named, and repaired by the way that all records go."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import WrongInput
from hub.flow import inbox, pipeline
from hub.flow.cards import Cards
from hub.flow.identity import Identities
from hub.models import Link
from hub.sdk import CustomerKey, Fetches, Incoming, LoyaltyRecord, Normalises
from hub.work import Work

MOST_SHOWN = 1000


@dataclass(frozen=True)
class Difference:
    """customer: our ref, or None where we do not know the member."""

    customer: str | None
    field: str
    ours: str | int | None
    theirs: str | int | None


@dataclass
class Compared:
    """members = agreeing + differing + missing + newer + unreadable. newer: we have heard of a later version than the books
    show. unreadable: what the books say makes no sense."""

    members: int = 0
    agreeing: int = 0
    differing: int = 0
    missing: int = 0
    newer: int = 0
    unreadable: int = 0
    repaired: int = 0
    differences: list[Difference] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def reconcile(hub: Hub, partner: Partner, rng: Random, repair: bool) -> Compared:
    """Read the partner's members page by page, compare, and (repair) fold what differs. Raises WrongInput, PartnerError."""
    total = Compared()
    for page in _pages(partner):
        with hub.begin() as work:
            wrong = [one for one in page if not _agrees(hub, work, partner, one, total)]
            if repair and wrong:
                inbox.keep(work, partner, wrong)
        if repair and wrong:
            while pipeline.process(hub, partner, rng):
                pass
            total.repaired += len(wrong)
    return total


def _pages(partner: Partner) -> Iterator[list[Incoming]]:
    connector = partner.connector
    if not isinstance(connector, Fetches) or not isinstance(connector, Normalises):
        raise WrongInput(f"“{partner.name}” has no books to read.", "Its connector fetches nothing.")
    cursor: str | None = None
    while True:
        page = connector.fetch(cursor)
        yield list(page.incoming)
        if page.cursor is None or page.cursor == cursor:
            return
        cursor = page.cursor


def _agrees(hub: Hub, work: Work, partner: Partner, one: Incoming, total: Compared) -> bool:
    connector = partner.connector
    total.members += 1
    try:
        records = list(connector.normalise(one.payload)) if isinstance(connector, Normalises) else []
    except WrongInput:
        total.unreadable += 1
        return True
    record = next((record for record in records if isinstance(record, LoyaltyRecord)), None)
    if record is None:
        total.agreeing += 1
        return True
    found = _differences(hub, work, partner, record)
    if found is None:
        total.newer += 1
        return True
    total.differences += found[: max(0, MOST_SHOWN - len(total.differences))]
    total.agreeing += not found
    total.missing += bool(found) and found[0].field == "member"
    total.differing += bool(found) and found[0].field != "member"
    return not found


def _differences(hub: Hub, work: Work, partner: Partner, record: LoyaltyRecord) -> list[Difference] | None:
    known = _customer(work, partner, hub.here.jurisdiction, record.customer)
    held = Cards(work, partner, [known[0]]).of(known[0]) if known else None
    if known is None or held is None:
        return [Difference(known[1] if known else None, "member", None, "a member")]
    if held.card.version > record.version:
        return None
    pairs = (("tier", held.tier.name if held.tier else "", record.tier), ("points", held.card.points, record.points))
    return [
        Difference(known[1], name, ours, theirs)
        for name, ours, theirs in pairs
        if theirs is not None and ours != theirs
    ]


def _customer(work: Work, partner: Partner, jurisdiction: str, key: CustomerKey) -> tuple[int, str] | None:
    """(id, ref), looked up without making anybody."""
    people = Identities(work, partner, jurisdiction)
    blinds = work.vault.blinds(work.session, f"link:{partner.id}:customer", key.partner_id)
    linked = select(Link.id).where(Link.connection_id == partner.id, Link.about == "customer", Link.hash.in_(blinds))
    if work.session.scalar(linked) is None and not key.customer_number:
        return None
    people.load([key])
    found = people.by_partner_id.get(key.partner_id) or people.by_number.get(key.customer_number or "")
    return (found.customer.id, found.customer.ref) if found else None
