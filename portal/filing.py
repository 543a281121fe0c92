"""What an advisor brings for a customer, and sees of theirs: each look is told to the customer."""

from datetime import date
from typing import BinaryIO

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import documents, viewing
from hub.flow.admission import MB, MOST_OF_ALL, Admitted, admit
from hub.flow.documents import KINDS, Paper
from hub.flow.drafts import discard
from hub.flow.viewing import Look
from hub.models import Customer, Document, Person, called, new_ref
from hub.own import OWN
from hub.web.intake import take_file
from hub.web.webhooks import this_hub
from portal import guard, papers
from portal.documents import released
from portal.guard import opens_to, takes_file
from portal.me import Me, opened
from portal.pages import page
from portal.scope import scope_of
from portal.serving import from_our_own_pages, serve
from rules.calendar import local_day

bp = Blueprint("filing", __name__, url_prefix="/desk/customers")
ADVISORS = ("advisor", "admin")


@bp.get("/<ref>/documents")
@opens_to(*ADVISORS)
def overview(ref: str) -> Response:
    return _overview(ref)


def _overview(ref: str, status: int = 200, wrong: WrongInput | None = None) -> Response:
    hub = this_hub()
    with hub.look() as session:
        who = known_by(hub, session, ref)
        rows = list(session.scalars(documents.of_customer(who.customer_id)))
        titles = documents.titles(hub, session, who.customer_id, rows, who.key)
        seen = [papers.of_row(row, titles.get(row.id, "")) for row in rows]
    today = local_day(hub.clock(), hub.here.zone)
    return page("filing.html", status, me=who, ref=ref, seen=seen, kinds=KINDS, wrong=wrong, most=MOST_OF_ALL // MB, today=today,
                size_words=papers.size_words)  # fmt: skip


@bp.post("/<ref>/documents")
@opens_to(*ADVISORS)
@takes_file(MOST_OF_ALL)
def bring(ref: str) -> Response:
    hub = this_hub()
    with hub.look() as session:
        customer_id = theirs(session, ref).id
    try:
        ends_on = given_day(request.form.get("ends_on", ""))
        stored, _ = take_file()
        admitted = admit(hub, stored)
    except WrongInput as error:
        return _overview(ref, error.status, error)
    try:
        _keep(customer_id, admitted, ends_on)
    except WrongInput as error:
        discard(hub, admitted.stored)
        return _overview(ref, error.status, error)
    except BaseException:
        discard(hub, admitted.stored)
        raise
    return make_response(redirect(url_for("portal.filing.overview", ref=ref), 303))


def _keep(customer_id: int, admitted: Admitted, ends_on: date | None) -> None:
    hub, person = this_hub(), guard.who()
    by = person.principal_id if person else None
    with hub.begin() as work:
        paper = Paper(f"desk:{new_ref()}", request.form.get("kind", ""), request.form.get("title", ""), admitted.media,
                      local_day(work.now, hub.here.zone), ends_on, state=admitted.state, reason=admitted.reason,
                      sent=admitted.sent)  # fmt: skip
        customer = work.session.get_one(Customer, customer_id)
        row = documents.keep(work, hub.partner(OWN).id, customer, paper, admitted.stored, by)
        work.audit(f"principal:{by}", "document_brought", "document", row.id, kind=row.kind)
        work.ring(OWN)


@bp.get("/<ref>/documents/<document>")
@opens_to(*ADVISORS)
def file(ref: str, document: str) -> Response:
    from_our_own_pages()
    hub = this_hub()
    with hub.look() as session:
        row, content = released(hub, session, theirs(session, ref).id, document)
    return show(hub, row, content)


def show(hub: Hub, row: Document, content: BinaryIO) -> Response:
    """To a member of staff, which the customer is told."""
    person = guard.who()
    if person is not None and request.method == "GET":
        viewing.note(hub, row.id, Look("staff", person.principal_id, person.session_id))
    return serve(content, row.media, row.size, row.file, row.ref if papers.form_of(row.media) == "file" else "")


def theirs(session: Session, ref: str) -> Customer:
    """A customer of a branch that this advisor works for. Raises NotFound, for all others alike."""
    found = session.scalars(select(Customer).join(Person, Person.id == Customer.person_id).where(_live(ref))).first()
    if found is None or not scope_of(ADVISORS).holds(found.branch):
        raise NotFound("There is no such customer.", "They may belong to another branch.")
    return found


def known_by(hub: Hub, session: Session, ref: str) -> Me:
    """The same with their values opened, for a page that shows who they are. Raises NotFound."""
    found = next(iter(opened(hub, session, _live(ref))), None)
    if found is None or not scope_of(ADVISORS).holds(found.branch):
        raise NotFound("There is no such customer.", "They may belong to another branch.")
    return found


def _live(ref: str) -> ColumnElement[bool]:
    return and_(called(ref), Person.erased_at.is_(None))


def given_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongInput("This is no day.", "Choose it from the calendar.") from None
