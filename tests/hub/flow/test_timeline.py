"""One vehicle's assignments: never two at once, whatever is stated in whatever order."""

import itertools
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.flow.timeline import Stretch, Timeline

ACME, ZETA = 1, 2
DAY = date(2026, 1, 1)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


stated = st.tuples(
    st.sampled_from([ACME, ZETA]), st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 20), st.none() | st.integers(1, 10), st.booleans()
)  # fmt: skip


def tell(timeline, fleet, number, since, length, withdrawn=False):
    if withdrawn:
        return timeline.withdraw(fleet, number)
    return timeline.state(fleet, number, day(since), None if length is None else day(since + length))[0]


@settings(max_examples=300, deadline=None)
@given(st.lists(stated, max_size=12))
def test_no_two_stretches_of_a_vehicle_ever_meet(told):
    timeline = Timeline()
    for one in told:
        tell(timeline, *one)
        ordered = sorted(timeline.now, key=lambda one: one.since)
        assert all(not first.meets(second.since, second.until) for first, second in itertools.pairwise(ordered))


@settings(max_examples=300, deadline=None)
@given(st.lists(stated, max_size=8))
def test_what_was_taken_and_is_told_again_is_unchanged(told):
    timeline = Timeline()
    for fleet, number, since, length, _ in told:
        if tell(timeline, fleet, number, since, length) != "rejected":
            assert tell(timeline, fleet, number, since, length) == "unchanged"


@given(st.permutations([(b"a", 0), (b"b", 5), (b"c", 9)]))
def test_open_ends_follow_each_other_in_whatever_order_they_are_told(told):
    timeline = Timeline()
    for number, since in told:
        assert tell(timeline, ACME, number, since, None) == "added"

    assert sorted((one.since, one.until) for one in timeline.now) == sorted(
        [(day(0), day(5)), (day(5), day(9)), (day(9), None)], key=lambda pair: pair[0]
    )  # fmt: skip


def test_only_what_moved_is_a_new_belief():
    kept = Stretch(ACME, b"a", day(0), day(3), False, id=7)
    open_one = Stretch(ACME, b"b", day(5), None, True, id=8)
    timeline = Timeline.of(iter([kept, open_one]))

    assert tell(timeline, ACME, b"c", 9, None) == "added"

    assert timeline.superseded() == [8]
    assert {(one.number_hash, one.until) for one in timeline.news()} == {(b"b", day(9)), (b"c", None)}


def test_a_statement_and_its_withdrawal_leave_what_was_stored():
    open_one = Stretch(ACME, b"b", day(5), None, True, id=8)
    timeline = Timeline.of(iter([open_one]))
    tell(timeline, ACME, b"c", 9, None)

    assert timeline.withdraw(ACME, b"c")

    assert (timeline.superseded(), timeline.news()) == ([], [])
