"""The fleet partner's doors: its fleet, who drives under it from when to when, and the report on each row it sent."""

import re
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from flask import g, request, url_for
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from hub.errors import Denied, NotFound, WrongInput
from hub.flow import belongings, fleets, uploads
from hub.flow.statements import COLUMNS, NEEDED, STATES, read_all
from hub.flow.uploads import Part
from hub.models import Assignment, Fleet, Job, Link, Person, Vehicle
from hub.own import OWN
from hub.web.access import needs
from hub.web.idempotency import KEY, once
from hub.web.links import FLEET, leads_to
from hub.web.paging import cursor
from hub.web.rows import read_rows
from hub.web.webhooks import this_hub
from hub.work import Work

bp = Blueprint("fleets", "fleets", url_prefix="/api/v1", description="Fleets: vehicles, service levels, reports.")
CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,38}")
MOST = 1000


class FleetArgs(Schema):
    title = fields.String(required=True, validate=validate.Length(1, 120))


class FleetTold(Schema):
    fleet = fields.String(required=True)
    title = fields.String(required=True)


class AssignmentRow(Schema):
    """One row of an upload: JSON list, NDJSON or CSV, each also gzipped."""

    vin = fields.String(required=True, metadata={"description": "17 signs"})
    since = fields.Date(required=True)
    until = fields.Date(
        metadata={"description": "the first day on which it no longer holds; none: until further notice"}
    )
    assignment = fields.String(metadata={"description": "your own number of it; the same number again is a correction"})
    plate = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))


class JobTold(Schema):
    job = fields.String(required=True)
    state = fields.String(required=True)
    rows = fields.Integer(required=True)
    report = fields.String(required=True)


class ReportArgs(Schema):
    cursor = cursor()
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST))
    verdict = fields.String(validate=validate.OneOf(["added", "changed", "unchanged", "withdrawn", "rejected"]))


class RowTold(Schema):
    line = fields.Integer(required=True)
    verdict = fields.String(required=True)
    column = fields.String()
    reason = fields.String()
    hint = fields.String()


class ReportTold(Schema):
    job = fields.String(required=True)
    state = fields.String(required=True)
    rows = fields.Integer(required=True)
    counts = fields.Dict(required=True)
    seconds = fields.Float(allow_none=True, required=True)
    items = fields.List(fields.Nested(RowTold), required=True)
    next = fields.Integer(allow_none=True, required=True)


class AssignmentsArgs(Schema):
    """on: a day it was to hold. believed_at: as it was believed then; none: now."""

    on = fields.Date()
    believed_at = fields.AwareDateTime()
    cursor = cursor()
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST))


class AssignmentTold(Schema):
    vehicle = fields.String(required=True)
    vin = fields.String(required=True, allow_none=True)
    since = fields.Date(required=True)
    until = fields.Date(required=True, allow_none=True)
    recorded_at = fields.AwareDateTime(required=True)
    superseded_at = fields.AwareDateTime(required=True, allow_none=True)


class AssignmentsTold(Schema):
    items = fields.List(fields.Nested(AssignmentTold), required=True)
    next = fields.Integer(allow_none=True, required=True)


def fleet_of(session: Session, code: str) -> Fleet:
    """The caller's own fleet; that of anybody else is as unknown as none. Raises NotFound."""
    found = session.scalars(select(Fleet).where(Fleet.code == code, Fleet.principal_id == g.principal_id)).first()
    if found is None:
        raise NotFound(f"You have no fleet “{code[:40]}”.", "Open it first: PUT /api/v1/fleets/<fleet>.")
    return found


BELOW = (("get", "assignments"), ("post", "assignments"), ("get", "service-levels"), ("put", "service-levels"), ("get", "timers"),
         ("get", "digest"))  # fmt: skip


@bp.route("/fleets/<fleet>")
class OneFleet(MethodView):
    @bp.doc(
        **leads_to(
            200,
            *((method, f"/fleets/{{fleet}}/{what}", {"fleet": FLEET}) for method, what in BELOW),
        )
    )
    @bp.arguments(FleetArgs)
    @bp.response(200, FleetTold)
    @needs("fleets:write")
    def put(self, told: dict[str, str], fleet: str) -> dict[str, str]:
        """Open a fleet, or give it another title."""
        if not CODE.fullmatch(fleet):
            raise WrongInput("This is no name for a fleet.", "2 to 39 small letters, digits and -.")
        with this_hub().begin() as work:
            row = work.session.scalars(select(Fleet).where(Fleet.code == fleet)).first()
            if row is None:
                row = fleets.make_fleet(this_hub(), work, fleet, told["title"], g.principal_id)
            elif row.principal_id != g.principal_id:
                raise Denied(f"The name “{fleet}” is taken.", "Choose another one.")
            row.title = told["title"]
            belongings.notice_by_id(this_hub(), work, "fleet", [row.id])
        return {"fleet": fleet, "title": told["title"]}


