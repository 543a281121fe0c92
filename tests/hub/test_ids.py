"""Ids sort by time, say their cell, and are never made twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from hub.ids import Ids, cell_of, made_at

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_an_id_says_its_cell_and_its_time():
    number = Ids(cell=5, node=9, clock=lambda: NOON).next()

    assert cell_of(number) == 5
    assert made_at(number) == NOON
    assert 0 < number < 2**63


def test_a_later_id_is_greater_whatever_node_made_it():
    early = Ids(cell=127, node=1023, clock=lambda: NOON).next()
    late = Ids(cell=0, node=0, clock=lambda: NOON + timedelta(milliseconds=10)).next()

    assert early < late


def test_a_clock_that_goes_back_makes_no_id_twice():
    times = iter([NOON, NOON + timedelta(seconds=1), *[NOON] * 2000])
    ids = Ids(cell=1, node=1, clock=lambda: next(times))

    made = [ids.next() for _ in range(2000)]

    assert made == sorted(set(made))


def test_threads_share_one_counter():
    ids = Ids(cell=1, node=1, clock=lambda: NOON)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ids.next(), range(4000)))

    assert len(set(made)) == 4000


def test_ids_reach_to_the_year_2069():
    last = Ids(cell=127, node=1023, clock=lambda: datetime(2069, 7, 1, tzinfo=UTC)).next()

    assert last < 2**63


@pytest.mark.parametrize(("cell", "node"), [(-1, 0), (128, 0), (0, 1024)])
def test_a_cell_or_node_out_of_range_is_refused(cell, node):
    with pytest.raises(ValueError, match="out of range"):
        Ids(cell, node, lambda: NOON)
