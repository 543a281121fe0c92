"""Service levels, seen by their fleet: the contract, where its vehicles stand now, and what was kept and credited."""

from datetime import datetime, timedelta
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hub.errors import WrongInput
from hub.flow import levels, timers
from hub.models import ServiceLevel, Timer, Vehicle
from hub.sdk.row_fields import Moment
from hub.web.access import needs
from hub.web.fleets import fleet_of
from hub.web.webhooks import this_hub

bp = Blueprint("levels", "levels", url_prefix="/api/v1/fleets/<fleet>", description="Service levels and their timers.")
MOST = 500


class LevelArgs(Schema):
    measure = fields.String(required=True, validate=validate.OneOf(list(levels.MEASURES)))
    minutes = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, 525_600), metadata={"description": "of open time"}
    )
    calendar = fields.String(
        required=True, validate=validate.Length(1, 40), metadata={"description": "of config/calendars, or always"}
    )
    credit_minor = fields.Integer(
        strict=True, validate=validate.Range(1, 2**53), metadata={"description": "for each breach"}
    )
    currency = fields.String(validate=validate.Regexp(r"[A-Z]{3}$"))


class LevelsArgs(Schema):
    levels = fields.List(fields.Nested(LevelArgs), required=True, validate=validate.Length(max=20))


class LevelVerdict(Schema):
    row = fields.Integer()
    measure = fields.String(required=True)
    verdict = fields.String(required=True, metadata={"description": "set, unchanged, rejected, not_set, ended"})
    reason = fields.String()
    hint = fields.String()


class LevelsTold(Schema):
    items = fields.List(fields.Nested(LevelVerdict), required=True)


class TimerStatus(Schema):
    timer = fields.String(required=True)
    vehicle = fields.String(required=True)
    measure = fields.String(required=True)
    state = fields.String(required=True)
    started_at = fields.AwareDateTime(required=True)
    spent_minutes = fields.Integer(required=True)
    limit_minutes = fields.Integer(required=True)
    next_mark_at = fields.AwareDateTime(required=True, allow_none=True)


class StatusTold(Schema):
    at = fields.AwareDateTime(required=True)
    items = fields.List(fields.Nested(TimerStatus), required=True)


class DigestArgs(Schema):
    since = Moment()
    until = Moment()


@bp.route("/service-levels")
class Levels(MethodView):
    @bp.response(200, LevelsArgs)
    @needs("fleets:read")
    def get(self, fleet: str) -> dict[str, Any]:
        """The contract as it is in force."""
        with this_hub().begin() as work:
            rows = levels.current_levels(work, fleet_of(work.session, fleet))
            return {
                "levels": [
                    {name: value for name in LevelArgs().fields if (value := getattr(row, name)) is not None}
                    for row in rows
                ]
            }

    @bp.arguments(LevelsArgs)
    @bp.response(200, LevelsTold)
    @needs("fleets:write")
    def put(self, told: dict[str, Any], fleet: str) -> dict[str, Any]:
        """The whole contract, with a verdict per row. What is not named ends; timers that run keep their promise."""
        hub = this_hub()
        with hub.begin() as work:
            return {"items": levels.set_levels(hub, work, fleet_of(work.session, fleet), told["levels"])}


@bp.route("/timers")
class Timers(MethodView):
    @bp.response(200, StatusTold)
    @needs("fleets:read")
    def get(self, fleet: str) -> dict[str, Any]:
        """Where the fleet's vehicles in the workshop stand, the most pressing first; spent_minutes as of this moment."""
        hub = this_hub()
        with hub.begin() as work:
            mine = (Timer.fleet_id == fleet_of(work.session, fleet).id, Timer.state.in_(["running", "paused"]))
            rows = select(Timer, ServiceLevel.minutes, Vehicle.ref).join(
                ServiceLevel, ServiceLevel.id == Timer.level_id
            )
            rows = (
                rows.join(Vehicle, Vehicle.id == Timer.vehicle_id)
                .where(*mine)
                .order_by(Timer.due_at, Timer.id)
                .limit(MOST)
            )
            items = []
            for timer, minutes, vehicle in work.session.execute(rows).all():
                standing = timers.turn(hub, work, timer)
                items.append(
                    {
                        "timer": timer.ref,
                        "vehicle": vehicle,
                        "measure": timer.measure,
                        "state": standing.state,
                        "started_at": standing.started_at,
                        "spent_minutes": int(standing.spent.total_seconds() // 60),
                        "limit_minutes": minutes,
                        "next_mark_at": standing.due_at,
                    }
                )
            return {"at": work.now, "items": items}


@bp.route("/digest")
class Digest(MethodView):
    @bp.arguments(DigestArgs, location="query")
    @bp.response(200)
    @needs("fleets:read")
    def get(self, asked: dict[str, datetime], fleet: str) -> dict[str, Any]:
        """What was kept, broken and credited within a span of time; by default the last 7 days."""
        with this_hub().begin() as work:
            until = asked.get("until", work.now)
            since = asked.get("since", until - timedelta(days=7))
            if since >= until:
                raise WrongInput("The span ends before it begins.", "since is earlier than until.")
            found = timers.digest(work, fleet_of(work.session, fleet), since, until)
        return {"fleet": fleet, "since": since.isoformat(), "until": until.isoformat(), **found}
