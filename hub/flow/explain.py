"""Why somebody is in a segment or not: the rule read once more over what is known of them, every test with its value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound
from hub.flow import seen
from hub.models import Customer, Membership, called
from rules.documents import plain
from rules.explain import Explained, explain
from rules.voice import ENGLISH, Voice
from rules.wording import IN, OUT


@dataclass(frozen=True)
class Answer:
    """member_since: of the open membership, or None. The verdict is that of this moment, whatever the membership says."""

    segment: str
    title: str
    member_since: datetime | None
    explained: Explained

    @property
    def lines(self) -> list[str]:
        """All of it in sentences."""
        told = self.explained
        head = f"{self.segment}: {told.voice.say(IN if told.holds else OUT)}"
        return [head, *(f"  {line}" for line in (*told.sentences, *told.outlook))]

    def as_json(self) -> dict[str, Any]:
        told = self.explained
        return {
            "segment": self.segment,
            "in": told.holds,
            "member_since": plain(self.member_since),
            "flips_at": plain(told.flips_at),
            "changes": list(told.changes),
            "sentences": list(told.sentences),
            "outlook": list(told.outlook),
            "told": told.told.as_json(),
        }


def why(hub: Hub, customer_ref: str, segment: str | None, voice: Voice = ENGLISH) -> list[Answer]:
    """One answer per segment, in this voice. Raises NotFound."""
    rules = hub.book.current().segments
    if segment is not None and segment not in rules:
        raise NotFound(f"There is no segment “{segment}”.", f"Segments: {', '.join(sorted(rules))}.")
    with hub.look() as session:
        customer = session.scalars(select(Customer).where(called(customer_ref))).first()
        if customer is None:
            raise NotFound("There is no customer with this ref.", "Refs have 32 hexadecimal digits.")
        view = seen.load(session, hub.book.catalogue, [customer.id]).get(customer.id)
        if view is None:
            raise NotFound("This person was erased.", "Nothing is left that a rule could read.")
        mine = select(Membership.segment, Membership.entered_at).where(
            Membership.customer_id == customer.id, Membership.left_at.is_(None)
        )
        since = {name: at for name, at in session.execute(mine)}
    wanted = [rules[segment]] if segment else list(rules.values())
    now = hub.clock()
    return [
        Answer(rule.name, rule.title, since.get(rule.name), explain(rule.when, view, now, rule.zone, voice))
        for rule in wanted
    ]
