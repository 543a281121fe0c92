"""The desk of journeys: how far people came on each, its drawn graph, what its experiments say, and why somebody is where they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.charts import Growth, growth
from hub.core import Hub
from hub.errors import NotFound
from hub.flow import reports, told_why
from hub.flow.comparisons import Rail, SplitShown, arms_of, rails_of
from hub.flow.in_force import versions_in_force
from hub.flow.ledger import may_be_used
from hub.flow.returns import Row, row_of
from hub.flow.standings import counts_in
from hub.models import Customer, Enrollment, JourneyVersion
from hub.web.webhooks import this_hub
from portal.desks import MARKETERS
from portal.edited import begin_writing
from portal.guard import opens_to
from portal.pages import page, tongue
from portal.tables import cursor_of, cut, table
from rules.journeys import picture
from rules.journeys.documents import JourneyRule

bp = Blueprint("journeys", __name__, url_prefix="/desk/journeys")
STATES = ("waiting", "held", "done", "exited", "expected", "queued", "parked")
PEOPLE = 25
COLUMNS = ("customer", "state", "step", "reason", "since")


@dataclass(frozen=True)
class Proof:
    """What the holdout of one journey says, in the currency in which most was paid."""

    currency: str
    row: Row
    grew: Growth | None
    points: list[Mapping[str, Any]]


@bp.get("/")
@opens_to(*MARKETERS)
def overview() -> Response:
    hub = this_hub()
    counted, worth = reports.latest(hub, reports.JOURNEYS), reports.latest(hub)
    proofs = {name: _proof(worth, name) for name in counted.document} if counted else {}
    written = hub.book.current().journeys
    with hub.look() as session:
        in_force = set(session.scalars(select(JourneyVersion.journey).where(JourneyVersion.ended_at.is_(None))))
    return page(
        "journeys.html",
        counted=counted,
        proofs=proofs,
        waiting={name: written[name] for name in sorted(set(written) - in_force)},
    )


@bp.get("/new")
@opens_to(*MARKETERS)
def begin() -> Response:
    """An editor under the name that was asked for. Raises WrongInput."""
    return begin_writing("journeys")


@bp.get("/<name>")
@opens_to(*MARKETERS)
def one(name: str) -> Response:
    hub = this_hub()
    counted, worth = reports.latest(hub, reports.JOURNEYS), reports.latest(hub)
    with hub.look() as session:
        rule = _rule(hub, session, name)
    told = counted.document.get(name) if counted else None
    counts = counts_in(told) if told else picture.Counts()
    drawn = Markup(picture.draw(rule, counts if told else None, alone=False))  # noqa: S704 - its own words are escaped
    return page("journey.html", rule=rule, told=told, counted=counted, drawn=drawn, rows=picture.table(rule, counts),
                proof=_proof(worth, name), splits=_splits(worth, name), rails=_rails(worth, name))  # fmt: skip


@bp.get("/<name>/people")
@opens_to(*MARKETERS)
def people(name: str) -> Response:
    """Who is on it, the latest first; refs only. cursor: the id of the last row of the page before."""
    hub, state = this_hub(), _state()
    with hub.look() as session:
        rule = _rule(hub, session, name)
        place = cursor_of(request.args.get("cursor", ""))
        rows = session.execute(_ways(name, state, place).limit(PEOPLE + 1)).all()
    found, more = cut(rows, PEOPLE, lambda row: row.id)
    return page("journey_people.html", rule=rule, people=found, more=more, first_page=place is None, state=state,
                states=STATES)  # fmt: skip


@bp.get("/<name>/people.csv")
@opens_to(*MARKETERS)
def people_table(name: str) -> Response:
    """All that the page's filter leaves, streamed."""
    hub, state = this_hub(), _state()
    with hub.look() as session:
        _rule(hub, session, name)
    return table(
        hub, f"{name}-{state or 'all'}", COLUMNS,
        lambda session, place, most: [(row[0], row[1:]) for row in session.execute(_ways(name, state, place).limit(most))],
    )  # fmt: skip


def _ways(name: str, state: str, place: int | None) -> Any:
    mine = [Enrollment.journey == name, may_be_used(Enrollment.customer_id)]
    mine += [Enrollment.state == state] if state else []
    mine += [Enrollment.id < place] if place is not None else []
    columns = (Enrollment.id, Customer.ref, Enrollment.state, Enrollment.node, Enrollment.reason, Enrollment.since)
    rows = select(*columns).join(Customer, Customer.id == Enrollment.customer_id)
    return rows.where(*mine).order_by(Enrollment.id.desc())


def _state() -> str:
    state = request.args.get("state", "")
    return state if state in STATES else ""


@bp.get("/<name>/people/<ref>")
@opens_to(*MARKETERS)
def why(name: str, ref: str) -> Response:
    """How far one customer came, step by step, and why."""
    hub = this_hub()
    with hub.look() as session:
        rule = _rule(hub, session, name)
    found = told_why.why(hub, ref, name)[0]
    return page("journey_why.html", rule=rule, ref=ref, found=found, moment=datetime.fromisoformat)


def _rule(hub: Hub, session: Session, name: str) -> JourneyRule:
    for version in versions_in_force(hub, session):
        if version.rule.name == name:
            return version.rule
    raise NotFound("There is no such journey.", "Perhaps it has ended: no version of it is in force.")


def _proof(worth: reports.Report | None, name: str) -> Proof | None:
    """None while nobody of it has paid."""
    told = worth.document["campaigns"].get(name) if worth else None
    if not worth or not told or not told["proof"]:
        return None
    ledger = worth.document["ledger"]
    currency = max(told["proof"], key=lambda code: ledger.get(code, {}).get("invoiced", 0))
    row, points = row_of(name, name, told, currency), list(told["growth"].get(currency, []))
    if row.state == "broken":
        points = []
    return Proof(currency, row, growth(points, tongue().direction == "rtl"), points)


def _rails(worth: reports.Report | None, name: str) -> tuple[Rail, ...]:
    return rails_of(worth.document["campaigns"].get(name, {})) if worth else ()


def _splits(worth: reports.Report | None, name: str) -> dict[str, SplitShown]:
    """experiment -> its arms, guardrails, and whether anything may be told of them."""
    found = worth.document.get("experiments", {}) if worth else {}
    return {split: arms_of(told) for split, told in found.items() if told["journey"] == name}
