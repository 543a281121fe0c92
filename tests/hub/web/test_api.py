"""The API: tokens with scopes, cursors, idempotency keys, problems, and its own description."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub import clock as moving
from hub.access import principal_named
from hub.models import Consent, Customer, Person
from hub.web.access import SCOPES, grant_token

CONSENT = {"purpose": "marketing", "channel": "mail", "state": "granted", "notice": "n1"}


@pytest.fixture
def token(hub):
    with hub.begin() as work:
        return grant_token(work, principal_named(work, "a partner", ()), list(SCOPES), timedelta(days=1))


@pytest.fixture
def anna(hub, noting, told_by_club):
    moving.turn_segments(hub)
    told_by_club(member_id="m-1", name="Anna Weiß", tier="gold", version=1)
    with hub.look() as session:
        return session.scalars(select(Customer.ref)).one()


def auth(token, **more):
    return {"Authorization": f"Bearer {token}", **more}


def consents(hub):
    with hub.look() as session:
        return session.scalars(select(Consent)).all()


def test_a_call_without_a_token_is_told_so(client):
    answer = client.get("/api/v1/status")

    assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_needed")


@pytest.mark.parametrize("header", ["Bearer gh_nonsense", "Basic abc", "Bearer ", "Bearer gh_\u00e9"])
def test_a_wrong_token_opens_nothing(client, header):
    assert client.get("/api/v1/status", headers={"Authorization": header}).status_code == 401


def test_a_token_opens_only_what_its_scopes_say(client, hub):
    with hub.begin() as work:
        narrow = grant_token(work, principal_named(work, "a reader", ()), ["status:read"], None)

    assert client.get("/api/v1/status", headers=auth(narrow)).status_code == 200
    answer = client.get("/api/v1/segments/regulars/members", headers=auth(narrow))
    assert (answer.status_code, answer.get_json()["code"]) == (403, "denied")


def test_a_token_that_has_ended_opens_nothing(client, token, clock):
    clock.pass_by(days=2)

    assert client.get("/api/v1/status", headers=auth(token)).status_code == 401


def test_why_somebody_is_in_a_segment_is_told_in_the_language_asked_for(client, token, anna):
    answer = client.get(f"/api/v1/customers/{anna}/why?segment=gold_members&language=th", headers=auth(token))

    (told,) = answer.get_json()["items"]
    assert (answer.status_code, told["in"], told["segment"]) == (200, True, "gold_members")
    assert told["sentences"] == ["ใช่: loyalty.tier คือ gold; เงื่อนไข: เป็นหนึ่งใน gold, platinum"]
    assert told["told"]["place"].endswith("gold_members.yaml:5:3")
    assert client.get(f"/api/v1/customers/{anna}/why?language=xx", headers=auth(token)).status_code == 422


def test_status_tells_counts_and_no_person(client, token, anna):
    answer = client.get("/api/v1/status", headers=auth(token))

    assert answer.get_json()["customers"] == 1
    assert "Anna" not in answer.text
    assert anna not in answer.text


def test_members_are_paged_by_cursor(client, hub, token, anna, told_by_club):
    for number in range(2, 6):
        told_by_club(member_id=f"m-{number}", tier="gold", version=1)

    seen, cursor = [], 0
    while cursor is not None:
        page = client.get(
            f"/api/v1/segments/gold_members/members?limit=2&cursor={cursor}", headers=auth(token)
        ).get_json()
        seen += [item["customer"] for item in page["items"]]
        cursor = page["next"]

    assert len(seen) == len(set(seen)) == 5
    assert seen[0] == anna


def test_whoever_may_not_be_used_is_counted_and_listed_nowhere(client, hub, token, anna):
    listed = "/api/v1/segments/gold_members/members"
    assert len(client.get(listed, headers=auth(token)).get_json()["items"]) == 1

    with hub.begin() as work:
        work.session.scalars(select(Person)).one().restricted_at = work.now

    assert client.get(listed, headers=auth(token)).get_json()["items"] == []
    assert "gold_members" not in client.get("/api/v1/status", headers=auth(token)).get_json()["memberships"]


@pytest.mark.parametrize("query", ["limit=0", "limit=9999", "cursor=-1", "cursor=x"])
def test_a_page_that_makes_no_sense_is_a_problem(client, token, query):
    answer = client.get(f"/api/v1/segments/gold_members/members?{query}", headers=auth(token))

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["errors"]


def test_an_unknown_segment_is_not_found(client, token):
    assert client.get("/api/v1/segments/nobody/members", headers=auth(token)).status_code == 404


def test_the_same_key_gives_the_same_answer_and_one_consent(client, hub, token, anna):
    headers = auth(token, **{"Idempotency-Key": "first-call"})

    answers = [client.post(f"/api/v1/customers/{anna}/consents", json=CONSENT, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert len(consents(hub)) == 1


def test_two_calls_at_once_make_one_consent(app, hub, token, anna):
    headers = auth(token, **{"Idempotency-Key": "both-at-once"})

    def call(_):
        return app.test_client().post(f"/api/v1/customers/{anna}/consents", json=CONSENT, headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = set(pool.map(call, range(4)))

    assert 201 in statuses
    assert statuses <= {201, 409}
    assert len(consents(hub)) == 1


def test_the_same_key_with_another_payload_is_422(client, token, anna):
    headers = auth(token, **{"Idempotency-Key": "first-call"})
    client.post(f"/api/v1/customers/{anna}/consents", json=CONSENT, headers=headers)

    answer = client.post(f"/api/v1/customers/{anna}/consents", json={**CONSENT, "state": "withdrawn"}, headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")


def test_a_call_without_a_key_is_400(client, token, anna):
    answer = client.post(f"/api/v1/customers/{anna}/consents", json=CONSENT, headers=auth(token))

    assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency_key_missing")


def test_a_call_that_failed_leaves_its_key_free(client, hub, token, anna):
    headers = auth(token, **{"Idempotency-Key": "first-call"})
    assert client.post(f"/api/v1/customers/{'0' * 32}/consents", json=CONSENT, headers=headers).status_code == 404

    assert client.post(f"/api/v1/customers/{'0' * 32}/consents", json=CONSENT, headers=headers).status_code == 404
    assert consents(hub) == []


def test_the_api_describes_itself(client):
    document = client.get("/api/v1/openapi.json").get_json()

    assert document["openapi"].startswith("3.1")
    assert {"/api/v1/status", "/api/v1/segments/{name}/members", "/api/v1/customers/{ref}/consents"} <= set(
        document["paths"]
    )


def test_the_region_says_whether_it_is_alive_and_ready(client):
    assert client.get("/healthz").get_json() == {"status": "alive"}
    assert client.get("/readyz").get_json() == {"region": "eu", "status": "ready"}
