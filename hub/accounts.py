"""A connection's account: its secrets, and a client that keeps its limits, its timeouts and, where it has one, its token."""

from collections.abc import Mapping
from typing import Any

from redis import Redis

from hub.errors import ConfigError
from hub.sdk.budget import Budget, Window
from hub.sdk.contracts import Account
from hub.sdk.http import PartnerClient
from hub.sdk.oauth import KINDS, Grant, Tokens
from hub.settings import ConnectionSettings, Settings
from rules.read_sending import load_sending
from rules.sending import CHANNELS, Pace


def account_at(
    connection: ConnectionSettings, settings: Settings, environ: Mapping[str, str], kind: Any, redis: Redis
) -> Account:
    missing = [name for name in connection.secrets.values() if name not in environ]
    if missing:
        raise ConfigError(f"Connection “{connection.name}” needs {', '.join(missing)}.", "Set it in the environment.")
    secrets = {role: environ[name] for role, name in connection.secrets.items()}
    budget = _budget(connection, settings, kind, redis)
    reach: Any = {
        "timeout": (3.0, settings.timing.push_timeout),
        "allow_loopback": bool(connection.options.get("allow_loopback", False)),
    }
    client = PartnerClient(
        connection.url,
        **reach,
        headers={"Authorization": f"Bearer {secrets['token']}"} if "token" in secrets else {},
        tokens=_tokens(connection, secrets, redis, reach),
        budget=budget,
        usage=getattr(kind, "usage", None),
    )
    return Account(connection.name, connection.region, client, secrets, connection.options, budget)


def _budget(connection: ConnectionSettings, settings: Settings, kind: Any, redis: Redis) -> Budget | None:
    """A partner's own limits; or, of a channel, what config/sending.yaml lets go to people in this region, shared by all
    connections that speak by it."""
    spoken = sorted({topic.channel for topic in kind.topics} & set(CHANNELS)) if kind.kind == "channel" else []
    for channel in spoken:
        windows = windows_of(load_sending(settings.config).pace_of(connection.region, channel))
        return Budget(redis, f"channel:{connection.region}:{channel}", windows) if windows else None
    limits = getattr(kind, "limits", ())
    part = float(connection.options.get("share", 1.0))
    return Budget(redis, connection.name, [one.share(part) for one in limits]) if limits else None


def windows_of(pace: Pace) -> list[Window]:
    """No second and no day holds more. One a second is two in two seconds without a burst, as a bucket holds a token more."""
    found = []
    if pace.per_second == 1:
        found.append(Window("second", 2, 2.0, cap=1))
    elif pace.per_second:
        found.append(Window("second", pace.per_second, 1.0, cap=min(9, max(1, pace.per_second // 10))))
    if pace.per_day:
        found.append(Window("day", pace.per_day, 86_400.0, cap=1))
    return found


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
