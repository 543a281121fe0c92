"""Cursors of the API: the `next` of the page before, as large as both databases know numbers and no larger."""

from marshmallow import fields, validate

LARGEST = 2**63 - 1


def cursor(first: int = 0) -> fields.Integer:
    """first: before the first page."""
    return fields.Integer(load_default=first, validate=validate.Range(0, LARGEST))
