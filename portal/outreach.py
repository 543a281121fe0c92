"""Today's calls of a branch: who first, why in a sentence, what to say, how often such lists were right, what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub import spreadsheet
from hub.actors import titles_of
from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import insights, outreach
from hub.flow.batches import batches
from hub.flow.insights import Reason
from hub.flow.outreach import Entry, Listed
from hub.flow.sightings import note_seen
from hub.models import Branch, Customer, Outreach
from hub.services import read_services
from hub.web.webhooks import this_hub
from hub.wording import wording
from portal import guard
from portal.accuracy import lines_of
from portal.desks import ADVISORS
from portal.guard import opens_to
from portal.me import Me, opened
from portal.opening import Opening, Openings
from portal.pages import page, tongue
from portal.scope import scope_of
from portal.tables import download
from rules.values import decimals

bp = Blueprint("outreach", __name__, url_prefix="/desk/outreach")
CALLS, MOST = 20, 200  # that a branch makes in a day: usually, and at most
SHOWN = 40  # calls of one page
OPEN = "open"  # as a filter: nothing came of it yet
COLUMNS = ("rank", "safety", "customer", "name", "phone", "car", "service", "chance", "stays_away", "expected", "currency",
           "why", "outcome", "noted_by")  # fmt: skip


@dataclass(frozen=True)
class Call:
    """A line of the list, with what is said of it in the reader's language."""

    entry: Entry
    who: Me | None
    service: str
    why: Sequence[str]
    opening: Opening | None
    away: tuple[Reason, ...]


@dataclass(frozen=True)
class Asked:
    """What the address asks for. outcome: OPEN or one of outreach.OUTCOMES; by: who noted it, as audited; after: a rank.

    begin: the id of the call that has the focus; a fragment would keep a browser from the autofocus of the page.
    """

    branch: str
    outcome: str
    by: str
    after: int
    begin: int

    def holds(self, entry: Entry) -> bool:
        return (not self.outcome or (entry.outcome or OPEN) == self.outcome) and self.by in {"", entry.outcome_by}

    def here(self, **also: Any) -> dict[str, Any]:
        """For the address of this view with something changed."""
        given: dict[str, Any] = {"branch": self.branch, "outcome": self.outcome, "by": self.by, **also}
        return {name: value for name, value in given.items() if value}


@bp.get("/")
@opens_to(*ADVISORS)
def today() -> Response:
    """Writes nothing but who was seen: a list is made by whoever says how many calls can be made."""
    hub = this_hub()
    branches, asked = _asked(hub)
    found = outreach.listed(hub, asked.branch) if asked.branch else None
    chosen = [one for one in found.entries if asked.holds(one)] if found else []
    rest = [one for one in chosen if one.rank > asked.after]
    calls = _calls(hub, rest[:SHOWN], branches.get(asked.branch, ""))
    first = sorted((one.entry for one in calls), key=lambda one: (one.id != asked.begin, bool(one.outcome)))
    return page("outreach.html", branches=branches, asked=asked, found=found, calls=calls, more=len(rest) > SHOWN,
                outcomes=outreach.OUTCOMES, words=wording(tongue().code), made="made" in request.args,
                lines=lines_of(found.measures) if found else [], people=_people(hub, found), usual=CALLS, most=MOST,
                begin=first[0].id if first else 0)  # fmt: skip


@bp.post("/")
@opens_to(*ADVISORS)
def make() -> Response:
    """Make today's list, or lengthen it."""
    hub = this_hub()
    _, asked = _asked(hub)
    given = request.form.get("calls", "")
    calls = int(given) if given.isascii() and given.isdecimal() else 0
    if not 1 <= calls <= MOST:
        raise WrongInput("Please say how many calls can be made today, from 1 to 200.")
    outreach.make(hub, asked.branch, calls, guard.principal())
    return make_response(redirect(url_for("portal.outreach.today", branch=asked.branch, made=1), 303))


@bp.get("/list.csv")
@opens_to(*ADVISORS)
def table() -> Response:
    """The lines that the filter of the page leaves, all of them."""
    hub = this_hub()
    _, asked = _asked(hub)
    found = outreach.listed(hub, asked.branch)
    chosen = [one for one in found.entries if asked.holds(one)]
    with hub.look() as session:
        refs = [one.customer_ref for one in chosen]
        ids = [
            one for some in batches(refs) for one in session.scalars(select(Customer.id).where(Customer.ref.in_(some)))
        ]
    note_seen(hub, guard.principal(), ids, "outreach")
    return download(f"calls-{asked.branch}-{found.day}", spreadsheet.lines(_rows(hub, chosen, tongue().code)))


