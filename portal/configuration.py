"""The desk of configuration: what is in force, since when, who changed it, two versions side by side, and the way back."""

from dataclasses import fields

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from hub.errors import NotFound
from hub.flow import applying, versions
from hub.web.webhooks import this_hub
from portal import guard
from portal.configured import (
    CHANGES,
    FILES,
    KINDS,
    SUBJECTS,
    Change,
    changes_after,
    compared,
    documents,
    history,
    open_proposals,
)
from portal.desks import ADMINS, READERS
from portal.edited import WRITERS
from portal.guard import opens_to
from portal.pages import page
from portal.tables import cursor_of, cut, table

bp = Blueprint("configuration", __name__, url_prefix="/desk/configuration")
ROLLS_BACK = ("segments", "journeys")


@bp.get("/")
@opens_to(*READERS)
def overview() -> Response:
    """kind: of the documents; subject: what the changes beside them are about, before: the one behind which they go on."""
    hub, kind, subject = this_hub(), request.args.get("kind", ""), _subject()
    kind, before = kind if kind in KINDS else KINDS[0], cursor_of(request.args.get("before", ""))
    with hub.look() as session:
        found, asked = documents(hub, session, kind), open_proposals(session)
        changed, more = cut(changes_after(session, before, CHANGES + 1, subject), CHANGES, lambda one: one[0])
    return page("configuration.html", kind=kind, kinds=KINDS, found=found, changed=[one for _, one in changed], more=more,
                first_page=before is None, subject=subject, subjects=SUBJECTS, wrong=hub.book.now().wrong, asked=asked,
                may_open={one for one, roles in WRITERS.items() if guard.holds(*roles)})  # fmt: skip


def _subject() -> str:
    """An unknown word of an address filters nothing: old links go on working."""
    given = request.args.get("subject", "")
    return given if given in SUBJECTS else ""


@bp.get("/changes.csv")
@opens_to(*READERS)
def changes_table() -> Response:
    """Who changed what, ever, or what of it the page's filter leaves. Names staff, so that it was taken along is written down."""
    hub, subject = this_hub(), _subject()
    with hub.begin() as work:
        work.audit(guard.principal(), "changes_table_taken", "region")

    def read(session: Session, place: int | None, most: int) -> list[tuple[int, tuple[object, ...]]]:
        return [(number, tuple(vars(one).values())) for number, one in changes_after(session, place, most, subject)]

    return table(hub, "configuration-changes", [one.name for one in fields(Change)], read)


@bp.get("/<kind>/<name>")
@opens_to(*READERS)
def one(kind: str, name: str) -> Response:
    """before, after: beginnings of hashes; the version before and the one in force, unless others are named."""
    hub = this_hub()
    if kind not in KINDS:
        raise NotFound("There is no such page.")
    with hub.look() as session:
        found = history(hub, session, kind, name)
    after = next((one for one in found if one.hash == request.args.get("after")), found[0])
    others = [one for one in found if one is not after]
    before = next((one for one in others if one.hash == request.args.get("before")), others[0] if others else None)
    return page(
        "configured.html", kind=kind, name=name, found=found, before=before, after=after, is_file=kind in FILES,
        rows=compared(before.text, after.text) if before else [], may_roll_back=kind in ROLLS_BACK and guard.holds(*ADMINS),
        may_write=kind in WRITERS and guard.holds(*WRITERS[kind]),
        done=request.args.get("done") == "back",
    )  # fmt: skip


@bp.post("/<kind>/<name>/rollback")
@opens_to(*ADMINS)
def roll_back(kind: str, name: str) -> Response:
    """A segment: to the version that was named; the clock takes everybody through it. A journey: to the one before, and whoever
    is on the way stays on the version by which they came in. Raises NotFound, WrongInput."""
    hub = this_hub()
    if kind == "segments":
        versions.put_back(hub, name, request.form.get("version", "") or None, guard.principal())
    elif kind == "journeys":
        applying.rollback(hub, name, guard.principal())
    else:
        raise NotFound("There is no way back for this kind of document.", "Put the former file in its place.")
    return make_response(redirect(url_for("portal.configuration.one", kind=kind, name=name, done="back"), 303))
