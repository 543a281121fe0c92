"""The desk of segments: how many are in each and were, who they are and why; written and put in force by the editor."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select

from hub.charts import SPARK, spark
from hub.core import Hub
from hub.errors import NotFound
from hub.flow import explain, reports
from hub.flow.ledger import may_be_used
from hub.models import Customer, Membership
from hub.voices import voice
from hub.web.webhooks import this_hub
from portal.desks import MARKETERS
from portal.edited import begin_writing
from portal.guard import opens_to
from portal.pages import page, tongue
from portal.tables import cursor_of, cut, table
from portal.verdicts import verdicts
from rules import SegmentRule

bp = Blueprint("segments", __name__, url_prefix="/desk/segments")
PEOPLE = 25
SIDES = ("inside", "left")
COLUMNS = ("customer", "entered_at", "cause", "left_at", "left_cause")


@bp.get("/")
@opens_to(*MARKETERS)
def overview() -> Response:
    hub = this_hub()
    counted = reports.latest(hub, reports.SEGMENTS)
    told = counted.document if counted else {}
    rules = hub.book.current().segments
    drawn = {name: _drawn(one) for name, one in told.items()}
    return page(
        "segments.html", rules=rules, told=told, drawn=drawn, box=SPARK, counted=counted, moment=datetime.fromisoformat
    )


@bp.get("/new")
@opens_to(*MARKETERS)
def begin() -> Response:
    """An editor under the name that was asked for. Raises WrongInput."""
    return begin_writing("segments")


@bp.get("/<name>")
@opens_to(*MARKETERS)
def one(name: str) -> Response:
    hub = this_hub()
    rule, counted = _rule(hub, name), reports.latest(hub, reports.SEGMENTS)
    told = counted.document.get(name) if counted else None
    titles = {other: rule.title for other, rule in hub.book.current().segments.items()}
    return page("segment.html", rule=rule, told=told, counted=counted, drawn=_drawn(told) if told else None, box=SPARK,
                titles=titles, moment=datetime.fromisoformat)  # fmt: skip


@bp.get("/<name>/people")
@opens_to(*MARKETERS)
def people(name: str) -> Response:
    """The latest first; refs only. cursor: the last row of the page before."""
    hub, side, place = this_hub(), _side(), cursor_of(request.args.get("cursor", ""))
    with hub.look() as session:
        rows = session.execute(_members(name, side, place).limit(PEOPLE + 1)).all()
    found, more = cut(rows, PEOPLE, lambda row: row.id)
    return page("segment_people.html", rule=_rule(hub, name), people=found, more=more, first_page=place is None, side=side,
                sides=SIDES)  # fmt: skip


@bp.get("/<name>/people.csv")
@opens_to(*MARKETERS)
def people_table(name: str) -> Response:
    """All that the page's filter leaves, streamed."""
    hub, side = this_hub(), _side()
    _rule(hub, name)
    return table(
        hub, f"{name}-{side}", COLUMNS,
        lambda session, place, most: [(row[0], row[1:]) for row in session.execute(_members(name, side, place).limit(most))],
    )  # fmt: skip


@bp.get("/<name>/people/<ref>")
@opens_to(*MARKETERS)
def why(name: str, ref: str) -> Response:
    """Why somebody is in it or not, condition by condition."""
    hub = this_hub()
    _rule(hub, name)
    told = verdicts(explain.why(hub, ref, name, voice(tongue().code)))
    back = (url_for("portal.segments.people", name=name), tongue().say("People in it"))
    return page("why.html", ref=ref, verdicts=told, now=hub.clock(), back=back)


def _members(name: str, side: str, place: int | None) -> Any:
    mine = [Membership.segment == name, may_be_used(Membership.customer_id)]
    mine.append(Membership.left_at.is_(None) if side == "inside" else Membership.left_at.is_not(None))
    if place is not None:
        mine.append(Membership.id < place)
    columns = (Customer.ref, Membership.entered_at, Membership.cause, Membership.left_at, Membership.left_cause)
    rows = select(Membership.id, *columns).join(Customer, Customer.id == Membership.customer_id)
    return rows.where(*mine).order_by(Membership.id.desc())


def _rule(hub: Hub, name: str) -> SegmentRule:
    found = hub.book.current().segments.get(name)
    if found is None:
        raise NotFound("There is no such segment.", "Those of this region stand in the list.")
    return found


def _side() -> str:
    side = request.args.get("side", "")
    return side if side in SIDES else SIDES[0]


def _drawn(told: Any) -> Any:
    return spark([count for _, count in told["weeks"]], tongue().direction == "rtl")
