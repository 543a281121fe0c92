"""The feed's words: a page of vehicle statuses, of which we keep who, when and how far, and nothing of where."""

from collections.abc import Iterator
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from hub.sdk import ReadingRecord, WrongInput

MEDIA = "application/json; rfms=vehiclestatuses.v4.0"


class Status(Schema):
    """hrTotalVehicleDistance: metres."""

    class Meta:
        unknown = EXCLUDE

    vin = fields.String(required=True, validate=validate.Length(5, 17))
    createdDateTime = fields.AwareDateTime(required=True)  # noqa: N815 - the standard's name
    hrTotalVehicleDistance = fields.Integer(strict=True, validate=validate.Range(0, 10**11))  # noqa: N815


class Statuses(Schema):
    class Meta:
        unknown = EXCLUDE

    vehicleStatuses = fields.List(fields.Nested(Status), required=True, validate=validate.Length(max=10_000))  # noqa: N815


class Answer(Schema):
    class Meta:
        unknown = EXCLUDE

    vehicleStatusResponse = fields.Nested(Statuses, required=True)  # noqa: N815
    moreDataAvailable = fields.Boolean(load_default=False)  # noqa: N815


def read(answer: Any) -> tuple[list[dict[str, Any]], bool]:
    """(statuses as plain JSON with our fields only, whether more follow). Raises WrongInput."""
    found = _load(Answer(), answer)
    statuses: list[dict[str, Any]] = Status(many=True).dump(found["vehicleStatusResponse"]["vehicleStatuses"])
    return statuses, found["moreDataAvailable"]


def records(payload: Any) -> Iterator[ReadingRecord]:
    for one in _load(Statuses(), payload)["vehicleStatuses"]:
        if "hrTotalVehicleDistance" in one:
            yield ReadingRecord(
                vin=one["vin"], at=one["createdDateTime"], odometer_km=one["hrTotalVehicleDistance"] // 1000
            )


def _load(schema: Schema, payload: Any) -> Any:
    try:
        return schema.load(payload)
    except ValidationError as error:
        raise WrongInput(f"The feed makes no sense: {error.messages}", "See connectors/fleet/README.md.") from None
