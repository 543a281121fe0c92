"""Documents that wait are worked off one by one: videos are made playable, and what needs a scanner is shown to it."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from sqlalchemy import Select, or_, select, update

from hub.core import Hub
from hub.errors import PartDown, Unreadable, WrongInput
from hub.flow import documents, footage, posts
from hub.flow.admission import MOST_OF_ALL
from hub.flow.drafts import Stored, chunks_of, discard, store
from hub.flow.scanner import Scanner
from hub.models import Customer, Document, Person
from hub.work import Work

LEASE = timedelta(seconds=60)  # renewed with each step of progress; a worker that was killed is followed after that
REST = timedelta(minutes=1)  # while the scanner is away
TRIES = 3
TELL_EVERY = 2.0  # seconds
PLAYABLE = "video/mp4"
log = logging.getLogger(__name__)


def scanner_of(hub: Hub) -> Scanner | None:
    url = hub.settings.environ.get("HUB_CLAMAV")
    return Scanner(url) if url else None


def work_off(hub: Hub) -> int:
    """The next document that waits; answers whether there was one."""
    with hub.begin() as work:
        row = _take(work, scanner_of(hub) is not None)
        if row is None:
            return 0
        document_id, state = row.id, row.state
    try:
        work_at = _convert if state == "converting" else _scan
        work_at(hub, document_id)
    except PartDown:  # it waits where it is: what nobody could look at is not shown
        _rest(hub, document_id)
    except WrongInput as error:
        _settle(hub, document_id, "refused", error.code)
    except Unreadable:  # the person was erased meanwhile
        log.info("document is gone", extra={"reason": "Unreadable"})
    return 1


def overdue(work: Work, scans: bool) -> bool:
    """Is there one to be worked off? The sweep rings for it."""
    return work.session.scalars(_waiting(work, scans).limit(1)).first() is not None


def _waiting(work: Work, scans: bool) -> Select[Document]:
    states = ("converting", "checking") if scans else ("converting",)
    free = or_(Document.lease_until.is_(None), Document.lease_until <= work.now)
    return select(Document).where(Document.state.in_(states), free).order_by(Document.lease_until, Document.id)


def _take(work: Work, scans: bool) -> Document | None:
    row: Document | None = work.session.scalars(
        _waiting(work, scans).limit(1).with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    row.attempts += 1
    if row.attempts > TRIES and row.state == "converting":  # it took its worker down with it
        row.state, row.reason, row.lease_until = "refused", "unreadable", None
        posts.tell_checked(work, row)
        return None
    row.lease_until = work.now + LEASE
    return row


def _convert(hub: Hub, document_id: int) -> None:
    """Through a folder of this region that is emptied whatever happens: the index can only be moved in a plain file."""
    with _workbench(hub) as folder:
        target = folder / "playable.mp4"
        with hub.look() as session:
            source = documents.open_file(hub, session, session.get_one(Document, document_id))
        with source:
            footage.make_playable(source, target, _progress_of(hub, document_id))
        with target.open("rb") as file:
            stored = store(hub, chunks_of(file), MOST_OF_ALL)
    try:
        before = _exchange(hub, document_id, stored)
    except BaseException:
        discard(hub, stored)
        raise
    hub.files.remove(before)


def _exchange(hub: Hub, document_id: int, stored: Stored) -> str:
    with hub.begin() as work:
        row = _still(work, document_id)
        data_key = work.session.scalar(select(Person.data_key_id).join(Customer).where(Customer.id == row.customer_id))
        before = documents.fill(work, row, data_key, PLAYABLE, stored)
        row.state, row.reason, row.progress, row.lease_until = "released", "", 100, None
        posts.tell_checked(work, row)
        return before


def _progress_of(hub: Hub, document_id: int) -> Callable[[int], None]:
    """Each telling renews the lease, and is a transaction: every few seconds are enough."""
    told = [hub.clock()]

    def tell(percent: int) -> None:
        now = hub.clock()
        if (now - told[0]).total_seconds() >= TELL_EVERY:
            told[0] = now
            with hub.begin() as work:
                row = _still(work, document_id)
                row.progress, row.lease_until = percent, work.now + LEASE

    return tell


def _scan(hub: Hub, document_id: int) -> None:
    scanner = scanner_of(hub)
    if scanner is None:
        return
    with hub.look() as session:
        file = documents.open_file(hub, session, session.get_one(Document, document_id))
    with file:
        verdict = scanner.scan(file)
    _settle(hub, document_id, "released" if verdict.clean else "refused", "" if verdict.clean else "virus")


def _settle(hub: Hub, document_id: int, state: str, reason: str) -> None:
    with hub.begin() as work:
        row = _still(work, document_id)
        row.state, row.reason, row.lease_until = state, reason, None
        posts.tell_checked(work, row)
        work.audit("documents", f"document_{state}", "document", document_id, reason=reason)
        file = row.file
    if state == "refused":  # the row says what became of it; the bytes are of no use to anybody
        hub.files.remove(file)


def _rest(hub: Hub, document_id: int) -> None:
    with hub.begin() as work:
        later = {"lease_until": work.now + REST, "attempts": 0}
        work.session.execute(update(Document).where(Document.id == document_id).values(later))


def _still(work: Work, document_id: int) -> Document:
    """Raises Unreadable when its person was erased meanwhile."""
    row = work.session.get(Document, document_id, with_for_update=True)
    if row is None:
        raise Unreadable("This document is gone.")
    return row


# --- the workbench -------------------------------------------------------------------------------------------------


def workbench_of(hub: Hub) -> Path:
    return hub.region.folder / "workbench"


@contextmanager
def _workbench(hub: Hub) -> Iterator[Path]:
    bench = workbench_of(hub)
    bench.mkdir(parents=True, exist_ok=True, mode=0o700)
    with TemporaryDirectory(prefix=f"{os.getpid()}-", dir=bench) as folder:
        yield Path(folder)


def clear_workbench(hub: Hub, now: float) -> int:
    """What a killed worker left; answers how many folders went. now: seconds, as file times are."""
    bench, gone = workbench_of(hub), 0
    for folder in bench.iterdir() if bench.exists() else ():
        with suppress(FileNotFoundError):
            if now - folder.stat().st_mtime > documents.ORPHAN:
                rmtree(folder)
                gone += 1
    return gone
