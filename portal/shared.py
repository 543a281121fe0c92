"""What a recipient without an account sees of a document that a customer shared: a code opens it, for half an hour."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from hub.errors import NotFound
from hub.flow import documents, sharing
from hub.flow.sharing import Opened
from hub.models import Document
from hub.web.webhooks import this_hub
from portal import papers
from portal.guard import cookie, give_cookie, opens_to
from portal.limits import network
from portal.pages import page, this_portal, tongue
from portal.serving import from_our_own_pages, serve

bp = Blueprint("shared", __name__, url_prefix="/shared")


@bp.get("/<ref>")
@opens_to()
def offer(ref: str) -> Response:
    """A field for the code: the same for every address, so it tells nothing of who shares what."""
    found = _opened(ref)
    if found is None:
        return page("shared.html", ref=ref, seen=None, wrong=False)
    return page("shared.html", ref=ref, seen=_seen(found.document), wrong=False, size_words=papers.size_words)


@bp.post("/<ref>")
@opens_to()
def come(ref: str) -> Response:
    hub = this_hub()
    if not this_portal().attempts.allow(network(request.remote_addr)):
        _ = tongue().plain
        response = page("problem.html", 429, what=_("Too many tries from here."), hint=_("Please wait ten minutes."))
        response.headers["Retry-After"] = "600"
        return response
    with hub.begin() as work:
        found = sharing.open_share(work, ref, request.form.get("code", "")[:40])
    if found is None:
        return page("shared.html", 422, ref=ref, seen=None, wrong=True)
    answer = make_response(redirect(url_for("portal.shared.offer", ref=ref), 303))
    give_cookie(answer, _cookie(ref), found.token, int(sharing.SITTING.total_seconds()))
    return answer


@bp.get("/<ref>/file")
@opens_to()
def file(ref: str) -> Response:
    """The one document, and nothing else of the customer. Raises NotFound."""
    from_our_own_pages()
    hub = this_hub()
    found = _opened(ref)
    if found is None:
        raise NotFound("There is no such document.", "Open it with the code that you were told.")
    row = found.document
    with hub.look() as session:
        content = documents.open_file(hub, session, row)
    save_as = f"{row.kind}-{row.issued_on.isoformat()}" if papers.form_of(row.media) == "file" else ""
    return serve(content, row.media, row.size, row.file, save_as)


def _opened(ref: str) -> Opened | None:
    token = cookie(_cookie(ref))
    if not token:
        return None
    with this_hub().look() as session:
        return sharing.opened_before(this_hub(), session, ref, token)


def _seen(row: Document) -> papers.Shown:
    """Without its title and its car: free text of the customer's is not the recipient's business."""
    return papers.Shown(row.id, row.ref, row.kind, "", "", papers.form_of(row.media), row.size, row.state, "", 100,
                        row.issued_on, row.ends_on, False)  # fmt: skip


def _cookie(ref: str) -> str:
    """Of each address its own, as two may be open at once."""
    return f"opened-{ref[:32]}"
