"""Asks the API whatever its own description allows, one call at a time or one after another as its links lead, and holds each answer
against that description."""

from collections import Counter
from datetime import timedelta

from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky
from schemathesis import GenerationMode, checks, openapi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from hub.access import principal_named
from hub.core import Hub
from hub.models import Customer
from hub.sdk import CustomerKey, CustomerRecord
from hub.web.access import SCOPES, grant_token
from shops import folded

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
QUIET = {
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


FLEET = "nordring"
TOGETHER = 10  # walks of one seed; the first of them says the least that can be said
STEPS = 8  # calls of one walk


def token_of(hub: Hub) -> dict[str, str]:
    """The header of a partner who may do all that the API does."""
    with hub.begin() as work:
        token = grant_token(work, principal_named(work, "a partner", ()), list(SCOPES), timedelta(days=1))
    return {"Authorization": f"Bearer {token}"}


def a_customer(hub: Hub) -> str:
    """The ref of somebody we know."""
    folded(hub, CustomerRecord(customer=CustomerKey(partner_id="C-1"), name="Ada Weiß"))
    with hub.look() as session:
        return session.scalars(select(Customer.ref)).one()


def asked(app: Flask, headers: dict[str, str], cases: int) -> tuple[Counter[str], list[str]]:
    """So many cases, shared out evenly among the operations, the same each time; answers by class, and what was wrong."""
    schema = openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    told: Counter[str] = Counter()
    problems: list[str] = []

    for operation in operations:
        each = max(2, -(-cases // len(operations)))

        @seed(1)
        @settings(max_examples=each, **QUIET)
        @given(case=operation.as_strategy())
        def ask(case):
            answer = case.call(headers=headers)
            told[f"{answer.status_code // 100}xx"] += 1
            case.validate_response(answer, checks=_checks(answer))

        try:
            ask()
        except BaseExceptionGroup as group:
            problems += [f"{operation.label}: {one}" for one in group.exceptions]
        except Exception as error:  # noqa: BLE001 - whatever it is, the other operations are asked, too
            problems.append(f"{operation.label}: {error}")
    return told, problems


def walked(
    app: Flask, headers: dict[str, str], customer: str, walks: int
) -> tuple[Counter[tuple[str, int]], list[str]]:
    """So many walks of STEPS calls, each begun anywhere and led on by what was answered; (operation, status) -> calls, and what was
    wrong. What no description can know is put in by hand: an address that partners may have, a name for a fleet, a customer."""
    told: Counter[tuple[str, int]] = Counter()

    app.test_client().put(f"/api/v1/fleets/{FLEET}", json={"title": "Nordring"}, headers=headers)
    schema = openapi.from_wsgi("/api/v1/openapi.json", app)
    schema.config.phases.stateful.inference.algorithms = []  # only what we describe ourselves
    schema.config.generation.update(modes=[GenerationMode.POSITIVE])  # what is wrong is asked by `asked`

    class Walk(schema.as_state_machine()):
        def before_call(self, case):
            aim(case, customer, sum(told.values()))

        def get_call_kwargs(self, case):
            return {"headers": headers}

        def call(self, case, **kwargs):
            answer = super().call(case, **kwargs)
            told[case.operation.label, answer.status_code] += 1
            return answer

        def validate_response(self, response, case, additional_checks=(), **_):
            case.validate_response(response, checks=_checks(response))

    problems: list[str] = []
    for number in range(walks // TOGETHER):
        try:
            seed(number)(Walk).run(settings=settings(max_examples=TOGETHER, stateful_step_count=STEPS, **QUIET))
        except Flaky:
            continue  # what is answered depends on the walks before, so that none can be taken up again: the next seed goes on
        except BaseExceptionGroup as group:
            problems += [str(one) for one in group.exceptions]
        except Exception as error:  # noqa: BLE001 - told like the others
            problems.append(str(error))
    return told, problems


def aim(case, customer: str, number: int) -> None:
    """Two calls of three; the third says whatever it says."""
    if number % 3 == 2:
        return
    if case.operation.label == "POST /api/v1/webhooks/endpoints" and isinstance(case.body, dict):
        case.body["url"] = f"https://partner.example/hooks/{number}"
    elif case.operation.path.startswith("/api/v1/fleets/{fleet}"):
        case.path_parameters["fleet"] = FLEET
    elif case.operation.path.startswith("/api/v1/customers/{ref}/"):
        case.path_parameters["ref"] = customer


def _checks(answer):
    """A report that is not counted yet says when it will be: that is no defect."""
    waits = answer.status_code == 503 and "retry-after" in answer.headers
    return CHECKS if waits else [checks.not_a_server_error, *CHECKS]
