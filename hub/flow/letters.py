"""Dead letters: let them go their way once more, or give them up for good; one, or all that died of the same cause."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from hub.core import Hub
from hub.errors import NotFound, WrongInput
from hub.flow import inbox, outbox
from hub.flow.batches import batches
from hub.models import DeadLetter, Delivery, Message
from hub.work import Work

# Chosen, not typed: a free text would sooner or later name somebody.
REASONS = ("done_by_hand", "no_longer_needed", "wrong_at_source", "test")
OPEN = DeadLetter.closed_at.is_(None)


def open_letter(work: Work, letter_id: int) -> DeadLetter:
    """Locked. Raises NotFound."""
    one = work.session.scalars(select(DeadLetter).where(DeadLetter.id == letter_id, OPEN).with_for_update()).first()
    if one is None:
        raise NotFound(
            f"Dead letter {letter_id} is not open.", "It never was, or somebody has replayed or discarded it."
        )
    return one


def all_open(work: Work) -> list[DeadLetter]:
    return list(work.session.scalars(select(DeadLetter).where(OPEN).order_by(DeadLetter.id).with_for_update()))


def like(work: Work, one: DeadLetter) -> list[DeadLetter]:
    """All that died of the same cause: same connection, side, code and reason."""
    same = (DeadLetter.connection_id == one.connection_id, DeadLetter.code == one.code, DeadLetter.reason == one.reason)
    side = DeadLetter.delivery_id.is_(None) if one.delivery_id is None else DeadLetter.delivery_id.is_not(None)
    rows = select(DeadLetter).where(OPEN, side, *same).order_by(DeadLetter.id).with_for_update()
    return list(work.session.scalars(rows))


def replay(hub: Hub, work: Work, letters: Sequence[DeadLetter], actor: str) -> int:
    """A message goes under its old key, so the partner still counts it once; answers how many."""
    deliveries, messages = _about(work, letters)
    for delivery in deliveries:
        inbox.revive(work, delivery)
    for message in messages:
        outbox.revive(work, message)
    for letter in letters:
        _close(work, letter, "replayed", actor)
    ids = {letter.connection_id for letter in letters}
    for partner in hub.partners.values():
        if partner.id in ids:
            work.ring(partner.name)
    return len(letters)


def discard(work: Work, letters: Sequence[DeadLetter], reason: str, actor: str) -> int:
    """For good: a payload goes with its key. Raises WrongInput without a reason."""
    if reason not in REASONS:
        raise WrongInput("Discarding needs a reason.", "Choose one, and discard again. Nothing was changed.")
    deliveries, messages = _about(work, letters)
    inbox.done(work, [(delivery, {"discarded": 1}) for delivery in deliveries])
    for message in messages:
        message.state, message.why = "cancelled", "discarded"
    for letter in letters:
        _close(work, letter, "discarded", actor, reason=reason)
    return len(letters)


def _about(work: Work, letters: Sequence[DeadLetter]) -> tuple[list[Delivery], list[Message]]:
    """What died, in a few looks however many there are."""
    deliveries = [one.delivery_id for one in letters if one.delivery_id is not None]
    messages = [one.message_id for one in letters if one.message_id is not None]
    rows = work.session.scalars
    return (
        [row for ids in batches(deliveries) for row in rows(select(Delivery).where(Delivery.id.in_(ids)))],
        [row for ids in batches(messages) for row in rows(select(Message).where(Message.id.in_(ids)))],
    )


def _close(work: Work, letter: DeadLetter, how: str, actor: str, **detail: Any) -> None:
    letter.closed_at, letter.closed_by = work.now, how
    work.audit(actor, f"dead_letter_{how}", "dead_letter", letter.id, **detail)
