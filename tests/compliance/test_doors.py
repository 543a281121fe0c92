"""Requests that come in by the API: written down once, told about, and never more than that."""

import pytest
from sqlalchemy import func, select

from compliance import erasure
from hub.access import principal_named
from hub.models import ErasureRequest, PersonRequest
from hub.web.access import grant_token


@pytest.fixture
def call(hub, client):
    """POST or GET with a token that may tell requests."""
    with hub.begin() as work:
        token = grant_token(work, principal_named(work, "a partner", ()), ["requests:write"], None)

    def call(path, body=None, key="first-call"):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        answer = client.get(path, headers=headers) if body is None else client.post(path, json=body, headers=headers)
        return answer.status_code, answer.get_json()

    return call


@pytest.mark.parametrize("kind", ["access", "erasure"])
def test_a_request_comes_in_once_and_is_told_about(hub, told, call, kind):
    ref = told()

    status, made = call(f"/api/v1/customers/{ref}/requests", {"kind": kind})
    again = call(f"/api/v1/customers/{ref}/requests", {"kind": kind}, key="second-call")[1]

    assert (status, made["state"], made["due_on"], made["overdue"]) == (202, "received", "2026-12-25", False)
    assert again["request"] == made["request"]
    assert call(f"/api/v1/requests/{made['request']}") == (200, made)


def test_a_wrong_field_and_a_stranger_are_refused(hub, told, call):
    ref = told()

    assert call(f"/api/v1/customers/{ref}/requests", {"kind": "rectification", "right": {"plate": "B"}})[0] == 422
    assert call("/api/v1/customers/nobody/requests", {"kind": "access"}, key="another-call")[0] == 404
    assert call("/api/v1/requests/nothing")[0] == 404
    assert "/api/v1/customers/{ref}/requests" in call("/api/v1/openapi.json")[1]["paths"]


def test_whoever_was_erased_is_nobody_to_ask_for_and_nothing_is_written_down(hub, told, approved, call):
    ref = told()
    request = approved(ref)
    again = call(f"/api/v1/customers/{ref}/requests", {"kind": "erasure"})[1]
    assert (again["request"], again["state"]) == (request, "approved")  # the first one still runs
    assert erasure.run(hub, request) == "certified"
    before = rows(hub)

    status, problem = call(f"/api/v1/customers/{ref}/requests", {"kind": "erasure"}, key="after-that")

    assert (status, "erased already" in problem["detail"], rows(hub)) == (422, True, before)


def rows(hub):
    with hub.look() as session:
        return [session.scalar(select(func.count()).select_from(one)) for one in (ErasureRequest, PersonRequest)]
