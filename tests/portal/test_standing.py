"""How the region stands, in the shape the desk shows it."""

from desks import SEGMENTS, Traffic
from hub.core import Hub
from portal.standing import ENDS, standing_of


def test_a_region_with_traffic(hub: Hub, traffic: Traffic) -> None:
    stands = standing_of(hub)

    assert {line.name: line.health for line in stands.lines} == {
        "fleet_eu": "parked",
        "hubspot_eu": "slow",
        "import_eu": "slow",
        "loyalty_eu": "slow",
        "sms_eu": "resting",
    }
    assert stands.letters == 8
    assert stands.customers == len(traffic.customers)
    assert dict(stands.segments) == {SEGMENTS[0]: 12, SEGMENTS[1]: 8, SEGMENTS[2]: 4, "new_this_week": None}


def test_without_valkey_nothing_moves(hub: Hub, traffic: Traffic) -> None:
    stands = standing_of(hub)

    assert (stands.clock, stands.valkey, stands.workers, stands.stands) == (True, False, None, True)


def test_the_scale_ends_beyond_the_lag(hub: Hub, traffic: Traffic) -> None:
    stands = standing_of(hub)

    assert stands.lag <= stands.scale_end
    assert stands.scale_end == ENDS[0]
