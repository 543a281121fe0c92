"""The shop's doors: batches of its rows with a verdict on each, and the slots that can still be booked."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import g, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hub.core import Hub, Partner
from hub.errors import Denied, NotFound, NotJson, PartDown, TooLarge, WrongInput
from hub.flow import inbox, pipeline, places
from hub.models import Branch
from hub.sdk import Incoming, TakesRows
from hub.sdk.row_checks import Refusal, check
from hub.sdk.row_fields import FIRST, LAST
from hub.sdk.rows import KINDS
from hub.web.access import needs
from hub.web.idempotency import KEY, once
from hub.web.webhooks import this_hub
from hub.work import Work
from rules.calendar import start_of

bp = Blueprint(
    "shop", "shop", url_prefix="/api/v1", description="The garage's own system: what it did, and what it can do."
)
MOST_BYTES = 4_000_000
MOST_ROWS = 1000
NDJSON = "application/x-ndjson"
PLURALS = {"branch": "branches", "survey": "surveys"}
AT_ONCE = ("appointment",)  # whoever books must hear whether the slot is theirs


class Problem(Schema):
    field = fields.String(required=True, metadata={"description": "path of the field, such as lines.0.price_minor"})
    reason = fields.String(required=True)
    hint = fields.String(required=True)


class Verdict(Schema):
    index = fields.Integer(required=True, metadata={"description": "the row's place in the batch, from 0"})
    verdict = fields.String(required=True, metadata={"enum": ["accepted", "duplicate", "refused"]})
    problems = fields.List(fields.Nested(Problem))


class Verdicts(Schema):
    accepted = fields.Integer(required=True)
    duplicate = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    items = fields.List(fields.Nested(Verdict), required=True)


class DayArgs(Schema):
    day = fields.Date(required=True, validate=validate.Range(FIRST.date(), LAST.date(), max_inclusive=False))


class SlotTold(Schema):
    bay = fields.String(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)


class SlotsTold(Schema):
    branch = fields.String(required=True)
    day = fields.Date(required=True)
    zone = fields.String(required=True)
    items = fields.List(fields.Nested(SlotTold), required=True)


class Door(MethodView):
    """One kind of row. 202: all rows are safe; 207: some were refused; 422: all were. Refused rows leave nothing behind."""

    kind = ""

    @needs("rows:write")
    def post(self) -> Any:
        request.max_content_length = MOST_BYTES
        hub = this_hub()
        partner = _partner(hub)
        rows = rows_in(request.get_data(), request.content_type or "")
        with hub.look() as session:
            bounds = places.bounds(hub, session)
        judged = [check(self.kind, row, bounds) for row in rows]
        return self._take(partner, judged)  # type: ignore[call-arg]

    @once
    def _take(
        self, partner: Partner, judged: Sequence[tuple[Any, list[Refusal]]], work: Work
    ) -> tuple[dict[str, Any], int]:
        take = _book if self.kind in AT_ONCE else _keep
        try:
            verdicts = take(work, partner, judged)
        except IntegrityError:
            raise PartDown("Two calls told the same row at the same moment.", "Send it again.") from None
        return told_of(verdicts)


def _partner(hub: Hub) -> Partner:
    """The connection the token was granted for."""
    partner = hub.partners.get(g.connection or "")
    if partner is None or not isinstance(partner.connector, TakesRows):
        raise Denied(
            "This token speaks for no shop.", "Grant one: hub tokens grant --scope rows:write --connection NAME"
        )
    return partner


def rows_in(body: bytes, content_type: str) -> list[Any]:
    """A JSON list, {"items": [...]}, or one object a line (NDJSON), where a broken line is a row that is refused.

    Raises NotJson, TooLarge, WrongInput."""
    rows: Any
    if content_type.partition(";")[0].strip().lower() == NDJSON:
        rows = [_line(line) for line in body.splitlines() if line.strip()]
    else:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise NotJson("The body is no JSON.", "Send [{…}, {…}] or {“items”: […]}, UTF-8, or NDJSON.") from None
        rows = found.get("items") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows:
        raise WrongInput("There are no rows.", "Send [{…}, {…}] or {“items”: […]}.")
    if len(rows) > MOST_ROWS:
        raise TooLarge(f"A batch may have {MOST_ROWS:,} rows.", "Send it in several, each under a key of its own.")
    return rows


def _line(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None  # refused as what it is: no JSON object


def _keep(work: Work, partner: Partner, judged: Sequence[tuple[Any, list[Refusal]]]) -> list[str | list[Refusal]]:
    """Into the inbox, all at once; the workers do the rest."""
    connector: Any = partner.connector
    told: list[Incoming | None] = [connector.incoming(row) if row is not None else None for row, _ in judged]
    seen = inbox.known(work, partner, [one for one in told if one is not None])
    verdicts: list[str | list[Refusal]] = []
    fresh = []
    for one, (_, refusals) in zip(told, judged, strict=True):
        if one is None:
            verdicts.append(refusals)
        elif one.key in seen:
            verdicts.append("duplicate")
        else:
            seen.add(one.key)
            fresh.append(one)
            verdicts.append("accepted")
    inbox.keep(work, partner, fresh, soon=True)
    work.session.flush()  # here it shows whether another call told one of them at this moment
    return verdicts


def _book(work: Work, partner: Partner, judged: Sequence[tuple[Any, list[Refusal]]]) -> list[str | list[Refusal]]:
    """Taken through at once, one by one."""
    connector: Any = partner.connector
    rows = [row for row, _ in judged if row is not None]
    outcomes = iter(pipeline.take_now(this_hub(), work, partner, [connector.incoming(row) for row in rows]))
    verdicts: list[str | list[Refusal]] = []
    for row, refusals in judged:
        outcome = refusals if row is None else next(outcomes)
        verdicts.append([Refusal("", outcome.what, outcome.hint)] if isinstance(outcome, WrongInput) else outcome)
    return verdicts


def told_of(verdicts: Sequence[str | list[Refusal]]) -> tuple[dict[str, Any], int]:
    items: list[Mapping[str, Any]] = []
    for index, verdict in enumerate(verdicts):
        refused = not isinstance(verdict, str)
        problems = {"problems": [vars(one) for one in verdict]} if refused else {}
        items.append({"index": index, "verdict": "refused" if refused else verdict, **problems})
    counts = {name: sum(one["verdict"] == name for one in items) for name in ("accepted", "duplicate", "refused")}
    status = 202 if not counts["refused"] else 422 if counts["refused"] == len(items) else 207
    return {**counts, "items": items}, status


def _open_doors() -> None:
    """One address per kind of row, each described by its own schema."""
    for kind, schema in KINDS.items():
        name = PLURALS.get(kind, f"{kind}s")
        view = type(schema.__name__.replace("Row", "Door"), (Door,), {"kind": kind, "__doc__": f"Tell {name}."})
        body = {
            "application/json": {"schema": {"type": "array", "items": schema, "maxItems": MOST_ROWS}},
            NDJSON: {"schema": schema},
        }
        described = bp.doc(summary=f"Tell {name}.", parameters=[KEY], requestBody={"required": True, "content": body})
        answered = bp.response(202, Verdicts)
        also = bp.alt_response(207, schema=Verdicts, description="some rows were refused")
        view.post = described(answered(also(Door.post)))  # type: ignore[attr-defined]
        bp.route(f"/{name}", endpoint=f"tell_{name}")(view)


@bp.route("/branches/<code>/slots")
class FreeSlots(MethodView):
    @bp.arguments(DayArgs, location="query")
    @bp.response(200, SlotsTold)
    @needs("slots:read")
    def get(self, asked: dict[str, date], code: str) -> dict[str, Any]:
        """Slots of a branch that can be booked on a day of its own zone."""
        with this_hub().look() as session:
            branch = session.scalars(select(Branch).where(Branch.code == code)).first()
            if branch is None:
                raise NotFound("There is no such branch.")
            first = start_of(asked["day"], branch.zone)
            end = start_of(asked["day"] + timedelta(days=1), branch.zone)
            free = places.free_slots(session, branch.id, max(first, this_hub().clock()), end)
        items = [{"bay": bay, "starts_at": slot.starts_at, "ends_at": slot.ends_at} for slot, bay in free]
        return {"branch": code, "day": asked["day"], "zone": branch.zone, "items": items}


_open_doors()
