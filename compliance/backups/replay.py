"""Doing again in a restored region what was erased since the backup, from the ledger beside the database; safe to repeat."""

import json
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update

from compliance import archives, certificates, erasure, execution
from compliance.cases import WISH
from hub import ledger
from hub.clock import ANCHORS
from hub.core import Hub
from hub.flow import seals
from hub.ledger import Line
from hub.models import Customer, ErasureRequest, LegalHold, Person, Tombstone
from hub.vault.rotation import rehash
from hub.work import Work


def replay(hub: Hub, actor: str) -> int:
    """Erase again whoever was erased, raise their tombstones, hash look-ups by the newest pepper, and let the region start.
    Answers how many erasures there were. Raises HubError when one cannot be done."""
    folder = hub.region.folder
    with hub.begin() as work:
        rehash(work.session, work.vault, work.vault.epochs(work.session)[0])
        lines = list(ledger.read(folder, work.vault))
        missing = ledger.missing(work.session, lines, ("certified",))
        done = {line["request"] for line in lines if line["kind"] == "done"}
        for line in lines:
            _heed_tombstones(work, line)
    for line in missing.values():
        archived = [one for other in lines if other["request"] == line["request"] for one in other.get("archived", ())]
        _erase(hub, line, actor, archived, was_done=line["request"] in done)
        for other in lines:
            if other["kind"] == "merged" and other["request"] == line["request"] and _is_there(hub, other["person"]):
                lost = {**line, "request": _request_of(other), "person": other["person"], "customer": other["customer"]}
                _erase(hub, lost, actor, [], was_done=line["request"] in done)
    lost = _put_anchors_aside(hub)
    with hub.begin() as work:
        marker = folder / ledger.RESTORED
        backup = json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else {}
        work.audit(actor, "restored", "region", None, backup=backup.get("made_at", ""), erasures=len(missing), **lost)
    marker.unlink(missing_ok=True)
    return len(missing)


def _is_there(hub: Hub, person: str) -> bool:
    """Does this backup know the lost one of a merger as somebody of their own?"""
    with hub.look() as session:
        alive = (Person.ref == person, Person.erased_at.is_(None))
        return session.scalar(select(Person.id).where(*alive)) is not None


def _request_of(merged: Line) -> str:
    """A request of their own, the same at every replay: both refs are random, and so is what differs between them."""
    return f"{int(merged['request'], 16) ^ int(merged['person'], 16):032x}"


def _heed_tombstones(work: Work, line: Line) -> None:
    """In order: an erasure raises, a return lifts."""
    for kind, mark, expires in line["tombstones"]:
        same = (Tombstone.kind == kind, Tombstone.hash == bytes.fromhex(mark))
        until = datetime.fromisoformat(expires)
        if line["kind"] == "lift":
            work.session.execute(update(Tombstone).where(*same, Tombstone.expires_at > until).values(expires_at=until))
        elif work.session.scalar(select(Tombstone.id).where(*same).limit(1)) is None:
            work.add(Tombstone(kind=kind, hash=bytes.fromhex(mark), made_at=work.now, expires_at=until))
            work.session.flush()


def _erase(hub: Hub, line: Line, actor: str, archived: Sequence[Line], *, was_done: bool) -> None:
    """What a hold kept back before is kept back again."""
    ref = line["request"]
    with hub.begin() as work:
        request, person = _request(work, line)
        archives.put_back(work, person.id, archived)
        is_gone = person.erased_at is not None
        request.state = "verified"
        if is_gone:
            request.state, request.plan = "telling", request.plan or {"items": []}
        elif was_done:  # whatever held them had ended by then
            holds = update(LegalHold).where(LegalHold.person_id == person.id, LegalHold.released_at.is_(None))
            work.session.execute(holds.values(released_at=work.now))
    held: list[str] = []
    if not is_gone:
        erasure.plan(hub, ref, actor)
        held = execution.execute(hub, ref)
    with hub.begin() as work:
        request = work.session.scalars(select(ErasureRequest).where(ErasureRequest.ref == ref)).one()
        if held:
            request.state = "held"
        else:
            certificates.certify(hub, work, request)
        work.audit(actor, "erasure_replayed", "person", request.person_id, request=ref, held=held)


def _request(work: Work, line: Line) -> tuple[ErasureRequest, Person]:
    """As the backup knows it, or made anew; somebody the backup did not know leaves the shell that an erasure leaves."""
    person = work.session.scalar(select(Person).where(Person.ref == line["person"]))
    if person is None:
        person = work.add(Person(ref=line["person"], jurisdiction=line["law"], made_at=work.now, erased_at=work.now))
        work.session.flush()
        work.add(Customer(ref=line["customer"], person_id=person.id, version=0, made_at=work.now))
    known = work.session.scalar(select(ErasureRequest).where(ErasureRequest.ref == line["request"]))
    if known is not None:
        return known, person
    row = ErasureRequest(
        ref=line["request"], person_id=person.id, jurisdiction=line["law"], state="verified", cause=line.get("cause", WISH),
        asked_at=datetime.fromisoformat(line["asked_at"]), due_on=date.fromisoformat(line["due_on"]), asked_by="replay",
        verified_by="replay", approved_by="replay",
    )  # fmt: skip
    return work.add(row), person


def _put_anchors_aside(hub: Hub) -> dict[str, object]:
    """The chain ends earlier now: its old anchors are kept beside the new ones, and the audit names the last of them."""
    path = hub.region.folder / ANCHORS
    anchors = seals.read_anchors(path)
    with hub.look() as session:
        known = seals.last_position(session)
    if not anchors or anchors[-1]["position"] <= known:
        return {}
    path.rename(path.with_name(f"anchors-until-{hub.clock():%Y%m%dT%H%M%S}.jsonl"))
    with hub.look() as session:
        seals.copy_anchors(session, hub.region_code, path)
    return {"lost_position": anchors[-1]["position"], "lost_head": anchors[-1]["head"]}
