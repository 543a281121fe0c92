"""Documents put in force from the desk: proposed by one, looked at by another where it matters, carried out part by part by whoever
works for the region, and taken up again where it stopped after a kill."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, PartDown, WrongInput
from hub.flow import applying, versions, written
from hub.flow.applying import Mark
from hub.flow.foreseen import Fate
from hub.flow.written import Written
from hub.models import Proposal
from hub.own import OWN
from hub.policy import approval, expect_approval
from hub.sdk import Question
from hub.targets import SYNCED
from hub.work import Work
from rules import PolicyRule, RuleError, SegmentRule
from rules.journeys.documents import JourneyRule
from rules.mapping import FileMapping
from rules.parse import read_text
from rules.syncmap import FieldRule, ObjectRule, SyncMap, read_sync

LEASE = timedelta(minutes=2)  # renewed with each part; a worker that was killed is followed after that
SHIFT = 3.0  # seconds of one turn, as of a drain: then others of the region have theirs
OPEN = ("asked", "waiting", "running")
FATES = ("stay", "map", "exit")
OF_KIND: Mapping[str, tuple[type, ...]] = {
    "segments": (SegmentRule,), "journeys": (JourneyRule,), "policies": (PolicyRule,), "mappings": (SyncMap, FileMapping),
}  # fmt: skip
DEED = {"mappings": "mapping_put", "policies": "policy_put"}
log = logging.getLogger(__name__)


class Overtaken(WrongInput):
    """Somebody else changed the document since its author began."""

    code = "overtaken"
    status = 409


@dataclass(frozen=True)
class Wish:
    """base: the text its author began from. fate, existing: of a journey, as `hub.flow.foreseen.plan` knows them."""

    kind: str
    name: str
    base: str
    text: str
    fate: Fate = "stay"
    existing: bool = False


def propose(hub: Hub, wish: Wish, author: str, roles: Collection[str] = ()) -> Proposal:
    """Ask for a document to be put in force; pressed twice, it is asked once. Raises RuleError with every problem of the document,
    Overtaken when another has been written since."""
    rule, base, mark = (
        written.rule_of(hub, wish.kind, wish.name, wish.text),
        *map(written.mark_of, (wish.base, wish.text)),
    )
    now = written.standing(hub, wish.kind, wish.name)
    if written.mark_of(now) not in (base, mark):
        raise Overtaken("Somebody else changed this document meanwhile.", "Look at both, then decide.")
    options: dict[str, Any] = {"personal": _touches_values(now, rule)}
    if wish.kind == "journeys":
        options |= {"fate": wish.fate, "existing": wish.existing}
    asked = now != wish.text and needs_second(hub, now, rule, roles)
    with hub.begin() as work:
        mine = (Proposal.kind == wish.kind, Proposal.name == wish.name, Proposal.hash == mark, Proposal.state.in_(OPEN))
        found = work.session.scalars(select(Proposal).where(*mine).limit(1)).first()
        if found is not None:
            return found
        row = work.add(
            Proposal(kind=wish.kind, name=wish.name, base=base, hash=mark, text=wish.text, former=wish.base, options=options, author=author,
                     state="asked" if asked else "waiting", reason="", made_at=work.now, phase="open", after=0, step=0,
                     steps=0, counts={})
        )  # fmt: skip
        work.audit(author, "proposed", "proposal", row.id, kind=wish.kind, name=wish.name, hash=mark)
        work.ring(OWN)
        work.session.flush()
        return row


def needs_second(hub: Hub, before: str, rule: Written, roles: Collection[str] = ()) -> bool:
    """May no author say yes to their own? As the policies of approval have it."""
    with hub.look() as session:
        own = _question(
            hub, session, _kind(rule), personal=_touches_values(before, rule), by="", asked_by="", roles=roles
        )
    return hub.permits(own).verdict != "allow"


def _question(
    hub: Hub, session: Session, kind: str, *, personal: bool, by: str, asked_by: str, roles: Collection[str]
) -> Question:
    facts = {"kind": kind, "personal": personal, "jurisdiction": hub.here.jurisdiction}
    return approval(hub, session, "configuration", by=by, asked_by=asked_by, roles=roles, now=hub.clock(), **facts)


def _kind(rule: Written) -> str:
    return next(kind for kind, types in OF_KIND.items() if isinstance(rule, types))


def _touches_values(before: str, rule: Written) -> bool:
    """Does it change which personal values go to a partner or come from one? An import's columns always do."""
    return isinstance(rule, FileMapping) or (
        isinstance(rule, SyncMap) and _personal(rule) != _personal(_sync_of(before))
    )


