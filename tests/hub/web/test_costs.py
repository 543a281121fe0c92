"""The API's door to costs: a scope of its own, once per call, a verdict on each."""

from datetime import timedelta

import pytest

from hub.access import principal_named
from hub.models import Cost, JourneyVersion
from hub.web.access import grant_token
from walking import rows

DOOR = "/api/v1/costs"
ONE = {"key": "INV-17", "campaign": "brakes", "kind": "agency", "amount_minor": 120_000, "currency": "EUR",
       "since": "2026-09-01", "until": "2026-09-30"}  # fmt: skip


@pytest.fixture
def call(hub, client):
    with hub.begin() as work:
        work.add(JourneyVersion(journey="brakes", hash="h", text="", applied_at=work.now, applied_by="t"))
        teller = principal_named(work, "books", ())
        secrets = {
            scope: grant_token(work, teller, [scope], timedelta(days=1)) for scope in ("costs:write", "costs:read")
        }

    def ask(items=None, key="a-call-of-ours", scope="costs:write"):
        headers = {"Authorization": f"Bearer {secrets[scope]}", "Idempotency-Key": key}
        return (
            client.get(DOOR, headers=headers)
            if items is None
            else client.post(DOOR, headers=headers, json={"items": items})
        )

    return ask


def test_what_is_told_is_read_again_and_a_call_that_is_repeated_is_answered_as_before(hub, call):
    first, again = call([ONE]), call([ONE])

    assert (first.status_code, first.get_json()) == (200, {"items": [{"key": "INV-17", "verdict": "told"}]})
    assert again.get_json() == first.get_json()
    assert call([ONE], "another-call").get_json()["items"][0]["verdict"] == "unchanged"
    assert len(rows(hub, Cost, Cost.id)) == 1
    assert call(scope="costs:read").get_json() == {"items": [ONE], "next": None}


def test_where_one_is_refused_the_call_is_207_and_says_which_and_why(call):
    strange = {**ONE, "key": "x", "campaign": "nothing"}

    assert call([ONE, strange]).status_code == 207
    refused = call([strange], "another-call")
    assert refused.status_code == 207
    assert refused.get_json()["items"][0]["hint"] == "Name a journey, or offer:<code> of an offer."


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 1.5},
        {"amount_minor": -1},
        {"currency": "euro"},
        {"kind": "beer"},
        {"since": "soon"},
        {"key": "a b"},
    ],
)
def test_a_cost_that_is_none_is_told_so_by_its_field(hub, call, wrong):
    answer = call([{**ONE, **wrong}])

    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.text
    assert rows(hub, Cost, Cost.id) == []


def test_who_may_not_is_told_so(call):
    assert call([ONE], scope="costs:read").status_code == 403
