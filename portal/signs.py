"""What each side of a conversation lets the other know while its page is open: that somebody types, and how far they have read.

Typing lies in Valkey for seconds and nowhere else. Of reading the last seq is kept, and written only where it is news."""

import re

from flask import Blueprint, Response, request
from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound
from hub.flow import conversations, posts
from hub.models import Conversation, Customer
from hub.web.webhooks import this_hub
from portal import guard
from portal.desks import ADVISORS
from portal.guard import CUSTOMER, opens_to
from portal.inbox import seen_by_me

bp = Blueprint("signs", __name__)
SEQ = re.compile(r"[0-9]{1,12}")


@bp.post("/my/chat/sign")
@opens_to(CUSTOMER)
def of_customer() -> Response:
    """Of their own conversation, whatever the form says."""
    hub, person = this_hub(), guard.who()
    with hub.look() as session:
        customer_id = session.scalar(
            select(Customer.id).where(Customer.person_id == (person.person_id if person else None))
        )
        if customer_id is None:
            raise NotFound("There is no customer behind this session.")
        row = conversations.last_of(session, customer_id)
    return heed(hub, row, "customer")


@bp.post("/desk/inbox/<ref>/sign")
@opens_to(*ADVISORS)
def of_staff(ref: str) -> Response:
    """Of whoever has the conversation; who only looks on says nothing by it."""
    hub, person = this_hub(), guard.who()
    with hub.look() as session:
        row = seen_by_me(session, ref)
    is_theirs = person is not None and row.owner_id == person.principal_id
    return heed(hub, row if is_theirs else None, "staff")


def heed(hub: Hub, row: Conversation | None, side: str) -> Response:
    """What the page of one side (`customer` or `staff`) says of whoever sits before it."""
    if row is not None and row.state != "closed" and "typing" in request.form:
        hub.bell.type(side, row.customer_id)
    if row is not None and SEQ.fullmatch(seen := request.form.get("seen", "")):
        posts.read_up_to(hub, row, side, int(seen))
    return Response(status=204)
