"""A customer's conversation as their page shows it: as a whole, or from a place on."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import conversations, posts
from hub.flow.posts import Said

SHOWN = 60  # posts on the page when it is opened
PLACE = re.compile(r"([0-9a-f]{32}):([0-9]{1,12})")


@dataclass(frozen=True)
class Thread:
    """The customer's last conversation as far as it was read. place: where to go on from, `ref:seq`. again: by their seq, posts
    from before that look different now, as a file of theirs was checked. seq: of the conversation as it was read.
    read: up to which seq the garage has read it, mine: the customer."""

    ref: str
    state: str
    said: Sequence[Said]
    again: Mapping[int, Said] = field(default_factory=dict)
    seq: int = 0
    read: int = 0
    mine: int = 0

    @property
    def place(self) -> str:
        return f"{self.ref}:{self.said[-1].seq if self.said else 0}" if self.ref else ""


def thread_of(hub: Hub, customer_id: int, place: str = "") -> Thread:
    """What came after a place; of a new conversation, and without a place, the last posts. A place is nobody's secret: whose
    conversation it is says the session."""
    with hub.look() as session:
        return read_on(hub, session, customer_id, place)


def read_on(hub: Hub, session: Session, customer_id: int, place: str) -> Thread:
    """The same, for whoever reads for many."""
    found, row = PLACE.fullmatch(place), conversations.last_of(session, customer_id)
    if row is None:
        return Thread("", "closed", ())
    if found and found[1] == row.ref:
        said = posts.read(hub, session, row, int(found[2]), staff=False)
        checked = [one.attributes["of"] for one in said if one.event == posts.CHECKED]
        again = posts.some(hub, session, row, checked) if checked else {}
        return Thread(row.ref, row.state, said, again, row.seq, row.seen_by_staff, row.seen_by_customer)
    said = posts.latest(hub, session, row, SHOWN, staff=False)
    return Thread(row.ref, row.state, said, {}, row.seq, row.seen_by_staff, row.seen_by_customer)


def told(thread: Thread, said: Said, draw: Callable[[Said], str]) -> dict[str, str]:
    """A post as a page takes it: where to go on from, how it is drawn, and how one from before is drawn from now on."""
    values = {"place": f"{thread.ref}:{said.seq}", "html": draw(said)}
    if before := thread.again.get(said.attributes.get("of", 0)):
        values |= {"seq": str(before.seq), "again": draw(before)}
    return values
