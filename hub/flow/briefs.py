"""What an advisor is told of a conversation before they read it: why it came to people, and what was answered before."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import Conversation, Handoff, Post
from hub.vault import OpenKey
from hub.work import Work

LAST = 3  # of the customer's messages, for the summary
MOST = 300  # letters of each


@dataclass(frozen=True)
class Brief:
    """cause: of the last handoff. tried: what the assistant answered before. summary: what the customer had asked."""

    cause: str
    tried: Sequence[str]
    summary: str


def brief_of(hub: Hub, session: Session, conversation: Conversation, key: OpenKey) -> Brief | None:
    """Of its last handoff by the assistant; none where people had it from the start. key: of the customer."""
    mine = select(Handoff).where(Handoff.conversation_id == conversation.id, Handoff.summary.is_not(None))
    row = session.scalars(mine.order_by(Handoff.id.desc()).limit(1)).first()
    if row is None or row.summary is None:
        return None
    summary = hub.vault.unseal(key, row.summary, f"handoffs.summary:{row.id}").decode()
    return Brief(row.cause, tuple(row.tried), summary)


def tried(work: Work, conversation: Conversation) -> list[str]:
    """Questions that the assistant has answered in this conversation, each once, in their order."""
    mine = (Post.conversation_id == conversation.id, Post.author == "bot", Post.attributes.is_not(None))
    rows = work.session.scalars(select(Post.attributes).where(*mine).order_by(Post.seq))
    return list(dict.fromkeys(name for row in rows for name in (row or {}).get("intents", ())))


def summed_up(texts: Sequence[str]) -> str:
    """The customer's last words, the earliest first."""
    return "\n".join(one if len(one) <= MOST else f"{one[:MOST]}…" for one in texts[-LAST:])
