"""A file that is sent along with words of the chat: judged like any other, kept as a document of the customer, one per message."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import request

from hub.core import Hub
from hub.flow import enclosing
from hub.flow.admission import MB, Admitted, admit
from hub.flow.drafts import discard
from hub.models import Customer
from hub.web.intake import take_file
from hub.work import Work
from portal import guard

MOST = 40 * MB  # bytes of one file


@dataclass(frozen=True)
class Brought:
    """name: it was sent under, which is not believed."""

    admitted: Admitted
    name: str


def brought(hub: Hub) -> Brought | None:
    """The file of this form, if one was chosen. Raises WrongInput, TooLarge."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    stored, name = take_file()
    return Brought(admit(hub, stored), name)


@contextmanager
def kept_or_gone(hub: Hub, file: Brought | None) -> Iterator[None]:
    """Nothing is left of a file whose message was not."""
    try:
        yield
    except BaseException:
        if file is not None:
            discard(hub, file.admitted.stored)
        raise


def keep(hub: Hub, work: Work, customer: Customer, file: Brought, once: str) -> str:
    """The ref of its document; see hub.flow.enclosing."""
    person = guard.who()
    return enclosing.keep(hub, work, customer, file.admitted, file.name, once, person.principal_id if person else None)
