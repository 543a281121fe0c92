"""Many rows are one job of Bulk API 2.0: the official client drives the stand-in's, and ours has a verdict for each row."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce import Salesforce, bulk
from connectors.salesforce.sandbox import SalesforceSandbox
from hub.errors import RetryLater
from hub.sdk import Push
from hub.sdk.effects_log import account_of as number_of
from orgs import official
from proving import TOKEN, account_of
from served import calling, served

ACCOUNT = number_of(f"Bearer {TOKEN}")
JOB = "/services/data/v60.0"


@pytest.fixture
def org(tmp_path: Path) -> SalesforceSandbox:
    return SalesforceSandbox(tmp_path)


@pytest.fixture
def api(org: SalesforceSandbox) -> Iterator[Any]:
    with calling(org.wsgi) as client:
        yield client


@pytest.fixture
def hub(api: Any) -> Salesforce:
    made = Salesforce(account_of(api=api))
    made.pause = lambda _: None  # type: ignore[misc]
    return made


def pushes(count: int) -> list[Push]:
    return [
        Push("set_fields", f"key{n}", f"ref{n}", None, {"kind": "contact", "fields": {"LastName": f'L, "{n}"'}}, 1)
        for n in range(count)
    ]


def contacts(org: SalesforceSandbox) -> dict[str, Any]:
    found: list[dict[str, Any]] = org.act(ACCOUNT, lambda shelf: shelf.all("Contact"))
    return {one["Garage_Ref__c"]: one for one in found}


def test_the_official_client_loads_a_job_and_reads_what_became_of_each_row(org: SalesforceSandbox) -> None:
    with served(org.wsgi) as url:
        job = official(url).bulk2.Contact
        rows = [{"Garage_Ref__c": "r1", "LastName": "Kit"}, {"Garage_Ref__c": "r2", "FirstName": "Nameless"}]
        (told,) = job.upsert(records=rows, external_id_field="Garage_Ref__c", wait=0)
        failed = list(csv.DictReader(io.StringIO(job.get_failed_records(told["job_id"]))))
        done = list(csv.DictReader(io.StringIO(job.get_successful_records(told["job_id"]))))

    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (2, 1)
    assert [(one["Garage_Ref__c"], one["sf__Error"].split(":")[0]) for one in failed] == [
        ("r2", "REQUIRED_FIELD_MISSING")
    ]
    assert [(one["Garage_Ref__c"], one["sf__Created"]) for one in done] == [("r1", "true")]
    assert contacts(org)["r1"]["Id"] == done[0]["sf__Id"]


def test_a_large_batch_is_one_job_with_a_verdict_and_an_id_for_each_record(
    org: SalesforceSandbox, hub: Salesforce
) -> None:
    batch = pushes(bulk.FROM)
    batch[7].body["fields"]["LastName"] = "L" * 300

    told = hub.push(batch)

    assert [one.key for one in told] == [push.key for push in batch]
    assert {one.key: one.reason for one in told if one.state != "sent"} == {"key7": "STRING_TOO_LONG"}
    there = contacts(org)
    assert {one.partner_id for one in told} - {None} == {one["Id"] for one in there.values()}
    assert there["ref3"]["LastName"] == 'L, "3"'
    assert org.used < 10


def test_known_records_are_updated_by_a_job_and_an_empty_field_is_emptied_while_one_not_named_stays(
    org: SalesforceSandbox, hub: Salesforce
) -> None:
    ids = {one.key: one.partner_id for one in hub.push(pushes(bulk.FROM))}
    changed = [
        Push("set_fields", f"key{n}", f"ref{n}", ids[f"key{n}"], {"kind": "contact", "fields": {"Phone": f"+{n}"}}, 2)
        for n in range(bulk.FROM)
    ]
    changed[1].body["fields"] = {"Phone": None, "Email": "a@example.org"}

    assert {one.state for one in hub.push(changed)} == {"sent"}

    there = contacts(org)
    assert (there["ref0"]["Phone"], there["ref0"]["LastName"]) == ("+0", 'L, "0"')
    assert (there["ref1"]["Phone"], there["ref1"]["Email"]) == (None, "a@example.org")


def test_a_field_that_fails_a_whole_job_is_found_record_by_record(hub: Salesforce) -> None:
    batch = pushes(bulk.FROM)
    batch[3].body["fields"]["Unheard__c"] = "x"

    told = hub.push(batch)

    assert {one.key: one.reason for one in told if one.state != "sent"} == {"key3": "INVALID_FIELD"}


def test_records_of_one_key_and_small_batches_are_no_job() -> None:
    rows = [{"Garage_Ref__c": str(n)} for n in range(bulk.FROM)]
    assert bulk.fits(rows, "Garage_Ref__c")
    assert not bulk.fits(rows[1:], "Garage_Ref__c")
    assert not bulk.fits([*rows[1:], rows[1]], "Garage_Ref__c")


def test_a_job_that_takes_too_long_is_ended_and_may_have_happened(
    org: SalesforceSandbox, hub: Salesforce, api: Any
) -> None:
    asked: list[tuple[str, Any]] = []

    class Slow:
        exchange = api.exchange

        def request(self, method: str, path: str, *, json: Any = None) -> Any:
            asked.append((method, json))
            return {"state": "InProgress"} if method == "GET" else api.request(method, path, json=json)

    with pytest.raises(RetryLater) as raised:
        bulk.load(Slow(), JOB, "Contact", "Garage_Ref__c", [{"Garage_Ref__c": "r", "LastName": "L"}], lambda _: None)

    assert raised.value.happened
    assert asked[-1] == ("PATCH", {"state": "Aborted"})
    assert contacts(org) == {}