@bp.get("/accuracy.csv")
@opens_to(*ADVISORS)
def accuracy() -> Response:
    """How good the branch's list is: no customer is in it."""
    hub = this_hub()
    _, asked = _asked(hub)
    found = outreach.listed(hub, asked.branch)
    return download(f"accuracy-{asked.branch}-{found.day}", spreadsheet.lines(outreach.measured_rows(found)))


def _rows(hub: Hub, entries: Sequence[Entry], language: str) -> Iterator[Sequence[object]]:
    words, services = wording(language), read_services(hub.settings.config)
    yield COLUMNS
    for some in batches(entries):
        with hub.look() as session:
            people = _opened(hub, session, some)
        for one in some:
            who, expected = people.get(one.customer_ref), None
            if one.currency:
                expected = Decimal(one.value_minor).scaleb(-decimals(one.currency))
            yield (one.rank, int(one.safety), one.customer_ref, who.name if who else "", who.value("phone") if who else "",
                   one.car, services.of(one.service).title(language), round(one.chance, 3),
                   round(one.churn, 3) if one.churn is not None else None, expected, one.currency,
                   " ".join(_why(words, one)), one.outcome, one.outcome_by)  # fmt: skip


@bp.post("/<int:entry>")
@opens_to(*ADVISORS)
def note(entry: int) -> Response:
    """A second click on the same outcome changes nothing, and nothing is audited twice. On to the next call that is open."""
    hub, outcome = this_hub(), request.form.get("outcome", "")
    branches, asked = _asked(hub)
    with hub.begin() as work:
        row = work.session.get(Outreach, entry, with_for_update=True)
        if row is None or row.control or row.branch not in branches:
            raise NotFound("There is no such list.", "It may belong to another branch.")
        if row.outcome != outcome:
            outreach.note(work, entry, outcome, guard.principal())
        following = work.session.scalar(
            select(Outreach.id).where(Outreach.branch == row.branch, Outreach.listed_on == row.listed_on, Outreach.rank > row.rank)
            .where(Outreach.control.is_(False), Outreach.outcome.is_(None)).order_by(Outreach.rank).limit(1)
        )  # fmt: skip
    here = asked.here(branch=row.branch, after=asked.after, begin=following or entry)
    return make_response(redirect(url_for("portal.outreach.today", **here), 303))


# --- what is shown --------------------------------------------------------------------------------------------------


def _asked(hub: Hub) -> tuple[Mapping[str, str], Asked]:
    """code -> title of the branches this advisor works for, and what is asked of them. Raises NotFound for another's."""
    scope, given = scope_of(ADVISORS), request.args
    with hub.look() as session:
        rows = session.execute(select(Branch.code, Branch.title).order_by(Branch.code)).all()
    branches = {code: title for code, title in rows if scope.holds(code)}
    branch = given.get("branch") or next(iter(branches), "")
    if branch and branch not in branches:
        raise NotFound("There is no such list.", "It may belong to another branch.")
    outcome = given.get("outcome", "")
    after, begin = (
        int(one) if one.isascii() and one.isdecimal() else 0 for one in (given.get("after", ""), given.get("begin", ""))
    )
    return branches, Asked(
        branch, outcome if outcome in (OPEN, *outreach.OUTCOMES) else "", given.get("by", ""), after, begin
    )


def _calls(hub: Hub, entries: Sequence[Entry], garage: str) -> list[Call]:
    if not entries:
        return []
    language = tongue().code
    words, services = wording(language), read_services(hub.settings.config)
    with hub.look() as session:
        people = _opened(hub, session, entries)
        away = insights.latest(session, [one.customer_id for one in people.values()], "churn")
    note_seen(hub, guard.principal(), [one.customer_id for one in people.values()], "outreach")
    openings = Openings(hub.settings.config, services, garage)
    found = []
    for one in entries:
        who = people.get(one.customer_ref)
        opening = openings.of(one, who.name, who.value("plate", one.vehicle_id or 0)) if who else None
        reasons = away.get(who.customer_id, ()) if who else ()
        found.append(Call(one, who, services.of(one.service).title(language), _why(words, one), opening, reasons))
    return found


def _why(words: Any, one: Entry) -> list[str]:
    return [words.reason(why.fact, why.value, why.direction) for why in map(Reason.of, one.reasons)]


def _opened(hub: Hub, session: Session, entries: Sequence[Entry]) -> dict[str, Me]:
    return {one.ref: one for one in opened(hub, session, Customer.ref.in_([one.customer_ref for one in entries]))}


def _people(hub: Hub, found: Listed | None) -> Mapping[str, str]:
    """Whoever noted something on this list: as audited -> what they are called."""
    noted = {one.outcome_by for one in found.entries if one.outcome_by} if found else set()
    if not noted:
        return {}
    with hub.look() as session:
        return titles_of(session, noted)
