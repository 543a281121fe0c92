"""What campaigns cost: what the garage's books tell, and beside it messages and people's minutes at the rates of the chain,
and what was let off on bills."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.ledger import OFFER, REACHED, costs, discounts, midnight
from hub.flow.tallies import TREATED, Key, Tally
from hub.models import Base, Customer, Message, Offer, Profile, Task
from hub.rates import Price, Rates, read_rates
from rules.values import decimals

MESSAGES, PEOPLE = "messages", "people"
DISCOUNTS = "discounts"  # off the bills, so off the margin already
Amounts = dict[str, dict[str, int]]  # currency -> kind -> minor units


def spent(
    hub: Hub, session: Session, since: date, until: date, tallies: Mapping[Key, Tally], usual: str | None
) -> dict[Key, Amounts]:
    """By campaign and home branch. usual: the currency of those who have spent nothing yet. A kind that the books tell is
    not reckoned a second time; what they tell names no branch, so it is shared out by the heads that were treated."""
    rates, told = read_rates(hub.settings.config), costs(session, since, until)
    found: dict[Key, Amounts] = defaultdict(lambda: defaultdict(dict))
    for (campaign, branch), kind, currency, amount in _reckoned(hub, session, since, until, rates, usual):
        if kind not in told.get(campaign, {}).get(currency, {}):
            found[campaign, branch][currency][kind] = _minor(amount, currency)
    for campaign, branch, currency, off in discounts(session, since, until):
        found[campaign, branch][currency][DISCOUNTS] = off
    for campaign, by_currency in told.items():
        heads = {key: tally.heads(TREATED) for key, tally in tallies.items() if key[0] == campaign}
        for currency, kinds in by_currency.items():
            for kind, whole in kinds.items():
                for key, part in _shared(whole, heads or {(campaign, None): 1}).items():
                    found[key][currency][kind] = part
    return dict(found)


def _reckoned(
    hub: Hub, session: Session, since: date, until: date, rates: Rates, usual: str | None
) -> list[tuple[Key, str, str, Decimal]]:
    """(campaign and branch, kind, currency, amount); the dearest kinds of connection are added up."""
    sums: dict[tuple[Key, str, str], Decimal] = defaultdict(Decimal)

    def add(campaign: str, branch: str | None, currency: str | None, kind: str, count: int, price: Price) -> None:
        code = currency or usual
        if code is not None and code in price:
            sums[(campaign, branch), kind, code] += count * price[code]

    first, end = midnight(since), midnight(until + timedelta(days=1))
    sorts = {one.id: one.settings.connector for one in hub.partners.values()}
    sent = (Message.connection_id.in_([one for one, sort in sorts.items() if sort in rates.messages]),
            Message.state.in_(REACHED), Message.settled_at >= first, Message.settled_at < end)  # fmt: skip
    journey = Message.refs["journey"].as_string()
    for campaign, connection_id, branch, currency, count in _counted(
        session, Message, (journey, Message.connection_id), Customer.ref == Message.entity, sent
    ):
        if campaign:
            add(campaign, branch, currency, MESSAGES, count, rates.messages[sorts[connection_id]])
    made = (Offer.held_back.is_(False), Offer.cancelled_at.is_(None), Offer.made_at >= first, Offer.made_at < end)
    for code, channel, branch, currency, count in _counted(
        session, Offer, (Offer.code, Offer.channel), Customer.id == Offer.customer_id, made
    ):
        add(OFFER + code, branch, currency, MESSAGES, count, rates.messages.get(channel or "", {}))
    done = (Task.state == "done", Task.done_at >= first, Task.done_at < end)
    for campaign, role, branch, currency, count in _counted(
        session, Task, (Task.journey, Task.role), Customer.id == Task.customer_id, done
    ):
        add(campaign, branch, currency, PEOPLE, count, rates.tasks.get(role, {}))
    return [(key, kind, currency, amount) for (key, kind, currency), amount in sums.items()]


def _counted(
    session: Session, model: type[Base], by: tuple[Any, ...], whose: ColumnElement[bool], where: tuple[Any, ...]
) -> list[Any]:
    """(*by, home branch, currency they spend in, how many)."""
    columns = (*by, Customer.branch, Profile.spend_currency)
    rows = select(*columns, func.count()).select_from(model).join(Customer, whose)
    rows = rows.outerjoin(Profile, Profile.customer_id == Customer.id).where(*where).group_by(*columns)
    return list(session.execute(rows).all())


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(decimals(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def _shared(amount: int, heads: Mapping[Key, int]) -> dict[Key, int]:
    """Whole minor units that add up to the amount, by heads; the rest goes to the largest remainders."""
    whole = sum(heads.values()) or len(heads)
    exact = {key: amount * (count if sum(heads.values()) else 1) / whole for key, count in heads.items()}
    parts = {key: int(value // 1) for key, value in exact.items()}
    by_rest = sorted(exact, key=lambda key: (parts[key] - exact[key], str(key)))
    for key in by_rest[: amount - sum(parts.values())]:
        parts[key] += 1
    return parts
