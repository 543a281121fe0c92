"""Who calls the API: scoped tokens, of which only a hash is kept."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import g, request
from sqlalchemy import select

from hub.access import hash_secret
from hub.errors import Denied, SignInNeeded
from hub.flow.pipeline import CONSENTS_READ
from hub.models import Principal, Token
from hub.web.webhooks import this_hub
from hub.work import Work

F = TypeVar("F", bound=Callable[..., Any])
PREFIX = "gh_"
SCOPES = {
    "status:read": "see queues, lag and dead letters",
    "customers:read": "see customers' refs, segments and facts",
    CONSENTS_READ: "hear by webhook that a customer gave or withdrew consent",
    "consents:write": "record that a customer gave or withdrew consent",
    "documents:write": "bring documents of one connection's customers",
    "fleets:read": "see one's own fleets, their reports and timers",
    "fleets:write": "tell of one's own fleets, their vehicles and service levels",
    "requests:write": "tell that a person asks about their own data, and see what became of it",
    "rows:write": "tell rows of one connection: visits, invoices, appointments ...",
    "returns:read": "see what campaigns were worth, in sums",
    "costs:read": "see what was told of costs of campaigns",
    "costs:write": "tell what campaigns cost",
    "slots:read": "see which slots can be booked",
    "webhooks:write": "open endpoints of one's own, rotate their keys, read their log",
    "traffic:replay": "replay dead letters",
}


def grant_token(
    work: Work, principal: Principal, scopes: Sequence[str], lasts: timedelta | None, connection: str | None = None
) -> str:
    """The secret is answered once and kept nowhere. connection: whose rows it may tell."""
    unknown = set(scopes) - SCOPES.keys()
    if unknown:
        raise Denied(f"There is no scope {', '.join(sorted(unknown))}.", f"Scopes: {', '.join(SCOPES)}.")
    secret = PREFIX + secrets.token_urlsafe(32)
    ends = work.now + lasts if lasts else None
    token = Token(
        secret_hash=hash_secret(secret),
        principal_id=principal.id,
        scopes=list(scopes),
        connection=connection,
        made_at=work.now,
        expires_at=ends,
    )
    work.add(token)
    work.audit("cli", "token_granted", "principal", principal.id, scopes=list(scopes))
    return secret


def needs(scope: str) -> Callable[[F], F]:
    """A view that only a token with this scope may call."""

    def decorate(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            token = _token(request.headers.get("Authorization", ""), this_hub().clock())
            if scope not in token.scopes:
                raise Denied(f"This token has no scope {scope}.", f"It has: {', '.join(token.scopes) or 'none'}.")
            g.principal_id, g.connection = token.principal_id, token.connection
            return view(*args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


def _token(header: str, now: datetime) -> Token:
    kind, _, secret = header.partition(" ")
    if kind != "Bearer" or not secret:
        raise SignInNeeded("This call needs a token.", "Send the header Authorization: Bearer <token>.")
    with this_hub().look() as session:
        token = session.scalars(select(Token).where(Token.secret_hash == hash_secret(secret))).first()
    if token is None or token.revoked_at or (token.expires_at and token.expires_at <= now):
        raise SignInNeeded(
            "This token is unknown, revoked or has ended.", "Ask an admin for a new one: hub tokens grant"
        )
    return token
