"""The API's doors for requests of persons: one comes in, and what became of it."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from compliance import cases, erasure, requests
from compliance.coming import Came
from compliance.requests import Wish
from compliance.rights import CORRECTABLE
from hub.errors import NotFound
from hub.web.access import needs
from hub.web.idempotency import KEY, once
from hub.web.links import leads_to
from hub.web.webhooks import this_hub
from hub.work import Work

bp = Blueprint("requests", "requests", url_prefix="/api/v1", description="Requests of persons about their own data.")


class Right(Schema):
    """What is right, of a rectification."""

    name = fields.String(validate=validate.Length(1, 200))
    email = fields.String(validate=validate.Length(3, 200))
    phone = fields.String(validate=validate.Length(3, 40))
    address = fields.String(validate=validate.Length(1, 400))
    language = fields.String(validate=validate.Length(2, 8))


class RequestArgs(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(["erasure", *requests.KINDS]))
    scope = fields.String(load_default="", validate=validate.Length(0, 80))
    right = fields.Nested(Right, load_default=dict)


class RequestTold(Schema):
    request = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    due_on = fields.String(required=True, metadata={"format": "date"})
    overdue = fields.Boolean(required=True)
    outcome = fields.String(required=True)


@bp.route("/customers/<ref>/requests")
class Requests(MethodView):
    @bp.doc(parameters=[KEY], **leads_to(202, ("get", "/requests/{ref}", {"ref": "$response.body#/request"})))
    @bp.arguments(RequestArgs)
    @bp.response(202, RequestTold)
    @needs("requests:write")
    @once
    def post(self, told: dict[str, Any], ref: str, work: Work) -> tuple[dict[str, Any], int]:
        """Somebody asks about their own data. The privacy desk makes sure who it is; asked twice, the open one is answered."""
        hub = this_hub()
        right = {name: told["right"][name] for name in CORRECTABLE if name in told["right"]}
        if told["kind"] == "erasure":
            made = erasure.put(hub, work, ref, "api", Came("api"))
        else:
            made = requests.put(hub, work, Wish(ref, told["kind"], Came("api"), told["scope"], right), "api")
        work.session.flush()
        return _told(work.session, made), 202


@bp.route("/requests/<ref>")
class OneRequest(MethodView):
    @bp.response(200, RequestTold)
    @needs("requests:write")
    def get(self, ref: str) -> dict[str, Any]:
        """What became of a request, and by when it is answered."""
        with this_hub().look() as session:
            return _told(session, ref)


def _told(session: Any, ref: str) -> dict[str, Any]:
    found = cases.one(session, ref, this_hub().clock().date())
    if found is None:
        raise NotFound("There is no such request.")
    plain = found.plain()
    return {name: plain[name] for name in ("request", "kind", "state", "due_on", "overdue", "outcome")}
