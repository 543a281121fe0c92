"""What went, or was held back, to partners under another law: from the messages themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import Connection, Message


@dataclass(frozen=True)
class Crossing:
    """Messages to a partner under another law. sent: how many went; refused: how many a policy held back."""

    connection: str
    jurisdiction: str
    topic: str
    sent: int
    refused: int
    last_at: datetime | None


def crossings(hub: Hub, session: Session) -> list[Crossing]:
    """By partner and topic; partners under the region's own law are at home."""
    abroad = {
        partner.id: partner.settings.jurisdiction for partner in hub.partners.values()
        if partner.settings.jurisdiction not in (None, "", hub.here.jurisdiction)
    }  # fmt: skip
    names = {row.id: row.name for row in session.execute(select(Connection.id, Connection.name))}
    sent, refused = (func.count().filter(Message.state == state) for state in ("sent", "refused"))
    columns = (Message.connection_id, Message.topic)
    rows: Any = session.execute(
        select(*columns, sent, refused, func.max(Message.settled_at))
        .where(Message.connection_id.in_(abroad))
        .group_by(*columns)
    )
    return sorted(
        (Crossing(names[key], str(abroad[key]), topic, went, held, last) for key, topic, went, held, last in rows),
        key=lambda one: (one.connection, one.topic),
    )
