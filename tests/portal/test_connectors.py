"""The desk of connectors: how each partner stands, told in words, in few statements."""

import pytest

from counting import counted
from desks import Traffic, Visitor
from hub.core import Hub
from hub.flow import pulls
from portal.connections import last_of, lines, partners_of

LIST = "/desk/connectors/"


def test_the_worst_stands_first_with_its_lag_and_what_it_did_today(hub: Hub, traffic: Traffic) -> None:
    with hub.look() as session:
        found = lines(hub, session, partners_of(hub))

    assert [(line.name, line.state) for line in found] == [
        ("fleet_eu", "parked"), ("sms_eu", "resting"), ("hubspot_eu", "behind"), ("import_eu", "behind"), ("loyalty_eu", "behind"),
    ]  # fmt: skip
    by_name = {line.name: line for line in found}
    assert by_name["fleet_eu"].lag(hub.clock()) == 42.5
    assert by_name["hubspot_eu"].today == {"in": 3, "out": 3, "dead": 6}
    assert by_name["hubspot_eu"].letters == 6
    failure = by_name["sms_eu"].failure
    assert failure
    assert (failure.reason, failure.at) == ("They asked for a pause (429).", None)


def test_a_connections_last_motions_are_its_own(hub: Hub, traffic: Traffic) -> None:
    with hub.look() as session:
        found = last_of(session, hub.partners["import_eu"])

    assert {one.incoming for one in found} == {True}
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)


def test_a_pause_is_seen_at_every_desk(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    with hub.begin() as work:
        pulls.pause(work, hub.partners["loyalty_eu"], "cli", "Stocktaking until noon")

    assert "Stocktaking until noon" in operator.get(LIST).text
    assert "Paused" in operator.get("/operations/").text


def test_no_page_asks_the_database_much(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    for path in (LIST, LIST + "hubspot_eu", LIST + "hubspot_eu/mapping"):
        with counted(hub) as statements:
            operator.get(path)
        assert len(statements) <= 12, path


@pytest.mark.parametrize("name", ["nowhere", "own", "%3Cb%3E"])
def test_an_unknown_connection_is_not_there(traffic: Traffic, operator: Visitor, name: str) -> None:
    assert operator.get(LIST + name).status_code == 404


def test_a_region_without_partners_says_how_one_is_named(operator: Visitor) -> None:
    assert "config/hub.yaml" in operator.get(LIST).text
