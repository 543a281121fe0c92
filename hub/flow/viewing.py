"""Who looked at a document: written once per sitting, however many stretches of it were fetched, and shown to its owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.models import DocumentShare, DocumentView, Principal
from hub.work import Work


@dataclass(frozen=True)
class Look:
    """viewer_id: the principal or the share; sitting: the session, or the number of the opening."""

    viewer: Literal["customer", "staff", "share"]
    viewer_id: int
    sitting: int
    how: Literal["seen", "downloaded"] = "seen"


def note(hub: Hub, document_id: int, look: Look) -> None:
    """Asked first without a lock: all but the first stretch of a video write nothing."""
    with hub.look() as session:
        if session.scalar(_same(document_id, look)) is not None:
            return
    with hub.begin() as work:
        write(work, document_id, look)


def write(work: Work, document_id: int, look: Look) -> None:
    insert: Any = sqlite_insert if work.region.on_sqlite else pg_insert
    values = {
        "id": work.ids.next(),
        "document_id": document_id,
        **vars(look),
        "at": work.now,
        "region": work.region.code,
    }
    work.session.execute(insert(DocumentView).values(values).on_conflict_do_nothing())


def views_of(
    session: Session, document_ids: Sequence[int], most: int
) -> list[tuple[DocumentView, DocumentShare | None, str | None]]:
    """The latest first, each with the share it came by, or what the member of staff is called."""
    rows = (
        select(DocumentView, DocumentShare, Principal.title)
        .outerjoin(DocumentShare, (DocumentView.viewer == "share") & (DocumentShare.id == DocumentView.viewer_id))
        .outerjoin(Principal, (DocumentView.viewer == "staff") & (Principal.id == DocumentView.viewer_id))
        .where(DocumentView.document_id.in_(document_ids))
        .order_by(DocumentView.at.desc(), DocumentView.id.desc())
    )
    return [(view, share, title) for view, share, title in session.execute(rows.limit(most))]


def _same(document_id: int, look: Look) -> Select[int]:
    known = (getattr(DocumentView, name) == value for name, value in vars(look).items())
    return select(DocumentView.id).where(DocumentView.document_id == document_id, *known)
