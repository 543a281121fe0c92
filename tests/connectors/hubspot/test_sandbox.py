"""HubSpot's own client, with strict validation, drives the sandbox over a socket; what it cannot see is asked raw."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hubspot.crm.associations.v4 as associations
import hubspot.crm.companies as companies
import hubspot.crm.contacts as contacts
import hubspot.crm.properties as properties
import pytest

from connectors.hubspot.sandbox import HubSpotSandbox
from hub.sdk.effects_log import account_of
from proving import TOKEN
from served import served

ACCOUNT = account_of(f"Bearer {TOKEN}")
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def strict(package: Any, url: str) -> Any:
    """Validation is off by default, and is set for each package of its own."""
    settings = package.Configuration(host=url)
    settings.access_token = TOKEN
    settings.client_side_validation = True
    package.Configuration.set_default(settings)
    return package.ApiClient(settings)


@pytest.fixture
def crm(tmp_path: Path) -> HubSpotSandbox:
    return HubSpotSandbox(tmp_path)


@pytest.fixture
def url(crm: HubSpotSandbox) -> Iterator[str]:
    with served(crm.wsgi) as address:
        yield address


@pytest.fixture
def own(url: str) -> Any:
    return strict(contacts, url)


def upsert(ref: str, **given: str) -> Any:
    return contacts.SimplePublicObjectBatchInputUpsert(
        id=ref, id_property="garage_ref", object_write_trace_id=f"t-{ref}", properties=given
    )


def made(own: Any, **given: str) -> str:
    body = contacts.SimplePublicObjectInputForCreate(properties=given, associations=[])
    return str(contacts.BasicApi(own).create(body).id)


def test_the_official_client_creates_reads_updates_pages_and_archives(own: Any) -> None:
    basic = contacts.BasicApi(own)
    number = made(own, email="ada@example.org", firstname="Ada")
    basic.update(number, contacts.SimplePublicObjectInput(properties={"firstname": "Zoë"}))
    found = basic.get_by_id(number, properties=["firstname", "lastname"])
    assert (found.properties["firstname"], found.properties["lastname"], found.archived) == ("Zoë", None, False)
    assert found.created_at <= found.updated_at
    basic.archive(number)
    assert basic.get_page(limit=100).results == []
    assert [one.id for one in basic.get_page(limit=100, archived=True).results] == [number]
    with pytest.raises(contacts.ApiException) as raised:
        basic.get_by_id(number)
    assert raised.value.status == 404


def test_pages_of_a_list_follow_each_other(own: Any) -> None:
    numbers = [made(own, email=f"a{n}@example.org") for n in range(5)]
    basic = contacts.BasicApi(own)
    first = basic.get_page(limit=3)
    rest = basic.get_page(limit=3, after=first.paging.next.after)
    assert [one.id for one in [*first.results, *rest.results]] == numbers
    assert rest.paging is None


def test_a_batch_of_upserts_says_what_is_new_and_what_failed(own: Any) -> None:
    batch = contacts.BatchApi(own)
    body = contacts.BatchInputSimplePublicObjectBatchInputUpsert
    first = batch.upsert(body(inputs=[upsert("r1", firstname="A"), upsert("r2", firstname="B")]))
    assert [one.new for one in first.results] == [True, True]
    second, status, _ = batch.upsert_with_http_info(
        body(inputs=[upsert("r1", firstname="C"), upsert("r3", unheard_of="x")])
    )
    assert status == 207
    assert [one.new for one in second.results] == [False]
    assert (second.num_errors, second.errors[0].category) == (1, "VALIDATION_ERROR")
    assert second.errors[0].context["objectWriteTraceId"] == ["t-r3"]


def test_batches_are_read_and_archived(own: Any) -> None:
    numbers = [made(own, email=f"b{n}@example.org") for n in range(3)]
    batch = contacts.BatchApi(own)
    ids = [contacts.SimplePublicObjectId(id=one) for one in numbers]
    wanted = contacts.BatchReadInputSimplePublicObjectId(inputs=ids, properties=["email"], properties_with_history=[])
    assert [one.properties["email"] for one in batch.read(wanted).results] == [f"b{n}@example.org" for n in range(3)]
    batch.archive(contacts.BatchInputSimplePublicObjectId(inputs=ids[:2]))
    assert [one.id for one in contacts.BasicApi(own).get_page().results] == numbers[2:]


def test_an_address_belongs_to_one_contact(own: Any) -> None:
    made(own, email="ada@example.org")
    with pytest.raises(contacts.ApiException) as raised:
        made(own, email="ADA@example.org")
    assert raised.value.status == 409


def test_a_merged_contact_answers_under_the_one_it_lives_on_in(own: Any) -> None:
    kept, gone = made(own, firstname="Ada", email="a@example.org"), made(own, phone="+49301", email="b@example.org")
    basic = contacts.BasicApi(own)
    basic.merge(contacts.PublicMergeInput(primary_object_id=kept, object_id_to_merge=gone))
    found = basic.get_by_id(gone, properties=["firstname", "phone", "email"])
    assert (found.id, found.properties["firstname"], found.properties["phone"]) == (kept, "Ada", "+49301")
    assert found.properties["email"] == "a@example.org"


def test_a_deletion_for_privacy_of_an_unknown_address_blocks_a_stranger_and_one_by_id_does_not(
    crm: HubSpotSandbox, own: Any
) -> None:
    basic = contacts.BasicApi(own)
    number = made(own, email="ada@example.org")
    basic.purge(contacts.PublicGdprDeleteInput(object_id=number))
    basic.purge(contacts.PublicGdprDeleteInput(object_id=number))
    assert crm.act(ACCOUNT, lambda books: books.blocked()) == []
    basic.purge(contacts.PublicGdprDeleteInput(object_id="eve@example.org", id_property="email"))
    assert crm.act(ACCOUNT, lambda books: books.blocked()) == ["eve@example.org"]
    with pytest.raises(contacts.ApiException):
        made(own, email="eve@example.org")


def test_a_search_filters_and_sorts_and_its_lag_hides_what_is_new(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    times = [moment]
    crm = HubSpotSandbox(tmp_path / "lagging", lambda: times[0], search_lag=10)
    with served(crm.wsgi) as url:
        own = strict(contacts, url)
        for n in range(3):
            made(own, email=f"c{n}@example.org", firstname=str(n % 2))
        wanted = contacts.PublicObjectSearchRequest(
            filter_groups=[
                contacts.FilterGroup(filters=[contacts.Filter(property_name="firstname", operator="EQ", value="0")])
            ],
            sorts=["hs_object_id"], properties=["email"], limit=200, after="0", query="",
        )  # fmt: skip
        wanted.sorts = [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]
        search = contacts.SearchApi(own)
        assert search.do_search(wanted).total == 0
        times[0] += timedelta(seconds=11)
        assert [one.properties["email"] for one in search.do_search(wanted).results] == [
            "c2@example.org",
            "c0@example.org",
        ]


def test_associations_are_made_read_and_taken_away_in_batches_and_follow_a_merge(own: Any, url: str) -> None:
    ada, ben, eve = (made(own, email=f"{name}@example.org") for name in ("ada", "ben", "eve"))
    body = companies.SimplePublicObjectInputForCreate(properties={"name": "Fleet"}, associations=[])
    fleet = companies.BasicApi(strict(companies, url)).create(body).id
    batch, end = associations.BatchApi(strict(associations, url)), associations.PublicObjectId

    def pair(number: str) -> Any:
        return associations.PublicDefaultAssociationMultiPost(_from=end(id=fleet), to=end(id=number))

    def beside(kind: str, number: str, other: str) -> list[str]:
        asked = associations.BatchInputPublicFetchAssociationsBatchRequest(
            inputs=[associations.PublicFetchAssociationsBatchRequest(id=number)]
        )
        return [str(one.to_object_id) for one in batch.get_page(kind, other, asked).results[0].to]

    many = associations.BatchInputPublicDefaultAssociationMultiPost
    done, status, _ = batch.create_default_with_http_info("companies", "contacts", many(inputs=[pair(ada), pair(ben)]))
    assert (status, [one.to.id for one in done.results]) == (200, [ada, ben])
    again, status, _ = batch.create_default_with_http_info("companies", "contacts", many(inputs=[pair(ada), pair("1")]))
    assert (again, status) == (None, 207), "the official client has no words for a batch that was taken in part"
    assert beside("companies", fleet, "contacts") == [ada, ben]

    contacts.BasicApi(own).merge(contacts.PublicMergeInput(primary_object_id=eve, object_id_to_merge=ben))
    assert beside("companies", fleet, "contacts") == [ada, eve]
    assert beside("contacts", eve, "companies") == [fleet]
    apart = associations.PublicAssociationMultiArchive(_from=end(id=fleet), to=[end(id=ada)])
    batch.archive("companies", "contacts", associations.BatchInputPublicAssociationMultiArchive(inputs=[apart]))
    assert beside("companies", fleet, "contacts") == [eve]
    with pytest.raises(associations.ApiException) as raised:
        batch.create_default("companies", "contacts", many(inputs=[pair(eve)] * 2_001))
    assert raised.value.status == 400


def test_companies_and_properties_have_the_same_manners(url: str) -> None:
    company = companies.SimplePublicObjectInputForCreate(properties={"name": "Garage"}, associations=[])
    assert companies.BasicApi(strict(companies, url)).create(company).properties["name"] == "Garage"
    found = properties.CoreApi(strict(properties, url)).get_all("contacts").results
    assert {one.name: one.has_unique_value for one in found}["email"] is True


# --- what the official client does not see


def raw(crm: HubSpotSandbox, method: str, path: str, body: Any = None) -> tuple[int, Any, Any]:
    found = crm.app.test_client().open(path, method=method, json=body, headers=HEADERS)
    return found.status_code, found.get_json(silent=True), found.headers


def test_ids_and_values_are_strings_and_numbers_are_refused(crm: HubSpotSandbox) -> None:
    status, body, _ = raw(crm, "POST", "/crm/v3/objects/0-1", {"properties": {"firstname": "A"}, "associations": []})
    assert (status, type(body["id"]), body["properties"]["firstname"]) == (201, str, "A")
    assert raw(crm, "POST", "/crm/v3/objects/deals", {"properties": {"amount": 1}, "associations": []})[0] == 400
    assert raw(crm, "POST", "/crm/v3/objects/contacts", {"properties": {}})[0] == 400


def test_a_search_reaches_no_further_than_10_000(crm: HubSpotSandbox) -> None:
    whole = {"limit": 200, "after": "9800", "filterGroups": [], "properties": [], "sorts": []}
    assert raw(crm, "POST", "/crm/v3/objects/contacts/search", whole)[0] == 200
    assert raw(crm, "POST", "/crm/v3/objects/contacts/search", {**whole, "after": "9801"})[0] == 400


def test_the_window_is_kept_and_what_is_left_is_said(tmp_path: Path) -> None:
    crm = HubSpotSandbox(tmp_path / "strict", burst=3)
    said = [raw(crm, "GET", "/crm/v3/objects/contacts") for _ in range(4)]
    assert [status for status, _, _ in said] == [200, 200, 200, 429]
    assert [headers["X-HubSpot-RateLimit-Remaining"] for _, _, headers in said] == ["2", "1", "0", "0"]
    assert said[3][1]["category"] == "RATE_LIMITS"
