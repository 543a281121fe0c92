"""A connection's account: its secrets, and a client that keeps its limits, its timeouts and, where it has one, its token."""

from collections.abc import Mapping
from typing import Any

from redis import Redis

from hub.errors import ConfigError
from hub.sdk.budget import Budget
from hub.sdk.contracts import Account
from hub.sdk.http import PartnerClient
from hub.sdk.oauth import KINDS, Grant, Tokens
from hub.settings import ConnectionSettings, Settings


def account_at(
    connection: ConnectionSettings, settings: Settings, environ: Mapping[str, str], kind: Any, redis: Redis
) -> Account:
    missing = [name for name in connection.secrets.values() if name not in environ]
    if missing:
        raise ConfigError(f"Connection “{connection.name}” needs {', '.join(missing)}.", "Set it in the environment.")
    secrets = {role: environ[name] for role, name in connection.secrets.items()}
    limits = getattr(kind, "limits", ())
    part = float(connection.options.get("share", 1.0))
    reach: Any = {
        "timeout": (3.0, settings.timing.push_timeout),
        "allow_loopback": bool(connection.options.get("allow_loopback", False)),
    }
    client = PartnerClient(
        connection.url,
        **reach,
        headers={"Authorization": f"Bearer {secrets['token']}"} if "token" in secrets else {},
        tokens=_tokens(connection, secrets, redis, reach),
        budget=Budget(redis, connection.name, [one.share(part) for one in limits]) if limits else None,
        usage=getattr(kind, "usage", None),
    )
    return Account(connection.name, connection.region, client, secrets, connection.options)


def _tokens(
    connection: ConnectionSettings, secrets: Mapping[str, str], redis: Redis, reach: Mapping[str, Any]
) -> Tokens | None:
    """options: {oauth: {url, grant, scope}}: tokens are renewed, once for all workers."""
    given = connection.options.get("oauth")
    if not given:
        return None
    if not isinstance(given, dict) or not given.get("url") or given.get("grant", KINDS[0]) not in KINDS:
        raise ConfigError(f"Connection “{connection.name}”: oauth has a url, and a grant of {', '.join(KINDS)}.")
    grant = Grant(
        secrets.get("client_id", ""), secrets.get("client_secret", ""), given.get("grant", KINDS[0]),
        secrets.get("refresh_token", ""), str(given.get("scope", "")),
    )  # fmt: skip
    base, _, path = str(given["url"]).rpartition("/")
    return Tokens(redis, connection.name, PartnerClient(base, **reach), grant, path=path)
