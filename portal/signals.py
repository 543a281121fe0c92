"""What a browser says for its owner without being asked: Global Privacy Control, heeded wherever a customer comes in."""

from flask import request

from compliance.consents import heed_signal, is_heard
from compliance.rights import subject_of
from hub.core import Hub
from portal import guard
from portal.pages import tongue


def is_sent() -> bool:
    return request.headers.get("Sec-GPC") == "1"


def heed(hub: Hub) -> list[str]:
    """Answers the purposes that ended now; a browser that said so before costs one look and no transaction."""
    person = guard.who()
    if not is_sent() or person is None or person.person_id is None:
        return []
    with hub.look() as session:
        if is_heard(hub, session, person.person_id):
            return []
    with hub.begin() as work:
        who = subject_of(work, person_id=person.person_id)
        return heed_signal(hub, work, who, tongue().code) if who else []
