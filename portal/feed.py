"""What flows: the last deliveries, messages and memberships, told by refs and names of segments only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import Customer, Delivery, Membership, Message

LENGTH = 30
REF = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Motion:
    """kind: in (a delivery), out (a message) or segment (somebody entered). at: when it last moved.

    name: a message's topic. counts: what a delivery brought, by new, repeats, erased. customer: a ref, or empty."""

    kind: Literal["in", "out", "segment"]
    at: datetime
    connection: str
    state: str
    name: str = ""
    segment: str = ""
    customer: str = ""
    counts: Mapping[str, int] | None = None


def motions(hub: Hub, session: Session, length: int = LENGTH) -> list[Motion]:
    """The latest first. Three queries, each along a primary key."""
    names = {partner.id: partner.name for partner in hub.partners.values()}
    found = [*_deliveries(session, names, length), *_messages(session, names, length), *_memberships(session, length)]
    return sorted(found, key=lambda motion: motion.at, reverse=True)[:length]


def _deliveries(session: Session, names: Mapping[int, str], length: int) -> list[Motion]:
    columns = (Delivery.connection_id, Delivery.state, Delivery.received_at, Delivery.settled_at, Delivery.result)
    rows = session.execute(select(*columns).order_by(Delivery.id.desc()).limit(length))
    return [
        Motion("in", settled or received, names.get(connection, ""), state, counts=_counts(result))
        for connection, state, received, settled, result in rows
    ]


def _messages(session: Session, names: Mapping[int, str], length: int) -> list[Motion]:
    columns = (
        Message.connection_id,
        Message.state,
        Message.made_at,
        Message.settled_at,
        Message.topic,
        Message.entity,
        Message.refs,
    )
    rows = session.execute(select(*columns).order_by(Message.id.desc()).limit(length))
    return [
        Motion("out", settled or made, names.get(connection, ""), state, topic, _word(refs), _ref(entity))
        for connection, state, made, settled, topic, entity, refs in rows
    ]


def _memberships(session: Session, length: int) -> list[Motion]:
    columns = (Membership.segment, Membership.entered_at, Membership.cause, Customer.ref)
    latest = select(*columns).join(Customer, Customer.id == Membership.customer_id).order_by(Membership.id.desc())
    rows = session.execute(latest.limit(length))
    return [Motion("segment", at, "", cause, segment=segment, customer=_ref(ref)) for segment, at, cause, ref in rows]


def _counts(result: Mapping[str, Any] | None) -> Mapping[str, int]:
    return {name: int(count) for name, count in (result or {}).items() if isinstance(count, int) and count}


def _word(refs: Mapping[str, Any]) -> str:
    return str(refs.get("segment", ""))


def _ref(text: str) -> str:
    """An entity that is no ref of ours is not shown."""
    return text if REF.fullmatch(text) else ""
