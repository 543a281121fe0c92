"""Customers who may be one person: why somebody thinks so, and how sure that is, told from keyed hashes; nothing is opened."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, aliased

from hub.models import Alias, Customer, Duplicate, Person

Certainty = Literal["high", "medium", "low"]
LEVELS: tuple[Certainty, ...] = ("high", "medium", "low")
MOST = 200  # pairs of one look
OWN = {"email", "phone", "plate", "vin", "customer_number"}  # names that one person has, or a family shares
STATES = ("open", "proposed")


@dataclass(frozen=True)
class Likeness:
    """customer, other: refs. signs: kinds of names that both have, `name` where all words of a name are the same. keep: of a pair
    that was proposed, by asked_by."""

    id: int
    customer: str
    other: str
    branches: tuple[str | None, str | None]
    why: str
    signs: tuple[str, ...]
    found_at: datetime
    keep: str | None
    asked_by: str | None
    state: str = "open"

    @property
    def refs(self) -> tuple[str, str]:
        return self.customer, self.other

    @property
    def certainty(self) -> Certainty:
        """High: a partner merged them, or they share their name and something of their own. Low: one thing of their own, which
        families share, or nothing but what somebody saw."""
        own = OWN & set(self.signs)
        if self.why == "merged_there" or ("name" in self.signs and own):
            return "high"
        return "medium" if len(own) > 1 or "name" in self.signs else "low"

    def plain(self) -> dict[str, Any]:
        return {"id": self.id, "customer": self.customer, "other": self.other, "why": self.why, "signs": list(self.signs),
                "certainty": self.certainty, "found_at": self.found_at.isoformat(), "proposed_to_keep": self.keep}  # fmt: skip


Within = Callable[[Any], ColumnElement[bool]]  # a column of branches -> whether this reader works for it


def waiting(
    session: Session, most: int = MOST, *, after: int = 0, state: str = "", within: Within = lambda _: true()
) -> Sequence[Likeness]:
    """Those that wait for a word, in the order in which they were found, behind the pair `after`. Two statements, however many.
    state: open or proposed, else both. within: which branches both must be of."""
    wanted = Duplicate.state.in_((state,) if state in STATES else STATES)
    return _read(session, [wanted, Duplicate.id > after], most, within)


def surest_first(pairs: Sequence[Likeness]) -> list[Likeness]:
    return sorted(pairs, key=lambda one: LEVELS.index(one.certainty))


def all_waiting(session: Session) -> Iterator[Likeness]:
    after = 0
    while page := waiting(session, after=after):
        yield from page
        after = page[-1].id


def one_of(session: Session, number: int) -> Likeness | None:
    return next(iter(_read(session, [Duplicate.id == number], 1, lambda _: true())), None)


def _read(session: Session, conditions: Sequence[Any], most: int, within: Within) -> Sequence[Likeness]:
    other = aliased(Customer)
    rows = session.execute(
        select(Duplicate, Customer, other)
        .join(Customer, Customer.id == Duplicate.customer_id)
        .join(other, other.id == Duplicate.other_id)
        .where(*conditions, within(Customer.branch), within(other.branch))
        .order_by(Duplicate.id)
        .limit(most)
    ).all()
    names = _names(session, {one.person_id for _, *both in rows for one in both})
    return [
        Likeness(row.id, one.ref, two.ref, (one.branch, two.branch), row.why, _signs(names, one.person_id, two.person_id),
                 row.found_at, row.keep, row.asked_by, row.state)
        for row, one, two in rows
    ]  # fmt: skip


Names = Mapping[int, Mapping[str, set[bytes]]]


def _names(session: Session, persons: set[int]) -> Names:
    found: dict[int, dict[str, set[bytes]]] = {one: {} for one in persons}
    rows = select(Alias.person_id, Alias.kind, Alias.hash).join(Person, Person.id == Alias.person_id)
    for person, kind, blind in session.execute(rows.where(Alias.person_id.in_(persons))):
        found[person].setdefault(kind, set()).add(blind)
    return found


def _signs(names: Names, one: int, other: int) -> tuple[str, ...]:
    ours, theirs = names[one], names[other]
    shared = {kind for kind in ours.keys() & theirs.keys() if ours[kind] & theirs[kind] and kind in OWN}
    words = "name_word"
    if ours.get(words) and ours[words] == theirs.get(words):
        shared.add("name")
    return tuple(sorted(shared))
