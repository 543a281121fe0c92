"""The feed's words: a page of vehicle statuses, of which we keep who, when and how far, and nothing of where."""

from collections.abc import Iterator
from dataclasses import dataclass
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


NAMES = tuple(Status().fields)


class Statuses(Schema):
    class Meta:
        unknown = EXCLUDE

    vehicleStatuses = fields.List(fields.Nested(Status), required=True, validate=validate.Length(max=10_000))  # noqa: N815


class Page(Schema):
    """Its rows are looked at one by one."""

    class Meta:
        unknown = EXCLUDE

    vehicleStatuses = fields.List(fields.Dict(), required=True, validate=validate.Length(max=10_000))  # noqa: N815


class Answer(Schema):
    class Meta:
        unknown = EXCLUDE

    vehicleStatusResponse = fields.Nested(Page, required=True)  # noqa: N815
    moreDataAvailable = fields.Boolean(load_default=False)  # noqa: N815


@dataclass(frozen=True)
class Read:
    """A page: statuses as plain JSON with our fields only, those that make no sense, the last VIN, whether more follow."""

    good: list[dict[str, Any]]
    bad: list[dict[str, Any]]
    last: str | None
    more: bool


def read(answer: Any) -> Read:
    """Raises WrongInput when the answer as a whole makes no sense, and when its last status names no vehicle: then nobody
    knows where to go on."""
    found = _load(Answer(), answer)
    rows = [
        {name: row[name] for name in NAMES if name in row} for row in found["vehicleStatusResponse"]["vehicleStatuses"]
    ]
    last = rows[-1].get("vin") if rows else None
    if rows and not isinstance(last, str):
        raise WrongInput("The feed's last status names no vehicle.", "See connectors/fleet/README.md.")
    wrong: dict[Any, Any] = Status(many=True).validate(rows)
    good = Status(many=True).dump(Status(many=True).load([row for place, row in enumerate(rows) if place not in wrong]))
    return Read(good, [rows[place] for place in sorted(wrong)], last, found["moreDataAvailable"])


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
