"""What a partner has of our things: known by keyed hashes of what was told, and found again by its own id."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from hub.core import Partner
from hub.flow.batches import batches
from hub.flow.effects import Subject, open_keys
from hub.flow.things import Thing
from hub.models import Counterpart, Link, new_ref
from hub.models.people import named_at
from hub.work import Work


def load(work: Work, partner: Partner, about: str, ids: Iterable[int], lock: bool = False) -> dict[int, Counterpart]:
    """By our id; a thing that was never told has none. lock: until this transaction ends, in the order of the rows."""
    found: dict[int, Counterpart] = {}
    for batch in batches(sorted(set(ids))):
        mine = (Counterpart.connection_id == partner.id, Counterpart.about == about, Counterpart.about_id.in_(batch))
        rows = select(Counterpart).where(*mine).order_by(Counterpart.id)
        rows = rows.with_for_update().execution_options(populate_existing=True) if lock else rows
        found |= {row.about_id: row for row in work.session.scalars(rows)}
    return found


def open_one(work: Work, partner: Partner, thing: Thing) -> Counterpart:
    if thing.subject is None:
        raise ValueError("a thing of nobody is not told")
    return work.add(
        Counterpart(
            connection_id=partner.id, about=thing.about, about_id=thing.id, person_id=thing.subject.person_id, ref=new_ref(),
            state="new", told={}, refused={}, links={}, told_at=None,
        )
    )  # fmt: skip


def mark(work: Work, row: Counterpart, field: str, value: str | None) -> str:
    """A keyed hash of what a field says: enough to know it again, and nothing to read."""
    said = "" if value is None else value
    return work.vault.fingerprint("counterpart", f"{row.about}:{row.about_id}:{field}", said).hex()[:32]


def names_there(work: Work, partner: Partner, about: str, owners: Mapping[int, Subject | None]) -> dict[int, str]:
    """Our id -> the partner's, of those that are there by that name now, with whoever they belong to. What was taken away and
    is told again is another object."""
    alive = {one: subject for one, subject in owners.items() if subject is not None and subject.data_key_id is not None}
    open_keys(work, alive.values())
    found: dict[int, str] = {}
    there = (Counterpart.connection_id == partner.id, Counterpart.about == about, Counterpart.state == "live")
    for batch in batches(sorted(alive)):
        live = select(Counterpart.about_id).where(*there, Counterpart.about_id.in_(batch))
        for row in work.session.scalars(select(Link).where(*named_at(partner.id, about), Link.about_id.in_(live))):
            subject = alive[row.about_id]
            if row.person_id == subject.person_id:
                context = f"link:{about}:{row.person_id}"
                found[row.about_id] = work.vault.unseal(work.key(subject.data_key_id), row.sealed, context).decode()
    return found


def by_their_name(work: Work, partner: Partner, about: str, partner_id: str) -> Counterpart | None:
    blinds = work.vault.blinds(work.session, f"link:{partner.id}:{about}", partner_id)
    about_id = work.session.scalar(select(Link.about_id).where(*_linked(partner, about), Link.hash.in_(blinds)))
    return load(work, partner, about, [about_id]).get(about_id) if about_id is not None else None


def learn_name(work: Work, partner: Partner, thing: Thing, partner_id: str) -> bool:
    """What the partner calls it from now on; answers whether that was news. Another name takes the place of the one before."""
    if thing.subject is None or thing.subject.data_key_id is None:
        return False
    kind, person_id = f"link:{partner.id}:{thing.about}", thing.subject.person_id
    blinds = work.vault.blinds(work.session, kind, partner_id)
    known = work.session.scalars(
        select(Link).where(*named_at(partner.id, thing.about), Link.about_id == thing.id)
    ).all()
    taken = select(Link.id).where(*_linked(partner, thing.about), Link.hash.in_(blinds), Link.about_id != thing.id)
    if any(row.hash in blinds and row.person_id == person_id for row in known) or work.session.scalar(taken):
        return False
    epoch = work.vault.epochs(work.session)[0]
    row = known[0] if known else Link(connection_id=partner.id, about=thing.about, about_id=thing.id, replaced_by=None)
    row.person_id, row.epoch, row.hash = person_id, epoch, work.vault.blind(epoch, kind, partner_id)
    row.sealed = work.vault.seal(
        work.key(thing.subject.data_key_id), partner_id.encode(), f"link:{thing.about}:{person_id}"
    )
    if not known:
        work.add(row)
    return True


def of_person(
    work: Work, partner: Partner, person_id: int, states: Collection[str] = ("new", "live")
) -> list[Counterpart]:
    mine = (Counterpart.connection_id == partner.id, Counterpart.person_id == person_id)
    return list(work.session.scalars(select(Counterpart).where(*mine, Counterpart.state.in_(states))))


def _linked(partner: Partner, about: str) -> tuple[Any, ...]:
    return Link.connection_id == partner.id, Link.about == about, Link.replaced_by.is_(None)
