"""The API, first doors: status, customers' segments, consents, dead letters; OpenAPI at /api/v1/openapi.json."""

from typing import Any

from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hub.errors import NotFound
from hub.flow import explain, writing
from hub.models import Customer, Membership, called
from hub.models.campaigns import used
from hub.sdk import ConsentRecord, CustomerKey
from hub.status import status_of
from hub.voices import voice
from hub.web.access import needs
from hub.web.errors import JSON
from hub.web.idempotency import KEY, once
from hub.web.paging import cursor
from hub.web.webhooks import this_hub
from hub.wording import PLACES
from hub.work import Work

bp = Blueprint("api", "api", url_prefix="/api/v1", description="What partners and scripts may ask and tell.")
MOST = 200


class PageArgs(Schema):
    """Cursor paging: `cursor` is the `next` of the page before."""

    cursor = cursor()
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=MOST))


class Member(Schema):
    customer = fields.String(required=True)
    entered_at = fields.AwareDateTime(required=True)
    cause = fields.String(required=True)


class Members(Schema):
    items = fields.List(fields.Nested(Member), required=True)
    next = fields.Integer(allow_none=True, required=True)


class WhyArgs(Schema):
    """segment: this one only. language: of the sentences."""

    segment = fields.String(validate=validate.Length(1, 100))
    language = fields.String(load_default="en", validate=validate.OneOf(list(PLACES)))


class WhyTold(Schema):
    """outlook: what would change the verdict, and when it changes by itself. told: every node of the rule, as a tree."""

    segment = fields.String(required=True)
    in_ = fields.Boolean(required=True, data_key="in", attribute="in")
    member_since = fields.String(required=True, allow_none=True)
    flips_at = fields.String(required=True, allow_none=True)
    changes = fields.List(fields.String(), required=True)
    sentences = fields.List(fields.String(), required=True)
    outlook = fields.List(fields.String(), required=True)
    told = fields.Dict(required=True)


class Reasons(Schema):
    items = fields.List(fields.Nested(WhyTold), required=True)


class ConsentArgs(Schema):
    purpose = fields.String(required=True, validate=validate.Length(1, 40))
    channel = fields.String(required=True, validate=validate.Length(1, 16))
    state = fields.String(required=True, validate=validate.OneOf(["granted", "withdrawn"]))
    notice = fields.String(required=True, validate=validate.Length(1, 64))


class ConsentTold(Schema):
    customer = fields.String(required=True)
    state = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


@bp.route("/status")
class Status(MethodView):
    @bp.response(200)
    @needs("status:read")
    def get(self) -> dict[str, Any]:
        """Queues, lag, dead letters and health, per connection."""
        return status_of(this_hub())


@bp.route("/segments/<name>/members")
class SegmentMembers(MethodView):
    @bp.arguments(PageArgs, location="query")
    @bp.response(200, Members)
    @needs("customers:read")
    def get(self, page: dict[str, int], name: str) -> dict[str, Any]:
        """Who is in a segment now, in the order of entering; nobody whose data may not be used."""
        if name not in this_hub().book.current().segments:
            raise NotFound(f"There is no segment “{name}”.")
        mine = (Membership.segment == name, used(), Membership.id > page["cursor"])
        columns = (Membership.id, Customer.ref, Membership.entered_at, Membership.cause)
        statement = (
            select(*columns).join(Customer, Customer.id == Membership.customer_id).where(*mine).order_by(Membership.id)
        )
        with this_hub().look() as session:
            rows = session.execute(statement.limit(page["limit"] + 1)).all()
        items = [{"customer": ref, "entered_at": at, "cause": cause} for _, ref, at, cause in rows[: page["limit"]]]
        return {"items": items, "next": rows[page["limit"] - 1][0] if len(rows) > page["limit"] else None}


@bp.route("/customers/<ref>/why")
class Why(MethodView):
    @bp.arguments(WhyArgs, location="query")
    @bp.response(200, Reasons)
    @needs("customers:read")
    def get(self, asked: dict[str, str], ref: str) -> dict[str, Any]:
        """Why a customer is in each segment or not: what was seen and asked, what would change it, and when."""
        found = explain.why(this_hub(), ref, asked.get("segment"), voice(asked["language"]))
        return {"items": [one.as_json() for one in found]}


@bp.route("/customers/<ref>/consents")
class Consents(MethodView):
    @bp.doc(parameters=[KEY])
    @bp.arguments(ConsentArgs)
    @bp.response(201, ConsentTold)
    @needs("consents:write")
    @once
    def post(self, told: dict[str, str], ref: str, work: Work) -> tuple[dict[str, Any], int]:
        """Record that a customer gave or withdrew consent. It is folded as what partners tell us is."""
        hub = this_hub()
        if work.session.scalar(select(Customer.id).where(called(ref))) is None:
            raise NotFound("There is no such customer.")
        key = CustomerKey(partner_id=ref, ref=ref)
        writing.write(hub, work, [ConsentRecord(customer=key, at=work.now, **told)])
        return {"customer": ref, "state": told["state"], "at": work.now.isoformat()}, 201


class ProblemTold(Schema):
    """As hub.web.errors.problem makes it."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable, for programs"})
    detail = fields.String(required=True)
    hint = fields.String(metadata={"description": "how to mend it"})
    errors = fields.Dict(metadata={"description": "what is wrong with which field"})


class Described(Api):  # type: ignore[misc]  # it carries no types
    """Says of errors what they are: problems of RFC 9457, under a media type of their own."""

    ERROR_SCHEMA = ProblemTold
    DEFAULT_RESPONSE_CONTENT_TYPE: str

    def _register_responses(self) -> None:
        usual: str = self.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = JSON
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual


def register(app: Flask) -> Api:
    """Answers the API, for the doors that stand in files of their own."""
    app.config.setdefault("OPENAPI_URL_PREFIX", "/api/v1")
    app.config.setdefault("OPENAPI_JSON_PATH", "openapi.json")
    api = Described(app)
    api.register_blueprint(bp)
    return api
