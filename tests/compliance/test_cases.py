"""Requests in the order of their days: what waits is read along an index, of either table, however many were answered."""

from datetime import date

import pytest

from compliance.cases import Asked, Mark, statement
from hub.models import ErasureRequest, PersonRequest
from plans import plan_of

DAY = date(2026, 11, 26)


@pytest.mark.parametrize("asked", [Asked(), Asked("open", since=DAY, until=DAY)], ids=str)
@pytest.mark.parametrize("table", [ErasureRequest, PersonRequest])
@pytest.mark.parametrize("place", [None, Mark(True, DAY, 7)], ids=str)
def test_what_waits_is_read_along_the_index_of_its_days(hub, asked, table, place):
    with hub.look() as session:
        plan = plan_of(hub, session, statement(table, True, place, 51, asked))

    assert f"ix_{table.__tablename__}_due_on_id" in plan
    assert not any(word in plan for word in ("TEMP B-TREE", "Sort Key"))
