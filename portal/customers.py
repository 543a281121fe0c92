"""The desk of customers: found by what they say at the counter, and known on one page; every look is written down for them."""

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from hub.flow import explain
from hub.flow.finding import MOST, find
from hub.flow.sightings import note_seen
from hub.models import Customer
from hub.services import read_services
from hub.voices import voice
from hub.web.webhooks import this_hub
from hub.wording import wording
from portal import guard
from portal.desks import ADVISORS
from portal.filing import known_by, theirs
from portal.guard import opens_to
from portal.known import SHOWN, SUBJECTS, happened, known, listed, trace_of
from portal.pages import page, tongue
from portal.scope import scope_of
from portal.tables import cursor_of, cut, table
from portal.verdicts import verdicts

HISTORY = ("event", "kind", "at", "day", "car", "amount_minor", "currency", "part", "score")

bp = Blueprint("customers", __name__, url_prefix="/desk/customers")


@bp.get("/")
@opens_to(*ADVISORS)
def search() -> Response:
    return page("find.html", said="", found=None, more=False, most=MOST)


@bp.post("/")
@opens_to(*ADVISORS)
def look_up() -> Response:
    """By POST, as what is asked for names somebody and would stay in the browser's history. One is opened at once."""
    hub, said = this_hub(), request.form.get("said", "")
    with hub.look() as session:
        match = find(hub, session, said, scope_of(ADVISORS).where(Customer.branch))
        found = listed(hub, session, Customer.id.in_(match.ids))
    if len(found) == 1:
        return make_response(redirect(url_for("portal.customers.overview", ref=found[0].me.ref), 303))
    note_seen(hub, guard.principal(), [one.me.customer_id for one in found], "search")
    return page("find.html", said=said[:120], found=found, more=match.more, most=MOST)


@bp.get("/<ref>")
@opens_to(*ADVISORS)
def overview(ref: str) -> Response:
    hub, words = this_hub(), wording(tongue().code)
    with hub.look() as session:
        seen = known(hub, session, known_by(hub, session, ref))
    note_seen(hub, guard.principal(), [seen.me.customer_id], "profile")
    services = read_services(hub.settings.config)
    return page(
        "known.html",
        seen=seen,
        words=words,
        title_of=lambda service: services.of(service).title(tongue().code),
        trace=trace_of(seen.chance.history, tongue().direction == "rtl") if seen.chance else None,
        now=hub.clock(),
    )


@bp.get("/<ref>/history")
@opens_to(*ADVISORS)
def history(ref: str) -> Response:
    """before: the event behind which the next page begins. subject: what of it alone."""
    hub, before, subject = this_hub(), cursor_of(request.args.get("before", "")), _subject()
    with hub.look() as session:
        who = known_by(hub, session, ref)
        told, more = cut(happened(session, who, before, subject=subject), SHOWN, lambda one: one.id)
    note_seen(hub, guard.principal(), [who.customer_id], "history")
    return page(
        "history.html",
        me=who,
        told=told,
        more=more,
        first_page=before is None,
        subject=subject,
        subjects=("", *SUBJECTS),
    )


@bp.get("/<ref>/history.csv")
@opens_to(*ADVISORS)
def history_table(ref: str) -> Response:
    """All that the page's filter leaves, streamed. That it was taken along is written down, as a look is."""
    hub, subject = this_hub(), _subject()
    with hub.look() as session:
        who = known_by(hub, session, ref)
    note_seen(hub, guard.principal(), [who.customer_id], "history_table")

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[object, ...]]]:
        return [
            (row.id, (row.id, row.kind, row.at, row.day, row.car, row.amount_minor, row.currency, row.part, row.score))
            for row in happened(session, who, place, most, subject)
        ]

    return table(hub, "history", HISTORY, read)


def _subject() -> str:
    """An unknown word of an address filters nothing: old links go on working."""
    given = request.args.get("subject", "")
    return given if given in SUBJECTS else ""


@bp.get("/<ref>/why")
@opens_to(*ADVISORS)
def why(ref: str) -> Response:
    """Why they are in each segment, or not."""
    hub = this_hub()
    with hub.look() as session:
        customer = theirs(session, ref)
    note_seen(hub, guard.principal(), [customer.id], "why")
    back = (url_for("portal.customers.overview", ref=ref), tongue().say("Back to the customer"))
    told = verdicts(explain.why(hub, ref, None, voice(tongue().code)))
    return page("why.html", ref=ref, verdicts=told, now=hub.clock(), back=back)
