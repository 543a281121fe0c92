"""Is the audit chain whole?"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from hub.clock import ANCHORS
from hub.core import Hub
from hub.flow import seals
from hub.models import Anchor, AuditEntry, AuditSeal
from hub.work import Work


@dataclass
class Findings:
    """problems: what does not fit, each with the position or entry. unsealed: entries since the last anchor."""

    sealed: int = 0
    unsealed: int = 0
    anchors: int = 0
    problems: list[str] = field(default_factory=list)


def verify(hub: Hub) -> Findings:
    """Walk the whole chain, compare each sealed text with its entry, check every anchor, in the database and outside it."""
    with hub.begin() as work:
        found = Findings(unsealed=seals.unsealed(work.session))
        heads = _walk(work, found)
        signer = Ed25519PublicKey.from_public_bytes(work.vault.signer())
        kept = work.session.scalars(select(Anchor).order_by(Anchor.position))
        anchors = [seals.told(hub.region_code, anchor) for anchor in kept]
        outside = seals.read_anchors(hub.region.folder / ANCHORS)
        for where, several in (("the database", anchors), ("the file of anchors", outside)):
            for anchor in several:
                _check(hub.region_code, where, anchor, heads, signer, found)
        found.anchors = len(outside)
        return found


def _walk(work: Work, found: Findings) -> dict[int, str]:
    """Position -> head, of the chain as it is computed anew."""
    heads = {0: seals.START.hex()}
    head, expected = seals.START, 1
    rows = select(AuditSeal, AuditEntry).outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
    pairs: Iterable[Any] = work.session.execute(rows.order_by(AuditSeal.position))  # an entry may be gone
    for row, entry in pairs:
        if row.position != expected:
            found.problems.append(f"position {expected}: a sealed entry is missing")
        head = seals.link(head, row.text)
        if head != row.hash:
            found.problems.append(f"position {row.position}: the chain breaks here")
            head = row.hash
        if entry is None:
            found.problems.append(f"position {row.position}: entry {row.entry_id} was deleted")
        elif seals.text_of(entry) != row.text:
            found.problems.append(f"position {row.position}: entry {row.entry_id} was changed after it was sealed")
        heads[row.position], expected = head.hex(), row.position + 1
        found.sealed += 1
    return heads


def _check(
    region: str, where: str, anchor: dict[str, Any], heads: dict[int, str], signer: Ed25519PublicKey, found: Findings
) -> None:
    position = anchor["position"]
    if heads.get(position) is None:
        found.problems.append(f"position {position}: {where} has an anchor, the chain ends before it")
    elif heads[position] != anchor["head"]:
        found.problems.append(f"position {position}: the anchor in {where} names another head")
    try:
        head, at = bytes.fromhex(anchor["head"]), datetime.fromisoformat(anchor["at"])
        signer.verify(bytes.fromhex(anchor["signature"]), seals.statement(region, position, head, at))
    except (InvalidSignature, ValueError):
        found.problems.append(f"position {position}: the anchor in {where} is not signed by this region")
