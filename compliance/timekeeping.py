"""What has a term or a proof is not moved on while the machine's clock stands before the day it began."""

from datetime import datetime, timedelta

from hub.errors import PartDown
from hub.work import Work

ASTRAY = timedelta(minutes=5)  # by which clocks of two machines may differ


def expect_after(work: Work, began_at: datetime) -> None:
    """A certificate would say by when backups forget, and a hold when it ended: both too early. Raises PartDown."""
    if work.now < began_at - ASTRAY:
        raise PartDown(
            f"The clock of this machine says {work.now:%Y-%m-%d %H:%M} UTC, and this began at {began_at:%Y-%m-%d %H:%M} UTC.",
            "Set the clock right; nothing was changed.",
        )
