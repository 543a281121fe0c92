"""What the privacy desk can show to others: texts and their versions, what goes where, the sealed chain as a bundle."""

import difflib
import io
import re
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Response, request, send_file
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from compliance import audit, consents, report
from compliance.purposes import read_purposes
from compliance.transfers import crossings
from hub.models import Anchor, Consent, Notice, TransferQuestion
from hub.web.webhooks import this_hub
from portal import guard
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


@bp.get("/texts")
@opens_to(*PRIVACY)
def texts() -> Response:
    """Each purpose in the reader's language; the texts of the file are kept before they are shown."""
    hub, code = this_hub(), tongue().code
    consents.publish(hub)
    known = read_purposes(hub.settings.config)
    with hub.look() as session:
        versions = _versions(session, code, {known.shown(purpose, code).hash for purpose in known.chosen()})
    shown = [(purpose, versions.get(purpose.name, [])) for purpose in known.chosen()]
    return page("privacy/texts.html", shown=shown, others=[one for one in known.purposes.values() if not one.is_chosen])


def _versions(session: Session, language: str, current: Set[str]) -> dict[str, list[Version]]:
    """By purpose, the latest first. current: hashes of the texts in use."""
    mine = select(Notice).where(Notice.language == language).order_by(Notice.made_at, Notice.hash)
    by_purpose: dict[str, list[Notice]] = defaultdict(list)
    for row in session.scalars(mine):
        by_purpose[row.purpose].append(row)
    hashes = [row.hash for rows in by_purpose.values() for row in rows]
    counted = session.execute(
        select(Consent.notice, func.count()).where(Consent.notice.in_(hashes)).group_by(Consent.notice)
    )
    resting = {notice: number for notice, number in counted}
    return {purpose: _told(rows, current, resting) for purpose, rows in by_purpose.items()}


def _told(rows: Sequence[Notice], current: Set[str], resting: Mapping[str, int]) -> list[Version]:
    befores = ["", *(row.text for row in rows)]
    return [
        Version(
            row.hash,
            row.made_at,
            row.material,
            row.hash in current,
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
        found = crossings(hub, session)
    return page("privacy/transfers.html", waiting=waiting, crossings=found, home=hub.here.jurisdiction)


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
    """Tables, the sealed chain and the report in one zip, with a signed list of hashes and the script that checks it without us."""
    hub, held = this_hub(), io.BytesIO()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "bundle"
        report.bundle(hub, folder, guard.principal())
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
    held.seek(0)
    return send_file(held, "application/zip", as_attachment=True, download_name=f"report-{hub.region_code}.zip")
