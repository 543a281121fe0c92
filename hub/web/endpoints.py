"""Webhooks out, seen by their partner: the catalogue of events, endpoints and their keys, the delivery log, and replays."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import g, url_for
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.errors import Denied, NotFound, WrongInput
from hub.flow import endpoints
from hub.models import Attempt, Endpoint
from hub.web.access import needs
from hub.web.catalogue import EVENTS, schema_of
from hub.web.idempotency import KEY, once
from hub.web.links import ENDPOINT, leads_to
from hub.web.paging import cursor
from hub.web.webhooks import this_hub
from hub.work import Work

bp = Blueprint("endpoints", "endpoints", url_prefix="/api/v1/webhooks", description="Webhooks to partners.")
LINK_LASTS = timedelta(days=1)
MOST = 20  # endpoints of one partner


class EndpointArgs(Schema):
    url = fields.Url(required=True, schemes={"https", "http"}, require_tld=False, validate=validate.Length(max=1000))
    events = fields.List(
        fields.String(validate=validate.OneOf(["*", *EVENTS])), required=True, validate=validate.Length(1, 50)
    )
    scheme = fields.String(load_default="v1", validate=validate.OneOf(["v1", "v1a"]))
    per_second = fields.Integer(load_default=10, validate=validate.Range(1, 100))


class EndpointChange(Schema):
    state = fields.String(required=True, validate=validate.OneOf(["active", "disabled"]))


class EndpointTold(Schema):
    endpoint = fields.String(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    scheme = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    failures = fields.Integer(required=True)
    key = fields.String(metadata={"description": "what to verify with; answered once"})


class AttemptTold(Schema):
    event = fields.String(required=True)
    attempt = fields.Integer(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    replay = fields.String(
        required=True, metadata={"description": "POST it to send this again; no token, ends after a day"}
    )


class LogArgs(Schema):
    cursor = cursor(2**62)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class LogTold(Schema):
    items = fields.List(fields.Nested(AttemptTold), required=True)
    next = fields.Integer(required=True, allow_none=True)


@bp.route("/events")
class Events(MethodView):
    @bp.response(200)
    def get(self) -> dict[str, Any]:
        """Every event we send, with the JSON Schema of its body."""
        return {
            "events": {
                name: {"title": title, "schema": schema_of(name, shape)} for name, (title, shape) in EVENTS.items()
            }
        }


@bp.route("/endpoints")
class Endpoints(MethodView):
    @bp.response(200, EndpointTold(many=True))
    @needs("webhooks:write")
    def get(self) -> list[dict[str, Any]]:
        """The caller's endpoints, and why one is disabled."""
        with this_hub().look() as session:
            rows = session.scalars(
                select(Endpoint).where(Endpoint.principal_id == g.principal_id).order_by(Endpoint.id)
            )
            return [_told(row) for row in rows]

    @bp.doc(
        parameters=[KEY],
        **leads_to(
            201,
            ("patch", "/webhooks/endpoints/{endpoint}", {"endpoint": ENDPOINT}),
            ("post", "/webhooks/endpoints/{endpoint}/rotate", {"endpoint": ENDPOINT}),
            ("get", "/webhooks/endpoints/{endpoint}/log", {"endpoint": ENDPOINT}),
        ),
    )
    @bp.arguments(EndpointArgs)
    @bp.response(201, EndpointTold)
    @needs("webhooks:write")
    @once
    def post(self, told: dict[str, Any], work: Work) -> tuple[dict[str, Any], int]:
        """Open an endpoint. The answer holds the key to verify with; the same Idempotency-Key answers it again for a day."""
        partner = endpoints.sender(this_hub())
        if partner is None:
            raise NotFound("This region sends no webhooks.", "Its hub.yaml has no connection of the connector webhook.")
        if urlsplit(told["url"]).scheme != "https" and not partner.settings.options.get("allow_loopback"):
            raise WrongInput("The address is not https.", "Webhooks carry signatures, and go by https only.")
        mine = select(Endpoint.id).where(Endpoint.principal_id == g.principal_id, Endpoint.state == "active")
        if len(work.session.scalars(mine).all()) >= MOST:
            raise Denied(f"You have {MOST} endpoints.", "Disable one first.")
        row, key = endpoints.open_endpoint(work, g.principal_id, **told)
        return {**_told(row), "key": key}, 201


