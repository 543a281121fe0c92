"""What the demo says of a region's status."""

from hub.demo.telling import counted, flowing, is_settled

STATUS = {
    "customers": 12,
    "segments_due": [],
    "connections": [
        {"inbox": {"done": 7}, "outbox": {"sent": 3, "waiting": 1}, "dead_letters": 0},
        {"inbox": {"done": 2, "waiting": 2}, "outbox": {}, "dead_letters": 1},
    ],
}


def test_a_region_is_summed_over_its_connections():
    assert counted(STATUS) == {"customers": 12, "in": 9, "out": 3, "waiting": 3, "dead": 1}
    assert "eu: 12 customers, 9 in, 3 out, 3 waiting, 1 dead" in flowing({"eu": counted(STATUS)})


def test_a_region_has_settled_when_nothing_waits_and_no_segment_is_due():
    still = {**STATUS, "connections": [{"inbox": {"done": 7}, "outbox": {"sent": 3}, "dead_letters": 0}]}

    assert is_settled(still)
    assert not is_settled(STATUS)
    assert not is_settled({**still, "segments_due": ["regulars"]})
