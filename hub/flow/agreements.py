"""What both sides last agreed on, per customer and kind of object, sealed under the person's key."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from hub.core import Partner
from hub.flow.batches import batches, these
from hub.flow.effects import Subject
from hub.models import Agreement
from hub.models.base import aside
from hub.work import Work

KNOWN = 6  # values of before, by which old news are told from new


@dataclass
class Word:
    """One field as the partner last had it. at: since when. ours_at: when our side came to differ from it.

    wrote: what our last write set, sent at wrote_at, known to have arrived at wrote_until; before: what was there then.
    known: earlier values. held: a person must decide. doubt: it may be otherwise there, so it is written again.
    refused: a value of ours that the partner does not take."""

    value: str | None = None
    at: datetime | None = None
    ours_at: datetime | None = None
    wrote: str | None = None
    wrote_at: datetime | None = None
    wrote_until: datetime | None = None
    before: str | None = None
    known: list[str | None] = field(default_factory=list)
    held: bool = False
    doubt: bool = False
    refused: str | None = None

    def becomes(self, value: str | None, at: datetime | None) -> None:
        if value != self.value:
            self.known = [*self.known, self.value][-KNOWN:]
        self.value, self.doubt = value, False
        if at is not None and (self.at is None or at > self.at):
            self.at = at


NAMES = tuple(
    one.name for one in fields(Word)
)  # looked up once: `asdict` copies deeply, and every merge saves every word


@dataclass
class Agreed:
    """words: by the partner's field name. A field that is not among them has never been seen."""

    customer_id: int
    person_id: int
    kind: str
    row: Agreement | None = None
    words: dict[str, Word] = field(default_factory=dict)
    state: str = "live"
    whole: bool = False

    def word(self, name: str) -> Word:
        return self.words.setdefault(name, Word())


MINE = select(Agreement).where(
    Agreement.connection_id == bindparam("connection"),
    Agreement.kind == bindparam("kind"),
    these(Agreement.customer_id),
)  # made once: making it costs more than the look-up


def load(work: Work, partner: Partner, kind: str, subjects: Iterable[Subject]) -> dict[int, Agreed]:
    """One per customer, empty for one that nobody has spoken of."""
    found = {one.customer_id: Agreed(one.customer_id, one.person_id, kind) for one in subjects}
    keys = {one.customer_id: one.data_key_id for one in subjects}
    if found:
        for row in work.session.scalars(MINE, {"connection": partner.id, "kind": kind, "ids": sorted(found)}):
            agreed = found[row.customer_id]
            agreed.row, agreed.state, agreed.whole = row, row.state, row.whole
            if keys[row.customer_id] is not None:
                plain = work.vault.unseal(work.key(keys[row.customer_id]), row.sealed, _context(agreed, partner))
                agreed.words = {name: _word(one) for name, one in json.loads(plain).items()}
    return found


def at_rest(work: Work, partner: Partner, customer_ids: Iterable[int]) -> dict[int, str]:
    """customer id -> archived, erased or merged, of those whose object there is not live."""
    found: dict[int, str] = {}
    for batch in batches(sorted(set(customer_ids))):
        rows = select(Agreement.customer_id, Agreement.state).where(
            aside(Agreement.connection_id) == partner.id, Agreement.customer_id.in_(batch), Agreement.state != "live"
        )
        found |= {customer_id: state for customer_id, state in work.session.execute(rows)}
    return found


def save(work: Work, partner: Partner, agreed: Agreed, data_key_id: int | None) -> None:
    plain = json.dumps({name: _plain(word) for name, word in agreed.words.items()}).encode()
    sealed = work.vault.seal(work.key(data_key_id), plain, _context(agreed, partner))
    if agreed.row is None:
        agreed.row = work.add(
            Agreement(
                connection_id=partner.id,
                kind=agreed.kind,
                customer_id=agreed.customer_id,
                person_id=agreed.person_id,
                state=agreed.state,
                whole=agreed.whole,
                sealed=sealed,
                agreed_at=work.now,
            )
        )
    row = agreed.row
    row.state, row.whole, row.sealed, row.agreed_at = agreed.state, agreed.whole, sealed, work.now


def _context(agreed: Agreed, partner: Partner) -> str:
    return f"agreement:{partner.id}:{agreed.kind}:{agreed.customer_id}"


def _plain(word: Word) -> dict[str, Any]:
    """Only what is set: most fields are a value and a time."""
    found = {name: value for name in NAMES if (value := getattr(word, name))}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def _word(found: dict[str, Any]) -> Word:
    for name in found.keys() & {"at", "ours_at", "wrote_at", "wrote_until"}:
        found[name] = datetime.fromisoformat(found[name])
    return Word(**found)
