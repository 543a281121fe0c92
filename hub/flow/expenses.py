"""What a campaign cost beside messages, minutes and discounts: media, an agency, a fixed price; told by its key, and told once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.flow.ledger import OFFER
from hub.models import Cost, JourneyVersion, Offer
from hub.work import Work

LONGEST = 3660  # days of one cost: a contract of ten years
KINDS = ("media", "agency", "print", "postage", "messages", "people", "fixed", "other")
RECKONED = ("messages", "people")  # by rates, where the books tell none of that kind


@dataclass(frozen=True)
class Expense:
    """key: the teller's own, by which it is known again. campaign: a journey, or offer:<code>. amount_minor: of the whole span
    [since, until], spread over its days; 0 takes it back."""

    key: str
    campaign: str
    kind: str
    amount_minor: int
    currency: str
    since: date
    until: date


Verdict = Literal["told", "corrected", "unchanged", "refused"]


def tell(work: Work, expenses: Sequence[Expense], actor: str) -> list[dict[str, Any]]:
    """A verdict for each, in their order: told, corrected (the key was known with other words), unchanged or refused with what is
    wrong; a refused one leaves nothing behind. The same again changes nothing, whatever its call was."""
    campaigns = _campaigns(work.session, {one.campaign for one in expenses})
    rows = {
        row.key: row
        for row in work.session.scalars(
            select(Cost).where(Cost.key.in_([one.key for one in expenses])).with_for_update()
        )
    }
    verdicts: list[dict[str, Any]] = []
    seen: set[str] = set()
    for one in expenses:
        problem = _problem(one, campaigns, seen)
        seen.add(one.key)
        if problem:
            verdicts.append({"key": one.key, "verdict": "refused", **problem})
            continue
        row = rows.get(one.key)
        verdict: Verdict = "told" if row is None else "unchanged" if _of(row) == one else "corrected"
        if verdict != "unchanged":
            row = row or work.add(Cost(key=one.key))
            row.kind, row.campaign, row.amount_minor, row.currency = (
                one.kind,
                one.campaign,
                one.amount_minor,
                one.currency,
            )
            row.incurred_on, row.until_on = one.since, one.until
            work.session.flush()
            told = {
                "campaign": one.campaign,
                "kind": one.kind,
                "amount_minor": one.amount_minor,
                "currency": one.currency,
            }
            work.audit(actor, f"cost_{verdict}", "cost", row.id, **told)
        verdicts.append({"key": one.key, "verdict": verdict})
    return verdicts


def told(session: Session, campaign: str | None = None, skip: int = 0, most: int | None = None) -> list[Expense]:
    """Those that were told with a key, the latest first."""
    rows = select(Cost).where(Cost.key.is_not(None)).order_by(Cost.incurred_on.desc(), Cost.id.desc())
    if campaign is not None:
        rows = rows.where(Cost.campaign == campaign)
    return [_of(row) for row in session.scalars(rows.offset(skip).limit(most))]


def entered(session: Session, campaign: str, before: int | None, most: int) -> list[tuple[int, Expense]]:
    """A page in the order in which they were told, the latest first, each with its place. campaign: empty for all."""
    rows = select(Cost).where(Cost.key.is_not(None)).order_by(Cost.id.desc()).limit(most)
    if campaign:
        rows = rows.where(Cost.campaign == campaign)
    if before is not None:
        rows = rows.where(Cost.id < before)
    return [(row.id, _of(row)) for row in session.scalars(rows)]


def known(session: Session, key: str) -> Expense | None:
    row = session.scalars(select(Cost).where(Cost.key == key)).first()
    return _of(row) if row is not None else None


def _of(row: Cost) -> Expense:
    return Expense(
        row.key or "", row.campaign or "", row.kind, row.amount_minor, row.currency, row.incurred_on,
        row.until_on or row.incurred_on,
    )  # fmt: skip


def _problem(one: Expense, campaigns: set[str], seen: set[str]) -> Mapping[str, str] | None:
    if one.campaign not in campaigns:
        return {
            "reason": f"there is no campaign “{one.campaign}”",
            "hint": "Name a journey, or offer:<code> of an offer.",
        }
    if one.until < one.since:
        return {"reason": "the span ends before it begins", "hint": "since is not after until."}
    if (one.until - one.since).days >= LONGEST:
        return {"reason": f"a span of more than {LONGEST} days", "hint": "Tell it year by year."}
    if one.key in seen:
        return {"reason": "this key stands there twice", "hint": "A key of its own for each cost."}
    return None


def _campaigns(session: Session, names: set[str]) -> set[str]:
    """Of these, those that there are."""
    journeys = select(JourneyVersion.journey).where(JourneyVersion.journey.in_(names)).distinct()
    codes = [name.removeprefix(OFFER) for name in names if name.startswith(OFFER)]
    offers = select(Offer.code).where(Offer.code.in_(codes)).distinct()
    return set(session.scalars(journeys)) | {OFFER + code for code in session.scalars(offers)}
