"""A mail of ours that was answered, or that did not arrive: the answer goes on in the customer's conversation."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from hub.core import Hub, Partner
from hub.errors import NotFound, WrongInput
from hub.flow import conversations, enclosing, identity, inbox
from hub.flow.admission import MOST_OF_ALL, admit
from hub.flow.conversations import Words
from hub.flow.drafts import store
from hub.flow.posts import MOST, locked_by_id, put_event
from hub.flow.values import value_context
from hub.models import Customer, Person, PersonalValue, called
from hub.sdk import HearsMailReplies, Incoming, MailReply, TakesMail
from hub.work import Work

SUMMARY = 300  # letters


def receive(hub: Hub, partner: Partner, raw: bytes, once: str = "") -> None:
    """A mail as it came, kept in the inbox, and its words in the conversation, in one transaction. once: what a repeat is known by,
    else the mail itself. Raises NotFound where nobody takes mail, WrongInput for one that answers none of ours."""
    connector = partner.connector
    if not isinstance(connector, TakesMail):
        raise NotFound(f"“{partner.name}” takes no mail.")
    incoming = connector.letter(raw, hub.clock())
    reply = connector.reply(raw) if isinstance(connector, HearsMailReplies) else None
    keep(hub, partner, [replace(one, key=once) for one in incoming] if once else incoming, reply)


def keep(hub: Hub, partner: Partner, incoming: Sequence[Incoming], reply: MailReply | None) -> None:
    """What came back, and what it means for the conversation; nothing of what we have."""
    with hub.begin() as work:
        if inbox.keep(work, partner, incoming, soon=True) and reply is not None:
            take(hub, work, reply)


def take(hub: Hub, work: Work, reply: MailReply) -> None:
    """In the transaction in which it is kept, so it is written once. Of somebody who was erased, or whose data rest, nothing is."""
    wanted = select(Customer, Person).join(Person, Person.id == Customer.person_id)
    usable = (Person.erased_at.is_(None), Person.restricted_at.is_(None), Person.data_key_id.is_not(None))
    found = work.session.execute(wanted.where(called(reply.entity), *usable).with_for_update()).first()
    if found is None:
        return
    if reply.failed:
        _note_failure(work, found.Customer)
    else:
        _write(hub, work, found.Customer, found.Person, reply)


def _note_failure(work: Work, customer: Customer) -> None:
    """For the advisors: they believe that the customer has heard."""
    last = conversations.last_of(work.session, customer.id)
    if last is not None and last.state != "closed":
        put_event(work, locked_by_id(work, last.id), "mail_failed")


def _write(hub: Hub, work: Work, customer: Customer, person: Person, reply: MailReply) -> None:
    files = _keep(hub, work, customer, reply)
    parts = [reply.text[start : start + MOST] for start in range(0, len(reply.text), MOST)] or [""]
    told = {
        "via": "mail",
        "left_out": len(reply.files) - len(files),
        "stranger": not _is_theirs(work, person, reply.sender),
    }
    if not reply.text and not reply.files:
        return
    for number, text in enumerate(parts):
        words = Words(text, f"mail:{reply.key[:28]}:{number}", files if not number else ())
        if not text.strip() and not words.files:
            words = Words("—", words.client_id)
        conversation, post, is_new = conversations.write(hub, work, customer, words, customer.language or "en")
        if is_new:
            post.attributes = {**(post.attributes or {}), **{name: value for name, value in told.items() if value}}
    if conversation.state == "bot":  # the assistant answers nobody by mail
        conversations.hand_off(hub, work, conversation, "answered_a_mail", (), reply.text[:SUMMARY])


def _keep(hub: Hub, work: Work, customer: Customer, reply: MailReply) -> list[str]:
    """Refs of documents; what may not be kept is left out."""
    found = []
    for number, (name, content) in enumerate(reply.files):
        try:
            admitted = admit(hub, store(hub, [content], MOST_OF_ALL))
        except WrongInput:
            continue
        found.append(enclosing.keep(hub, work, customer, admitted, name, f"mail:{reply.key}:{number}", None))
    return found


def _is_theirs(work: Work, person: Person, sender: str) -> bool:
    """Does it come from the address that we write to? That it answers our mail is proven anyway; who holds that mail is not."""
    mine = (PersonalValue.person_id == person.id, PersonalValue.field == "email", PersonalValue.about_id == 0)
    row = work.session.scalars(select(PersonalValue).where(*mine)).first()
    if row is None:
        return False
    known = work.vault.unseal(work.key(person.data_key_id), row.sealed, value_context(person.id, "email", 0)).decode()
    return identity.fold_email(known) == identity.fold_email(sender)
