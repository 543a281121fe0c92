"""The API's door to returns: a scope of its own, pages of campaigns, and a tag that spares both sides the work."""

from datetime import timedelta

import pytest

from hub.access import principal_named
from hub.web.access import grant_token
from returned import CAMPAIGNS, a_report

DOOR = "/api/v1/roi"


@pytest.fixture
def get(hub, client):
    def ask(query="", scope="returns:read", **headers):
        with hub.begin() as work:
            secret = grant_token(work, principal_named(work, "a report", ()), [scope], timedelta(days=1))
        return client.get(DOOR + query, headers={"Authorization": f"Bearer {secret}", **headers})

    return ask


def test_before_the_first_count_the_caller_is_asked_to_come_again(get):
    assert get().status_code == 503


def test_the_report_comes_as_it_was_counted_with_its_campaigns_in_pages(hub, get):
    a_report(hub)

    first = get("?limit=3").get_json()
    second = get(f"?limit=3&cursor={first['next']}").get_json()

    assert [*first["campaigns"], *second["campaigns"]] == list(CAMPAIGNS)
    assert (first["region"], first["branches"], second["next"]) == ("eu", ["berlin-spree"], None)
    books = first["ledger"]["EUR"]
    assert books["difference"] == 0
    assert {sum(m.values()) + books["unattributed"] for m in books["models"].values()} == {books["invoiced"]}
    assert first["campaigns"]["declined_brakes"]["retention"]["difference"]["value"] > 0


def test_an_unchanged_count_is_not_sent_again(hub, get):
    a_report(hub)

    tag = get().headers["ETag"]

    assert get(**{"If-None-Match": tag}).status_code == 304
    assert get("?campaign=welcome", **{"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "scope", "status"),
    [("", "status:read", 403), ("?campaign=nothing", "returns:read", 404), ("?branch=nowhere", "returns:read", 404),
     ("?span=7d", "returns:read", 422)],
)  # fmt: skip
def test_who_may_not_or_asks_for_what_is_not_there_is_told_so(hub, get, query, scope, status):
    a_report(hub)

    assert get(query, scope).status_code == status
