"""The desks of the house, and to whom each opens."""

from collections.abc import Collection
from dataclasses import dataclass

OPERATORS = ("operator", "admin")
ADVISORS = ("advisor", "admin")
PRIVACY = ("privacy", "admin")
MARKETERS = ("marketer", "admin")
READERS = ("admin", "operator", "auditor")  # of what is in force
ADMINS = ("admin",)  # who may see a partner's words as they came, personal values and all


@dataclass(frozen=True)
class Desk:
    """name: which words the pages have for it. endpoint: its first page."""

    name: str
    endpoint: str
    icon: str
    roles: tuple[str, ...]


DESKS = (
    Desk("operations", "portal.operations.console", "pulse", OPERATORS),
    Desk("connectors", "portal.connectors.overview", "link", OPERATORS),
    Desk("messages", "portal.messages.queue", "send", OPERATORS),
    Desk("configuration", "portal.configuration.overview", "estimate", READERS),
    Desk("outreach", "portal.outreach.today", "people", ADVISORS),
    Desk("customers", "portal.customers.search", "find", ADVISORS),
    Desk("inbox", "portal.inbox.queue", "chat", ADVISORS),
    Desk("segments", "portal.segments.overview", "people", MARKETERS),
    Desk("journeys", "portal.journeys.overview", "ways", MARKETERS),
    Desk("roi", "portal.roi.dashboard", "bars", MARKETERS),
    Desk("models", "portal.models.shelf", "points", MARKETERS),
    Desk("sessions", "portal.sessions.overview", "key", ADMINS),
    Desk("privacy", "portal.privacy_desk.console", "shield", PRIVACY),
)


def desks_of(roles: Collection[str]) -> tuple[Desk, ...]:
    return tuple(desk for desk in DESKS if not set(desk.roles).isdisjoint(roles))
