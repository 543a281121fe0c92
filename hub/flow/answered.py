"""A customer who does not look at the page hears by mail that an answer stands in their conversation; what it says stays there. A stranger
has no page that is theirs for good: they are told the words.

The mail waits a moment, and is called off if the answer was read by then: whoever looks at it needs no mail."""

from sqlalchemy import select

from hub.core import Hub
from hub.flow.effects import announce
from hub.flow.outbox import Intent
from hub.flow.strangers import is_stranger
from hub.models import Conversation, Customer, Post
from hub.work import Work

TOPIC = "chat_answered"
IN_FULL = "stranger_answered"  # the template that holds the words
LOOKED_AT = 60.0  # seconds; a guest's page that waits for an answer looks twice in them


def tell(hub: Hub, work: Work, conversation: Conversation, post: Post) -> None:
    """Once for each time the customer has written or read: three answers in a row are one mail. To a stranger each of them."""
    if is_stranger(work.session, conversation.customer_id):
        _announce(hub, work, conversation, post, IN_FULL, post_id=post.id)
        return
    said = (Post.conversation_id == conversation.id, Post.kind == "said", Post.seq < post.seq)
    before = work.session.execute(select(Post.author, Post.seq).where(*said).order_by(Post.seq.desc()).limit(1)).first()
    if before is not None and before.author == "staff" and before.seq > conversation.seen_by_customer:
        return
    _announce(hub, work, conversation, post, TOPIC)


def _announce(hub: Hub, work: Work, conversation: Conversation, post: Post, template: str, **refs: int) -> None:
    ref = work.session.scalars(select(Customer.ref).where(Customer.id == conversation.customer_id)).one()
    about = {"customer_id": conversation.customer_id, "answer_id": post.id, **refs}
    intent = Intent(TOPIC, ref, f"chat:{post.id}", about, template)
    announce(hub, work, [(conversation.customer_id, intent)], LOOKED_AT)
