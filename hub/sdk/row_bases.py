"""What every row of the garage's own system has, and every row about a customer."""

from marshmallow import RAISE, Schema

from hub.sdk.row_fields import Moment, Text, flag, text, whole

LONGEST_NOTE = 4000
SAFETY = ("ok", "advisory", "important", "critical")


class Row(Schema):
    """type: the kind of row. key: yours, unique per kind. at, version: of this telling; the latest stands."""

    class Meta:
        unknown = RAISE

    type = Text()
    key = text(100, required=True)
    at = Moment(required=True)
    version = whole(0, 2**62, load_default=0)


class AboutRow(Row):
    """A row about a customer, by your key for them; cancelled: it never was."""

    customer = text(100, required=True)
    cancelled = flag(False)
