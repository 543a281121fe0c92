"""What campaigns were worth, as the latest count has it: one row is read, however many customers there are."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from hub.errors import NotFound, PartDown
from hub.flow import reports
from hub.flow.roi import WHOLE
from hub.web.access import needs
from hub.web.paging import cursor
from hub.web.webhooks import this_hub

bp = Blueprint("returns", "returns", url_prefix="/api/v1", description="What campaigns were worth.")
MOST = 100


class ReturnsArgs(Schema):
    """Campaigns are paged: `cursor` is the `next` of the page before. The rest of the report comes with each page."""

    span = fields.String(load_default=reports.USUAL, validate=validate.OneOf(list(reports.SPANS)))
    branch = fields.String(load_default=WHOLE, validate=validate.Length(max=32))
    campaign = fields.String(validate=validate.Length(1, 100))
    cursor = cursor()
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=MOST))


class ReturnsTold(Schema):
    """Money in minor units, per currency. headline: proved by holdouts; global_control: all journeys together, proved by those
    whom every journey left alone, by quarter; ledger: each rule's credits, which with
    `unattributed` are the invoices of the ledger (`difference` says by how much they are not).

    What is tested counts amounts above a `cap`, the quantile `winsorised` of what those brought who brought anything, as the cap;
    `raw` stands beside it. `guardrails` of a campaign or an experiment: measures that must not get worse by more than `bound`;
    state red (proved to be), green (proved not to be), open or hidden."""

    region = fields.String(required=True)
    branch = fields.String(required=True)
    branches = fields.List(fields.String(), required=True)
    since = fields.Date(required=True)
    until = fields.Date(required=True)
    counted_at = fields.AwareDateTime(required=True)
    reach_days = fields.Integer(required=True)
    effect_days = fields.Integer(required=True)
    winsorised = fields.Float(load_default=None, allow_none=True)
    headline = fields.Dict(required=True)
    global_control = fields.Dict(load_default=None, allow_none=True)
    growth = fields.Dict(required=True)
    retention = fields.Dict(required=True)
    ledger = fields.Dict(required=True)
    margin = fields.Dict(required=True)
    referrals = fields.Dict(required=True)
    campaigns = fields.Dict(required=True)
    experiments = fields.Dict(required=True)
    next = fields.Integer(required=True, allow_none=True)


@bp.route("/roi")
class Returns(MethodView):
    @bp.etag
    @bp.arguments(ReturnsArgs, location="query")
    @bp.response(200, ReturnsTold)
    @needs("returns:read")
    def get(self, asked: dict[str, Any]) -> Any:
        """What campaigns were worth. The ETag stays while the count does: send it back as If-None-Match."""
        hub = this_hub()
        found = reports.latest(hub, asked["span"], asked["branch"])
        if found is None:
            raise PartDown("Nothing has been counted yet.", "The first count comes within minutes of the start.")
        names = list(found.document["campaigns"])
        if (one := asked.get("campaign")) is not None:
            if one not in names:
                raise NotFound(f"There is no campaign “{one}”.", f"Campaigns: {', '.join(names) or 'none yet'}.")
            names = [one]
        first, last = asked["cursor"], asked["cursor"] + asked["limit"]
        campaigns = {name: found.document["campaigns"][name] for name in names[first:last]}
        told = {
            **found.document, "region": hub.region_code, "branches": found.branches, "campaigns": campaigns,
            "since": found.since, "until": found.until, "counted_at": found.counted_at, "next": last if len(names) > last else None,
        }  # fmt: skip
        bp.set_etag({"mark": found.mark, "counted_at": found.counted_at, "campaigns": list(campaigns)})
        return told
