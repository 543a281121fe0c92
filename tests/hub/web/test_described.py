"""The API as it describes itself: whatever its description allows is asked, and no answer is a defect or other than described.

A larger number of cases: `./garage bench runtime/api_cases --full`."""

import re

from flask import Flask

from described import a_customer, asked, token_of, walked
from hub.core import Hub
from hub.web.idempotency import KEY

CASES = 600
WALKS = 60
REACHED = {
    "POST /api/v1/fleets/{fleet}/assignments", "GET /api/v1/jobs/{job}", "GET /api/v1/fleets/{fleet}/assignments",
    "POST /api/v1/webhooks/endpoints", "PATCH /api/v1/webhooks/endpoints/{endpoint}", "GET /api/v1/webhooks/endpoints/{endpoint}/log",
    "POST /api/v1/webhooks/endpoints/{endpoint}/rotate", "POST /api/v1/customers/{ref}/requests", "GET /api/v1/requests/{ref}",
}  # fmt: skip


def test_whatever_the_description_allows_is_answered_as_it_says(app: Flask, hub: Hub) -> None:
    told, problems = asked(app, token_of(hub), CASES)

    print(dict(told), *(" ".join(one.split())[:400] for one in problems), sep="\n")
    assert problems == []
    assert sum(told.values()) >= 0.9 * CASES, "an operation without a word of its own is one case"


def test_whoever_follows_its_links_is_answered_as_it_says(app: Flask, hub: Hub) -> None:
    told, problems = walked(app, token_of(hub), a_customer(hub), WALKS)

    print(told, *(" ".join(one.split())[:400] for one in problems), sep="\n")
    assert problems == []
    led = {operation for operation, status in told if status < 300}
    assert led >= REACHED, "whatever a link leads to was found there"


def test_every_call_that_asks_for_a_key_says_so(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    asking = {
        (re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods
        if getattr(getattr(view_of(app, rule), method.lower(), None), "needs_key", False)
    }

    assert len(asking) >= 4
    assert {one for one in asking if KEY not in paths[one[0]][one[1]].get("parameters", [])} == set()


def view_of(app, rule):
    return getattr(app.view_functions[rule.endpoint], "view_class", None)
