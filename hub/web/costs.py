"""What campaigns cost beside what the hub can reckon: told by a key, with a verdict on each, and read again."""

from datetime import date
from typing import Any

from flask import g
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from hub.flow import expenses
from hub.flow.expenses import Expense
from hub.sdk.row_fields import MOST_MINOR
from hub.web.access import needs
from hub.web.idempotency import KEY, once
from hub.web.paging import cursor
from hub.web.webhooks import this_hub
from hub.work import Work

bp = Blueprint("costs", "costs", url_prefix="/api/v1", description="What campaigns cost.")
MOST = 500
FIRST_DAY = date(2000, 1, 1)


class CostArgs(Schema):
    """since, until: both days count; the amount is spread over them, in whole minor units that add up to it. 0 takes it back."""

    key = fields.String(required=True, validate=validate.Regexp(r"[\x21-\x7e]{1,80}\Z"),
                        metadata={"description": "the teller's own: the same key is the same cost"})  # fmt: skip
    campaign = fields.String(required=True, validate=validate.Length(1, 80),
                             metadata={"description": "a journey, or offer:<code>"})  # fmt: skip
    kind = fields.String(required=True, validate=validate.OneOf(list(expenses.KINDS)))
    amount_minor = fields.Integer(required=True, strict=True, validate=validate.Range(0, MOST_MINOR))
    currency = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}\Z"))
    since = fields.Date(required=True, validate=validate.Range(FIRST_DAY))
    until = fields.Date(required=True, validate=validate.Range(FIRST_DAY))


class CostsArgs(Schema):
    items = fields.List(fields.Nested(CostArgs), required=True, validate=validate.Length(1, MOST))


class CostVerdict(Schema):
    key = fields.String(required=True)
    verdict = fields.String(required=True, metadata={"enum": ["told", "corrected", "unchanged", "refused"]})
    reason = fields.String()
    hint = fields.String()


class CostVerdicts(Schema):
    items = fields.List(fields.Nested(CostVerdict), required=True)


class CostsTold(Schema):
    items = fields.List(fields.Nested(CostArgs), required=True)
    next = fields.Integer(required=True, allow_none=True)


class CostQuery(Schema):
    campaign = fields.String(validate=validate.Length(1, 80))
    cursor = cursor()
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MOST))


@bp.route("/costs")
class Costs(MethodView):
    @bp.arguments(CostQuery, location="query")
    @bp.response(200, CostsTold)
    @needs("costs:read")
    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Those that were told, the latest first."""
        with this_hub().look() as session:
            found = expenses.told(session, asked.get("campaign"), asked["cursor"], asked["limit"] + 1)
        more = len(found) > asked["limit"]
        return {"items": found[: asked["limit"]], "next": asked["cursor"] + asked["limit"] if more else None}

    @bp.doc(parameters=[KEY])
    @bp.arguments(CostsArgs)
    @bp.response(200, CostVerdicts)
    @bp.alt_response(207, schema=CostVerdicts, description="some were refused, or all")
    @needs("costs:write")
    def post(self, told: dict[str, Any]) -> Any:
        """Tell costs of campaigns. A known key with other words corrects what it said before."""
        return self._tell([Expense(**one) for one in told["items"]])  # type: ignore[call-arg]

    @once
    def _tell(self, told: list[Expense], work: Work) -> tuple[dict[str, Any], int]:
        verdicts = expenses.tell(work, told, f"api:{g.principal_id}")
        return {"items": verdicts}, 207 if any(one["verdict"] == "refused" for one in verdicts) else 200
