"""The events that partners hear by webhook: one marshmallow schema each, and the JSON Schema that is made of it."""

from typing import Any

from marshmallow import Schema, fields, validate

from hub.flow.levels import MEASURES


class TimerTold(Schema):
    fleet = fields.String(required=True)
    timer = fields.String(required=True, metadata={"description": "stays the same from the first warning to the last"})
    vehicle = fields.String(
        required=True, metadata={"description": "as GET /api/v1/fleets/<fleet>/assignments names it"}
    )
    measure = fields.String(required=True, validate=validate.OneOf(list(MEASURES)))
    percent = fields.Integer(required=True, validate=validate.OneOf([50, 75, 90, 100]))
    limit_minutes = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True, metadata={"description": "when it was reached, not when it was told"})
    credit_minor = fields.Integer(allow_none=True, required=True)
    currency = fields.String(allow_none=True, required=True)


class UploadTold(Schema):
    fleet = fields.String(required=True)
    job = fields.String(required=True)
    rows = fields.Integer(required=True)
    counts = fields.Dict(required=True, metadata={"description": "verdict -> rows"})


class ConsentTold(Schema):
    customer = fields.String(
        required=True, metadata={"description": "our ref, as GET /api/v1/customers/<ref> takes it"}
    )
    purpose = fields.String(required=True)
    channel = fields.String(required=True)
    at = fields.AwareDateTime(required=True, metadata={"description": "when it was said, not when it was told"})


class MergerTold(Schema):
    customer = fields.String(required=True, metadata={"description": "our ref of the record that stays"})
    merged = fields.String(required=True, metadata={"description": "the ref that answers for it from now on"})
    at = fields.AwareDateTime(required=True)


EVENTS: dict[str, tuple[str, type[Schema]]] = {
    "timer.warning": ("A service level is half, three quarters or nine tenths used up.", TimerTold),
    "timer.breached": ("A service level was broken, and what is credited for it.", TimerTold),
    "timer.withdrawn": ("A warning or breach that was told before never happened: an event came late.", TimerTold),
    "upload.done": ("The last row of an upload has its verdict.", UploadTold),
    "consent.granted": ("A customer agreed to a purpose by a channel. Scope consents:read.", ConsentTold),
    "consent.withdrawn": (
        "A customer no longer agrees: from this moment on it ends. Scope consents:read.",
        ConsentTold,
    ),
    "customer.merged": ("Two records of ours were one customer. Scope consents:read.", MergerTold),
}
TYPES: tuple[tuple[type[fields.Field[Any]], dict[str, Any]], ...] = (
    (fields.AwareDateTime, {"type": "string", "format": "date-time"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Dict, {"type": "object"}),
    (fields.String, {"type": "string"}),
)


def schema_of(name: str, shape: type[Schema]) -> dict[str, Any]:
    """JSON Schema 2020-12 of a whole webhook body."""
    data = shape().fields
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "type": "object",
                "required": [key for key, field in data.items() if field.required],
                "properties": {key: _of(field) for key, field in data.items()},
            },
        },
    }


def _of(field: "fields.Field[Any]") -> dict[str, Any]:
    found = dict(next(shape for kind, shape in TYPES if isinstance(field, kind)))
    if field.allow_none:
        found["type"] = [found["type"], "null"]
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            found["enum"] = list(rule.choices)
    if description := field.metadata.get("description"):
        found["description"] = description
    return found
