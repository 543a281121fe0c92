"""Is this a row we take? Its checked form, or every field that is wrong, why, and how to mend it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marshmallow import Schema, ValidationError

from hub.errors import WrongInput
from hub.sdk.contracts import Bounds
from hub.sdk.quick import quick_reader
from hub.sdk.row_fields import CODE
from hub.sdk.rows import KINDS

EARLY = timedelta(days=1)  # clocks and zones differ
# what must not lie ahead, per kind
PAST = {
    "visit": ("opened_at", "closed_at"),
    "inspection": ("done_at",),
    "recommendation": ("made_at", "decided_at"),
    "estimate": ("made_at",),
    "survey": ("answered_at",),
    "complaint": ("made_at",),
    "part_arrival": ("arrived_at",),
    "tyre_set": ("stored_at",),
    "frost_warning": ("warned_at",),
    "invoice": ("issued_at",),
    "offer": ("made_at", "redeemed_at"),
    "referral": ("made_at", "rewarded_at"),
}
SCHEMAS: Mapping[str, Schema] = {kind: schema() for kind, schema in KINDS.items()}
QUICK = {kind: quick_reader(schema) for kind, schema in SCHEMAS.items()}
SEE = "See connectors/shop/README.md for the shape of each row."


@dataclass(frozen=True)
class Refusal:
    """Why a row is not taken. field: its path, such as `lines.0.price_minor`; never a value of the row."""

    field: str
    reason: str
    hint: str


def check(kind: str, row: Any, bounds: Bounds) -> tuple[dict[str, Any] | None, list[Refusal]]:
    """The row as it is kept (defaults filled in, times in UTC), or why not."""
    found, refusals = shaped(kind, row)
    if found is not None and (refusals := list(_unfit(kind, found, bounds))):
        return None, refusals
    return found, refusals


def shaped(kind: str, row: Any) -> tuple[dict[str, Any] | None, list[Refusal]]:
    """Only its form: of what is known and what time it is, a webhook's sender is believed."""
    if not isinstance(row, dict):
        return None, [Refusal("", "Is no JSON object.", SEE)]
    if kind not in SCHEMAS:
        return None, [Refusal("type", "Is no kind of row.", f"Kinds: {', '.join(SCHEMAS)}.")]
    if row.get("type", kind) != kind:
        return None, [Refusal("type", f"Is not {kind}.", "Send it to the door of its own kind, or leave type out.")]
    quick = QUICK[kind](row)
    if quick is not None:
        return quick | {"type": kind}, []
    try:
        found: dict[str, Any] = SCHEMAS[kind].load(row)
    except ValidationError as error:
        return None, [Refusal(*one) for one in sorted(_flat(error.messages, ""))]
    return found | {"type": kind}, []


def checked(row: Any) -> dict[str, Any]:
    """One row of a webhook. Raises WrongInput that names the first wrong field."""
    kind = row.get("type") if isinstance(row, dict) else None
    found, refusals = shaped(kind if isinstance(kind, str) else "", row)
    if found is None:
        where = f" ({refusals[0].field})" if refusals[0].field else ""
        raise WrongInput(f"A row makes no sense{where}: {refusals[0].reason}", refusals[0].hint)
    return found


def _flat(messages: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """marshmallow's nested messages as (path, reason, hint), one per field."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # an unknown field has a name that the sender made up
            part = str(name) if CODE.fullmatch(str(name)) and len(str(name)) <= 40 else "(unknown)"
            yield from _flat(inner, path if name == "_schema" else f"{path}.{part}" if path else part)
    else:
        yield path, str(messages[0])[:200], SEE


def _unfit(kind: str, row: Mapping[str, Any], bounds: Bounds) -> Iterator[Refusal]:
    now = bounds.now
    if bounds.residences and row.get("residence", "") and row["residence"] not in bounds.residences:
        yield Refusal("residence", "Is not kept in this region.", f"Here: {', '.join(sorted(bounds.residences))}.")
    if row.get("branch") is not None and row["branch"] not in bounds.branches:
        yield Refusal("branch", "Is no branch we know.", "Tell the branch first: a row of type branch.")
    for name in PAST.get(kind, ()):
        if row.get(name) is not None and row[name] > now + EARLY:
            yield Refusal(name, "Lies in the future.", "Check the clock and the zone of the sender.")
    if kind == "appointment" and row["state"] == "booked" and not row["cancelled"] and row["starts_at"] < now - EARLY:
        yield Refusal("starts_at", "Lies in the past.", "Say what became of it: arrived, no_show or cancelled.")


def dumped(row: Mapping[str, Any]) -> bytes:
    """A checked row as the bytes that are kept."""
    return _written(row).encode()


def _plain(value: Any) -> str:
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    raise TypeError(type(value).__name__)


_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
