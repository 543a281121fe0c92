"""What the privacy desk can show to others: texts and their versions, what goes where, the sealed chain as a bundle."""

import difflib
import io
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from compliance import audit, consents
from compliance.purposes import read_purposes
from hub.core import Hub
from hub.models import Anchor, Connection, Consent, Message, Notice, TransferQuestion
from hub.web.webhooks import this_hub
from portal.desks import PRIVACY
from portal.guard import opens_to
from portal.pages import page, tongue

bp = Blueprint("privacy_evidence", __name__, url_prefix="/desk/privacy")
WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: same, old (only before) or new (only now)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Version:
    """A text as it was shown since made_at. pieces: beside the version before. events: consents that rest on it."""

    hash: str
    made_at: datetime
    material: int
    in_use: bool
    events: int
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Crossing:
    """Messages to a partner under another law. sent: how many went; refused: how many a policy held back."""

    connection: str
    jurisdiction: str
    topic: str
    sent: int
    refused: int
    last_at: datetime | None


@bp.get("/texts")
@opens_to(*PRIVACY)
def texts() -> Response:
    """Each purpose in the reader's language; the texts of the file are kept before they are shown."""
    hub, code = this_hub(), tongue().code
    consents.publish(hub)
    known = read_purposes(hub.settings.config)
    with hub.look() as session:
        shown = [
            (purpose, _versions(session, purpose.name, code, known.shown(purpose, code).hash))
            for purpose in known.chosen()
        ]
    return page("privacy/texts.html", shown=shown, others=[one for one in known.purposes.values() if not one.is_chosen])


def _versions(session: Session, purpose: str, language: str, current: str) -> list[Version]:
    """The latest first."""
    mine = select(Notice).where(Notice.purpose == purpose, Notice.language == language)
    rows = list(session.scalars(mine.order_by(Notice.made_at, Notice.hash)))
    counted = session.execute(
        select(Consent.notice, func.count())
        .where(Consent.notice.in_([row.hash for row in rows]))
        .group_by(Consent.notice)
    )
    resting = {notice: number for notice, number in counted}
    befores = ["", *(row.text for row in rows)]
    return [
        Version(
            row.hash,
            row.made_at,
            row.material,
            row.hash == current,
            resting.get(row.hash, 0),
            difference(before, row.text),
        )
        for row, before in zip(rows, befores, strict=False)
    ][::-1]


def difference(before: str, now: str) -> list[Piece]:
    """Word by word; a first version is all the same."""
    if not before:
        return [Piece("same", now)]
    old, new = WORDS.findall(before), WORDS.findall(now)
    pieces = []
    for verb, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb == "equal":
            pieces.append(Piece("same", "".join(new[c:d])))
            continue
        pieces += [Piece("old", "".join(old[a:b]))] if b > a else []
        pieces += [Piece("new", "".join(new[c:d]))] if d > c else []
    return pieces


@bp.get("/transfers")
@opens_to(*PRIVACY)
def transfers() -> Response:
    hub = this_hub()
    with hub.look() as session:
        waiting = list(
            session.scalars(select(TransferQuestion).where(TransferQuestion.answered_at.is_(None)).limit(100))
        )
        crossings = _crossings(hub, session)
    return page("privacy/transfers.html", waiting=waiting, crossings=crossings, home=hub.here.jurisdiction)


def _crossings(hub: Hub, session: Session) -> list[Crossing]:
    """By partner and topic, from the messages themselves; partners under the region's own law are at home."""
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


@bp.get("/audit")
@opens_to(*PRIVACY)
def chain() -> Response:
    """Walks the whole chain when it is asked to, and not at each look."""
    hub = this_hub()
    findings = audit.verify(hub) if "check" in request.args else None
    with hub.look() as session:
        last = session.scalars(select(Anchor).order_by(Anchor.position.desc()).limit(1)).first()
    return page("privacy/audit.html", findings=findings, last=last)


@bp.post("/audit/bundle")
@opens_to(*PRIVACY)
def bundle() -> Response:
    """The chain as files with a signed list of their hashes, and the script that checks them without us."""
    hub, held = this_hub(), io.BytesIO()
    with tempfile.TemporaryDirectory() as place:
        audit.bundle(hub, Path(place))
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(place).iterdir()):
                archive.write(path, path.name)
            archive.write(Path(audit.__file__).parent / "verify_bundle.py", "verify_bundle.py")
    response = Response(held.getvalue(), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{hub.region_code}.zip"'
    return response
