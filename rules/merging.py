"""Three-way merge of one field: what both sides last agreed on, what each says now, and whose word counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rules.syncmap import FieldRule
from rules.transforms import items

Winner = Literal["same", "ours", "theirs", "both", "open"]


@dataclass(frozen=True)
class Side:
    """What one side says, in our spelling; None is empty. at: when it came to say so, if anybody knows."""

    value: str | None
    at: datetime | None = None


@dataclass(frozen=True)
class Merged:
    """value: what both shall say. winner: `same` when they already do, `open` when a person must decide (value is then
    ours). conflict: both had moved away from the base, or one moved a field it has no word on; so somebody's edit is lost
    or waits, and has to be explained."""

    value: str | None
    winner: Winner
    conflict: bool = False


def merge(rule: FieldRule, base: str | None, ours: Side, theirs: Side) -> Merged:
    """Pure, and idempotent: merging the result with either side again gives the result."""
    if ours.value == theirs.value:
        return Merged(ours.value, "same")
    ours_moved, theirs_moved = ours.value != base, theirs.value != base
    if rule.direction == "in":
        return Merged(theirs.value, "theirs", ours_moved and base is not None)
    if rule.direction == "out":
        return Merged(ours.value, "ours", theirs_moved and base is not None)
    if not theirs_moved:
        return Merged(ours.value, "ours")
    if not ours_moved:
        return Merged(theirs.value, "theirs")
    return _both(rule, base, ours, theirs)


def _both(rule: FieldRule, base: str | None, ours: Side, theirs: Side) -> Merged:
    if rule.owner == "union":
        return _union(base, ours, theirs)
    if rule.owner == "manual":
        return Merged(ours.value, "open", True)
    if rule.owner == "newest":
        theirs_wins = theirs.at is not None and (ours.at is None or theirs.at > ours.at)
    elif rule.owner == "highest":
        theirs_wins = _rank(rule, theirs.value) > _rank(rule, ours.value)
    else:
        theirs_wins = rule.owner == "theirs"
    return Merged(theirs.value, "theirs", True) if theirs_wins else Merged(ours.value, "ours", True)


def _union(base: str | None, ours: Side, theirs: Side) -> Merged:
    """All that either side has, less what one of them took out since: so no edit of either is lost."""
    before, mine, other = set(items(base)), set(items(ours.value)), set(items(theirs.value))
    removed = (before - mine) | (before - other)
    value = ";".join(sorted((mine | other) - removed)) or None
    if value == theirs.value:
        return Merged(value, "theirs")
    return Merged(value, "ours" if value == ours.value else "both")


def _rank(rule: FieldRule, value: str | None) -> int:
    return rule.order.index(value) if value in rule.order else -1
