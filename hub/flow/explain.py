"""Why somebody is in a segment or not: the rule read once more over what is known of them, every test with its value."""

from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound
from hub.models import Customer, Event, Membership, Profile
from rules import SegmentRule
from rules.explain import explain
from rules.predicate import EventSeen, View


class Seen(View):
    """One customer's facts and events, as the predicate reads them."""

    def __init__(self, profile: Profile, events: list[EventSeen], columns: dict[str, str]) -> None:
        self.profile = profile
        self.all_events = events
        self.columns = columns

    def fact(self, name: str) -> Any:
        return getattr(self.profile, self.columns[name])

    def events(self, kind: str) -> list[EventSeen]:
        return [event for event in self.all_events if event.kind == kind]


def why_text(hub: Hub, customer_ref: str, segment: str | None) -> list[dict[str, Any]]:
    """Per segment: in or not, since when, and the sentences. Raises NotFound."""
    rules = hub.book.current().segments
    if segment is not None and segment not in rules:
        raise NotFound(f"There is no segment “{segment}”.", f"Segments: {', '.join(sorted(rules))}.")
    with hub.look() as session:
        customer = session.scalars(select(Customer).where(Customer.ref == customer_ref)).first()
        if customer is None:
            raise NotFound("There is no customer with this ref.", "Refs have 32 hexadecimal digits.")
        profile = session.get_one(Profile, customer.id)
        rows = session.scalars(
            select(Event).where(Event.customer_id == customer.id, Event.withdrawn_at.is_(None))
        ).all()
        mine = select(Membership.segment, Membership.entered_at).where(
            Membership.customer_id == customer.id, Membership.left_at.is_(None)
        )
        since = {name: at for name, at in session.execute(mine)}
    seen = Seen(profile, [_seen(row) for row in rows], _columns(hub))
    wanted = [rules[segment]] if segment else list(rules.values())
    return [_why(hub, rule, seen, since.get(rule.name)) for rule in wanted]


def _why(hub: Hub, rule: SegmentRule, seen: Seen, since: Any) -> dict[str, Any]:
    told = explain(rule.when, seen, hub.clock(), rule.zone)
    return {"segment": rule.name, "in": told.holds, "member_since": since, "sentences": list(told.sentences)}


def _columns(hub: Hub) -> dict[str, str]:
    return {fact.name: fact.column for fact in hub.book.catalogue.facts.values() if fact.column}


def _seen(row: Event) -> EventSeen:
    return EventSeen(
        id=row.id,
        kind=row.kind,
        at=row.at_utc,
        local_day=row.local_day,
        amount_minor=row.amount_minor,
        currency=row.currency,
        attributes=row.attributes,
    )
