"""What lies in the garage's store for somebody, and the weather it is for: rows that journeys begin with or wait for."""

from marshmallow import fields, validate

from hub.sdk.row_bases import AboutRow
from hub.sdk.row_fields import Moment, one_of, text, word


class PartArrivalRow(AboutRow):
    """Parts that were ordered for the customer's car have come."""

    vehicle = text(100)
    branch = word(32)
    part = word()
    arrived_at = Moment(required=True)


class TyreSetRow(AboutRow):
    """A set of the customer's tyres that lies in the store. tread: of the worst of them, mm."""

    vehicle = text(100)
    branch = word(32)
    season = one_of("winter", "summer", "all_year", required=True)
    tread = fields.Float(allow_nan=False, validate=validate.Range(0, 20))
    stored_at = Moment(required=True)


class FrostWarningRow(AboutRow):
    """Frost or snow is forecast where the customer lives, as whoever follows the weather for the garage tells it."""

    branch = word(32)
    warned_at = Moment(required=True)
