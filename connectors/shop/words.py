"""The shop's words: checked rows into our records."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from hub.sdk import (
    AppointmentRecord,
    BranchRecord,
    ConsentRecord,
    CustomerKey,
    CustomerRecord,
    EstimateLineRecord,
    EstimateRecord,
    EventRecord,
    FindingRecord,
    InspectionRecord,
    InvoiceRecord,
    LineRecord,
    OfferRecord,
    RecommendationRecord,
    Record,
    ReferralRecord,
    SlotRecord,
    VehicleRecord,
    VisitRecord,
    WrongInput,
)

Row = Mapping[str, Any]
RENAMED = {"vehicle": "vehicle_partner_id", "visit": "visit_key", "recommendation": "advice_key"}
NO_FIELDS = frozenset({"type", "customer", "lines", "findings", "services"})
DAYS = frozenset({"joined_on", "first_registered", "owned_since", "owned_until", "due_on", "paid_on", "valid_from",
                  "valid_until"})  # fmt: skip


def records(payload: bytes) -> list[Record]:
    """A kept payload is one checked row, or a page of history: {"rows": [...]}. Raises WrongInput for anything else."""
    try:
        found = json.loads(payload)
        rows = found.get("rows", [found])
        return [MAKERS[row["type"]](row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = f"({type(error).__name__})"
        raise WrongInput(f"A row of the shop makes no sense {why}.", "Send it again as README.md says.") from None


def _values(row: Row) -> Iterator[tuple[str, Any]]:
    """Fields as our records have them."""
    for name, value in row.items():
        if name not in NO_FIELDS:
            ours, read = _field(name)
            yield ours, read(value) if read else value


@cache
def _field(name: str) -> tuple[str, Callable[[str], Any] | None]:
    """Our name for it, and how it is read: times end in _at, days are listed."""
    if name.endswith("_at") or name == "at":
        return name, datetime.fromisoformat
    return (name, date.fromisoformat) if name in DAYS else (RENAMED.get(name, name), None)


def _about(row: Row) -> CustomerKey:
    return CustomerKey(partner_id=row["customer"])


def _customer(row: Row) -> Record:
    fields = dict(_values(row))
    key = CustomerKey(partner_id=fields.pop("key"), customer_number=fields.pop("number", None))
    fields.pop("version")
    return CustomerRecord(customer=key, **fields)


def _consent(row: Row) -> Record:
    told = {name: row[name] for name in ("purpose", "channel", "state", "notice")}
    return ConsentRecord(customer=_about(row), at=datetime.fromisoformat(row["at"]), **told)


def _vehicle(row: Row) -> Record:
    fields = {name: value for name, value in _values(row) if name not in {"key", "at", "version", "cancelled"}}
    return VehicleRecord(customer=_about(row), partner_id=row["key"], **fields)


def _visit(row: Row) -> Record:
    lines = tuple(LineRecord(**line) for line in row["lines"])
    return VisitRecord(customer=_about(row), lines=lines, **dict(_values(row)))


def _inspection(row: Row) -> Record:
    findings = tuple(FindingRecord(**finding) for finding in row["findings"])
    return InspectionRecord(customer=_about(row), findings=findings, **dict(_values(row)))


def _invoice(row: Row) -> Record:
    return InvoiceRecord(customer=_about(row), **dict(_values(row)))


def _recommendation(row: Row) -> Record:
    return RecommendationRecord(customer=_about(row), **dict(_values(row)))


def _estimate(row: Row) -> Record:
    lines = tuple(EstimateLineRecord(**dict(_values(line))) for line in row["lines"])
    return EstimateRecord(customer=_about(row), lines=lines, **dict(_values(row)))


def _appointment(row: Row) -> Record:
    return AppointmentRecord(customer=_about(row), services=tuple(row["services"]), **dict(_values(row)))


def _offer(row: Row) -> Record:
    return OfferRecord(customer=_about(row), **dict(_values(row)))


def _referral(row: Row) -> Record:
    fields = dict(_values(row))
    return ReferralRecord(customer=_about(row), referred=CustomerKey(partner_id=fields.pop("referred")), **fields)


def _survey(row: Row) -> Record:
    return _event(row, row["answered_at"], {"score": row["score"]})


def _complaint(row: Row) -> Record:
    return _event(row, row["made_at"], {})


def _part_arrival(row: Row) -> Record:
    return _event(row, row["arrived_at"], {"part": row["part"]} if "part" in row else {}, "parts_arrived")


def _tyre_set(row: Row) -> Record:
    tread = {"tread": row["tread"]} if "tread" in row else {}
    return _event(row, row["stored_at"], {"set": row["season"], **tread}, "tyres_stored")


def _frost_warning(row: Row) -> Record:
    return _event(row, row["warned_at"], {}, "frost_forecast")


def _event(row: Row, at: str, attributes: dict[str, Any], kind: str = "") -> Record:
    """kind: of the event, where it is called otherwise than the row."""
    return EventRecord(
        customer=_about(row),
        kind=kind or row["type"],
        key=f"{row['type']}:{row['key']}",
        at=datetime.fromisoformat(at),
        branch=row.get("branch"),
        vehicle_partner_id=row.get("vehicle"),
        attributes=attributes,
    )


def _branch(row: Row) -> Record:
    return BranchRecord(code=row["key"], title=row["title"], zone=row["zone"])


def _slot(row: Row) -> Record:
    fields = {name: value for name, value in _values(row) if name not in {"key", "at", "version"}}
    return SlotRecord(**fields)


MAKERS: Mapping[str, Callable[[Row], Record]] = {
    "branch": _branch,
    "slot": _slot,
    "customer": _customer,
    "consent": _consent,
    "vehicle": _vehicle,
    "visit": _visit,
    "inspection": _inspection,
    "recommendation": _recommendation,
    "estimate": _estimate,
    "invoice": _invoice,
    "appointment": _appointment,
    "survey": _survey,
    "complaint": _complaint,
    "part_arrival": _part_arrival,
    "tyre_set": _tyre_set,
    "frost_warning": _frost_warning,
    "offer": _offer,
    "referral": _referral,
}
