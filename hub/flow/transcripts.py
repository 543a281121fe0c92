"""All that was said with a customer, opened: for the customer's own copy of their data, and for a transcript at any time."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.posts import PAGE, Said, read
from hub.models import Conversation


def whole(hub: Hub, session: Session, conversation: Conversation, *, staff: bool = False) -> list[Said]:
    """Every post, oldest first."""
    found: list[Said] = []
    while len(batch := read(hub, session, conversation, found[-1].seq if found else 0, staff=staff)) == PAGE:
        found += batch
    return [*found, *batch]


def of_customer(hub: Hub, session: Session, customer_id: int) -> list[dict[str, Any]]:
    """Conversations as plain values, notes of advisors included: they are about the person, too."""
    mine = select(Conversation).where(Conversation.customer_id == customer_id).order_by(Conversation.id)
    return [
        {
            "ref": row.ref,
            "opened_at": row.opened_at.isoformat(),
            "closed_at": row.closed_at.isoformat() if row.closed_at else None,
            "posts": [_plain(one) for one in whole(hub, session, row, staff=True)],
        }
        for row in session.scalars(mine).all()
    ]


def _plain(one: Said) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(),
        "author": one.author,
        "kind": one.kind,
        "event": one.event,
        "text": one.text,
        "files": [file.ref for file in one.files],
    }
