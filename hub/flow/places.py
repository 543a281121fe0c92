"""Branches, bays and slots: where things happen, in which zone, and what can be booked there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import WrongInput
from hub.flow.batches import batches
from hub.flow.residence import Residences
from hub.models import Bay, Branch, Slot, table
from hub.sdk import Bounds, BranchRecord, ShopRecord, SlotRecord
from hub.work import Work


def bounds(hub: Hub, session: Session) -> Bounds:
    """What rows that come in now are judged by."""
    return Bounds(set(session.scalars(select(Branch.code))), Residences(hub), hub.clock())


class Places:
    """The branches of the region, read once per batch of records."""

    def __init__(self, work: Work, zone: str) -> None:
        self.work = work
        self.default = zone
        self.branches = {row.code: row for row in work.session.scalars(select(Branch))}

    def zone(self, branch: str | None) -> str:
        """Raises WrongInput for a branch nobody told us of."""
        return self.branch(branch).zone if branch else self.default

    def branch(self, code: str) -> Branch:
        if code not in self.branches:
            raise WrongInput("A row names a branch we do not know.", "Tell the branch first: a row of type branch.")
        return self.branches[code]

    def fold(self, records: Sequence[ShopRecord]) -> list[ShopRecord]:
        """Answers those that were news."""
        news = [record for record in records if isinstance(record, BranchRecord) and self._fold_branch(record)]
        slots = [record for record in records if isinstance(record, SlotRecord)]
        return [*news, *self._fold_slots(slots)]

    def _fold_branch(self, record: BranchRecord) -> bool:
        known = self.branches.get(record.code)
        if known is None:
            row = Branch(code=record.code, title=record.title, zone=record.zone)
            self.branches[record.code] = self.work.add(row)
            return True
        changed = (known.title, known.zone) != (record.title, record.zone)
        known.title, known.zone = record.title, record.zone
        return changed

    def _fold_slots(self, records: Sequence[SlotRecord]) -> list[SlotRecord]:
        if not records:
            return []
        bays = {place: self.bay(*place).id for place in sorted({(one.branch, one.bay) for one in records})}
        wanted = {(bays[one.branch, one.bay], one.starts_at): one for one in records}
        first, last = min(at for _, at in wanted), max(at for _, at in wanted)
        known: dict[tuple[int, datetime], Slot] = {}
        for batch in batches(bays.values()):
            near = select(Slot).where(Slot.bay_id.in_(batch), Slot.starts_at.between(first, last))
            known.update({(row.bay_id, row.starts_at): row for row in self.work.session.scalars(near)})
        return [record for place, record in wanted.items() if self._set_slot(known.get(place), place[0], record)]

    def _set_slot(self, row: Slot | None, bay_id: int, record: SlotRecord) -> bool:
        if row is None:
            closed = None if record.open else self.work.now
            row = Slot(bay_id=bay_id, starts_at=record.starts_at, ends_at=record.ends_at, closed_at=closed)
            self.work.add(row)
            return True
        if (row.closed_at is None) == record.open and row.ends_at == record.ends_at:
            return False
        row.closed_at = None if record.open else self.work.now
        row.ends_at = record.ends_at
        return True

    def bay(self, branch: str, title: str) -> Bay:
        """The bay, made if need be. Its row is locked: bookings of one bay come one after the other."""
        branch_id = self.branch(branch).id
        self.work.session.flush()
        fresh = {"id": self.work.ids.next(), "branch_id": branch_id, "title": title, "region": self.work.region.code}
        insert = sqlite_insert if self.work.region.on_sqlite else pg_insert
        self.work.session.execute(insert(table(Bay)).values(fresh).on_conflict_do_nothing())
        own = select(Bay).where(Bay.branch_id == branch_id, Bay.title == title).with_for_update()
        return self.work.session.scalars(own).one()


def free_slots(session: Session, branch_id: int, first: datetime, end: datetime) -> list[tuple[Slot, str]]:
    """Slots that can be booked, with the title of their bay, of those that start in [first, end)."""
    statement = (
        select(Slot, Bay.title)
        .join(Bay, Bay.id == Slot.bay_id)
        .where(
            Bay.branch_id == branch_id,
            Slot.starts_at >= first,
            Slot.starts_at < end,
            Slot.closed_at.is_(None),
            Slot.customer_id.is_(None),
        )
        .order_by(Slot.starts_at, Bay.title)
    )
    return [(slot, title) for slot, title in session.execute(statement)]
