"""Every list of a desk can be linked as it is narrowed, goes on by a cursor, and is taken along as a table: told of all that the
desks open, so that a new page says here which of both it is, a list or one thing."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from browser import Site, filled
from compliance import holds
from desks import Visitor
from hub.core import Hub


@dataclass(frozen=True)
class Listed:
    """path: {owner} is a customer's ref. role: who reads it. table: the endpoint of the whole list. goes_on: the word of the address
    that names the place behind which a page begins. narrowed: the words that leave a part of it."""

    path: str
    role: str
    table: str
    goes_on: str
    narrowed: tuple[str, ...] = ()


LISTS = {
    "portal.outreach.today": Listed("/desk/outreach/", "advisor", "portal.outreach.table", "after", ("outcome", "by")),
    "portal.customers.history": Listed("/desk/customers/{owner}/history", "advisor", "portal.customers.history_table", "before",
                                       ("subject",)),
    "portal.duplicates.overview": Listed("/desk/duplicates/", "advisor", "portal.duplicates.pairs_table", "after", ("state",)),
    "portal.configuration.overview": Listed("/desk/configuration/", "operator", "portal.configuration.changes_table", "before",
                                            ("subject",)),
    "portal.inbox.queue": Listed("/desk/inbox/", "advisor", "portal.inbox.queue_table", "after", ("state",)),
    "portal.segments.people": Listed("/desk/segments/gold_tier/people", "marketer", "portal.segments.people_table", "cursor", ("side",)),
    "portal.journeys.people": Listed("/desk/journeys/declined_brakes/people", "marketer", "portal.journeys.people_table", "cursor",
                                     ("state",)),
    "portal.spending.overview": Listed("/desk/roi/costs/", "marketer", "portal.spending.costs_table", "before", ("campaign",)),
    "portal.messages.queue": Listed("/desk/messages/", "operator", "portal.messages.queue_table", "after",
                                    ("state", "connection", "kind")),
    "portal.disputes.waiting": Listed("/desk/connectors/hubspot_eu/conflicts", "operator", "portal.disputes.waiting_table", "after"),
    "portal.privacy_desk.console": Listed("/desk/privacy/", "privacy", "portal.privacy_desk.requests_table", "after",
                                           ("state", "kind", "since", "until")),
    "portal.privacy_desk.held": Listed("/desk/privacy/holds", "privacy", "portal.privacy_desk.holds_table", "after", ("customer",)),
    "portal.archive_desk.overview": Listed("/desk/privacy/archive/", "privacy", "portal.archive_desk.archive_table", "after",
                                           ("customer",)),
}  # fmt: skip
# What is known to be short, as files, partners and staff make it and not customers; the second holds what has a table all the same.
SHORT = {
    "segments.overview", "journeys.overview", "models.shelf", "connectors.overview",
    "privacy_evidence.texts", "privacy_evidence.transfers", "breach_desk.register", "operations.console", "operations_day.day",
}  # fmt: skip
SHORT_WITH_TABLE = {
    "portal.sessions.overview": Listed("/desk/sessions/", "admin", "portal.sessions.members_table", ""),
    "portal.roi.dashboard": Listed("/desk/roi/", "marketer", "portal.roi.table", "", ("campaign", "span")),
}  # fmt: skip
FIRST_OF_MANY = {"customers.search"}  # whoever asks for less finds the rest
ONE_THING = {
    "customers.overview", "customers.why", "duplicates.one", "segments.one", "segments.why", "segments.begin", "journeys.one",
    "journeys.why", "journeys.begin", "models.one", "connectors.one", "connectors.mapping", "configuration.one", "editor.edit",
    "editor.plan", "editor.watch", "messages.one", "operations.why", "privacy_evidence.chain", "filing.overview", "filing.file",
    "enclosed.file", "roi.printed", "breach_desk.people", "outreach.accuracy",
}  # fmt: skip
LIVE = {"inbox.stream", "operations.stream"}
ALL = {**LISTS, **SHORT_WITH_TABLE}


@pytest.fixture
def site(hub: Hub) -> Site:
    found = filled(hub, "")
    holds.place(hub, holds.Wanted(found.owner.ref, "*", "lawsuit", "Case 12/26", "Legal"), "test")
    return found


@pytest.fixture
def readers(app: Flask, hub: Hub, site: Site) -> dict[str, Visitor]:
    return {role: Visitor(app).sign_in(hub, role) for role in {one.role for one in ALL.values()}}


def desk_pages(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.rule.startswith(("/desk/", "/operations/")):
            yield rule.endpoint


def test_each_page_of_a_desk_is_a_list_or_known_to_be_none(app: Flask) -> None:
    named = {f"portal.{one}" for one in SHORT | FIRST_OF_MANY | ONE_THING | LIVE}
    known = {*ALL, *(one.table for one in ALL.values()), *named}

    assert set(desk_pages(app)) - known == set(), "a list goes into LISTS, with its table, cursor and filter"
    assert known - set(desk_pages(app)) == set(), "there is no such page"


def test_each_list_links_its_table_and_is_narrowed_by_its_address(
    app: Flask, site: Site, readers: dict[str, Visitor]
) -> None:
    problems = []
    for name, one in ALL.items():
        path = one.path.format(owner=site.owner.ref)
        text = readers[one.role].get(path).text
        address = app.url_map.bind("eu.localhost").build(one.table, dict(_arguments(app, path)))
        if f'href="{address}' not in text:
            problems.append(f"{name} links no table {address}")
        problems += [
            f"{name} is not narrowed by {word}"
            for word in one.narrowed
            if f"?{word}=" not in text and f"&amp;{word}=" not in text and f'name="{word}"' not in text
        ]
        answer = readers[one.role].get(address)
        if (answer.status_code, answer.mimetype) != (200, "text/csv"):
            problems.append(f"{address} is no table")
        answer.close()

    assert problems == []


@pytest.mark.parametrize("place", ["0", "-1", "x", "9" * 18, "9" * 40, "9:9", "\u0663"])
def test_a_cursor_that_nobody_gave_is_a_page_all_the_same(site: Site, readers: dict[str, Visitor], place: str) -> None:
    for one in LISTS.values():
        path = one.path.format(owner=site.owner.ref)
        assert readers[one.role].get(f"{path}?{one.goes_on}={place}").status_code == 200, path


def _arguments(app: Flask, path: str) -> dict[str, str]:
    return app.url_map.bind("eu.localhost").match(path)[1]