def _sync_of(text: str) -> SyncMap | None:
    """None where there is none, or none that can be read."""
    try:
        return read_sync(read_text(text.encode(), ""), SYNCED)
    except RuleError:
        return None


def _personal(rule: SyncMap | None) -> dict[tuple[str, str], FieldRule]:
    both: tuple[ObjectRule, ...] = (*rule.objects, *rule.things) if rule else ()
    fields = ((one, field) for one in both for field in one.fields if SYNCED[one.ours][field.ours].personal)
    return {(one.kind, field.theirs): field for one, field in fields}


def approve(hub: Hub, number: int, reader: str, roles: Collection[str] = ()) -> None:
    """By whom a policy of approval lets say so. Raises NotFound, Denied."""
    with hub.begin() as work:
        row = _one(work.session, number, lock=True)
        personal = row.options.get("personal", True)
        question = _question(
            hub, work.session, row.kind, personal=personal, by=reader, asked_by=row.author, roles=roles
        )
        said = expect_approval(hub, question)
        if row.state == "asked":
            row.state, row.second = "waiting", reader
            detail = {"kind": row.kind, "name": row.name, "hash": row.hash, **said}
            work.audit(reader, "proposal_approved", "proposal", row.id, **detail)
            work.ring(OWN)


def withdraw(hub: Hub, number: int, actor: str) -> None:
    """As long as it has not begun. Raises NotFound, WrongInput."""
    with hub.begin() as work:
        row = _one(work.session, number, lock=True)
        if row.state == "withdrawn":
            return
        if row.state not in ("asked", "waiting") or row.phase != "open":
            raise WrongInput("It has begun and cannot be withdrawn.", "Put the version before in force again.")
        row.state, row.settled_at = "withdrawn", work.now
        work.audit(actor, "proposal_withdrawn", "proposal", row.id, kind=row.kind, name=row.name)


def one(session: Session, number: int) -> Proposal:
    """Raises NotFound."""
    return _one(session, number, lock=False)


def _one(session: Session, number: int, *, lock: bool) -> Proposal:
    row = session.get(Proposal, number, with_for_update=lock) if number < 2**63 else None
    if row is None:
        raise NotFound("There is no such proposal.")
    return row


# --- carried out


def overdue(work: Work) -> bool:
    """Is there one to go on with? The sweep rings for it."""
    return work.session.scalars(select(Proposal.id).where(_free(work)).limit(1)).first() is not None


def _free(work: Work) -> Any:
    lost = (Proposal.state == "running") & or_(Proposal.until.is_(None), Proposal.until <= work.now)
    return (Proposal.state == "waiting") | lost


def work_off(hub: Hub, stopping: Callable[[], bool] = lambda: False) -> int:
    """The next one, for a turn of some seconds; answers whether there was one. What fails says why, and what was in force stays."""
    row = _take(hub)
    if row is None:
        return 0
    try:
        DO[row.kind](hub, row, stopping)
    except PartDown:
        _hand_on(hub, row)
        raise
    except (WrongInput, RuleError) as error:
        _settle(hub, row, "refused", str(error))
    except Exception as error:  # noqa: BLE001 - whatever fails, it must not be tried for ever nor stand in others' way
        log.error("proposal failed", extra={"reason": type(error).__name__})  # noqa: TRY400 - a trace may carry values
        _settle(
            hub,
            row,
            "refused",
            f"Our own code failed ({type(error).__name__}). What is done of it stays; propose it again.",
        )
    return 1


