"""Salesforce's feeds of ids, campaigns and assets: by the official client, and as the connector reads and writes them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce import SalesforceMalformedRequest

from connectors.salesforce import Salesforce
from connectors.salesforce.sandbox import SalesforceSandbox
from hub.sdk import Push, Refused
from hub.sdk.effects_log import account_of as number_of
from orgs import official
from proving import TOKEN, account_of
from served import calling, served

ACCOUNT = number_of(f"Bearer {TOKEN}")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class World:
    def __init__(self, api: Any, crm: SalesforceSandbox) -> None:
        self.crm, self.api, self.now = crm, api, START
        crm.now = lambda: self.now
        self.hub = Salesforce(account_of(TOKEN, api))
        self.hub.now = lambda: self.now  # type: ignore[misc]
        self.cursor: str | None = None

    def act(self, do: Any) -> Any:
        return self.crm.act(ACCOUNT, do)

    def make(self, name: str = "Berg") -> str:
        return str(self.act(lambda shelf: shelf.create("Contact", {"LastName": name}))["Id"])

    def after(self, **time: float) -> dict[str, str]:
        """Time passes and all is read: id -> state."""
        self.now += timedelta(**time)
        page = self.hub.fetch(self.cursor)
        self.cursor = page.cursor
        assert not page.more
        self.resync = page.resync
        return {one.id: one.state for incoming in page.incoming for one in self.hub.observe(incoming.payload)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    crm = SalesforceSandbox(tmp_path)
    with calling(crm.wsgi) as api:
        yield World(api, crm)


def test_the_official_client_reads_the_feeds_and_they_reach_back_30_days(tmp_path: Path) -> None:
    crm = SalesforceSandbox(tmp_path, now=lambda: START)
    with served(crm.wsgi) as url:
        client = official(url)
        kept, gone = (client.Contact.create({"LastName": name})["id"] for name in ("Berg", "Wolf"))
        client.Contact.delete(gone)
        crm.now = lambda: START + timedelta(minutes=5)
        end = START + timedelta(minutes=5)
        assert client.Contact.updated(START - timedelta(minutes=5), end)["ids"] == [kept]
        deleted = client.Contact.deleted(START - timedelta(minutes=5), end)
        assert [one["id"] for one in deleted["deletedRecords"]] == [gone]
        assert deleted["latestDateCovered"] < end.isoformat()
        with pytest.raises(SalesforceMalformedRequest):
            client.Contact.deleted(START - timedelta(days=31), end)


def test_what_has_left_the_bin_is_still_heard_of_and_a_merged_contact_lives_on(world: World) -> None:
    ada, ben, eve = world.make("Ada"), world.make("Ben"), world.make("Eve")
    world.after(minutes=1)
    world.after(minutes=11)
    world.act(lambda shelf: shelf.delete(shelf.alive("Contact", ada)))
    world.act(lambda shelf: shelf.empty_bin())
    world.act(lambda shelf: shelf.delete(shelf.alive("Contact", ben), into=eve))
    assert world.after(minutes=1) == {ben: "merged"}
    assert world.after(minutes=12) == {ada: "archived", ben: "merged"}
    assert world.after(minutes=12) == {}


def test_a_commit_that_came_late_is_found_by_the_feed(world: World) -> None:
    world.after(minutes=1)
    world.after(minutes=11)
    late = world.make()
    stamped = world.now + timedelta(seconds=30)
    world.after(minutes=7)  # read past it: what is written next says that it changed before that
    world.act(lambda shelf: shelf._put("Contact", {**shelf.alive("Contact", late), "Phone": "+491", "SystemModstamp":
              stamped.isoformat(timespec="milliseconds").replace("+00:00", "+0000")}))  # fmt: skip
    assert late not in world.after(seconds=30)
    assert late in world.after(minutes=4)


def test_feeds_that_no_longer_reach_back_ask_for_a_comparison(world: World) -> None:
    world.after(minutes=1)
    world.after(days=16)
    assert world.resync
    world.after(days=35)
    assert world.resync
    world.after(minutes=11)
    assert not world.resync


def push(n: int, members: dict[str, bool], partner_id: str | None = None) -> Push:
    return Push("segment_entered", f"k{n}", f"ref{n}", partner_id, {"segments": ["a"], "members": members}, 1)


def moves(world: World) -> list[tuple[str, str]]:
    return [(topic, campaign) for _, _, _, topic, _, campaign in world.crm.log.rows() if topic in ("joined", "left")]


def test_who_enters_a_segment_joins_its_campaign_once_and_leaves_it_again(world: World) -> None:
    spring, autumn = (world.act(lambda shelf: shelf.create("Campaign", {"Name": "x"}))["Id"] for _ in range(2))
    for inside in (True, True, False):
        told = world.hub.push([push(n, {spring: inside, autumn: False}) for n in range(3)])
        assert [one.state for one in told] == ["sent"] * 3
    assert moves(world) == [("joined", spring)] * 3 + [("left", spring)] * 3

    (told,) = world.hub.push([push(1, {"701000000000099": True, autumn: True})])
    assert (told.state, told.kept_out, moves(world)[6:]) == ("sent", ("members.701000000000099",), [("joined", autumn)])


def test_an_asset_stands_beside_its_contact_and_its_account(world: World) -> None:
    ada = world.make()
    firm = str(world.act(lambda shelf: shelf.create("Account", {"Name": "Nord"}))["Id"])
    body = {"kind": "vehicle", "ref": "golf", "fields": {"Name": "VW Golf", "SerialNumber": "WVW1"}}
    links = {"contact": {"add": [ada]}, "company": {"add": [firm]}}
    (told,) = world.hub.push([Push("set_fields", "k1", "golf", None, {**body, "links": links}, 1)])
    apart = {"kind": "vehicle", "ref": "golf", "fields": {}, "links": {"company": {"remove": [firm]}}}
    world.hub.push([Push("set_fields", "k2", "golf", told.partner_id, apart, 1)])
    asset = world.act(lambda shelf: shelf.alive("Asset", told.partner_id))
    assert (asset["ContactId"], asset["AccountId"], asset["Garage_Ref__c"]) == (ada, None, "golf")
    with pytest.raises(Refused):
        world.api.request("GET", f"{world.hub.root}/sobjects/Asset/updated/", params={"start": "now"})
