"""Webhooks that knock at the same moment are kept in one transaction: one commit to disk and one bell for all of them."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from hub.core import Hub, Partner
from hub.errors import PartDown
from hub.flow import inbox
from hub.sdk import Incoming


@dataclass
class _Knock:
    partner: Partner
    incoming: Sequence[Incoming]
    over: bool = False
    failure: BaseException | None = None


class Knocking:
    """For the threads of one process. Nobody waits for company: whose turn it is keeps what has knocked while another's
    transaction ran, so the busier the door, the more share a commit."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.waiting: deque[_Knock] = deque()

    def keep(self, hub: Hub, partner: Partner, incoming: Sequence[Incoming]) -> None:
        """Returns when it is safe on disk; repeats are nothing. Raises whatever kept this one, and no other, from it."""
        mine = _Knock(partner, incoming)
        self.waiting.append(mine)
        bells = set[str]()
        with self.turn:
            if not mine.over:
                _keep_all(hub, [self.waiting.popleft() for _ in range(len(self.waiting))], bells)
        if bells:  # when the others have gone on: what is on disk waits for no bell
            hub.bell.ring(sorted(bells), sorted(bells))
        if mine.failure is not None:
            raise mine.failure


def _keep_all(hub: Hub, knocks: Sequence[_Knock], bells: set[str]) -> None:
    """bells: whoever has something new is added to it, once that has been committed."""
    together: dict[str, list[_Knock]] = {}
    for knock in knocks:
        together.setdefault(knock.partner.name, []).append(knock)
    try:
        with hub.begin() as work:
            for those in together.values():
                inbox.keep(work, those[0].partner, [one for knock in those for one in knock.incoming])
            rung, work.bells = work.bells, set()
        bells |= rung
    except BaseException as failure:  # noqa: BLE001 - raised by `keep`, in the thread of each whom it concerns
        if len(knocks) > 1 and isinstance(failure, Exception) and not isinstance(failure, PartDown):
            for knock in knocks:
                _keep_all(hub, [knock], bells)
            return
        for knock in knocks:
            knock.failure = failure
    for knock in knocks:
        knock.over = True
