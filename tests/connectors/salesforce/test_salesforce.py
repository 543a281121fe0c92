"""Salesforce: simple-salesforce drives the sandbox over a socket, our connector passes the kit, and each code has one meaning."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce import SalesforceMoreThanOneRecord, SalesforceRefusedRequest, SalesforceResourceNotFound
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceMalformedRequest

from connectors.salesforce import Salesforce
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.soql import parse
from connectors.salesforce.verdicts import CODES, Verdict, outcome_of, verdict_of
from hub.errors import AuthBroken, RetryLater, WrongInput
from hub.sdk import CustomerRecord, Describes, Fetches, Lists, Observes, Push
from hub.sdk.effects_log import account_of as number_of
from orgs import Official, official
from proving import TOKEN, Scripted, account_of
from served import calling, served

ACCOUNT = number_of(f"Bearer {TOKEN}")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def org(tmp_path: Path) -> SalesforceSandbox:
    return SalesforceSandbox(tmp_path)


@pytest.fixture
def sf(org: SalesforceSandbox) -> Iterator[Official]:
    with served(org.wsgi) as url:
        yield official(url)


class World:
    def __init__(self, org: SalesforceSandbox, api: Any) -> None:
        self.org, self.now = org, START
        org.now = lambda: self.now
        self.hub = Salesforce(account_of(api=api))
        self.hub.now = lambda: self.now  # type: ignore[misc]

    def act(self, do: Any) -> Any:
        return self.org.act(ACCOUNT, do)


@pytest.fixture
def world(org: SalesforceSandbox) -> Iterator[World]:
    with calling(org.wsgi) as api:
        yield World(org, api)


def push(n: int, topic: str = "set_fields", partner_id: str | None = None, **body: Any) -> Push:
    given = {"kind": "contact", "fields": {"FirstName": f"N{n}", "LastName": "Kit"}, **body}
    return Push(topic, f"key{n}", f"ref{n}", partner_id, given, 1)


# --- the official client


def test_the_official_client_creates_reads_updates_and_deletes(sf: Any) -> None:
    number = sf.Contact.create({"LastName": "Kit", "Email": "ada@example.org"})["id"]
    assert sf.Contact.update(number, {"FirstName": "Ada"}) == 204
    found = sf.Contact.get(number)
    assert (found["FirstName"], found["LastName"], found["Phone"]) == ("Ada", "Kit", None)
    assert sf.Contact.delete(number) == 204
    with pytest.raises(SalesforceResourceNotFound):
        sf.Contact.get(number)


def test_the_official_client_upserts_by_external_id_and_is_told_of_several(sf: Any) -> None:
    assert sf.Contact.upsert("Garage_Ref__c/r1", {"LastName": "Kit"}) == 201
    assert sf.Contact.upsert("Garage_Ref__c/r1", {"LastName": "Kat"}) == 200
    for _ in range(2):
        sf.Contact.create({"LastName": "Twin", "Email": "same@example.org"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Contact.upsert("Email/same@example.org", {"LastName": "Twin"})


def test_a_collection_keeps_its_order_and_answers_for_each_record(sf: Any) -> None:
    rows = [{"attributes": {"type": "Contact"}, "Garage_Ref__c": f"r{n}", "LastName": f"L{n}"} for n in range(4)]
    rows[1]["Unheard__c"] = "x"
    rows[2]["LastName"] = ""
    body = {"allOrNone": False, "records": rows}
    told = sf.restful("composite/sobjects/Contact/Garage_Ref__c", method="PATCH", json=body)
    assert [one["success"] for one in told] == [True, False, False, True]
    assert [one["errors"][0]["statusCode"] for one in told[1:3]] == ["INVALID_FIELD", "REQUIRED_FIELD_MISSING"]
    again = sf.restful("composite/sobjects/Contact/Garage_Ref__c", method="PATCH", json={**body, "records": rows[:1]})
    assert (again[0]["created"], again[0]["id"]) == (False, told[0]["id"])
    with pytest.raises(SalesforceMalformedRequest):
        sf.restful("composite/sobjects/Contact/Garage_Ref__c", method="PATCH", json={**body, "records": rows[:1] * 201})


def test_the_official_client_queries_and_describes_and_reads_its_usage(sf: Any) -> None:
    for n in range(3):
        sf.Contact.create({"LastName": f"O'Neil{n}", "Garage_Ref__c": f"r{n}"})
    found = sf.query("SELECT Id, LastName FROM Contact WHERE LastName = 'O\\'Neil1' ORDER BY Id LIMIT 10")
    assert [row["LastName"] for row in found["records"]] == ["O'Neil1"]
    assert {one["name"] for one in sf.Contact.describe()["fields"]} >= {"Id", "Garage_Ref__c", "SystemModstamp"}
    assert sf.api_usage["api-usage"].total == 100_000
    with pytest.raises(SalesforceMalformedRequest):
        sf.query("SELECT Nothing FROM Contact")


def test_a_used_up_day_is_a_403_and_a_wrong_token_a_401(tmp_path: Path) -> None:
    with served(SalesforceSandbox(tmp_path / "tired", daily=1).wsgi) as url:
        with pytest.raises(SalesforceExpiredSession):
            official(url, "").query("SELECT Id FROM Contact")
        with pytest.raises(SalesforceRefusedRequest):
            official(url).query("SELECT Id FROM Contact")


# --- our connector


def test_it_can_do_all_that_sync_needs() -> None:
    for motion in (Lists, Describes, Observes, Fetches):
        assert isinstance(Salesforce(account_of()), motion)


def test_each_record_has_its_own_verdict_and_its_id_comes_back(world: World) -> None:
    told = world.hub.push(
        [
            push(1),
            push(2, fields={"Unheard__c": "x"}),
            push(3, kind="boat"),
            push(4, kind="vehicle", fields={"Name": "Golf"}),
        ]
    )
    states = {one.key: (one.state, one.reason) for one in told}
    assert states == {"key1": ("sent", ""), "key2": ("refused", "INVALID_FIELD"),
                      "key3": ("refused", "there is no kind boat"), "key4": ("sent", "")}  # fmt: skip
    number = next(one.partner_id for one in told if one.key == "key1")
    world.hub.push([push(1, partner_id=number, fields={"Phone": "+97150"})])
    (seen,) = world.hub.list("contact", ["FirstName", "Phone"], None).seen
    assert (seen.id, seen.ref, dict(seen.fields)) == (number, "ref1", {"FirstName": "N1", "Phone": "+97150"})


def test_a_reading_says_who_is_deleted_and_where_a_merged_one_went(world: World) -> None:
    ids = [one.partner_id or "" for one in world.hub.push([push(n) for n in range(3)])]
    world.hub.push([push(1, "delete", ids[1])])
    world.act(lambda shelf: shelf.delete(shelf.alive("Contact", ids[2]), into=ids[0]))
    found = [(one.state, one.into) for one in world.hub.read("contact", [*ids, "003000000000000999"], ["Email"])]
    assert found == [("live", None), ("archived", None), ("merged", ids[0]), ("missing", None)]
    assert {one.state for one in world.hub.push([push(1, "delete", ids[1]), push(9, "delete")])} == {"sent"}


def test_changes_are_fetched_exactly_once_however_many_share_a_moment(world: World) -> None:
    cursor = world.hub.fetch(None).cursor
    world.now += timedelta(minutes=10)
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
    world.now += timedelta(seconds=30)
    assert {one.key for one in world.hub.fetch(cursor).incoming} <= set(keys)


def test_a_fetched_contact_is_a_customer_and_a_deleted_one_is_seen(world: World) -> None:
    cursor = world.hub.fetch(None).cursor
    world.now += timedelta(minutes=10)
    ids = [one.partner_id for one in world.hub.push([push(1), push(2)])]
    world.hub.push([push(2, "delete", ids[1])])
    world.now += timedelta(minutes=1)
    first, second = world.hub.fetch(cursor).incoming
    (record,) = world.hub.normalise(first.payload)
    assert isinstance(record, CustomerRecord)
    assert (record.name, record.customer.ref) == ("N1 Kit", "ref1")
    assert list(world.hub.normalise(second.payload)) == []
    assert [one.state for one in world.hub.observe(second.payload)] == ["archived"]


def test_fields_are_described_and_no_mapping_writes_soql(world: World) -> None:
    shapes = {one.name: one for one in world.hub.describe("contact")}
    assert (shapes["Garage_Ref__c"].unique, shapes["SystemModstamp"].writable) == (True, False)
    with pytest.raises(WrongInput):
        world.hub.list("contact", ["Id FROM Account --"], None)


def test_an_answer_that_does_not_fit_the_batch_says_nothing_about_anybody() -> None:
    for answer in (None, [], {}, [{"success": True}] * 3):
        with pytest.raises(RetryLater) as raised:
            Salesforce(account_of(api=Scripted([answer]))).push([push(1), push(2)])
        assert raised.value.happened


@pytest.mark.parametrize(
    ("verdict", "code"), [(verdict, code) for verdict, codes in CODES.items() for code in sorted(codes)]
)
def test_every_code_we_know_has_one_meaning(verdict: Verdict, code: str) -> None:
    assert [one for one, codes in CODES.items() if code in codes] == [verdict] == [verdict_of(code)]
    said = {"success": False, "errors": [{"statusCode": code}]}
    if verdict is Verdict.AUTH:
        with pytest.raises(AuthBroken):
            outcome_of(push(1), said)
        return
    found = outcome_of(push(1), said)
    assert (found.state, found.reason) == {
        Verdict.RETRY: ("retry", code), Verdict.CONFLICT: ("refused", f"conflict: {code}"),
    }[verdict]  # fmt: skip


def test_every_code_of_the_public_list_is_decided_and_what_sounds_passing_is_no_end() -> None:
    lines = (Path(__file__).parent / "status_codes.txt").read_text().splitlines()[1:]
    decided = {code: verdict for code, verdict in (line.split() for line in lines)}

    assert len(decided) == 370
    assert {code: str(verdict_of(code)) for code in decided} == decided
    passing = re.compile(
        r"UNAVAILABLE(?!_RE)|TIMED_OUT|TIMEOUT|MAINTENANCE|RUNNING_TOO|TO_LOCK|IS_LOCKED|TOO_MANY_APEX"
    )
    assert {decided[code] for code in decided if passing.search(code)} == {"retry"}


@pytest.mark.parametrize("code", ["INVALID_FIELD", "REQUIRED_FIELD_MISSING", "STRING_TOO_LONG", "WHAT_NOBODY_KNOWS"])
def test_what_was_refused_by_name_is_never_tried_again(code: str) -> None:
    assert outcome_of(push(1), {"success": False, "errors": [{"statusCode": code}]}).state == "refused"


@pytest.mark.parametrize("said", ["", "api-usage=", "api-usage=x/y", "per-app-api-usage"])
def test_a_usage_that_is_none_says_nothing(said: str) -> None:
    assert list(Salesforce.usage({"Sforce-Limit-Info": said})) == []
    assert list(Salesforce.usage({"Sforce-Limit-Info": "api-usage=18/5000"})) == [("daily", 4982)]


# --- the sandbox's queries


@pytest.mark.parametrize(
    ("where", "expected"),
    [("a = 'x'", "x"), ("a != 'x'", "yz"), ("a IN ('x', 'z')", "xz"), ("a > 'x' AND a < 'z'", "y"),
     ("(a = 'x' OR (a = 'y' AND n = null))", "xy"), ("n != null", "x")],
)  # fmt: skip
def test_conditions_hold_as_they_read(where: str, expected: str) -> None:
    rows = [{"a": "x", "n": "1"}, {"a": "y", "n": None}, {"a": "z", "n": None}]
    asked = parse(f"SELECT Id FROM Contact WHERE {where} LIMIT 5")  # noqa: S608 - no database
    assert "".join(str(row["a"]) for row in rows if asked.holds(row)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DELETE",
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM Contact WHERE (a = 'x'",
        "SELECT Id FROM Contact WHERE a = 'x' b",
    ],
)
def test_what_is_no_query_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text)
