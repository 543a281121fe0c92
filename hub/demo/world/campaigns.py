"""Which offers the chain makes in which months, to whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.demo.world.places import Branch

QUIET = 200  # days without a visit after which somebody is missed


@dataclass(frozen=True)
class Campaign:
    """months: it goes out in their first week. missed_only: to people who have not come for a long time."""

    code: str
    title: str
    months: Sequence[int]
    discount: int  # per cent
    missed_only: bool = False


CAMPAIGNS = (
    Campaign("before-winter", "Ready for winter", (9,), 10),
    Campaign("before-heat", "Cool before the heat", (2,), 15),
    Campaign("spring-check", "Spring check", (5,), 10),
    Campaign("we-miss-you", "We miss you", (1, 7, 11), 20, missed_only=True),
)


def fires(branch: Branch, start: date, weeks: int) -> Iterator[tuple[int, int]]:
    """(week, campaign): the weeks in which something goes out at this branch."""
    for week in range(weeks):
        first, last = start + timedelta(days=7 * week), start + timedelta(days=7 * week + 6)
        if last.day <= 7 or first.month != last.month:
            for index, campaign in enumerate(CAMPAIGNS):
                if last.month in campaign.months and fits(campaign, branch):
                    yield week, index


def fits(campaign: Campaign, branch: Branch) -> bool:
    """Nobody sells winter in the Gulf."""
    return {"before-winter": bool(branch.tyre_months), "before-heat": bool(branch.heat_months)}.get(campaign.code, True)
