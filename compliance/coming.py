"""How a wish came in, and when it did: a letter is written down days after it arrived, and its deadline runs all the same."""

from dataclasses import dataclass
from datetime import date, timedelta

from hub.core import Hub
from hub.errors import WrongInput
from hub.work import Work
from rules.calendar import local_day

CAME_BY = ("portal", "desk", "mail", "letter", "phone", "api", "cli")
AT_THE_DESK = ("desk", "mail", "letter", "phone")  # by which something comes that somebody writes down
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Came:
    """by: one of CAME_BY. on: a day of the region; None: the day on which it is written down."""

    by: str
    on: date | None = None

    def day(self, hub: Hub, work: Work) -> date:
        """From which the deadline runs. Raises WrongInput."""
        if self.by not in CAME_BY:
            raise WrongInput(f"No request comes by “{self.by}”.", f"One of: {', '.join(CAME_BY)}.")
        today = local_day(work.now, hub.here.zone)
        if self.on is not None and not today - LONGEST <= self.on <= today:
            raise WrongInput(f"A request that is written down today did not come on {self.on}.", f"Today is {today}.")
        return self.on or today

    def told(self, day: date) -> dict[str, str]:
        """For the audit log."""
        return {"came_by": self.by, "came_on": day.isoformat()}
