"""Estimates as the garage tells them: one version stands, known by the hash of all that its customer sees of it."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from hub.core import Partner
from hub.flow.identity import lock_customers
from hub.flow.outbox import Claim
from hub.flow.told import Happened, Kind, Station, Telling
from hub.flow.values import open_text, seal_text
from hub.models import Customer, Estimate, EstimateLine, Person, new_ref
from hub.sdk import EstimateRecord
from hub.work import Work

SHOWN = ("code", "part", "safety", "title", "note", "price_minor")  # of a line


def _estimate(station: Station, told: Telling) -> dict[str, Any]:
    """What is told again as it was stays as it is, answer and all; another content is open anew."""
    record: EstimateRecord = told.record
    old = _old(station, told)
    ref = old.ref if old else new_ref()
    seen = _hash(station, ref, record)
    same = old is not None and old.content_hash == seen
    answered = old.answered_at if old and same else None
    return {
        **station.visit(record.visit_key),
        "ref": ref,
        "key": seal_text(station.work, told.known, "estimates.key", told.row_id, record.key),
        "vehicle_id": station.vehicle(told),
        "branch": record.branch,
        "currency": record.currency,
        "made_at": record.made_at,
        "valid_until": record.valid_until,
        "state": "withdrawn" if record.cancelled else "answered" if answered else "open",
        "content_hash": seen,
        "answered_hash": old.answered_hash if old else None,
        "answered_at": answered,
        "note": seal_text(station.work, told.known, "estimates.note", told.row_id, record.note),
    }


def _old(station: Station, told: Telling) -> Any:
    """The row as it stands, if it is there: (ref, content_hash, answered_hash, answered_at)."""
    if told.before is None:
        return None
    lock_customers(station.work, [told.before])  # they may be answering it right now
    columns = (Estimate.ref, Estimate.content_hash, Estimate.answered_hash, Estimate.answered_at)
    return station.work.session.execute(select(*columns).where(Estimate.id == told.row_id)).one()


def _hash(station: Station, ref: str, record: EstimateRecord) -> bytes:
    """Keyed, so that nobody finds the words of an estimate by trying; whoever holds the region's key computes it again."""
    until = record.valid_until.isoformat() if record.valid_until else None
    lines = [[getattr(line, name) for name in SHOWN] for line in record.lines]
    content = json.dumps([ref, record.currency, until, record.note, lines], ensure_ascii=False, separators=(",", ":"))
    return station.work.vault.fingerprint("estimate", ref, content)


def _lines(station: Station, told: Telling, new_id: Callable[[], int]) -> list[dict[str, Any]]:
    answers = _answers(station, told)
    return [
        {
            "id": (line_id := new_id()),
            "code": line.code,
            "part": line.part,
            "safety": line.safety,
            "title": seal_text(station.work, told.known, "estimate_lines.title", line_id, line.title),
            "note": seal_text(station.work, told.known, "estimate_lines.note", line_id, line.note),
            "price_minor": line.price_minor,
            "advice_hash": station.hash("recommendation", line.advice_key) if line.advice_key else None,
            "answer": answers.get(number),
        }
        for number, line in enumerate(told.record.lines, 1)
    ]


def _answers(station: Station, told: Telling) -> Mapping[int, str | None]:
    """Line number -> what was said to it, where the very same content is told again. Its lines were withdrawn just now."""
    if told.before is None:
        return {}
    session = station.work.session
    answered = session.scalar(select(Estimate.answered_at).where(Estimate.id == told.row_id))
    if answered is None:
        return {}
    rows = session.execute(
        select(EstimateLine.number, EstimateLine.answer)
        .where(EstimateLine.estimate_id == told.row_id)
        .order_by(EstimateLine.withdrawn_at, EstimateLine.id)
    )
    return {number: answer for number, answer in rows}


def _estimated(_record: EstimateRecord, _values: Mapping[str, Any]) -> Iterable[Happened]:
    """No event: what counts is what the customer says to it."""
    return ()


ESTIMATE = Kind("estimate", Estimate, _estimate, _estimated, (EstimateLine, "estimate_id", _lines))


def names_there(work: Work, partner: Partner, claims: Iterable[Claim]) -> Mapping[int, str]:
    """message id -> the partner's own key of the estimate it is about; absent where another connection told it."""
    wanted = {claim.id: claim.refs["estimate_id"] for claim in claims if "estimate_id" in claim.refs}
    if not wanted:
        return {}
    rows = work.session.execute(
        select(Estimate.id, Estimate.key, Person.data_key_id)
        .join(Customer, Customer.id == Estimate.customer_id)
        .join(Person, Person.id == Customer.person_id)
        .where(Estimate.id.in_(wanted.values()), Estimate.connection_id == partner.id)
    )
    named = {row_id: open_text(work, key_id, "estimates.key", row_id, key) for row_id, key, key_id in rows}
    return {claim_id: named[row_id] for claim_id, row_id in wanted.items() if row_id in named}
