"""Coming in by mail: whoever holds the address gets a link and a code, and whoever asks learns nothing of who is known."""

from sqlalchemy import select

from hub.access import hash_secret, principal_of
from hub.access.invitations import invite
from hub.core import Hub
from hub.flow.effects import announce
from hub.flow.identity import fold_email
from hub.flow.outbox import Intent
from hub.models import Alias, Customer, Person, Principal, Session
from hub.work import Work

TOPIC = "security"
MOST = 3  # people who share an address; each gets a mail of their own


def ask(hub: Hub, address: str, browser: str) -> int:
    """Tell everybody who can be found by this address how to come in; answers how many.

    To be called when the asker has been answered: how long it takes tells whether somebody is known."""
    with hub.begin() as work:
        hashes = work.vault.blinds(work.session, "email", fold_email(address))
        known = select(Alias.person_id).where(Alias.kind == "email", Alias.hash.in_(hashes))
        found = select(Customer, Person).join(Person, Person.id == Customer.person_id)
        mine = found.where(Person.id.in_(known), Person.data_key_id.is_not(None))
        intents = []
        for customer, person in work.session.execute(mine.order_by(Customer.id).limit(MOST)).all():
            link = invite(work, principal_of(work, customer.ref), person, browser)
            if link is not None:
                refs = {"customer_id": customer.id, "sign_in_link_id": link.id}
                intents.append((customer.id, Intent(TOPIC, customer.ref, f"sign_in:{link.id}", refs, "sign_in")))
        announce(hub, work, intents)
        return len(intents)


def tell_if_new(hub: Hub, work: Work, secret: str) -> bool:
    """A customer hears of a browser that came in as them and never did before; of their very first one they need not."""
    session = work.session.scalars(select(Session).where(Session.secret_hash == hash_secret(secret))).one()
    earlier = select(Session.mark).where(Session.principal_id == session.principal_id, Session.id != session.id)
    marks = set(work.session.scalars(earlier))
    person = select(Principal.person_id).where(Principal.id == session.principal_id)
    customer = work.session.scalars(select(Customer).where(Customer.person_id == person.scalar_subquery())).first()
    if customer is None or not marks or session.mark in marks:
        return False
    refs = {"customer_id": customer.id, "values": {"device": session.device or "?"}}
    announce(hub, work, [(customer.id, Intent(TOPIC, customer.ref, f"device:{session.id}", refs, "new_device"))])
    return True