@bp.route("/endpoints/<endpoint>")
class OneEndpoint(MethodView):
    @bp.arguments(EndpointChange)
    @bp.response(200, EndpointTold)
    @needs("webhooks:write")
    def patch(self, told: dict[str, str], endpoint: str) -> dict[str, Any]:
        """Disable an endpoint, or open it again."""
        with this_hub().begin() as work:
            row = _mine(work.session, endpoint)
            if told["state"] == "disabled":
                endpoints.disable(work, row, "by its owner", "api")
            else:
                row.state, row.reason, row.failures = "active", "", 0
            return _told(row)


@bp.route("/endpoints/<endpoint>/rotate")
class Rotation(MethodView):
    @bp.doc(parameters=[KEY], **leads_to(200, ("patch", "/webhooks/endpoints/{endpoint}", {"endpoint": ENDPOINT})))
    @bp.response(200, EndpointTold)
    @needs("webhooks:write")
    @once
    def post(self, endpoint: str, work: Work) -> tuple[dict[str, Any], int]:
        """A new key; the old one signs beside it for a day."""
        row = _mine(work.session, endpoint)
        return {**_told(row), "key": endpoints.rotate(work, row)}, 200


@bp.route("/endpoints/<endpoint>/log")
class DeliveryLog(MethodView):
    @bp.arguments(LogArgs, location="query")
    @bp.response(200, LogTold)
    @needs("webhooks:write")
    def get(self, page: dict[str, int], endpoint: str) -> dict[str, Any]:
        """Every call of the endpoint, the newest first, each with a link that sends it again."""
        hub = this_hub()
        with hub.look() as session:
            row = _mine(session, endpoint)
            rows = (
                select(Attempt)
                .where(Attempt.endpoint_id == row.id, Attempt.id < page["cursor"])
                .order_by(Attempt.id.desc())
            )
            found = session.scalars(rows.limit(page["limit"] + 1)).all()
        ends = int((hub.clock() + LINK_LASTS).timestamp())
        items = [
            {
                "event": one.event,
                "attempt": one.number,
                "state": one.state,
                "reason": one.reason,
                "at": one.at,
                "replay": _link(one.id, ends),
            }
            for one in found[: page["limit"]]
        ]
        return {"items": items, "next": found[page["limit"] - 1].id if len(found) > page["limit"] else None}


@bp.route("/replays/<int:attempt>/<int:ends>/<signature>", endpoint="Replay")
class Replay(MethodView):
    @bp.response(202)
    def post(self, attempt: int, ends: int, signature: str) -> dict[str, str]:
        """Send a webhook again, by the signed link of the delivery log."""
        hub = this_hub()
        if not hmac.compare_digest(_signature(attempt, ends).encode(), signature.encode()):
            raise Denied("This link is not signed by us.", "Take it from the delivery log as it is.")
        with hub.begin() as work:
            row = work.session.get(Attempt, attempt)
            endpoint = work.session.get(Endpoint, row.endpoint_id) if row else None
            if row is None or endpoint is None or datetime.fromtimestamp(ends, work.now.tzinfo) < work.now:
                raise NotFound("This link has ended.", "Take a new one from the delivery log.")
            if endpoint.state != "active":
                raise Denied("The endpoint is disabled.", "Open it again first: PATCH …/endpoints/<endpoint>.")
            endpoints.replay(work, endpoint, row)
            work.audit("link", "webhook_replayed", "endpoint", endpoint.id)
            if (partner := endpoints.sender(hub)) is not None:
                work.ring(partner.name)
        return {"status": "queued"}


def _link(attempt: int, ends: int) -> str:
    return url_for("endpoints.Replay", attempt=attempt, ends=ends, signature=_signature(attempt, ends))


def _signature(attempt: int, ends: int) -> str:
    """Keyed by the region: it cannot be made outside, and needs no row."""
    return hashlib.sha256(this_hub().vault.fingerprint("replay_link", str(attempt), str(ends))).hexdigest()


def _mine(session: Session, ref: str) -> Endpoint:
    row = session.scalars(select(Endpoint).where(Endpoint.ref == ref, Endpoint.principal_id == g.principal_id)).first()
    if row is None:
        raise NotFound("You have no such endpoint.")
    return row


def _told(row: Endpoint) -> dict[str, Any]:
    names = ("url", "events", "scheme", "state")
    return {
        "endpoint": row.ref,
        **{name: getattr(row, name) for name in names},
        "reason": row.reason or "",
        "failures": row.failures or 0,
    }
