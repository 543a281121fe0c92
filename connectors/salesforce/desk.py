"""Salesforce's contacts as its people see them at the stand-in's desk."""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.sdk.desk_page import Shown, desk_page

FIELDS = {
    "FirstName": "First name", "LastName": "Last name", "Email": "E-mail", "Phone": "Phone", "MailingStreet": "Street",
}  # fmt: skip


def page(contacts: Iterable[Mapping[str, Any]], said: str = "") -> str:
    return desk_page("Salesforce", FIELDS, (_shown(one) for one in contacts), said)


def _shown(row: Mapping[str, Any]) -> Shown:
    fields = {name: str(row.get(name) or "") for name in FIELDS}
    segments, tier = str(row.get("Garage_Segments__c") or ""), str(row.get("Garage_Tier__c") or "")
    return Shown(row["Id"], fields, segments, tier, row["SystemModstamp"])
