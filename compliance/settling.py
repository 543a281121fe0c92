"""What changes of a row because it lies at another home: whom it named here is nobody there, and what waits, waits for a desk there."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.core import Hub
from hub.flow.desks import desk_of
from hub.models import Person
from hub.own import OWN

Row = dict[str, Any]

# Bays, staff and workers of the home that is left.
ONLY_HERE = ("bay_id", "slot_id", "brought_by", "author_id", "owner_id", "taken_by", "explained", "lease_until")


def settled(name: str, row: Row, to: Hub, person: Person) -> Row:
    """A row of this record set as it will lie there. person: who moves, frozen since the first step of the move."""
    own = {"region": to.region_code, "connection_id": to.partner(OWN).id, **dict.fromkeys(ONLY_HERE)}
    change = CHANGES.get(name)
    return {**row, **{key: own[key] for key in own.keys() & row.keys()}, **(change(row, to, person) if change else {})}


def _conversation(row: Row, to: Hub, _person: Person) -> Row:
    state = "waiting" if row["state"] == "assigned" else row["state"]
    return {"state": state, "branch": None, "desk": desk_of(to, None, row["language"]).name}


def _handoff(row: Row, _to: Hub, _person: Person) -> Row:
    return {"taken_at": row["taken_at"] if row["ended_at"] else None}


def _share(row: Row, _to: Hub, person: Person) -> Row:
    """Its address and its code mean something here only."""
    return {"revoked_at": row["revoked_at"] or person.restricted_at}


def _view(row: Row, _to: Hub, _person: Person) -> Row:
    return {"viewer_id": row["viewer_id"] if row["viewer"] == "share" else 0}


CHANGES: Mapping[str, Callable[[Row, Hub, Person], Row]] = {
    "conversations": _conversation, "handoffs": _handoff, "document_shares": _share, "document_views": _view,
}  # fmt: skip