def _take(hub: Hub) -> Proposal | None:
    """One at a time in a region, in the order in which they came: two that write the same folder would undo each other."""
    with hub.begin() as work:
        mine = select(Proposal).where(Proposal.state.in_(("waiting", "running"))).order_by(Proposal.id)
        rows = work.session.scalars(mine.with_for_update()).all()
        if any(row.state == "running" and row.until is not None and row.until > work.now for row in rows):
            return None
        row = next(iter(sorted(rows, key=lambda row: (row.state != "running", row.phase == "open", row.id))), None)
        if row is not None:
            row.state, row.until = "running", work.now + LEASE
        return row


def _put(hub: Hub, row: Proposal) -> None:
    """Its text in the place of the file. Raises Overtaken, WrongInput."""
    mark = written.mark_of(written.standing(hub, row.kind, row.name))
    if mark == row.hash:
        return  # a turn before this one was killed behind it, or it stands there already
    if mark != row.base:
        raise Overtaken(
            "Somebody else changed this document meanwhile.", "Nothing was changed. Look at both, then decide."
        )
    written.put(hub, row.kind, row.name, row.text)


def _segment(hub: Hub, row: Proposal, _stopping: Callable[[], bool]) -> None:
    _put(hub, row)
    moves = versions.apply(hub, row.name, row.text, row.author)
    entered = sum(move.entered for move in moves)
    _settle(hub, row, "done", counts={"entered": entered, "left": len(moves) - entered})


def _file(hub: Hub, row: Proposal, _stopping: Callable[[], bool]) -> None:
    _put(hub, row)
    with hub.begin() as work:
        detail = {"name": row.name, "hash": row.hash, "second": row.second or ""}
        work.audit(row.author, DEED[row.kind], "proposal", row.id, **detail)
        _end(work, _one(work.session, row.id, lock=True), "done")


def _journey(hub: Hub, row: Proposal, stopping: Callable[[], bool]) -> None:
    end, mark = time.monotonic() + SHIFT, Mark(row.phase, row.after)  # type: ignore[arg-type]  # one of Mark's own
    rule, fate, existing = hub.book.journey(row.text), row.options["fate"], row.options["existing"]
    if mark.phase == "open":
        _put(hub, row)
        steps = applying.ahead(hub, rule, existing)
        with hub.begin() as work:
            _one(work.session, row.id, lock=True).steps = steps

    def keep(work: Work, after: Mark, counts: Counter[str], people: int) -> None:
        here = _one(work.session, row.id, lock=True)
        here.phase, here.after, here.step, here.until = after.phase, after.after, here.step + people, work.now + LEASE
        here.counts = {**(Counter(here.counts) + counts)}
        if after.phase == "done":
            _end(work, here, "done")

    while mark.phase != "done":
        mark, _ = applying.advance(hub, rule, row.text, row.author, mark, fate=fate, existing=existing, keep=keep)
        if mark.phase != "done" and (stopping() or time.monotonic() > end):
            _hand_on(hub, row)
            return


Do = Callable[[Hub, Proposal, Callable[[], bool]], None]
DO: Mapping[str, Do] = {"segments": _segment, "journeys": _journey, "mappings": _file, "policies": _file}


def _hand_on(hub: Hub, row: Proposal) -> None:
    with hub.begin() as work:
        here = _one(work.session, row.id, lock=True)
        here.state, here.until = "waiting", None
        work.ring(OWN)


def _settle(hub: Hub, row: Proposal, state: str, reason: str = "", counts: Mapping[str, int] | None = None) -> None:
    with hub.begin() as work:
        here = _one(work.session, row.id, lock=True)
        here.counts = dict(counts) if counts is not None else here.counts
        _end(work, here, state, reason)


def _end(work: Work, row: Proposal, state: str, reason: str = "") -> None:
    row.state, row.reason, row.settled_at, row.until = state, reason, work.now, None
    row.steps = max(row.steps, row.step) if state != "done" else row.step
