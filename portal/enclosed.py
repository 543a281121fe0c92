"""What came along with a conversation, for the advisors who may see it; each look is told to the customer."""

from flask import Blueprint, Response

from hub.errors import NotFound
from hub.flow import posts
from hub.web.webhooks import this_hub
from portal.desks import ADVISORS
from portal.documents import released
from portal.filing import show
from portal.guard import opens_to
from portal.inbox import seen_by_me
from portal.serving import from_our_own_pages

bp = Blueprint("enclosed", __name__, url_prefix="/desk/inbox")


@bp.get("/<ref>/files/<document>")
@opens_to(*ADVISORS)
def file(ref: str, document: str) -> Response:
    """Raises NotFound: what another conversation holds, and what none does, are the same."""
    from_our_own_pages()
    hub = this_hub()
    with hub.look() as session:
        conversation = seen_by_me(session, ref)
        if document not in posts.enclosed_in(session, conversation):
            raise NotFound("There is no such document.", "Look into the conversation it came with.")
        row, content = released(hub, session, conversation.customer_id, document)
    return show(hub, row, content)
