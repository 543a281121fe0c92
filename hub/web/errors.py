"""Errors as RFC 9457 problems: type, title, status, detail, and a stable `code`."""

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException

from hub.errors import HubError

log = logging.getLogger(__name__)
JSON = "application/problem+json"


def problem(status: int, code: str, detail: str, hint: str = "", **more: Any) -> Response:
    body = {
        "type": f"urn:garage-hub:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
    }
    body |= {"detail": detail, **({"hint": hint} if hint else {}), **more}
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type=JSON)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "1"
    return response


def register(app: Flask) -> None:
    app.register_error_handler(HubError, _hub_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _defect)


def _hub_error(error: HubError) -> Response:
    return problem(error.status, error.code, error.what, error.hint)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    more = {"errors": messages} if (messages := getattr(error, "data", {}).get("messages")) else {}
    return problem(status, HTTPStatus(status).name.lower(), error.description or HTTPStatus(status).phrase, **more)


def _defect(error: Exception) -> Response:
    """Never the message of an unexpected error: it may carry a value."""
    if current_app.testing:
        raise error
    log.error("request failed", extra={"endpoint": request.endpoint, "reason": type(error).__name__})
    return problem(500, "defect", "Something broke on our side. It is noted; trying again later may help.")
