"""One vehicle's assignments as we believe them now, and what a new statement makes of them; pure, nothing is stored here."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

MIXED = "end the other one first, or state it under its own number"


@dataclass(frozen=True)
class Stretch:
    """[since, until) with a fleet. id: the row that says so, or 0. open_ended: no end was named."""

    fleet_id: int
    number_hash: bytes
    since: date
    until: date | None
    open_ended: bool
    id: int = 0

    def meets(self, since: date, until: date | None) -> bool:
        return (until is None or self.since < until) and (self.until is None or since < self.until)


@dataclass
class Timeline:
    """No two stretches of one vehicle meet. An open end lasts until the next stretch begins, and opens again when that goes."""

    stored: dict[int, Stretch] = field(default_factory=dict)
    now: list[Stretch] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Iterator[Stretch]) -> "Timeline":
        stored = {row.id: row for row in rows}
        return cls(stored, list(stored.values()))

    def state(self, fleet_id: int, number: bytes, since: date, until: date | None) -> tuple[str, str]:
        """(verdict, reason): added, changed, unchanged or rejected."""
        mine = self.find(fleet_id, number)
        others = [one for one in self.now if one is not mine]
        end = until or min((one.since for one in others if one.since > since), default=None)
        for one in others:
            if not one.meets(since, end) or (one.fleet_id == fleet_id and one.open_ended and one.since < since):
                continue
            whose = "another assignment of it" if one.fleet_id == fleet_id else "an assignment to another fleet"
            return "rejected", f"the vehicle has {whose} from {one.since}"
        wanted = Stretch(fleet_id, number, since, end, until is None)
        if mine is not None and replace(mine, id=0) == wanted:
            return "unchanged", ""
        self.now = [*others, wanted]
        self._settle()
        return ("changed" if mine else "added"), ""

    def withdraw(self, fleet_id: int, number: bytes) -> bool:
        mine = self.find(fleet_id, number)
        if mine is not None:
            self.now.remove(mine)
            self._settle()
        return mine is not None

    def find(self, fleet_id: int, number: bytes) -> Stretch | None:
        return next((one for one in self.now if one.fleet_id == fleet_id and one.number_hash == number), None)

    def superseded(self) -> list[int]:
        kept = {one.id for one in self.now}
        return [row_id for row_id in self.stored if row_id not in kept]

    def news(self) -> list[Stretch]:
        return [one for one in self.now if not one.id]

    def fleets_moved(self) -> set[int]:
        """Fleets of which something else is believed than before."""
        return {self.stored[row_id].fleet_id for row_id in self.superseded()} | {one.fleet_id for one in self.news()}

    def _settle(self) -> None:
        """Open ends reach to the next beginning; whatever moved by that is a new belief, unless it is what was stored."""
        ordered = sorted(self.now, key=lambda one: one.since)
        ends = [*(one.since for one in ordered[1:]), None][: len(ordered)]
        self.now = [
            self._known(replace(one, until=end, id=0)) if one.open_ended and one.until != end else self._known(one)
            for one, end in zip(ordered, ends, strict=True)
        ]

    def _known(self, one: Stretch) -> Stretch:
        if one.id:
            return one
        return next((row for row in self.stored.values() if replace(row, id=0) == one), one)
