"""A file that comes along with words of a conversation: kept as a document of the customer, one per message."""

from hub.core import Hub
from hub.errors import KeyReused
from hub.flow import documents
from hub.flow.admission import Admitted
from hub.flow.documents import Paper
from hub.flow.drafts import discard
from hub.models import Customer
from hub.own import OWN
from hub.work import Work
from rules.calendar import local_day


def keep(hub: Hub, work: Work, customer: Customer, admitted: Admitted, name: str, once: str, by: int | None) -> str:
    """The ref of its document. name: it was sent under, which is not believed. once: the sender's own name of the message; the
    same one again is the same document. by: the principal who sent it.

    The caller holds the customer's row or their conversation's. Raises KeyReused where it was another file."""
    connection_id, key = hub.partner(OWN).id, f"chat:{customer.id}:{once}"
    known = documents.known(work, connection_id, key)
    if known is not None:
        if known.content_hash != documents.content_hash(work.vault, admitted.sent):
            raise KeyReused("This message was sent before with another file.", "Send it again as a new one.")
        discard(hub, admitted.stored)
        return known.ref
    title, today = name.rpartition(".")[0] or name, local_day(work.now, hub.here.zone)
    paper = Paper(key, admitted.kind, title, admitted.media, today, state=admitted.state, reason=admitted.reason,
                  sent=admitted.sent)  # fmt: skip
    row = documents.keep(work, connection_id, customer, paper, admitted.stored, by)
    work.ring(OWN)
    return row.ref
