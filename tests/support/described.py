"""Asks the API whatever its own description allows, and holds each answer against that description."""

from collections import Counter
from datetime import timedelta

from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks, openapi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.access import principal_named
from hub.core import Hub
from hub.web.access import SCOPES, grant_token

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


def token_of(hub: Hub) -> dict[str, str]:
    """The header of a partner who may do all that the API does."""
    with hub.begin() as work:
        token = grant_token(work, principal_named(work, "a partner", ()), list(SCOPES), timedelta(days=1))
    return {"Authorization": f"Bearer {token}"}


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
            waits = answer.status_code == 503 and "retry-after" in answer.headers  # not counted yet, and it says so
            case.validate_response(answer, checks=CHECKS if waits else [checks.not_a_server_error, *CHECKS])

        try:
            ask()
        except BaseExceptionGroup as group:
            problems += [f"{operation.label}: {one}" for one in group.exceptions]
        except Exception as error:  # noqa: BLE001 - whatever it is, the other operations are asked, too
            problems.append(f"{operation.label}: {error}")
    return told, problems
