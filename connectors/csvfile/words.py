"""A row of a page into our record."""

from datetime import date, datetime
from typing import Any

from hub.sdk import CustomerKey, CustomerRecord, EventRecord, Record, VehicleRecord

DAYS = ("first_registered", "owned_since")


def record_of(kind: str, row: dict[str, Any]) -> Record:
    """kind: customer, vehicle, or the kind of an event; a vehicle is named by the garage's own number."""
    key = CustomerKey(partner_id=row["number"], customer_number=row["number"])
    fields = row["fields"]
    if kind == "customer":
        joined = fields.pop("joined_on", None)
        return CustomerRecord(customer=key, joined_on=date.fromisoformat(joined) if joined else None, **fields)
    if kind == "vehicle":
        days: dict[str, Any] = {name: date.fromisoformat(fields.pop(name)) for name in DAYS if fields.get(name)}
        return VehicleRecord(customer=key, partner_id=fields.pop("vehicle"), **days, **fields)
    vehicle, (amount, currency) = fields.pop("vehicle", None), fields.pop("amount", None) or (None, None)
    return EventRecord(
        customer=key,
        kind=kind,
        key=f"{kind}:{row['key']}",
        at=datetime.fromisoformat(fields.pop("at")),
        zone=row["zone"],
        vehicle_partner_id=vehicle,
        amount_minor=amount,
        currency=currency,
        attributes=fields,
    )