@bp.route("/fleets/<fleet>/assignments")
class Assignments(MethodView):
    @bp.arguments(AssignmentsArgs, location="query")
    @bp.response(200, AssignmentsTold)
    @needs("fleets:read")
    def get(self, asked: dict[str, Any], fleet: str) -> dict[str, Any]:
        """The fleet's vehicles, as they are believed now or were believed at a moment."""
        hub = this_hub()
        with hub.begin() as work:
            mine = fleet_of(work.session, fleet)
            rows = work.session.execute(_believed(mine, asked, hub.partner(OWN).id)).all()
            keys = work.vault.open_keys(work.session, [row[4] for row in rows if row[4]])
            items = [
                {
                    "vehicle": ref,
                    "vin": work.vault.unseal(keys[key], link.sealed, f"link:vehicle:{link.person_id}").decode()
                    if key in keys
                    else None,
                    "since": one.since,
                    "until": one.until,
                    "recorded_at": one.recorded_at,
                    "superseded_at": one.superseded_at,
                }
                for one, ref, link, _, key in rows[: asked["limit"]]
            ]
        more = len(rows) > asked["limit"]
        return {"items": items, "next": rows[asked["limit"] - 1][0].id if more else None}

    @bp.doc(
        parameters=[KEY],
        **leads_to(
            202,
            ("get", "/jobs/{job}", {"job": "$response.body#/job"}),
            *(("get", f"/fleets/{{fleet}}/{what}", {"fleet": FLEET}) for what in ("assignments", "timers", "digest")),
        ),
        requestBody={
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "array", "items": AssignmentRow}},
                "application/x-ndjson": {"schema": AssignmentRow},
                "text/csv": {"schema": {"type": "string", "description": f"header: {','.join(COLUMNS)}"}},
            },
        },
    )
    @bp.response(202, JobTold)
    @needs("fleets:write")
    def post(self, fleet: str) -> Any:
        """Tell which vehicles belong to the fleet; each row gets its verdict in the job's report."""
        with this_hub().look() as session:
            fleet_of(session, fleet)
        rows = read_rows(BytesIO(request.get_data()), request.content_type or "", COLUMNS, NEEDED)
        parts = uploads.cut(read_all(rows))  # before the transaction begins: nobody waits for us while we read
        return self._keep(fleet, parts)  # type: ignore[call-arg]

    @once
    def _keep(self, fleet: str, parts: list[Part], work: Work) -> tuple[dict[str, Any], int]:
        job = uploads.keep(work, fleet_of(work.session, fleet), g.principal_id, parts)
        return {
            "job": job.ref,
            "state": job.state,
            "rows": job.rows,
            "report": url_for("fleets.Jobs", job=job.ref),
        }, 202


def _believed(fleet: Fleet, asked: dict[str, Any], own_id: int) -> Any:
    at: datetime | None = asked.get("believed_at")
    on: date | None = asked.get("on")
    found = (
        select(Assignment, Vehicle.ref, Link, Link.id, Person.data_key_id)
        .join(Vehicle, Vehicle.id == Assignment.vehicle_id)
        .outerjoin(Link, (Link.about_id == Vehicle.id) & (Link.about == "vehicle") & (Link.connection_id == own_id))
        .outerjoin(Person, Person.id == Link.person_id)
        .where(Assignment.fleet_id == fleet.id, Assignment.id > asked["cursor"])
    )
    if at is None:
        found = found.where(Assignment.superseded_at.is_(None))
    else:
        at = at.astimezone(UTC)
        found = found.where(
            Assignment.recorded_at <= at, or_(Assignment.superseded_at.is_(None), Assignment.superseded_at > at)
        )
    if on is not None:
        found = found.where(Assignment.since <= on, or_(Assignment.until.is_(None), Assignment.until > on))
    return found.order_by(Assignment.id).limit(asked["limit"] + 1)


@bp.route("/jobs/<job>", endpoint="Jobs")
class Jobs(MethodView):
    @bp.arguments(ReportArgs, location="query")
    @bp.response(200, ReportTold)
    @needs("fleets:read")
    def get(self, asked: dict[str, Any], job: str) -> dict[str, Any]:
        """How an upload stands, and the verdict on each of its rows, paged by line."""
        with this_hub().look() as session:
            row = session.scalars(select(Job).where(Job.ref == job, Job.principal_id == g.principal_id)).first()
            if row is None:
                raise NotFound("You have no such job.")
            verdicts, following = uploads.report(session, row, asked["cursor"], asked["limit"], asked.get("verdict"))
        names = ("line", "verdict", "column", "reason", "hint")
        return {
            "job": row.ref,
            "state": row.state,
            "rows": row.rows,
            "counts": row.counts,
            "seconds": (row.settled_at - row.made_at).total_seconds() if row.settled_at else None,
            "items": [dict(zip(names, one, strict=False)) for one in verdicts],
            "next": following,
        }
