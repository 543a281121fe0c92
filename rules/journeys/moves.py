"""When one customer was in a segment, over a history that is played again: at each change, and when time alone turned it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from rules.flips import next_flip
from rules.predicate import holds
from rules.tree import Condition
from rules.views import View


def moves(
    condition: Condition,
    view_at: Callable[[datetime], View],
    changes: Sequence[datetime],
    begin: datetime,
    until: datetime,
    zone: str,
) -> Iterator[tuple[datetime, bool]]:
    """(when, whether they came in) after begin. changes: moments at which anything of theirs changed, in order."""
    inside = holds(condition, view_at(begin), begin, zone)
    waiting, now = [moment for moment in changes if begin < moment <= until], begin
    while True:
        turn = next_flip(condition, view_at(now), now, zone)
        coming = [*([turn] if turn is not None else []), *waiting[:1]]
        if not coming or min(coming) > until:
            return
        now = min(coming)
        while waiting and waiting[0] <= now:
            waiting.pop(0)
        if holds(condition, view_at(now), now, zone) != inside:
            inside = not inside
            yield now, inside
