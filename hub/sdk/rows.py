"""The rows of the garage's own system: what each kind may hold, checked field by field; for the API, webhooks and files."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hub.sdk.estimate_rows import EstimateRow
from hub.sdk.row_bases import LONGEST_NOTE, SAFETY, AboutRow, Row
from hub.sdk.row_fields import (
    CODE,
    FORM,
    MOST_KM,
    Currency,
    Moment,
    Text,
    country,
    flag,
    money,
    one_of,
    text,
    whole,
    word,
)
from hub.sdk.store_rows import FrostWarningRow, PartArrivalRow, TyreSetRow

REASONS = ("service", "repair", "inspection", "breakdown", "recall", "warranty")
LONGEST_STAY = timedelta(days=14)


class CustomerRow(Row):
    number = text(40)
    name = text(200)
    email = fields.Email(validate=validate.Length(max=254))
    phone = text(40, 3)
    address = text(400)
    language = text(8, 2)
    residence = country()
    branch = word(32)
    joined_on = fields.Date()


class ConsentRow(Row):
    customer = text(100, required=True)
    purpose = text(40, required=True)
    channel = text(16, required=True)
    state = one_of("granted", "withdrawn", required=True)
    notice = text(64, required=True)


class VehicleRow(AboutRow):
    vin = text(20, 5)
    plate = text(20)
    make = text(40)
    model = text(80)
    vehicle_class = text(40)
    fuel = word(16)
    first_registered = fields.Date()
    owned_since = fields.Date()
    owned_until = fields.Date()
    odometer_km = whole(0, MOST_KM)


class Line(Schema):
    code = word(required=True)
    price_minor = money(required=True)
    kind = one_of("labour", "part", "fee", "credit", load_default="labour")
    title = text(200)
    quantity_milli = whole(-(10**9), 10**9, load_default=1000)
    cost_minor = money()


class VisitRow(AboutRow):
    vehicle = text(100)
    branch = word(32)
    reason = one_of(*REASONS, load_default="service")
    opened_at = Moment(required=True)
    closed_at = Moment()
    odometer_km = whole(0, MOST_KM)
    currency = Currency()
    lines = fields.List(fields.Nested(Line), load_default=list, validate=validate.Length(max=200))
    note = text(LONGEST_NOTE)

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        if row.get("lines") and "currency" not in row:
            raise ValidationError("Lines have prices: name their currency.", "currency")
        if row.get("closed_at") and row["closed_at"] < row["opened_at"]:
            raise ValidationError("Is before opened_at.", "closed_at")


class InvoiceRow(AboutRow):
    visit = text(100)
    branch = word(32)
    number = text(60)
    issued_at = Moment(required=True)
    net_minor = money(required=True)
    tax_minor = money(required=True)
    total_minor = money(required=True)
    currency = Currency(required=True)
    due_on = fields.Date()
    paid_on = fields.Date()

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        if row["net_minor"] + row["tax_minor"] != row["total_minor"]:
            raise ValidationError("Is not net_minor + tax_minor.", "total_minor")


class Finding(Schema):
    part = word(required=True)
    safety = one_of(*SAFETY, required=True)
    measured = fields.Float(allow_nan=False, validate=validate.Range(-1e9, 1e9))
    unit = text(8)
    note = text(LONGEST_NOTE)


class InspectionRow(AboutRow):
    vehicle = text(100)
    visit = text(100)
    branch = word(32)
    done_at = Moment(required=True)
    odometer_km = whole(0, MOST_KM)
    findings = fields.List(fields.Nested(Finding), load_default=list, validate=validate.Length(max=200))


class RecommendationRow(AboutRow):
    vehicle = text(100)
    visit = text(100)
    branch = word(32)
    code = word(required=True)
    part = word()
    safety = one_of(*SAFETY[1:], load_default="advisory")
    amount_minor = money(0)
    currency = Currency()
    state = one_of("open", "sold", "declined", load_default="open")
    made_at = Moment(required=True)
    decided_at = Moment()
    due_on = fields.Date()
    due_km = whole(0, MOST_KM)
    note = text(LONGEST_NOTE)

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        if ("amount_minor" in row) != ("currency" in row):
            raise ValidationError("An amount and its currency come together.", "currency")
        if row["state"] != "open" and "decided_at" not in row:
            raise ValidationError("Say when it was sold or declined.", "decided_at")


class AppointmentRow(AboutRow):
    vehicle = text(100)
    branch = word(32, required=True)
    bay = text(40)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    state = one_of("booked", "arrived", "cancelled", "no_show", load_default="booked")
    booked_at = Moment(required=True)
    ended_at = Moment()
    services = fields.List(word(), load_default=list, validate=validate.Length(max=20))
    note = text(LONGEST_NOTE)

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        _check_span(row)


class OfferRow(AboutRow):
    """code: of the offer or campaign. held_back: they were left alone, for comparison with those who got it."""

    branch = word(32)
    code = word(required=True)
    channel = word(16)
    held_back = flag(False)
    percent = fields.Float(allow_nan=False, validate=validate.Range(0, 100, min_inclusive=False))
    amount_minor = money(1)
    currency = Currency()
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(required=True)
    made_at = Moment(required=True)
    redeemed_at = Moment()
    visit = text(100)

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        if ("percent" in row) == ("amount_minor" in row):
            raise ValidationError("Say a share of the price or an amount off it, one of the two.", "percent")
        if ("amount_minor" in row) != ("currency" in row):
            raise ValidationError("An amount and its currency come together.", "currency")
        if row["valid_until"] < row["valid_from"]:
            raise ValidationError("Is before valid_from.", "valid_until")
        if row["held_back"] and "redeemed_at" in row:
            raise ValidationError("Nobody redeems what they were not told of.", "redeemed_at")


class ReferralRow(AboutRow):
    """customer brought referred; both by your keys."""

    branch = word(32)
    referred = text(100, required=True)
    made_at = Moment(required=True)
    rewarded_at = Moment()

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        if row["referred"] == row["customer"]:
            raise ValidationError("Nobody brings themselves.", "referred")


class SurveyRow(AboutRow):
    """score: 0 to 10, “would you recommend us?”"""

    vehicle = text(100)
    branch = word(32)
    answered_at = Moment(required=True)
    score = whole(0, 10, required=True)


class ComplaintRow(AboutRow):
    vehicle = text(100)
    branch = word(32)
    made_at = Moment(required=True)


class BranchRow(Row):
    title = text(120, required=True)
    zone = Text(required=True, validate=validate.Length(1, 40))

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        if row["zone"] not in _zones():
            raise ValidationError("Is no IANA zone such as Europe/Berlin.", "zone")
        if not CODE.fullmatch(row["key"]) or len(row["key"]) > 32:
            raise ValidationError(f"Is the branch's code. {FORM}", "key")


class SlotRow(Row):
    branch = word(32, required=True)
    bay = text(40, required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    open = flag(True)

    @validates_schema
    def fits(self, row: Mapping[str, Any], **_: Any) -> None:
        _check_span(row)


def _check_span(row: Mapping[str, Any]) -> None:
    if not timedelta() < row["ends_at"] - row["starts_at"] <= LONGEST_STAY:
        raise ValidationError("Is not after starts_at, or more than 14 days after it.", "ends_at")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


KINDS: Mapping[str, type[Row]] = {
    "branch": BranchRow,
    "slot": SlotRow,
    "customer": CustomerRow,
    "consent": ConsentRow,
    "vehicle": VehicleRow,
    "visit": VisitRow,
    "inspection": InspectionRow,
    "recommendation": RecommendationRow,
    "estimate": EstimateRow,
    "invoice": InvoiceRow,
    "appointment": AppointmentRow,
    "survey": SurveyRow,
    "complaint": ComplaintRow,
    "part_arrival": PartArrivalRow,
    "tyre_set": TyreSetRow,
    "frost_warning": FrostWarningRow,
    "offer": OfferRow,
    "referral": ReferralRow,
}
