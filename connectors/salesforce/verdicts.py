"""What each of Salesforce's status codes means for a record: retry, auth, conflict or permanent."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from hub.sdk import AuthBroken, Outcome, Push, RetryLater


class Verdict(StrEnum):
    RETRY = "retry"
    AUTH = "auth"
    CONFLICT = "conflict"
    PERMANENT = "permanent"


CODES: Mapping[Verdict, frozenset[str]] = {
    Verdict.RETRY: frozenset(
        [
            "UNABLE_TO_LOCK_ROW",
            "SERVER_UNAVAILABLE",
            "REQUEST_LIMIT_EXCEEDED",
            "REQUEST_RUNNING_TOO_LONG",
            "QUERY_TIMEOUT",
            "ENTITY_IS_LOCKED",
            "CONCURRENT_REQUEST_LIMIT_EXCEEDED",
            "API_CURRENTLY_DISABLED",
            "DATACLOUD_API_UNAVAILABLE",
            "STORAGE_LIMIT_EXCEEDED",
            "EMAIL_BATCH_SIZE_LIMIT_EXCEEDED",
            "MASS_MAIL_LIMIT_EXCEEDED",
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "COLLISION_DETECTED",
            "DATAASSESSMENT_CONFIG_SERVICE_ERROR",
            "DATACLOUDADDRESS_SERVER_ERROR",
            "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
            "INTERNAL_ERROR",
            "MATCH_RUNTIME_ERROR",
            "MATCH_SERVICE_ERROR",
            "MATCH_SERVICE_TIMED_OUT",
            "MATCH_SERVICE_UNAVAILABLE_ERROR",
            "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE",
            "PROCESSING_HALTED",
            "RECORD_IN_USE_BY_WORKFLOW",
            "TERRITORY_REALIGN_IN_PROGRESS",
            "TOO_MANY_APEX_REQUESTS",
            "TOO_MANY_JOBS",
            "UNKNOWN_EXCEPTION",
            "XCLEAN_DJ_MATCH_RETRIABLE_ERROR",
        ]
    ),
    Verdict.AUTH: frozenset(
        [
            "INVALID_SESSION_ID",
            "INVALID_LOGIN",
            "INVALID_SSO_GATEWAY_URL",
            "PASSWORD_LOCKOUT",
            "LOGIN_DURING_RESTRICTED_DOMAIN",
            "LOGIN_DURING_RESTRICTED_TIME",
            "ORG_LOCKED",
            "USER_LOCKED",
            "API_DISABLED_FOR_ORG",
            "ORG_INACTIVE",
            "AUTH_PROVIDER_NEEDS_AUTH",
            "INVALID_ACCESS_TOKEN",
            "INVALID_AUTH_HEADER",
            "INVALID_REFRESH_TOKEN",
            "INVALID_USERID",
            "NO_ACCESS_TOKEN",
            "NO_ACCESS_TOKEN_FROM_REFRESH",
            "NO_REFRESH_TOKEN",
            "TERMS_OF_SERVICE_UNREAD",
            "UNKNOWN_TOKEN_ERROR",
            "CLIENT_NOT_ACCESSIBLE_FOR_USER",
        ]
    ),
    Verdict.CONFLICT: frozenset(
        [
            "DUPLICATE_VALUE",
            "DUPLICATES_DETECTED",
            "DUPLICATE_EXTERNAL_ID",
            "DUPLICATE_USERNAME",
            "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
            "ENTITY_IS_ARCHIVED",
            "ENTITY_IS_DELETED",
            "FIND_DUPLICATES_ERROR",
            "DELETE_FAILED",
            "MERGE_FAILED",
            "ALREADY_IN_PROCESS",
            "CIRCULAR_DEPENDENCY",
            "ENTITY_SAVE_ERROR",
        ]
    ),
}


def verdict_of(code: str) -> Verdict:
    """A code that nobody knows is permanent: trying again what Salesforce refused by name does not make it right."""
    return next((verdict for verdict, codes in CODES.items() if code in codes), Verdict.PERMANENT)


def outcome_of(push: Push, found: Mapping[str, Any]) -> Outcome:
    """One item of a collection's answer. Raises AuthBroken when the code speaks of us and not of the record."""
    if found.get("success") is True:
        return Outcome(push.key, "sent", partner_id=str(found["id"]) if found.get("id") else None)
    errors = found.get("errors") or [{}]
    code = str(errors[0].get("statusCode") or errors[0].get("errorCode") or "UNKNOWN")[:80]
    verdict = verdict_of(code)
    if verdict is Verdict.AUTH:
        raise AuthBroken(code)
    if verdict is Verdict.RETRY:
        return Outcome(push.key, "retry", code)
    return Outcome(push.key, "refused", f"conflict: {code}" if verdict is Verdict.CONFLICT else code)


def outcomes_of(batch: list[Push], found: Any) -> list[Outcome]:
    """Salesforce keeps the order; an answer of another length says nothing about anybody."""
    if not isinstance(found, list) or len(found) != len(batch):
        raise RetryLater("Salesforce's answer does not fit the batch.", happened=True)
    return [outcome_of(push, one) for push, one in zip(batch, found, strict=True)]
