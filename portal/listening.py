"""Who has a conversation open before them: one thread of a process reads for all of its readers, and says what is new to each.

The database knows the order, so a call by Valkey only says where to look first: without one, everybody's is looked at twice a
second. A reader names the last post they saw, and goes on from there."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from secrets import randbelow

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from hub.access.sessions import still_in
from hub.core import Hub
from hub.errors import HubError
from hub.flow.posts import PAGE, Said
from hub.models import Conversation
from hub.telling import Line
from portal.stream import event
from portal.threads import Thread, read_on, told

EVERY = 0.5  # seconds between two looks at everybody's conversation
SESSIONS_EVERY = 1.0  # seconds, and so the longest that a revoked session sees anything
BEAT_EVERY = 15.0  # seconds after which a silent line says that it is there
LASTS = 900.0  # seconds, then a browser comes back by itself; nothing lasts for ever
RETRY_MS = (200, 900)  # after which a browser comes back to a line that broke; drawn, as many break with one process
MANY = 500  # ids in one question to the database
log = logging.getLogger(__name__)


@dataclass(eq=False)
class Reader:
    """One open page. place: the last post that it was told, `ref:seq`. looked: ref and seq of the conversation as far as it was
    read for this page. read: up to which seq it was told that the other side has read. typing: was it told that they write?"""

    line: Line
    session_id: int
    customer_id: int
    role: str
    place: str
    draw: Callable[[Said], str]
    began: float = 0.0
    spoke: float = 0.0
    looked: tuple[str, int] = ("", 0)
    read: int = 0
    typing: bool = False

    def tell(self, thread: Thread, now: float) -> None:
        for said in thread.said:
            values = told(thread, said, self.draw)
            self.place = values["place"]
            self.line.say(f"id: {self.place}\n" + event("post", values))
            self.spoke = now
        whole = len(thread.said) < PAGE
        self.looked = (thread.ref, thread.seq if whole else thread.said[-1].seq)


@dataclass
class Listening:
    """by_itself: whether it has a thread that takes turns; else whoever holds it does."""

    hub: Hub
    by_itself: bool = True
    clock: Callable[[], float] = time.monotonic
    readers: set[Reader] = field(default_factory=set)
    called: set[int] = field(default_factory=set)
    wake: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    started: bool = False
    asked_at: float = 0.0

    def join(self, reader: Reader) -> None:
        """What they missed comes at the next turn, which is now."""
        reader.began = reader.spoke = self.clock()
        reader.line.say(f"retry: {RETRY_MS[0] + randbelow(RETRY_MS[1] - RETRY_MS[0])}\n\n")
        with self.lock:
            self.readers.add(reader)
            self.called.add(reader.customer_id)
            if self.by_itself and not self.started:
                self.started = True
                for work in (self._run, self._hear):
                    threading.Thread(target=work, daemon=True).start()
        self.wake.set()

    def leave(self, reader: Reader) -> None:
        with self.lock:
            self.readers.discard(reader)

    # --- one turn

    def turn(self, among: Collection[int] | None = None) -> None:
        """Read for those whose conversations have grown. among: ids of customers; None looks at everybody's. Raises HubError
        where the database is away: then nothing was said, and nothing is lost."""
        theirs = self._by_customer(among)
        with self.hub.look() as session:
            if among is None and self.clock() - self.asked_at >= SESSIONS_EVERY:
                self._put_out(session)
                self.asked_at = self.clock()
            for customer_id, (ref, seq, read) in _last_of(session, list(theirs)).items():
                self._go_on(session, customer_id, theirs[customer_id], ref, seq, read)
        if among is None:
            self._tell_who_writes(theirs)
            self._keep_alive()

    def _go_on(
        self, session: Session, customer_id: int, readers: Sequence[Reader], ref: str, seq: int, read: int
    ) -> None:
        """Who saw the last post of all has missed nothing: when a process ends, hundreds come back at once, and most of them so."""
        last = f"{ref}:{seq}"
        stale = [one for one in readers if one.place != last and one.looked != (ref, seq)]
        for place in {one.place for one in stale}:
            self._read(session, customer_id, place, [one for one in stale if one.place == place])
        for one in readers:
            if one.read != read:
                one.read = read
                one.line.say(event("read", {"seq": str(read)}))

    def _tell_who_writes(self, theirs: Mapping[int, Sequence[Reader]]) -> None:
        """Asked of Valkey alone; the database hears nothing of it."""
        typists = self.hub.bell.typists("staff") if theirs else frozenset()
        for customer_id, readers in theirs.items():
            for one in readers:
                if one.typing != (customer_id in typists):
                    one.typing = not one.typing
                    one.line.say(event("typing", {"on": "1" if one.typing else ""}))

    def _by_customer(self, among: Collection[int] | None) -> dict[int, list[Reader]]:
        found = defaultdict(list)
        with self.lock:
            for one in self.readers:
                if among is None or one.customer_id in among:
                    found[one.customer_id].append(one)
        return found

    def _read(self, session: Session, customer_id: int, place: str, readers: Sequence[Reader]) -> None:
        """A post that cannot be drawn ends the lines of these readers alone: their pages still show it when they are opened."""
        try:
            thread = read_on(self.hub, session, customer_id, place)
            for one in readers:
                one.tell(thread, self.clock())
        except (HubError, SQLAlchemyError):
            raise  # the database is away, for all of them
        except Exception as error:  # noqa: BLE001 - all others go on
            log.error("page failed", extra={"endpoint": "portal.chat.stream", "reason": type(error).__name__})  # noqa: TRY400
            for one in readers:
                one.line.end()

    def _put_out(self, session: Session) -> None:
        """Whose session has ended is told so, and hears nothing more."""
        with self.lock:
            readers = list(self.readers)
        alive: set[tuple[int, str]] = set()
        for ids in _parts({one.session_id for one in readers}):
            alive |= still_in(session, ids, self.hub.clock(), self.hub.settings.idle)
        for one in readers:
            if (one.session_id, one.role) not in alive:
                one.line.say(event("end", {}))
                one.line.end()
                self.leave(one)

    def _keep_alive(self) -> None:
        now = self.clock()
        with self.lock:
            readers = list(self.readers)
        for one in readers:
            if now - one.began >= LASTS:
                one.line.end()
            elif now - one.spoke >= BEAT_EVERY:
                one.line.say(event("beat", {}))
                one.spoke = now

    # --- by itself

    def _run(self) -> None:
        everybody_at = 0.0
        while not self.hub.bell.closed:
            if not self.readers:
                self.wake.wait(1.0)
                continue
            self.wake.wait(max(0.0, everybody_at + EVERY - self.clock()))
            self.wake.clear()
            with self.lock:
                among, self.called = self.called, set()
            is_due = self.clock() - everybody_at >= EVERY
            everybody_at = self.clock() if is_due else everybody_at
            try:
                self.turn(None if is_due else among)
            except HubError:
                time.sleep(EVERY)  # the database is away: nothing can be read, by nobody
            except Exception:
                log.exception("reading along failed")
                time.sleep(EVERY)

    def _hear(self) -> None:
        for customers in self.hub.bell.calls():
            with self.lock:
                known = {one.customer_id for one in self.readers}
                self.called |= known if customers is None else known & customers
                some = bool(self.called)
            if some:
                self.wake.set()


def _last_of(session: Session, customers: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """customer -> (ref, seq, how far staff have read) of their last conversation, which is the one that is shown."""
    found = {}
    for ids in _parts(customers):
        last = (
            select(func.max(Conversation.id))
            .where(Conversation.customer_id.in_(ids))
            .group_by(Conversation.customer_id)
        )
        columns = (Conversation.customer_id, Conversation.ref, Conversation.seq, Conversation.seen_by_staff)
        rows = session.execute(select(*columns).where(Conversation.id.in_(last)))
        found.update({customer_id: (ref, seq, read) for customer_id, ref, seq, read in rows})
    return found


def _parts(ids: Collection[int]) -> Iterator[list[int]]:
    left = iter(ids)
    while part := list(islice(left, MANY)):
        yield part
