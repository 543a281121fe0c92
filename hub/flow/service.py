"""What the garage's own system tells: visits, inspections, advice, invoices, appointments ... into rows and events."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from hub.flow import appointments, estimates, offers
from hub.flow.batches import batches
from hub.flow.told import Happened, Kind, Station, Tally, Telling, tell
from hub.flow.values import seal_text
from hub.flow.vehicles import lock_owners
from hub.models import Estimate, Finding, Inspection, Invoice, Line, Offer, Recommendation, Vehicle, Visit
from hub.sdk import (
    AppointmentRecord,
    EstimateRecord,
    InspectionRecord,
    InvoiceRecord,
    OfferRecord,
    RecommendationRecord,
    ReferralRecord,
    ServiceRecord,
    VisitRecord,
)
from rules.calendar import local_day

Values = Mapping[str, Any]


def fold(station: Station, records: Sequence[ServiceRecord]) -> Iterator[Tally]:
    """One Tally per kind of record that is there. Raises WrongInput for a branch nobody told us of."""
    _load(station, records)
    for record_type, kind in KINDS:
        mine = [record for record in records if isinstance(record, record_type)]
        if not mine:
            continue
        tally = tell(station, kind, mine)
        if kind is VISIT:
            _follow_visits(station, tally)
        if kind is appointments.APPOINTMENT:
            appointments.place(station, tally)
        yield tally


def _load(station: Station, records: Sequence[ServiceRecord]) -> None:
    """Visits that the records speak of, in a few statements."""
    keys = {key for record in records if (key := getattr(record, "visit_key", None))}
    for batch in batches({station.hash("visit", key) for key in keys}):
        mine = (Visit.connection_id == station.partner.id, Visit.key_hash.in_(batch))
        for key_hash, visit_id in station.work.session.execute(select(Visit.key_hash, Visit.id).where(*mine)):
            station.visits[key_hash] = visit_id


def _day(station: Station, at: datetime, branch: str | None) -> Any:
    return local_day(at, station.places.zone(branch))


# --- visits


def _visit(station: Station, told: Telling) -> dict[str, Any]:
    record: VisitRecord = told.record
    status = "cancelled" if record.cancelled else "closed" if record.closed_at else "open"
    return {
        "vehicle_id": station.vehicle(told),
        "branch": record.branch,
        "reason": record.reason,
        "status": status,
        "opened_at": record.opened_at,
        "closed_at": record.closed_at,
        "local_day": _day(station, record.closed_at or record.opened_at, record.branch),
        "zone": station.places.zone(record.branch),
        "odometer_km": record.odometer_km,
        "amount_minor": sum(line.price_minor for line in record.lines),
        "currency": record.currency,
        "note": seal_text(station.work, told.known, "visits.note", told.row_id, record.note),
    }


def _lines(station: Station, told: Telling, new_id: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": (line_id := new_id()),
            "kind": line.kind,
            "code": line.code,
            "title": seal_text(station.work, told.known, "lines.title", line_id, line.title),
            "quantity_milli": line.quantity_milli,
            "price_minor": line.price_minor,
            "cost_minor": line.cost_minor,
            "currency": told.record.currency,
        }
        for line in told.record.lines
    ]


def _visited(record: VisitRecord, values: Values) -> Iterable[Happened]:
    """A visit counts once the car is handed back; a breakdown when it came in."""
    attributes = {"odometer": record.odometer_km, "branch": record.branch, "reason": record.reason}
    if record.closed_at is not None:
        attributes |= {"items": len(record.lines)}
        amount = values["amount_minor"] if record.currency else None
        yield Happened("visit", record.closed_at, amount, record.currency, attributes)
    if record.reason == "breakdown":
        yield Happened("breakdown", record.opened_at, attributes={"odometer": record.odometer_km})


def _follow_visits(station: Station, tally: Tally) -> None:
    """What was told before its visit finds it now; and a car has the odometer of its latest visit."""
    ids = {one.key_hash: one.row_id for one in tally.tellings if one.before is None}
    for model in (Invoice, Inspection, Recommendation, Estimate, Offer):
        for batch in batches(ids):
            waiting = select(model.id, model.visit_hash).where(model.visit_hash.in_(batch), model.visit_id.is_(None))
            rows = station.work.session.execute(waiting).all()
            found = [{"id": row_id, "visit_id": ids[visit_hash]} for row_id, visit_hash in rows if visit_hash]
            if found:
                station.work.session.execute(update(model), found)
    read = {station.vehicle(one) for one in tally.tellings if one.record.odometer_km is not None}
    latest = (
        select(Visit.odometer_km)
        .where(Visit.vehicle_id == Vehicle.id, Visit.odometer_km.is_not(None), Visit.status != "cancelled")
        .order_by(Visit.local_day.desc(), Visit.opened_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    for cars in batches(sorted(one for one in read if one is not None)):
        station.work.session.execute(
            update(Vehicle).where(Vehicle.id.in_(cars)).values(odometer_km=latest),
            execution_options={"synchronize_session": False},
        )
        for owner in lock_owners(station.work, cars):
            tally.touch(owner, "vehicles")


# --- invoices


def _invoice(station: Station, told: Telling) -> dict[str, Any]:
    record: InvoiceRecord = told.record
    return {
        **station.visit(record.visit_key),
        "branch": record.branch,
        "number": seal_text(station.work, told.known, "invoices.number", told.row_id, record.number),
        "issued_at": record.issued_at,
        "issued_on": _day(station, record.issued_at, record.branch),
        "net_minor": record.net_minor,
        "tax_minor": record.tax_minor,
        "total_minor": record.total_minor,
        "currency": record.currency,
        "due_on": record.due_on,
        "paid_on": record.paid_on,
        "cancelled_at": record.at if record.cancelled else None,
    }


def _invoiced(record: InvoiceRecord, values: Values) -> Iterable[Happened]:
    yield Happened("invoice", record.issued_at, record.total_minor, record.currency)


# --- inspections


def _inspection(station: Station, told: Telling) -> dict[str, Any]:
    record: InspectionRecord = told.record
    return {
        **station.visit(record.visit_key),
        "vehicle_id": station.vehicle(told),
        "branch": record.branch,
        "done_at": record.done_at,
        "done_on": _day(station, record.done_at, record.branch),
        "odometer_km": record.odometer_km,
        "cancelled_at": record.at if record.cancelled else None,
    }


def _findings(station: Station, told: Telling, new_id: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": (finding_id := new_id()),
            "part": finding.part,
            "safety": finding.safety,
            "measured": finding.measured,
            "unit": finding.unit,
            "note": seal_text(station.work, told.known, "findings.note", finding_id, finding.note),
        }
        for finding in told.record.findings
    ]


def _inspected(record: InspectionRecord, values: Values) -> Iterable[Happened]:
    wrong = [finding for finding in record.findings if finding.safety != "ok"]
    critical = sum(finding.safety == "critical" for finding in wrong)
    attributes = {"findings": len(wrong), "critical": critical, "odometer": record.odometer_km}
    yield Happened("inspection", record.done_at, attributes=attributes)


# --- recommendations


def _recommendation(station: Station, told: Telling) -> dict[str, Any]:
    record: RecommendationRecord = told.record
    decided = record.decided_at if record.state != "open" else None
    declined = record.state == "declined" and decided is not None
    return {
        **station.visit(record.visit_key),
        "vehicle_id": station.vehicle(told),
        "branch": record.branch,
        "code": record.code,
        "part": record.part,
        "safety": record.safety,
        "amount_minor": record.amount_minor,
        "currency": record.currency,
        "state": "withdrawn" if record.cancelled else record.state,
        "made_at": record.made_at,
        "decided_at": decided,
        "declined_on": _day(station, decided, record.branch) if declined and decided else None,
        "due_on": record.due_on,
        "due_km": record.due_km,
        "note": seal_text(station.work, told.known, "recommendations.note", told.row_id, record.note),
    }


def _advised(record: RecommendationRecord, values: Values) -> Iterable[Happened]:
    attributes = {"service": record.code, "part": record.part, "safety": record.safety}
    money = (record.amount_minor, record.currency, attributes)
    yield Happened("recommendation_made", record.made_at, *money)
    if record.decided_at is not None and record.state != "open":
        yield Happened(f"recommendation_{record.state}", record.decided_at, *money)


VISIT = Kind("visit", Visit, _visit, _visited, (Line, "visit_id", _lines))
INSPECTION = Kind("inspection", Inspection, _inspection, _inspected, (Finding, "inspection_id", _findings))
KINDS: tuple[tuple[type[ServiceRecord], Kind], ...] = (
    (VisitRecord, VISIT),
    (InspectionRecord, INSPECTION),
    (RecommendationRecord, Kind("recommendation", Recommendation, _recommendation, _advised)),
    (EstimateRecord, estimates.ESTIMATE),
    (InvoiceRecord, Kind("invoice", Invoice, _invoice, _invoiced)),
    (AppointmentRecord, appointments.APPOINTMENT),
    (OfferRecord, offers.OFFER),
    (ReferralRecord, offers.REFERRAL),
)
