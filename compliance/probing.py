"""Did a partner who said that somebody is deleted forget them? Asked by the partner's own id, while our key still opens it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from compliance.certificates import telling
from hub.core import Hub
from hub.errors import PartnerError
from hub.models import Connection, ErasureRequest, Link, Message, Person
from hub.sdk import Lists
from hub.work import Work

KIND = "contact"
GONE, THERE, UNANSWERED = "gone", "there", "unanswered"
FORGOTTEN = ("missing", "erased")
AGAIN = timedelta(hours=6)  # partners may take a while; nobody is asked each minute


def probe(hub: Hub, ref: str) -> bool:
    """Ask each partner that can be asked and that said `sent`; what they answer is kept with the request, and one that still
    has the person is audited by name. True: nobody has them any more."""
    with hub.begin() as work:
        request = work.session.scalars(select(ErasureRequest).where(ErasureRequest.ref == ref)).one()
        known = dict((request.plan or {}).get("probes", {}))
        asked_at = (request.plan or {}).get("probed_at")
        ids = {name: numbers for name, numbers in _ids(hub, work, request).items() if known.get(name) != GONE}
        if asked_at is not None and work.now - datetime.fromisoformat(asked_at) < AGAIN:
            return not ids
    if not ids:
        return True
    answers = {name: _answer(hub, name, numbers) for name, numbers in ids.items()}
    with hub.begin() as work:
        request = work.session.scalars(select(ErasureRequest).where(ErasureRequest.ref == ref).with_for_update()).one()
        request.plan = {**(request.plan or {}), "probes": {**known, **answers}, "probed_at": work.now.isoformat()}
        for name, said in answers.items():
            if said == THERE and known.get(name) != THERE:
                work.audit("hub", "partner_did_not_forget", "person", request.person_id, request=ref, connection=name)
    return all(said == GONE for said in answers.values())


def _ids(hub: Hub, work: Work, request: ErasureRequest) -> Mapping[str, list[str]]:
    """connection -> the partner's ids of the person, those that lead on to another too, where it said that the deletion arrived."""
    person = work.session.get_one(Person, request.person_id)
    if person.data_key_id is None:
        return {}
    sent = select(Message.connection_id).where(telling(request), Message.state == "sent")
    rows = work.session.execute(
        select(Connection.name, Link.sealed)
        .join(Link, Link.connection_id == Connection.id)
        .where(Link.person_id == person.id, Link.about == "customer", Connection.id.in_(sent))
    )
    key = work.key(person.data_key_id)
    place = f"link:customer:{person.id}"
    found: dict[str, list[str]] = {}
    for name, sealed in rows:
        if _can_be_asked(hub, name):
            found.setdefault(name, []).append(work.vault.unseal(key, sealed, place).decode())
    return found


def _can_be_asked(hub: Hub, name: str) -> bool:
    partner = hub.partners.get(name)
    return partner is not None and isinstance(partner.connector, Lists) and KIND in partner.connector.kinds


def _answer(hub: Hub, name: str, numbers: Sequence[str]) -> str:
    connector = hub.partners[name].connector
    if not isinstance(connector, Lists):
        return UNANSWERED
    try:
        seen = connector.read(KIND, numbers, [])
    except PartnerError:
        return UNANSWERED
    return GONE if all(one.state in FORGOTTEN for one in seen) else THERE
