"""Estimates as rows: what work would cost, for the customer to approve or decline line by line."""

from marshmallow import Schema, fields, validate

from hub.sdk.row_bases import LONGEST_NOTE, SAFETY, AboutRow
from hub.sdk.row_fields import Currency, Moment, money, one_of, text, word

MOST_LINES = 60  # that somebody can read and answer on one page


class EstimateLine(Schema):
    """A piece of work at its whole price. recommendation: your key of the advice it settles."""

    code = word(required=True)
    price_minor = money(0, required=True)
    title = text(200)
    part = word()
    safety = one_of(*SAFETY[1:], load_default="advisory")
    note = text(LONGEST_NOTE)
    recommendation = text(100)


class EstimateRow(AboutRow):
    """valid_until: the last day on which it can be answered."""

    vehicle = text(100)
    visit = text(100)
    branch = word(32)
    made_at = Moment(required=True)
    valid_until = fields.Date()
    currency = Currency(required=True)
    lines = fields.List(fields.Nested(EstimateLine), required=True, validate=validate.Length(1, MOST_LINES))
    note = text(LONGEST_NOTE)
