"""An answer to a text is a word in the customer's conversation: the assistant cannot answer by text, so a person does."""

from contextlib import suppress
from hashlib import sha256

from hub.core import Hub
from hub.errors import WrongInput
from hub.flow import conversations
from hub.flow.conversations import Words
from hub.flow.posts import clean
from hub.models import Customer
from hub.work import Work

CAUSE = "answered_a_text"  # of the handoff


def take(hub: Hub, work: Work, customer_id: int, text: str, key: str) -> None:
    """key: of the answer; the same one again is the same post. Signs that say nothing, such as an empty text, are no words."""
    customer = work.session.get_one(Customer, customer_id)
    with suppress(WrongInput):
        words = Words(clean(text), sha256(key.encode()).hexdigest()[:32])
        conversation, _, is_new = conversations.write(hub, work, customer, words, customer.language or "en")
        if is_new:
            conversations.hand_off(hub, work, conversation, CAUSE, ())
