"""How commands get at a region: settings, its Valkey, and a hub that is closed again."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub import lines
from hub.core import Hub, build_hub
from hub.embedded import ValkeyServer, ensure_valkey
from hub.errors import ConfigError
from hub.plugins import load_plugins
from hub.rulebook import LiveBook
from hub.settings import Settings, load_settings
from rules import RuleError

# Seconds for one word with Valkey. A bell may be lost, so nobody (a webhook, the clock, a settle) stands waiting for it;
# one second try at once, for a connection that an earlier server has left dead in the pool.
RING = 1.0

region_option = click.option(
    "--region", "-r", "region", default=None, help="Code of the region; default: all, or the only one."
)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


def regions_of(settings: Settings, region: str | None) -> list[str]:
    return [settings.region(region).code] if region else list(settings.regions)


def valkey_url(settings: Settings, code: str) -> str:
    """Where the region's server is, whether it runs or not: a command does not start one to leave it behind."""
    environ = valkey_environ(settings, code)
    if environ.get("REDIS_URL"):
        try:
            return ensure_valkey(settings.folder(code) / "valkey", environ)
        except ValueError as error:
            raise ConfigError(f"REDIS_URL for {code} cannot be used: {error}") from error
    return ValkeyServer(settings.folder(code) / "valkey", environ).url


def valkey_environ(settings: Settings, code: str) -> Mapping[str, str]:
    """HUB_REDIS_<REGION> wins over REDIS_URL: a region may have a server of its own."""
    own = settings.environ.get(f"HUB_REDIS_{code.upper()}")
    return {**settings.environ, **({"REDIS_URL": own} if own else {})}


def hub_at(settings: Settings, code: str, **parts: Any) -> Hub:
    """Raises ConfigError for wrong rules: nothing starts on a configuration that was never right."""
    url = valkey_url(settings, code)
    redis = Redis.from_url(
        url, socket_timeout=RING, socket_connect_timeout=RING, retry=Retry(NoBackoff(), 1), **lines.of_valkey(url)
    )
    try:
        return build_hub(settings, code, redis, **parts)
    except RuleError as error:
        raise ConfigError(str(error)) from None


def warm(settings: Settings) -> None:
    """What all processes of all regions read alike is read once, before they part, and remembered: plugins, rules, calendars.
    Raises ConfigError: a wrong one would fail in each child for ever."""
    try:
        LiveBook(settings.config, load_plugins(settings.plugins))
    except RuleError as error:
        raise ConfigError(str(error)) from None


@contextmanager
def opened(region: str | None) -> Iterator[Hub]:
    """One region's hub, for a command. Without --region there must be only one region."""
    settings = load_settings()
    if region is None and len(settings.regions) > 1:
        raise click.UsageError(f"Say which region: --region {'|'.join(settings.regions)}")
    logging.getLogger().setLevel(logging.ERROR)
    hub = hub_at(settings, regions_of(settings, region)[0])
    try:
        yield hub
    finally:
        hub.close()
