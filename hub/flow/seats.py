"""Who sits at the inbox: advisors that are there, that went, and that gave no sign of life for too long."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from hub.models import Conversation, Handoff, Role, Seat
from hub.work import Work
from rules.desks import Candidate, DeskRule

BEAT = timedelta(seconds=15)  # a page that is open says so at least this often
ADVISORS = ("advisor", "admin")


def sit(work: Work, principal_id: int, languages: list[str], state: str = "here") -> Seat:
    """Take the seat, or keep it: a sign of life. The branch is that of the advisor's role."""
    seat = work.session.get(Seat, principal_id, with_for_update=True)
    if seat is None:
        seat = work.add(Seat(principal_id=principal_id, state=state, languages=languages, seen_at=work.now))
    mine = select(Role.branch).where(Role.principal_id == principal_id, Role.role.in_(ADVISORS))
    branches = set(work.session.scalars(mine))
    seat.branch = None if None in branches or not branches else min(one for one in branches if one)
    seat.state, seat.languages, seat.seen_at = state, languages, work.now
    work.session.flush()
    return seat


def beat(work: Work, principal_id: int) -> bool:
    """A sign of life; True when it is one after a silence: then what waits may be given out."""
    seat = work.session.get(Seat, principal_id, with_for_update=True)
    if seat is None:
        return False
    quiet = work.now - seat.seen_at
    seat.seen_at = work.now
    work.session.flush()
    return quiet > 2 * BEAT


def is_here(seat: Seat | None, now: datetime, grace: int) -> bool:
    return seat is not None and seat.state == "here" and now - seat.seen_at <= timedelta(seconds=grace)


@dataclass
class Room:
    """All seats that are taken, and how many conversations each has at hand: read once, and kept up by whoever gives out more."""

    now: datetime
    seats: Sequence[Seat]
    load: Counter[int]

    def at(self, desk: DeskRule) -> list[Seat]:
        """Who is there, in the eyes of this desk."""
        return [seat for seat in self.seats if is_here(seat, self.now, desk.grace)]

    def free(self, desk: DeskRule) -> list[Seat]:
        """Who of them can take one more of its conversations."""
        return [seat for seat in self.at(desk) if self.load[seat.principal_id] < desk.capacity]

    def candidates(self, desk: DeskRule, own: int | None) -> list[Candidate]:
        """own: whom this customer's conversation left last."""
        return [
            Candidate(one.principal_id, one.branch, tuple(one.languages), self.load[one.principal_id], one.principal_id == own)
            for one in self.at(desk)
        ]  # fmt: skip


def room_of(work: Work) -> Room:
    taken = work.session.scalars(select(Seat).where(Seat.state == "here")).all()
    return Room(work.now, taken, _loads(work, [seat.principal_id for seat in taken]))


def _loads(work: Work, principal_ids: list[int]) -> Counter[int]:
    """Conversations at hand by advisor; one that waits for the customer or for parts is none."""
    busy = (Conversation.owner_id.in_(principal_ids), Conversation.state == "assigned", Conversation.pause.is_(None))
    rows = select(Conversation.owner_id, func.count()).where(*busy).group_by(Conversation.owner_id)
    return Counter({owner: count for owner, count in work.session.execute(rows) if owner is not None})


def own_advisor(work: Work, conversation: Conversation) -> int | None:
    """Who had this customer last."""
    last = (
        select(Handoff.taken_by)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .where(Conversation.customer_id == conversation.customer_id, Handoff.taken_by.is_not(None))
        .order_by(Handoff.id.desc())
        .limit(1)
    )
    return work.session.scalar(last)
