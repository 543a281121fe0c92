"""HubSpot's contacts as its people see them at the stand-in's desk."""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.sdk.desk_page import Shown, desk_page

FIELDS = {"firstname": "First name", "lastname": "Last name", "email": "E-mail", "phone": "Phone", "address": "Address"}


def page(contacts: Iterable[Mapping[str, Any]], said: str = "") -> str:
    return desk_page("HubSpot", FIELDS, (_shown(one) for one in contacts), said)


def _shown(contact: Mapping[str, Any]) -> Shown:
    told = contact["properties"]
    fields = {name: str(told.get(name) or "") for name in FIELDS}
    segments, tier = str(told.get("garage_segments") or ""), str(told.get("garage_tier") or "")
    return Shown(contact["id"], fields, segments, tier, contact["updatedAt"])
