"""What flows: the last motions by refs and names of segments only."""

from desks import CANARY, SEGMENTS, Traffic
from hub.core import Hub
from portal.feed import LENGTH, motions


def test_the_latest_stands_first_and_the_feed_has_an_end(hub: Hub, traffic: Traffic) -> None:
    with hub.look() as session:
        found = motions(hub, session)

    assert len(found) == LENGTH
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    assert {one.kind for one in found} == {"in", "out", "segment"}


def test_only_refs_counts_and_segments_are_told(hub: Hub, traffic: Traffic) -> None:
    with hub.look() as session:
        found = motions(hub, session, length=200)

    assert CANARY not in repr(found)
    assert {one.customer for one in found} <= {"", *traffic.customers}
    assert {one.segment for one in found} <= {"", *SEGMENTS}
    assert {"new": 3, "repeats": 1} in [one.counts for one in found]
