"""A customer's documents: the list, a page for each, its bytes, and with whom it is shared."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import BinaryIO

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import documents, sharing, viewing, watermarks
from hub.flow.admission import MB, admit
from hub.flow.documents import Paper
from hub.flow.drafts import discard
from hub.flow.viewing import Look
from hub.models import Customer, Document, new_ref
from hub.own import OWN
from hub.web.intake import take_file
from hub.web.webhooks import this_hub
from portal import guard, papers
from portal.guard import CUSTOMER, opens_to, takes_file
from portal.me import me
from portal.pages import page, this_portal
from portal.serving import from_our_own_pages, serve
from rules.calendar import local_day

bp = Blueprint("documents", __name__, url_prefix="/my/documents")
KINDS = {"invoice": ("invoice",), "look": ("photo", "video"), "warranty": ("warranty",), "paper": ("paper",)}
MOST = 40 * MB  # bytes of what a customer adds
HOURS = {str(int(span.total_seconds() // 3600)): span for span in sharing.LASTS}


@bp.get("/")
@opens_to(CUSTOMER)
def overview() -> Response:
    return _overview()


def _overview(status: int = 200, wrong: WrongInput | None = None) -> Response:
    hub = this_hub()
    kind = request.args.get("kind", "")
    with hub.look() as session:
        who = me(hub, session)
        rows = list(session.scalars(documents.of_customer(who.customer_id)))
        seen = papers.shown(hub, session, who, rows)
        looks = papers.looks(hub, session, who, rows)
        shares = papers.shares(hub, session, who, rows, hub.clock())
    chosen = [one for one in seen if one.kind in KINDS.get(kind, (one.kind,))]
    film = next((one for one in chosen if one.form == "film" and one.state == "released"), None)
    years = [(year, list(some)) for year, some in groupby(chosen, key=lambda one: one.issued_on.year)]
    counts = {name: sum(one.kind in kinds for one in seen) for name, kinds in KINDS.items()}
    return page(
        "my/documents.html", status, me=who, years=years, film=film, counts=counts, all=len(seen), kind=kind, looks=looks,
        shares=shares, named={one.ref: one for one in seen}, today=local_day(hub.clock(), hub.here.zone), wrong=wrong,
        most=MOST // MB, size_words=papers.size_words,
    )  # fmt: skip


@bp.post("/")
@opens_to(CUSTOMER)
@takes_file(MOST)
def add() -> Response:
    """A paper of the customer's own: shown to them, and to whom they share it with."""
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
    try:
        stored, name = take_file()
        admitted = admit(hub, stored)
    except WrongInput as error:
        return _overview(error.status, error)
    try:
        with hub.begin() as work:
            customer = work.session.get_one(Customer, who.customer_id)
            today = local_day(work.now, hub.here.zone)
            paper = Paper(f"own:{new_ref()}", admitted.kind, name.rpartition(".")[0] or name, admitted.media, today,
                          state=admitted.state, reason=admitted.reason, sent=admitted.sent)  # fmt: skip
            documents.keep(work, hub.partner(OWN).id, customer, paper, admitted.stored, _principal_id())
            work.ring(OWN)
    except BaseException:
        discard(hub, admitted.stored)
        raise
    return _see(url_for("portal.documents.overview"))


@bp.get("/<ref>")
@opens_to(CUSTOMER)
def one(ref: str) -> Response:
    return _one(ref)


def _one(ref: str, status: int = 200, **more: object) -> Response:
    hub = this_hub()
    with hub.look() as session:
        who = me(hub, session)
        row = documents.find(session, who.customer_id, ref)
        [seen] = papers.shown(hub, session, who, [row])
        looks = papers.looks(hub, session, who, [row])
        shares = papers.shares(hub, session, who, [row], hub.clock())
    return page(
        "my/document.html", status, me=who, seen=seen, looks=looks, shares=shares, hours=list(HOURS),
        today=local_day(hub.clock(), hub.here.zone), size_words=papers.size_words, **{"given": None, "wrong": None, **more},
    )  # fmt: skip


@bp.get("/<ref>/file")
@opens_to(CUSTOMER)
def file(ref: str) -> Response:
    """To be shown in the page. Whatever is no picture, PDF or video can only be downloaded."""
    from_our_own_pages()
    hub = this_hub()
    with hub.look() as session:
        row, content = released(hub, session, me(hub, session).customer_id, ref)
    _note(hub, row, "seen")
    return serve(content, row.media, row.size, row.file, "" if papers.form_of(row.media) != "file" else row.ref)


@bp.get("/<ref>/download")
@opens_to(CUSTOMER)
def download(ref: str) -> Response:
    """Papers and pictures with a line that says for whom and when; a video as it is."""
    from_our_own_pages()
    hub = this_hub()
    with hub.look() as session:
        row, content = released(hub, session, me(hub, session).customer_id, ref)
    _note(hub, row, "downloaded")
    name = f"{row.kind}-{row.issued_on.isoformat()}"
    form = papers.form_of(row.media)
    if form not in ("pdf", "picture"):
        return serve(content, row.media, row.size, row.file, name)
    mark = watermarks.on_paper if form == "pdf" else watermarks.on_picture
    with content:
        marked = mark(content, marking(hub.clock(), row, this_portal().chain.title))
    response = make_response(marked, {"Content-Type": row.media})
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{'pdf' if form == 'pdf' else 'jpg'}")
    return response


def released(hub: Hub, session: Session, customer_id: int, ref: str) -> tuple[Document, BinaryIO]:
    """Raises NotFound for another's, for none, and for one that waits."""
    row = documents.find(session, customer_id, ref)
    if row.state != "released":
        raise NotFound("This document is not ready yet.", "Come back in a few minutes.")
    return row, documents.open_file(hub, session, row)


def marking(now: datetime, row: Document, title: str) -> str:
    """The line of a watermark: refs, no name."""
    return f"{title} - document {row.ref[:8]} - downloaded {now:%Y-%m-%d %H:%M} UTC"


def _note(hub: Hub, row: Document, how: str) -> None:
    person = guard.who()
    if person is not None and request.method == "GET":
        look = Look("customer", person.principal_id, person.session_id, "seen" if how == "seen" else "downloaded")
        viewing.note(hub, row.id, look)


# --- sharing -------------------------------------------------------------------------------------------------------


@bp.post("/<ref>/shares")
@opens_to(CUSTOMER)
def share(ref: str) -> Response:
    """The page with the code on it: it is shown this once."""
    hub = this_hub()
    try:
        with hub.begin() as work:
            row = documents.find(work.session, me(hub, work.session).customer_id, ref)
            lasts = HOURS.get(request.form.get("hours", ""), timedelta(0))
            made, code = sharing.share(work, row, request.form.get("recipient", ""), lasts, _actor())
            given = (url_for("portal.shared.offer", ref=made.ref, _external=True), code)
    except WrongInput as error:
        if isinstance(error, NotFound):
            raise
        return _one(ref, error.status, wrong=error)
    return _one(ref, given=given)


@bp.post("/shares/<ref>/end")
@opens_to(CUSTOMER)
def end(ref: str) -> Response:
    hub = this_hub()
    with hub.begin() as work:
        row = sharing.revoke(work, me(hub, work.session).customer_id, ref, _actor())
    return _see(url_for("portal.documents.one", ref=row.ref))


def _principal_id() -> int | None:
    person = guard.who()
    return person.principal_id if person else None


def _actor() -> str:
    return f"principal:{_principal_id()}"


def _see(address: str) -> Response:
    return make_response(redirect(address, 303))
