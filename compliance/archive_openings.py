"""A look into the archive that wants four eyes: asked for by one, allowed by another, used once.

The wish, the yes and the look are entries of the audit log and nothing else, so that none of them can be changed or lost."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.errors import NotFound
from hub.models import ArchivedInvoice, AuditEntry
from hub.policy import approval, expect_approval
from hub.sdk import Question
from hub.work import Work

ASKED, ALLOWED, OPENED = "archive_asked", "archive_allowed", "archive_opened"
LASTS = timedelta(days=7)  # of a wish, whether somebody said yes to it or not


@dataclass(frozen=True)
class Opening:
    """Who looked into one, when, for which of the reasons, and who else said yes to it."""

    at: datetime
    actor: str
    reason: str
    allowed_by: str = ""

    def plain(self) -> dict[str, str]:
        return {"at": self.at.isoformat(), "actor": self.actor, "reason": self.reason, "allowed_by": self.allowed_by}


@dataclass(frozen=True)
class Wish:
    """number: of the entry that asked. allowed_by: empty while nobody has said yes."""

    number: int
    invoice: str
    actor: str
    reason: str
    at: datetime
    allowed_by: str = ""


@dataclass(frozen=True)
class Told:
    """What the log tells of one invoice: looks into it, the oldest first, and wishes that stand."""

    looks: tuple[Opening, ...] = ()
    wishes: tuple[Wish, ...] = ()


def told(session: Session, persons: Iterable[int], now: datetime) -> Mapping[str, Told]:
    """By the invoice's ref."""
    looks, wishes = defaultdict[str, list[Opening]](list), dict[int, Wish]()
    of_them = (
        AuditEntry.about == "person",
        AuditEntry.about_id.in_(persons),
        AuditEntry.action.in_((ASKED, ALLOWED, OPENED)),
    )
    for entry in session.scalars(select(AuditEntry).where(*of_them).order_by(AuditEntry.at, AuditEntry.id)):
        detail, ref = entry.detail, entry.detail["invoice"]
        if entry.action == OPENED:
            looks[ref].append(Opening(entry.at, entry.actor, detail["reason"], detail.get("allowed_by", "")))
            wishes.pop(detail.get("wish", 0), None)
        elif entry.action == ASKED:
            wishes[entry.id] = Wish(entry.id, ref, entry.actor, detail["reason"], entry.at)
        elif detail["wish"] in wishes:
            wishes[detail["wish"]] = replace(wishes[detail["wish"]], allowed_by=entry.actor)
    standing = [one for one in wishes.values() if now - one.at <= LASTS]
    return {
        ref: Told(tuple(looks.get(ref, ())), tuple(one for one in standing if one.invoice == ref))
        for ref in {*looks, *(one.invoice for one in standing)}
    }


def ask(work: Work, row: ArchivedInvoice, reason: str, actor: str) -> None:
    """Asked twice, it is asked once."""
    if not any((one.actor, one.reason) == (actor, reason) for one in _wishes(work, row)):
        work.audit(actor, ASKED, "person", row.person_id, invoice=row.ref, reason=reason)


def allow(hub: Hub, ref: str, number: int, actor: str, roles: Collection[str] = ()) -> None:
    """Say yes to somebody's wish, where a policy of approval lets this one. Said twice, it is said once. Raises NotFound, Denied."""
    with hub.begin() as work:
        row = work.session.scalars(select(ArchivedInvoice).where(ArchivedInvoice.ref == ref).with_for_update()).first()
        wish = next((one for one in _wishes(work, row) if one.number == number), None) if row else None
        if row is None or wish is None:
            raise NotFound("Nobody asks for this any more.", "A wish to look into the archive lasts seven days.")
        said = expect_approval(hub, question(hub, work, row, wish.reason, actor, wish.actor, roles))
        if not wish.allowed_by:
            work.audit(actor, ALLOWED, "person", row.person_id, invoice=ref, wish=number, **said)


def allowed(work: Work, row: ArchivedInvoice, reason: str, actor: str) -> Wish | None:
    """Theirs that somebody said yes to, and that has not been used."""
    mine = (one for one in _wishes(work, row) if (one.actor, one.reason) == (actor, reason) and one.allowed_by)
    return next(mine, None)


def question(
    hub: Hub, work: Work, row: ArchivedInvoice, reason: str, by: str, asked_by: str, roles: Collection[str]
) -> Question:
    return approval(hub, work.session, "archive_opening", by=by, asked_by=asked_by, roles=roles, now=work.now, reason=reason,
                    jurisdiction=row.law)  # fmt: skip


def _wishes(work: Work, row: ArchivedInvoice) -> tuple[Wish, ...]:
    found = told(work.session, [row.person_id], work.now).get(row.ref)
    return found.wishes if found else ()
