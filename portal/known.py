"""What an advisor sees of a customer: who they are, how likely they stay away, what to propose, what happened; each with its why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, literal, select, union_all
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow import insights
from hub.flow.asking import CHANNEL, Subject
from hub.flow.enrollments import LIVE
from hub.flow.insights import Grounds, Insight, ScoreSeen
from hub.models import Branch, Consent, Customer, Enrollment, Event, Membership, Person, Profile, Vehicle
from hub.services import read_services
from portal.cars import Advice, Car, advice_in, advised, cars_in, held
from portal.me import Me, opened

SHOWN = 25  # happenings of one page
ENOUGH = 2  # visits that a chance is told from: one shows no rhythm
LEAVING = "churn"
SEGMENT, JOURNEY = "segment", "journey"
WIDTH, HEIGHT = 240, 44  # of the drawing of a score's history


@dataclass(frozen=True)
class Where:
    """A segment or journey that somebody is in. node: of a journey."""

    name: str
    title: str
    since: datetime | None
    node: str = ""


@dataclass(frozen=True)
class Said:
    """What stands of one purpose: channel -> granted or withdrawn."""

    purpose: str
    channels: Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """profile: its stored facts. chance: that they stay away, where enough is known to tell. advice: work still open."""

    me: Me
    branch: str
    joined_on: date | None
    language: str | None
    restricted: bool
    unprofiled: bool
    profile: Profile | None
    insight: Insight
    chance: ScoreSeen | None
    cars: Sequence[Car]
    advice: Sequence[Advice]
    consents: Sequence[Said]
    segments: Sequence[Where]
    journeys: Sequence[Where]

    def car_named(self, vehicle_id: int) -> str:
        return next((car.short or car.plate for car in self.cars if car.id == vehicle_id), "")


def known(hub: Hub, session: Session, who: Me) -> Known:
    """Seven queries, however long the history is: each table is read once, and what is shown and what is judged share it."""
    row, person, profile, branch = session.execute(
        select(Customer, Person, Profile, Branch.title)
        .join(Person, Person.id == Customer.person_id)
        .outerjoin(Profile, Profile.customer_id == Customer.id)
        .outerjoin(Branch, Branch.code == Customer.branch)
        .where(Customer.id == who.customer_id)
    ).one()
    services, owned, said = read_services(hub.settings.config), held(session, who), _said(session, who)
    cars = cars_in(who, owned)
    rows = advised(session, who, cars)
    subject = Subject(person.id, person.jurisdiction, person.restricted_at, person.erased_at)
    grounds = Grounds(
        subjects={row.id: subject},
        said={(person.id, purpose): states[CHANNEL] for purpose, states in said.items() if CHANNEL in states},
        fuels={car.id: car.fuel for mine, car in owned if mine.role == "owner" and mine.until is None},
        dangers=insights.dangers_in(
            ((one.vehicle_id, one.code, one.state, one.safety) for one in rows if one.customer_id == row.id), services
        ),
    )  # fmt: skip
    insight = insights.of(hub, session, row, grounds, services)
    advice = [one for some in advice_in(who, rows, cars).values() for one in some if one.state != "sold"]
    chance = next((one for one in insight.scores if one.name == LEAVING), None)
    places = _places(hub, session, who)
    return Known(
        me=who,
        branch=branch or row.branch or "",
        joined_on=row.joined_on,
        language=row.language,
        restricted=person.restricted_at is not None,
        unprofiled=person.unprofiled_at is not None,
        profile=profile,
        insight=insight,
        chance=chance if chance is not None and chance.support >= ENOUGH else None,
        cars=cars,
        advice=sorted(advice, key=lambda one: (one.safety not in insights.SAFETY, -one.made_on.toordinal(), one.id)),
        consents=[Said(purpose, dict(sorted(channels.items()))) for purpose, channels in sorted(said.items())],
        segments=[one for kind, one in places if kind == SEGMENT],
        journeys=[one for kind, one in places if kind == JOURNEY],
    )


def _said(session: Session, who: Me) -> Mapping[str, Mapping[str, str]]:
    """Purpose -> channel -> what they said last."""
    columns = (Consent.purpose, Consent.channel, Consent.state)
    rows = session.execute(select(*columns).where(Consent.person_id == who.person_id).order_by(Consent.at, Consent.id))
    found: dict[str, dict[str, str]] = {}
    for purpose, channel, state in rows:
        found.setdefault(purpose, {})[channel] = state
    return found


def _places(hub: Hub, session: Session, who: Me) -> list[tuple[str, Where]]:
    """(SEGMENT or JOURNEY, which), the latest first."""
    inside = select(literal(SEGMENT), Membership.segment, literal(""), Membership.entered_at).where(
        Membership.customer_id == who.customer_id, Membership.left_at.is_(None)
    )
    on_the_way = select(literal(JOURNEY), Enrollment.journey, Enrollment.node, Enrollment.entered_at).where(
        Enrollment.customer_id == who.customer_id, Enrollment.state.in_(LIVE)
    )
    book = hub.book.current()
    rules = {SEGMENT: book.segments, JOURNEY: book.journeys}
    rows: Iterable[Any] = session.execute(union_all(inside, on_the_way))
    found = [(kind, Where(name, _title(rules[kind], name), at, node or "")) for kind, name, node, at in rows]
    return sorted(found, key=lambda one: (one[1].since is None, one[1].since), reverse=True)


def _title(rules: Mapping[str, Any], name: str) -> str:
    """Its name where no rule bears it any more."""
    return rules[name].title if name in rules else name


@dataclass(frozen=True)
class Listed:
    """A line of what was found: enough to tell one from another."""

    me: Me
    branch: str
    cars: tuple[str, ...]
    last_on: date | None


def listed(hub: Hub, session: Session, condition: ColumnElement[bool]) -> list[Listed]:
    found = opened(hub, session, condition)
    columns = (Profile.customer_id, Profile.visits_last_on, Branch.title, Profile.branch)
    rows = session.execute(
        select(*columns).outerjoin(Branch, Branch.code == Profile.branch)
        .where(Profile.customer_id.in_([one.customer_id for one in found]))
    )  # fmt: skip
    about = {row[0]: row for row in rows}
    plates = {
        one.customer_id: tuple(sorted(value for (field, _), value in one.values.items() if field == "plate" and value))
        for one in found
    }
    return [
        Listed(one, _branch(about.get(one.customer_id)), plates[one.customer_id],
               about[one.customer_id][1] if one.customer_id in about else None)
        for one in found
    ]  # fmt: skip


def _branch(row: Any) -> str:
    return (row[2] or row[3] or "") if row is not None else ""


# --- what happened ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Happened:
    """An event. car: what it is called, or empty. part: what an advice was about. score: of a survey."""

    id: int
    kind: str
    at: datetime
    day: date
    car: str
    amount_minor: int | None
    currency: str | None
    part: str
    score: float | None


# What a desk asks of a history, and the kinds of events that tell it.
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "work": ("visit", "breakdown", "inspection"),
    "advice": ("recommendation_made", "recommendation_declined", "recommendation_sold"),
    "appointments": ("booking_made", "booking_cancelled", "no_show"),
    "money": ("invoice", "offer_made", "offer_redeemed"),
    "words": ("complaint", "survey", "answer_late", "mail_replied", "mail_bounced", "referral_made"),
}


def happened(session: Session, who: Me, before: int | None, most: int = SHOWN + 1, subject: str = "") -> list[Happened]:
    """The latest first; of a page one more than is shown, which says that there are more. before: the id of an event. subject: one
    of SUBJECTS, or empty for all."""
    wanted = (
        select(Event, Vehicle.make, Vehicle.model)
        .outerjoin(Vehicle, Vehicle.id == Event.vehicle_id)
        .where(Event.customer_id == who.customer_id, Event.withdrawn_at.is_(None))
        .order_by(Event.at_utc.desc(), Event.id.desc())
    )
    if subject:
        wanted = wanted.where(Event.kind.in_(SUBJECTS[subject]))
    if before is not None:
        edge = session.execute(
            select(Event.at_utc, Event.id).where(Event.id == before, Event.customer_id == who.customer_id)
        ).first()
        if edge is None:
            return []
        later = (Event.at_utc == edge[0]) & (Event.id < edge[1])
        wanted = wanted.where((Event.at_utc < edge[0]) | later)
    return [_happened(row, make, model) for row, make, model in session.execute(wanted.limit(most))]


def _happened(row: Event, make: str | None, model: str | None) -> Happened:
    more = row.attributes
    score = more.get("score")
    return Happened(
        row.id, row.kind, row.at_utc, row.local_day, model or make or "", row.amount_minor, row.currency,
        str(more.get("part") or more.get("service") or ""), float(score) if isinstance(score, int | float) else None,
    )  # fmt: skip


# --- drawings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trace:
    """A score over time. line: SVG points; last: where its dot stands."""

    line: str
    last: tuple[float, float]


def trace_of(history: Sequence[tuple[date, float]], mirrored: bool) -> Trace | None:
    """None for fewer than two days. The whole height is 0 to 1, so that two customers can be compared."""
    if len({day for day, _ in history}) < 2:
        return None
    start, span = history[0][0], (history[-1][0] - history[0][0]).days

    def point(day: date, value: float) -> tuple[float, float]:
        x = (day - start).days / span * WIDTH
        return (WIDTH - x if mirrored else x), HEIGHT - 4 - value * (HEIGHT - 8)

    points = [point(*one) for one in history]
    return Trace(" ".join(f"{x:.1f},{y:.1f}" for x, y in points), points[-1])
