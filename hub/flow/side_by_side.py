"""What somebody would be told where several journeys speak to them: each message as sending would let it go, on a virtual clock."""

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.allowance import Standing
from hub.flow.orders import rank
from hub.flow.rivals import Priced, Wanting, wanting
from hub.rates import read_rates
from rules.journeys.documents import JourneyRule, Message
from rules.journeys.playing import Stage
from rules.journeys.subjects import car_of
from rules.sending import Sending


@dataclass(frozen=True)
class Spoken:
    """sent_at: None where it was dropped, and why says for what."""

    journey: str
    channel: str
    sent_at: datetime | None
    why: str = ""


class Prices:
    """Of some customers' messages, by channel: the kind of connection that tells it has the price."""

    def __init__(self, hub: Hub, session: Session, customers: Sequence[int]) -> None:
        rates = read_rates(hub.settings.config)
        self.by_channel = {
            topic.channel: Priced(session, rates, partner.connector.name, customers)
            for partner in hub.partners.values()
            for topic in partner.connector.topics
            if topic.channel
        }
        self.unknown = Priced(session, rates, "", customers)

    def wants(self, rule: JourneyRule, stage: Stage) -> Iterator[Wanting]:
        """The messages of a play."""
        for at, effect, subject in stage.effects:
            if isinstance(effect.action, Message):
                one = effect.action
                refs = {"journey": rule.name, "customer_id": stage.customer_id, **rank(rule)}
                refs["vehicle_id"] = car_of(rule, stage.view_at(at), subject)
                yield wanting(refs, at, one.purpose, one.channel, self.by_channel.get(one.channel, self.unknown))


def spoken(rules: Sending, wants: Sequence[Wanting], until: datetime) -> Iterator[Spoken]:
    """One person's messages, whichever journeys they are of, each at the moment it would go; what still waits at the end is
    left out. Quiet hours, which put nothing before another, are not looked at."""
    order = itertools.count()
    waiting = [(one.due, next(order), one.due, one) for one in wants]  # (when to ask, ..., when it was made, what)
    heapq.heapify(waiting)
    told: list[Wanting] = []
    while waiting and (now := waiting[0][0]) <= until:
        asked = []
        while waiting and waiting[0][0] == now:
            asked.append(heapq.heappop(waiting))
        for _, number, made_at, one in sorted(asked, key=lambda entry: (-(entry[3].minor or 0.0), entry[1])):
            mine = replace(one, due=now)
            rivals = [replace(other, due=due) for due, _, made, other in waiting if made <= now]
            free = one.purpose in rules.exempt
            delay = None if free else Standing(now, rules, mine, told, rivals).delay(made_at)
            if delay is None:
                told.append(mine)
                yield Spoken(one.journey, one.channel, now)
            elif delay.dropped:
                yield Spoken(one.journey, one.channel, None, delay.why)
            else:
                heapq.heappush(waiting, (delay.until, number, made_at, one))
