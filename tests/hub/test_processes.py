"""Process numbers: two processes never have the same one, and a start beside many others finds a free one."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from hub.core import Hub
from hub.errors import PartDown
from hub.ids import COUNTS, NODES
from hub.models import Node
from hub.terms import NODE_TERM, NodeTerm
from hubs import StandingClock


def _number(term: NodeTerm) -> int:
    return term.ids.low // COUNTS % NODES


def test_processes_that_start_at_the_same_moment_all_get_a_number_of_their_own(hub: Hub) -> None:
    with ThreadPoolExecutor(8) as pool:
        terms = list(pool.map(lambda _: NodeTerm(hub.region, hub.clock), range(200)))
    assert set(Counter(map(_number, terms)).values()) == {1}


def test_a_number_is_free_again_after_its_term_and_not_before(hub: Hub, clock: StandingClock) -> None:
    with hub.region.sessions.begin() as session:
        session.execute(update(Node).values(taken_at=clock()))
        session.execute(
            update(Node).where(Node.number == 7).values(taken_at=clock() - NODE_TERM + timedelta(minutes=1))
        )
    with pytest.raises(PartDown, match="All 1024 process numbers"):
        NodeTerm(hub.region, clock)
    clock.pass_by(minutes=2)
    assert _number(NodeTerm(hub.region, clock)) == 7
