"""A row of a page into our record."""

from datetime import date, datetime
from typing import Any

from hub.sdk import CustomerKey, CustomerRecord, EventRecord, Record


def record_of(kind: str, row: dict[str, Any]) -> Record:
    """kind: customer, or the kind of an event."""
    key = CustomerKey(partner_id=row["number"], customer_number=row["number"])
    fields = row["fields"]
    if kind == "customer":
        joined = fields.pop("joined_on", None)
        return CustomerRecord(customer=key, joined_on=date.fromisoformat(joined) if joined else None, **fields)
    amount, currency = fields.pop("amount", None) or (None, None)
    return EventRecord(
        customer=key,
        kind=kind,
        key=f"{kind}:{row['key']}",
        at=datetime.fromisoformat(fields.pop("at")),
        zone=row["zone"],
        amount_minor=amount,
        currency=currency,
        attributes=fields,
    )
