"""Is one more message within the caps at this moment, and to whom does it give way? Pure: for sending and for a simulation alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.flow.rivals import Wanting, better, said
from rules.sending import VEHICLE, Cap, Sending

LOOK_AGAIN = timedelta(minutes=15)  # at what was given way to: it may have been refused itself


@dataclass(frozen=True)
class Delay:
    """until: when to ask again. dropped: never, it would be too old by then. behind: what it waits for does not concern all
    that follow it."""

    until: datetime
    why: str
    reason: str
    dropped: bool = False
    behind: bool = False


@dataclass(frozen=True)
class Standing:
    """One message beside what its person was told (`told`), and what waits for them (`rivals`)."""

    now: datetime
    rules: Sending
    mine: Wanting
    told: Sequence[Wanting]
    rivals: Sequence[Wanting]

    def delay(self, made_at: datetime, quiet: tuple[datetime, str] | None = None) -> Delay | None:
        """None: it may go. quiet: until when nobody is disturbed, in words, too."""
        until, reason = quiet or (self.now, "")
        why, winner, look_at, behind = "quiet_hours" if quiet else "", None, None, False
        for cap in self.rules.caps:
            free_at, by = self._free_at(cap)
            if free_at > until:
                until, why, winner = free_at, "outranked" if by else "cap", by
                behind = by is not None or cap.per == VEHICLE  # what it has to wait for concerns not all that follow it
                reason = (
                    said(by, self.mine) if by else f"{cap.most} {_named(cap)} within {in_days(cap.within)} are the most"
                )
                look_at = min(free_at, self.now + LOOK_AGAIN) if by and by.due > self.now else free_at
        limit = self.rules.stale_after.get(self.mine.purpose)
        if limit is not None and until - made_at > limit:
            what = f"{reason}, and by then" if why else "it is too late now:"
            words = f"{what} it would be older than {in_days(limit)}"
            return Delay(self.now, "outranked" if winner else "stale", words, dropped=True)
        return Delay(look_at if winner and look_at else until, why, reason, behind=behind) if why else None

    def _free_at(self, cap: Cap) -> tuple[datetime, Wanting | None]:
        """From when one more is within the cap, and to whom it gives way, if to anybody."""
        if not self.mine.counts(cap, self.mine):
            return self.now, None
        within = [one for one in self.told if one.counts(cap, self.mine) and one.due > self.now - cap.within]
        ahead = better(cap, self.mine, self.rivals, self.now)
        if len(within) >= cap.most:
            just_now = [one for one in within if one.due == self.now and one.outranks(self.mine)]
            return sorted(one.due for one in within)[-cap.most] + cap.within, next(iter(just_now), None)
        if ahead and len(within) + len(ahead) >= cap.most:
            both = sorted([*(one.due for one in within), *(max(one.due, self.now) for one in ahead)])
            return both[-cap.most] + cap.within, ahead[0]
        return self.now, None


def _named(cap: Cap) -> str:
    about = "about one car" if cap.per == VEHICLE else ""
    return " ".join(filter(None, (cap.purpose or "messages", f"by {cap.channel}" if cap.channel else "", about)))


def in_days(span: timedelta) -> str:
    days, rest = divmod(span, timedelta(days=1))
    return f"{days} day{'s' if days != 1 else ''}" if not rest else f"{span // timedelta(hours=1)} hours"
