"""Journeys that want to speak to the same person within the time of one cap: the message that is expected to bring more goes first.

Worth: chance x uplift x margin - price, chance and margin from the customer's own score of the journey's service where there is
one, else as the journey declares them. A journey that declares nothing is worth nothing, and what is told by no journey, or by
one of law or safety, gives way to none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.flow.batches import batches
from hub.models import Need
from hub.rates import Rates
from rules.sending import VEHICLE, Cap
from rules.values import decimals

GIVES_WAY_TO_NONE = ("legal", "safety")


@dataclass(frozen=True)
class Wanting:
    """A message that somebody is to get, or has got. due: when it may go, or went. bound: gone, or about to; vehicle: the car it
    is about; minor: what it is worth, None where it takes no part in this."""

    due: datetime
    purpose: str
    channel: str
    journey: str = ""
    vehicle: int | None = None
    minor: float | None = None
    currency: str = ""

    def counts(self, cap: Cap, other: "Wanting") -> bool:
        """Does it count within this cap beside the other?"""
        same_car = self.vehicle is not None and self.vehicle == other.vehicle
        return cap.counts(self.purpose, self.channel) and (cap.per != VEHICLE or same_car)

    def outranks(self, other: "Wanting") -> bool:
        """Of another journey, worth more, in the same currency."""
        if self.minor is None or other.minor is None or self.journey == other.journey:
            return False
        return self.minor > other.minor and (self.currency == other.currency or not other.currency)


def wanting(refs: Mapping[str, Any], due: datetime, purpose: str, channel: str, priced: "Priced") -> Wanting:
    journey, worth = str(refs.get("journey", "")), refs.get("worth")
    vehicle = refs.get("vehicle_id")
    if not journey or refs.get("exempt") in GIVES_WAY_TO_NONE:
        return Wanting(due, purpose, channel, journey, vehicle)
    minor, currency = priced.worth(refs, worth) if worth else (0.0, "")
    return Wanting(due, purpose, channel, journey, vehicle, minor, currency)


def better(cap: Cap, one: Wanting, others: Iterable[Wanting], now: datetime) -> list[Wanting]:
    """Who of the others would use this cap before it is free again, and is worth more; the best first."""
    until = now + cap.within
    found = [other for other in others if other.due < until and other.outranks(one) and other.counts(cap, one)]
    return sorted(found, key=lambda other: -(other.minor or 0.0))


def said(winner: Wanting, one: Wanting) -> str:
    return f"“{winner.journey}” is expected to bring them {_money(winner)}, this {_money(one)}"


def _money(one: Wanting) -> str:
    if not one.currency:
        return "nothing that was declared"
    return f"{(one.minor or 0.0) / 10 ** decimals(one.currency):,.2f} {one.currency}"


class Priced:
    """The scores of some customers, and what a message by this kind of connection costs. Nothing is read before it is asked."""

    def __init__(self, session: Session, rates: Rates, connector: str, customers: Sequence[int]) -> None:
        self.session, self.prices, self.customers = session, rates.messages.get(connector, {}), customers
        self.needs: dict[tuple[int, int, str], Need] | None = None

    def worth(self, refs: Mapping[str, Any], declared: Mapping[str, Any]) -> tuple[float, str]:
        """(minor units, currency)."""
        need = self._need(refs, declared["service"]) if declared.get("service") else None
        chance, margin, currency = declared["chance"], declared["margin_minor"], str(declared["currency"])
        if need is not None and need.margin_minor is not None and need.currency:
            chance, margin, currency = need.value, need.margin_minor, need.currency
        price = float(self.prices.get(currency, 0)) * 10 ** decimals(currency)
        return chance * declared["uplift"] * margin - price, currency

    def _need(self, refs: Mapping[str, Any], service: str) -> Need | None:
        """Of the car the message is about; of any car of theirs, the surest, where it is about none."""
        if self.needs is None:
            self.needs = self._read()
        customer, car = refs["customer_id"], refs.get("vehicle_id")
        mine = [need for (one, vehicle, name), need in self.needs.items()
                if (one, name) == (customer, service) and car in (None, vehicle)]  # fmt: skip
        return max(mine, key=lambda need: need.value, default=None)

    def _read(self) -> dict[tuple[int, int, str], Need]:
        """Of each car and service the row that was written last."""
        found = {}
        for batch in batches(sorted(set(self.customers))):
            for row in self.session.scalars(select(Need).where(Need.customer_id.in_(batch)).order_by(Need.id)):
                found[row.customer_id, row.vehicle_id, row.service] = row
        return found
