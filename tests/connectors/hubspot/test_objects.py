"""HubSpot's objects as the hub reads and writes them, against the sandbox over a socket."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot import HubSpot
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.errors import RetryLater, WrongInput
from hub.sdk import CustomerRecord, Describes, Fetches, Lists, Observes, Push
from hub.sdk.effects_log import account_of as number_of
from hub.sdk.faults import FaultDial, Faults
from proving import CRM_SECRET, TOKEN, account_of
from served import calling

ACCOUNT = number_of(f"Bearer {TOKEN}")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class World:
    def __init__(self, folder: Path, api: Any, crm: HubSpotSandbox) -> None:
        self.crm, self.now = crm, START
        crm.now = lambda: self.now
        self.hub = HubSpot(account_of(CRM_SECRET, api))
        self.hub.objects.now = lambda: self.now

    def act(self, do: Any) -> Any:
        return self.crm.act(ACCOUNT, do)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    crm = HubSpotSandbox(tmp_path, burst=100_000)
    with calling(crm.wsgi) as api:
        yield World(tmp_path, api, crm)


def push(n: int, topic: str = "set_fields", partner_id: str | None = None, **body: Any) -> Push:
    given = {"kind": "contact", "fields": {"firstname": f"N{n}", "email": f"n{n}@example.org"}, **body}
    return Push(topic, f"key{n}", f"ref{n}", partner_id, given, 1)


def test_it_can_do_all_that_sync_needs(world: World) -> None:
    for motion in (Lists, Describes, Observes, Fetches):
        assert isinstance(world.hub, motion)


def test_fields_are_set_by_our_ref_then_by_id_and_the_id_comes_back(world: World) -> None:
    (first,) = world.hub.push([push(1)])
    (second,) = world.hub.push([push(1, partner_id=first.partner_id, fields={"phone": "+4930", "lastname": None})])
    assert (first.state, second.state, second.partner_id) == ("sent", "sent", first.partner_id)
    (seen,) = world.hub.list("contact", ["firstname", "phone", "lastname"], None).seen
    assert (seen.ref, dict(seen.fields)) == ("ref1", {"firstname": "N1", "phone": "+4930", "lastname": None})


def test_each_record_has_its_own_verdict(world: World) -> None:
    world.hub.push([push(1)])
    told = {one.key: one for one in world.hub.push([
        push(2), push(3, fields={"unheard_of": "x"}), push(4, fields={"email": "n1@example.org"}), push(5, kind="boat"),
    ])}  # fmt: skip
    assert {key: one.state for key, one in told.items()} == {
        "key2": "sent", "key3": "refused", "key4": "sent", "key5": "refused",
    }  # fmt: skip


def test_an_address_that_is_somebody_elses_is_kept_out_and_the_rest_is_told(world: World) -> None:
    (first, second) = world.hub.push([push(1), push(2)])
    taken = {"firstname": "Zoë", "email": "n1@example.org"}
    several = [push(2, partner_id=second.partner_id, fields=taken), push(3, fields=taken)]
    known, new = world.hub.push(several)
    (alone,) = world.hub.push([push(2, partner_id=second.partner_id, fields={"email": "n1@example.org"})])
    assert [(one.state, one.kept_out) for one in (known, new, alone)] == [("sent", ("email",))] * 3
    seen = {one.id: one.fields for one in world.hub.list("contact", ["firstname", "email"], None).seen}
    assert seen[str(second.partner_id)] == {"firstname": "Zoë", "email": "n2@example.org"}
    assert seen[str(new.partner_id)] == {"firstname": "Zoë", "email": None}
    assert seen[str(first.partner_id)]["email"] == "n1@example.org"


def test_who_is_known_by_id_is_told_by_id_whatever_their_ref_and_made_anew_when_gone(world: World) -> None:
    number = world.act(lambda books: books.create("contacts", {"firstname": "Eva"}))["id"]
    entered = [push(7, "segment_entered", partner_id=number, segments=["a"])]
    assert world.hub.push(entered)[0].partner_id == number
    world.act(lambda books: books.archive("contacts", number))
    (made,) = world.hub.push(entered)
    assert (made.state, made.partner_id == number) == ("sent", False)


def test_what_is_told_of_a_merged_contact_arrives_where_it_lives_on(world: World) -> None:
    kept, gone = world.hub.push([push(1), push(2)])
    world.act(lambda books: books.merge("contacts", kept.partner_id, gone.partner_id))
    (told,) = world.hub.push([push(2, partner_id=gone.partner_id, fields={"phone": "+4930"})])
    assert (told.state, told.partner_id) == ("sent", None)
    (seen,) = world.hub.list("contact", ["phone"], None).seen
    assert seen.fields["phone"] == "+4930"


def test_a_family_that_shares_an_address_is_told_all_the_same(world: World) -> None:
    family = [push(n, "segment_entered", segments=["a"], email="home@example.org") for n in range(3)]
    assert {one.state for one in world.hub.push(family)} == {"sent"}
    seen = world.hub.list("contact", ["email", "garage_segments"], None).seen
    assert [one.fields["email"] for one in seen].count("home@example.org") == 1
    assert {one.fields["garage_segments"] for one in seen} == {"a"}


def test_a_listing_pages_through_all_and_a_reading_follows_merges(world: World) -> None:
    for start in range(0, 250, 100):
        world.hub.push([push(n) for n in range(start, min(start + 100, 250))])
    ids: list[str] = []
    cursor = None
    while True:
        page = world.hub.list("contact", ["email"], cursor)
        ids += [one.id for one in page.seen]
        cursor = page.cursor
        if cursor is None:
            break
    assert len(set(ids)) == 250
    world.act(lambda books: books.merge("contacts", ids[0], ids[1]))
    world.act(lambda books: books.archive("contacts", ids[2]))
    states = [(one.id, one.state, one.into) for one in world.hub.read("contact", [*ids[:4], "7"], ["email"])]
    assert states == [
        (ids[0], "live", None), (ids[1], "merged", ids[0]), (ids[2], "missing", None), (ids[3], "live", None),
        ("7", "missing", None),
    ]  # fmt: skip


def test_changes_are_fetched_exactly_once_however_many_share_a_moment(world: World) -> None:
    cursor = world.hub.fetch(None).cursor
    world.now += timedelta(minutes=1)
    for start in range(0, 500, 100):
        world.hub.push([push(n) for n in range(start, start + 100)])
    world.now += timedelta(minutes=1)
    keys: list[str] = []
    more = True
    while more:
        page = world.hub.fetch(cursor)
        keys += [one.key for one in page.incoming]
        cursor, more = page.cursor, page.more
    assert len(keys) == len(set(keys)) == 500
    world.now += timedelta(minutes=1)
    again = world.hub.fetch(cursor)
    assert {one.key for one in again.incoming} <= set(keys)


def test_a_fetched_contact_is_a_customer_and_an_object(world: World) -> None:
    cursor = world.hub.fetch(None).cursor
    world.now += timedelta(minutes=1)
    world.hub.push([push(1, fields={"firstname": "Zoë", "lastname": "Kit", "email": "z@example.org"})])
    world.now += timedelta(minutes=1)
    (one,) = world.hub.fetch(cursor).incoming
    (record,) = world.hub.normalise(one.payload)
    assert isinstance(record, CustomerRecord)
    assert (record.name, record.email, record.customer.ref) == ("Zoë Kit", "z@example.org", "ref1")
    (seen,) = world.hub.observe(one.payload)
    assert (seen.id, seen.fields["email"], seen.fields["phone"]) == (one.entity, "z@example.org", None)


def test_deleting_is_by_id_never_blocks_a_stranger_and_twice_is_once(world: World) -> None:
    (made, _) = world.hub.push([push(1), push(2)])
    for _ in range(2):
        told = world.hub.push([
            push(1, "delete", made.partner_id, how="erase"), push(2, "delete", how="archive"), push(9, "delete", how="erase"),
        ])  # fmt: skip
        assert {one.state for one in told} == {"sent"}
    assert world.hub.list("contact", [], None).seen == []
    assert world.act(lambda books: books.blocked()) == []


def test_a_partner_that_only_says_so_is_found_by_asking(tmp_path: Path) -> None:
    crm = HubSpotSandbox(tmp_path, burst=100_000)
    dial = FaultDial(crm.wsgi, 1)
    with calling(dial) as api:
        world = World(tmp_path, api, crm)
        (made,) = world.hub.push([push(1)])
        number = str(made.partner_id)
        for lying, state in ((1.0, "live"), (0.0, "missing")):
            dial.faults = Faults(lying=lying)
            (told,) = world.hub.push([push(1, "delete", number, how="erase")])
            (seen,) = world.hub.read("contact", [number], [])
            assert (told.state, seen.state) == ("sent", state)


def test_fields_of_a_kind_are_described(world: World) -> None:
    shapes = {one.name: one for one in world.hub.describe("contact")}
    assert (shapes["email"].unique, shapes["email"].type, shapes["hs_object_id"].writable) == (True, "text", False)
    with pytest.raises(WrongInput):
        world.hub.describe("boat")


EVENT = {"eventId": 1, "objectId": 7, "occurredAt": 1772366390000, "sourceId": "42", "changeSource": "INTEGRATION"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"subscriptionType": "contact.propertyChange", "propertyName": "phone", "propertyValue": ""},
         [("contact", "7", "live", None, {"phone": None}, "us")]),
        ({"subscriptionType": "contact.merge", "primaryObjectId": 7, "mergedObjectIds": [7, 8, 9]},
         [("contact", "8", "merged", "7", {}, None), ("contact", "9", "merged", "7", {}, None)]),
        ({"subscriptionType": "contact.merge", "primaryObjectId": 8, "mergedObjectIds": [9, 8], "newObjectId": 7},
         [("contact", "8", "merged", "7", {}, None), ("contact", "9", "merged", "7", {}, None)]),
        ({"subscriptionType": "company.deletion"}, [("company", "7", "archived", None, {}, "us")]),
        ({"subscriptionType": "contact.restore"}, [("contact", "7", "live", None, {}, "us")]),
        ({"subscriptionType": "contact.privacyDeletion"}, [("contact", "7", "erased", None, {}, "us")]),
        ({"subscriptionType": "object.creation"}, [("vehicle", "7", "live", None, {}, "us")]),
        ({"subscriptionType": "contact.associationChange"}, []),
    ],
)  # fmt: skip
def test_what_an_event_says_about_objects(event: dict[str, Any], expected: list[Any]) -> None:
    crm = HubSpot(account_of(CRM_SECRET))
    crm.app_id = "42"
    seen = crm.observe(json.dumps({**EVENT, **event}).encode())
    assert [(one.kind, one.id, one.state, one.into, dict(one.fields), one.origin) for one in seen] == expected


def test_links_follow_the_fields_are_taken_apart_again_and_one_to_an_object_that_is_gone_is_kept_out(
    world: World,
) -> None:
    ada, ben = (world.hub.push([push(n)])[0].partner_id for n in (1, 2))
    told = {"kind": "vehicle", "ref": "golf", "fields": {"vin": "WVWZZZ1K"}, "links": {"contact": {"add": [ada, ben]}}}
    (first,) = world.hub.push([push(3, **told)])
    assert (first.state, first.kept_out) == ("sent", ())
    told["links"] = {"contact": {"remove": [ada], "add": [ben, "999999999999"]}}
    told["fields"] = {"plate": "B-GH 1"}
    (second,) = world.hub.push([push(4, partner_id=first.partner_id, **told)])
    assert (second.state, second.partner_id, second.kept_out) == ("sent", first.partner_id, ("links.contact",))

    motions = [(topic, value) for _, _, _, topic, _, value in world.crm.log.rows() if topic.endswith("sociated")]
    assert motions == [
        ("associated", f"contacts:{ada}"), ("associated", f"contacts:{ben}"), ("dissociated", f"contacts:{ada}"),
    ]  # fmt: skip


def test_links_that_fail_leave_their_push_open_and_nobody_elses(tmp_path: Path) -> None:
    crm = HubSpotSandbox(tmp_path, burst=100_000)
    with calling(crm.wsgi) as api:
        hub = HubSpot(account_of(CRM_SECRET, api))
        (ada,) = hub.push([push(1)])
        real = api.request

        def request(method: str, path: str, **given: Any) -> Any:
            if "associations" in path:
                raise RetryLater("It is down.")
            return real(method, path, **given)

        api.request = request
        car = push(2, kind="vehicle", fields={"vin": "W1"}, links={"contact": {"add": [ada.partner_id]}})
        with pytest.raises(RetryLater) as raised:
            hub.push([car, push(3, kind="vehicle", fields={"vin": "W2"}), push(4)])
    assert {one.key: one.state for one in raised.value.outcomes} == {"key3": "sent", "key4": "sent"}
