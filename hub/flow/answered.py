"""A customer who has closed the page hears by mail that an answer stands in their conversation; what it says stays there."""

from sqlalchemy import select

from hub.core import Hub
from hub.flow.effects import announce
from hub.flow.outbox import Intent
from hub.models import Conversation, Customer, Post
from hub.work import Work

TOPIC = "chat_answered"


def tell(hub: Hub, work: Work, conversation: Conversation, post: Post) -> None:
    """Once for each time the customer has written: three answers in a row are one mail."""
    told = select(Post.author).where(Post.conversation_id == conversation.id, Post.kind == "said", Post.seq < post.seq)
    if work.session.scalars(told.order_by(Post.seq.desc()).limit(1)).first() == "staff":
        return
    ref = work.session.scalars(select(Customer.ref).where(Customer.id == conversation.customer_id)).one()
    refs = {"customer_id": conversation.customer_id}
    announce(hub, work, [(conversation.customer_id, Intent(TOPIC, ref, f"chat:{post.id}", refs, TOPIC))])
