"""Who may see what: every route has a row here, and a new one without a row fails."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule

from desks import Visitor
from hub.access import ROLES
from hub.core import Hub
from hub.models import Role
from portal.guard import check

EVERYBODY = frozenset({None, *ROLES})
OPERATORS = frozenset({"operator", "admin"})
CUSTOMERS = frozenset({"customer"})
ADVISORS = frozenset({"advisor", "admin"})
PRIVACY = frozenset({"privacy", "admin"})
MARKETERS = frozenset({"marketer", "admin"})
ADMINS = frozenset({"admin"})
READERS = frozenset({"admin", "operator", "auditor"})
MATRIX = {
    ("portal.static", "GET"): EVERYBODY,
    ("portal.home.land", "GET"): EVERYBODY,
    ("portal.home.brand", "GET"): EVERYBODY,
    ("portal.home.here", "GET"): EVERYBODY,
    ("portal.installing.manifest", "GET"): EVERYBODY,
    ("portal.installing.icon", "GET"): EVERYBODY,
    ("portal.installing.worker", "GET"): EVERYBODY,
    ("portal.installing.offline", "GET"): EVERYBODY,
    ("portal.my.home", "GET"): CUSTOMERS,
    ("portal.offline.copy", "GET"): CUSTOMERS,
    ("portal.cars.garage", "GET"): CUSTOMERS,
    ("portal.cars.history", "GET"): CUSTOMERS,
    ("portal.household.invite", "POST"): CUSTOMERS,
    ("portal.household.withdraw", "POST"): CUSTOMERS,
    ("portal.household.offer", "GET"): CUSTOMERS,
    ("portal.household.accept", "POST"): CUSTOMERS,
    ("portal.points.card", "GET"): CUSTOMERS,
    ("portal.visits.coming", "GET"): CUSTOMERS,
    ("portal.visits.choose", "GET"): CUSTOMERS,
    ("portal.visits.choose_other", "GET"): CUSTOMERS,
    ("portal.visits.file", "GET"): CUSTOMERS,
    ("portal.visits.book", "POST"): CUSTOMERS,
    ("portal.visits.move", "POST"): CUSTOMERS,
    ("portal.visits.cancel", "POST"): CUSTOMERS,
    ("portal.estimates.overview", "GET"): CUSTOMERS,
    ("portal.estimates.one", "GET"): CUSTOMERS,
    ("portal.estimates.answer", "POST"): CUSTOMERS,
    ("portal.guests.offer", "GET"): EVERYBODY,
    ("portal.guests.come", "POST"): EVERYBODY,
    ("portal.guests.order", "GET"): EVERYBODY,
    ("portal.guests.invite", "POST"): CUSTOMERS,
    ("portal.guests.end", "POST"): CUSTOMERS,
    ("portal.points.stream", "GET"): CUSTOMERS,
    ("portal.access.ask", "GET"): EVERYBODY,
    ("portal.access.send", "POST"): EVERYBODY,
    ("portal.access.by_code", "POST"): EVERYBODY,
    ("portal.access.offer_passkey", "POST"): EVERYBODY,
    ("portal.access.by_passkey", "POST"): EVERYBODY,
    ("portal.access.go_to_provider", "GET"): EVERYBODY,
    ("portal.access.by_provider", "GET"): EVERYBODY,
    ("portal.account.overview", "GET"): frozenset(ROLES),
    ("portal.account.end", "POST"): frozenset(ROLES),
    ("portal.account.end_others", "POST"): frozenset(ROLES),
    ("portal.account.prove", "GET"): frozenset(ROLES),
    ("portal.account.offer", "POST"): frozenset(ROLES),
    ("portal.account.keep", "POST"): frozenset(ROLES),
    ("portal.account.remove", "POST"): frozenset(ROLES),
    ("portal.access.offer", "GET"): EVERYBODY,
    ("portal.access.come_in", "POST"): EVERYBODY,
    ("portal.access.go_out", "POST"): EVERYBODY,
    ("portal.documents.overview", "GET"): CUSTOMERS,
    ("portal.documents.add", "POST"): CUSTOMERS,
    ("portal.documents.one", "GET"): CUSTOMERS,
    ("portal.documents.file", "GET"): CUSTOMERS,
    ("portal.documents.download", "GET"): CUSTOMERS,
    ("portal.documents.share", "POST"): CUSTOMERS,
    ("portal.documents.end", "POST"): CUSTOMERS,
    ("portal.filing.overview", "GET"): ADVISORS,
    ("portal.filing.bring", "POST"): ADVISORS,
    ("portal.filing.file", "GET"): ADVISORS,
    ("portal.shared.offer", "GET"): EVERYBODY,
    ("portal.shared.come", "POST"): EVERYBODY,
    ("portal.shared.file", "GET"): EVERYBODY,
    ("portal.stopping.stop", "GET"): EVERYBODY,
    ("portal.privacy.overview", "GET"): CUSTOMERS,
    ("portal.privacy.choose", "POST"): CUSTOMERS,
    ("portal.privacy.receipt", "GET"): CUSTOMERS,
    ("portal.privacy.offer", "GET"): EVERYBODY,
    ("portal.privacy.confirm", "POST"): EVERYBODY,
    ("portal.privacy.ask", "POST"): CUSTOMERS,
    ("portal.privacy.forget", "POST"): CUSTOMERS,
    ("portal.privacy.prove", "GET"): CUSTOMERS,
    ("portal.privacy.withdraw", "POST"): CUSTOMERS,
    ("portal.privacy.download", "POST"): CUSTOMERS,
    ("portal.privacy.speak", "POST"): CUSTOMERS,
    ("portal.chat.thread", "GET"): CUSTOMERS,
    ("portal.chat.write", "POST"): CUSTOMERS,
    ("portal.chat.person", "POST"): CUSTOMERS,
    ("portal.chat.close", "POST"): CUSTOMERS,
    ("portal.signs.of_customer", "POST"): CUSTOMERS,
    ("portal.signs.of_staff", "POST"): ADVISORS,
    ("portal.chat.stream", "GET"): CUSTOMERS,
    ("portal.chat.news", "GET"): CUSTOMERS,
    ("portal.widget.script", "GET"): EVERYBODY,
    ("portal.widget.talk", "GET"): EVERYBODY,
    ("portal.widget.write", "POST"): EVERYBODY,
    ("portal.widget.person", "POST"): EVERYBODY,
    ("portal.widget.leave", "POST"): EVERYBODY,
    ("portal.widget.news", "GET"): EVERYBODY,
    ("portal.widget.sign", "POST"): EVERYBODY,
    ("portal.customers.search", "GET"): ADVISORS,
    ("portal.customers.look_up", "POST"): ADVISORS,
    ("portal.customers.overview", "GET"): ADVISORS,
    ("portal.customers.history", "GET"): ADVISORS,
    ("portal.customers.why", "GET"): ADVISORS,
    ("portal.outreach.today", "GET"): ADVISORS,
    ("portal.outreach.make", "POST"): ADVISORS,
    ("portal.outreach.table", "GET"): ADVISORS,
    ("portal.outreach.accuracy", "GET"): ADVISORS,
    ("portal.outreach.note", "POST"): ADVISORS,
    ("portal.journeys.overview", "GET"): MARKETERS,
    ("portal.journeys.one", "GET"): MARKETERS,
    ("portal.journeys.people", "GET"): MARKETERS,
    ("portal.journeys.why", "GET"): MARKETERS,
    ("portal.roi.dashboard", "GET"): MARKETERS,
    ("portal.roi.table", "GET"): MARKETERS,
    ("portal.roi.printed", "GET"): MARKETERS,
    ("portal.spending.overview", "GET"): MARKETERS,
    ("portal.spending.costs_table", "GET"): MARKETERS,
    ("portal.spending.tell", "POST"): MARKETERS,
    ("portal.spending.take_back", "POST"): MARKETERS,
    ("portal.models.shelf", "GET"): MARKETERS,
    ("portal.models.one", "GET"): MARKETERS,
    ("portal.models.promote", "POST"): MARKETERS,
    ("portal.models.rollback", "POST"): MARKETERS,
    ("portal.inbox.queue", "GET"): ADVISORS,
    ("portal.inbox.queue_table", "GET"): ADVISORS,
    ("portal.inbox.sit", "POST"): ADVISORS,
    ("portal.inbox.do", "POST"): ADVISORS,
    ("portal.inbox.stream", "GET"): ADVISORS,
    ("portal.enclosed.file", "GET"): ADVISORS,
    ("portal.privacy_desk.console", "GET"): PRIVACY,
    ("portal.privacy_desk.do", "POST"): PRIVACY,
    ("portal.privacy_desk.hand_over", "POST"): PRIVACY,
    ("portal.privacy_desk.take_in", "POST"): PRIVACY,
    ("portal.privacy_desk.held", "GET"): PRIVACY,
    ("portal.privacy_desk.holds_table", "GET"): PRIVACY,
    ("portal.privacy_desk.hold", "POST"): PRIVACY,
    ("portal.privacy_desk.release", "POST"): PRIVACY,
    ("portal.archive_desk.overview", "GET"): PRIVACY,
    ("portal.archive_desk.archive_table", "GET"): PRIVACY,
    ("portal.archive_desk.open_one", "POST"): PRIVACY,
    ("portal.archive_desk.allow", "POST"): PRIVACY,
    ("portal.breach_desk.register", "GET"): PRIVACY,
    ("portal.breach_desk.note", "POST"): PRIVACY,
    ("portal.breach_desk.do", "POST"): PRIVACY,
    ("portal.breach_desk.people", "GET"): PRIVACY,
    ("portal.privacy_evidence.texts", "GET"): PRIVACY,
    ("portal.privacy_evidence.transfers", "GET"): PRIVACY,
    ("portal.privacy_evidence.chain", "GET"): PRIVACY,
    ("portal.privacy_evidence.bundle", "POST"): PRIVACY,
    ("portal.operations.console", "GET"): OPERATORS,
    ("portal.operations.replay", "POST"): OPERATORS,
    ("portal.operations.discard", "POST"): OPERATORS,
    ("portal.operations.stream", "GET"): OPERATORS,
    ("portal.operations.why", "GET"): OPERATORS,
    ("portal.operations_day.day", "GET"): OPERATORS,
    ("portal.configuration.overview", "GET"): READERS,
    ("portal.configuration.one", "GET"): READERS,
    ("portal.configuration.roll_back", "POST"): ADMINS,
    ("portal.editor.edit", "GET"): MARKETERS,
    ("portal.editor.plan", "GET"): MARKETERS,
    ("portal.editor.look", "POST"): MARKETERS,
    ("portal.editor.revise", "POST"): MARKETERS,
    ("portal.editor.propose", "POST"): MARKETERS,
    ("portal.editor.watch", "GET"): MARKETERS,
    ("portal.editor.settle", "POST"): MARKETERS,
    ("portal.segments.overview", "GET"): MARKETERS,
    ("portal.segments.begin", "GET"): MARKETERS,
    ("portal.segments.one", "GET"): MARKETERS,
    ("portal.segments.people", "GET"): MARKETERS,
    ("portal.segments.people_table", "GET"): MARKETERS,
    ("portal.segments.why", "GET"): MARKETERS,
    ("portal.journeys.begin", "GET"): MARKETERS,
    ("portal.journeys.people_table", "GET"): MARKETERS,
    ("portal.connectors.overview", "GET"): OPERATORS,
    ("portal.connectors.one", "GET"): OPERATORS,
    ("portal.connectors.mapping", "GET"): OPERATORS,
    ("portal.disputes.waiting", "GET"): OPERATORS,
    ("portal.disputes.waiting_table", "GET"): OPERATORS,
    ("portal.sessions.members_table", "GET"): ADMINS,
    ("portal.configuration.changes_table", "GET"): READERS,
    ("portal.customers.history_table", "GET"): ADVISORS,
    ("portal.disputes.unmask", "POST"): ADMINS,
    ("portal.disputes.decide", "POST"): OPERATORS,
    ("portal.disputes.keep_apart", "POST"): OPERATORS,
    ("portal.duplicates.overview", "GET"): {*ADVISORS, *PRIVACY},
    ("portal.duplicates.pairs_table", "GET"): {*ADVISORS, *PRIVACY},
    ("portal.duplicates.suggest", "POST"): ADVISORS,
    ("portal.duplicates.one", "GET"): {*ADVISORS, *PRIVACY},
    ("portal.duplicates.propose", "POST"): {*ADVISORS, *PRIVACY},
    ("portal.duplicates.take_back", "POST"): {*ADVISORS, *PRIVACY},
    ("portal.duplicates.merge", "POST"): PRIVACY,
    ("portal.duplicates.keep_apart", "POST"): {*ADVISORS, *PRIVACY},
    ("portal.connectors.pause", "POST"): OPERATORS,
    ("portal.connectors.resume", "POST"): OPERATORS,
    ("portal.sessions.overview", "GET"): ADMINS,
    ("portal.sessions.end", "POST"): ADMINS,
    ("portal.sessions.end_of_customer", "POST"): ADMINS,
    ("portal.messages.queue", "GET"): OPERATORS,
    ("portal.messages.queue_table", "GET"): OPERATORS,
    ("portal.privacy_desk.requests_table", "GET"): PRIVACY,
    ("portal.messages.one", "GET"): OPERATORS,
    ("portal.messages.unmask", "POST"): ADMINS,
    ("portal.messages.replay", "POST"): OPERATORS,
    ("portal.messages.discard", "POST"): OPERATORS,
}
ARGUMENTS = {
    "filename": "garage.css",
    "secret": "x" * 43,
    "letter_id": "1",
    "visit": "1",
    "number": "1",
    "ref": "0" * 32,
    "document": "0" * 32,
    "connection": "mail",
    "token": "x",
    "deed": "take",
    "kind": "access",
    "consent": "1",
    "entry": "1",
    "name": "welcome",
    "scorer": "churn",
    "version": "1",
    "size": "192",
    "state": "dead",
}


def routes(app: Flask) -> dict[tuple[str, str], Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("portal.")]
    return {(rule.endpoint, method): rule for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def test_every_route_has_a_row(app: Flask) -> None:
    assert set(routes(app)) == set(MATRIX)


@pytest.mark.parametrize("role", [None, *ROLES])
def test_each_role_gets_in_where_it_may_and_nowhere_else(app: Flask, hub: Hub, role: str | None) -> None:
    visitor = Visitor(app).sign_in(hub, role) if role else Visitor(app)
    token = {"token": visitor.token()} if role else {}
    address = app.url_map.bind("eu.localhost")
    for (endpoint, method), rule in sorted(routes(app).items(), key=lambda one: one[0][0] == "portal.access.go_out"):
        path = address.build(endpoint, {name: ARGUMENTS[name] for name in rule.arguments})
        answer = visitor.post(path, token) if method == "POST" else visitor.get(path)
        answer.close()
        refusal = None if role in MATRIX[endpoint, method] else 403 if role else 401
        assert (answer.status_code if answer.status_code in {401, 403} else None) == refusal, f"{role} {method} {path}"


def test_a_view_that_says_nothing_of_roles_opens_to_nobody(app: Flask, operator: Visitor) -> None:
    app.view_functions["portal.home.land"] = lambda: "forgotten"

    assert operator.get("/").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": "http://evil.localhost:8101"},
        {"Sec_Fetch_Site": "", "Origin": "null"},
        {"Sec_Fetch_Site": "", "Origin": ""},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in/x", "/sign-out", "/operations/dead-letters/1/replay"])
def test_a_form_from_elsewhere_is_refused(operator: Visitor, path: str, headers: dict[str, str]) -> None:
    answer = operator.post(path, {"token": operator.token()}, **headers)

    assert answer.status_code == 403
    assert "another page" in answer.text


def test_an_older_browser_is_known_by_its_origin(operator: Visitor) -> None:
    assert operator.post("/sign-out", {"token": operator.token()}, Sec_Fetch_Site="").status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "ä"])
def test_a_form_without_the_sessions_token_is_refused(operator: Visitor, token: str) -> None:
    assert operator.post("/sign-out", {"token": token}).status_code == 403
    assert operator.get("/operations/").status_code == 200, "still signed in"


def test_the_token_of_another_session_is_refused(app: Flask, hub: Hub, operator: Visitor) -> None:
    other = Visitor(app).sign_in(hub, "admin", title="Ana")

    assert operator.post("/sign-out", {"token": other.token()}).status_code == 403


def test_a_lost_role_counts_at_once(hub: Hub, operator: Visitor) -> None:
    with hub.begin() as work:
        work.session.execute(update(Role).values(role="advisor"))

    assert operator.get("/operations/").status_code == 403


def test_the_check_stands_before_every_page(app: Flask) -> None:
    befores: dict[Any, Any] = app.before_request_funcs

    assert check in befores["portal"]
