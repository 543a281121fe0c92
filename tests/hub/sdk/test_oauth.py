"""OAuth: one renewal for all workers, a token that runs out costs one call more, and a refused client parks the connection."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from redis import Redis

from connectors.hubspot import HubSpot
from hub.accounts import account_at
from hub.errors import AuthBroken, ConfigError, RetryLater
from hub.sdk import PartnerClient
from hub.sdk.oauth import Grant, Tokens
from hub.settings import Settings
from served import served

GRANT = Grant("the-client", "the-secret-of-the-client", "refresh_token", "the-refresh-token", "crm.read")


class Partner:
    """Gives tokens at /token, and takes the last one that it gave."""

    def __init__(self) -> None:
        self.given, self.calls, self.status, self.lifetime = 0, 0, "200 OK", 3600
        self.forms: list[dict[str, list[str]]] = []
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with self.lock:
            if environ["PATH_INFO"] == "/oauth/token":
                return self._give(environ, start_response)
            self.calls += 1
            good = environ.get("HTTP_AUTHORIZATION") == f"Bearer token-{self.given}"
        start_response("200 OK" if good else "401 Unauthorized", [("Content-Type", "application/json")])
        return [b'{"fine": true}' if good else b'{"code": "expired"}']

    def _give(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.forms.append(parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))
        if self.status == "200 OK":
            self.given += 1
        body = {"access_token": f"token-{self.given}", "expires_in": self.lifetime}
        start_response(self.status, [("Content-Type", "application/json")])
        return [json.dumps(body if self.status == "200 OK" else {"code": "invalid_grant"}).encode()]


@pytest.fixture
def partner() -> Partner:
    return Partner()


@pytest.fixture
def workers(partner: Partner, redis: Redis, valkey: str) -> Iterator[list[PartnerClient]]:
    """Eight clients of one account, each with a connection of its own to Valkey, as eight processes have."""
    with served(partner) as url, ExitStack() as stack:
        made = []
        for _ in range(8):
            own = stack.enter_context(closing(Redis.from_url(valkey)))
            tokens = Tokens(own, "crm", PartnerClient(f"{url}/oauth", allow_loopback=True), GRANT, path="token")
            made.append(stack.enter_context(closing(PartnerClient(url, allow_loopback=True, tokens=tokens))))
        yield made


def all_call(workers: list[PartnerClient]) -> list[Any]:
    with ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(lambda one: one.request("GET", "/people"), workers))


def test_eight_workers_renew_once_and_ask_by_the_grant(partner: Partner, workers: list[PartnerClient]) -> None:
    assert all_call(workers) == [{"fine": True}] * 8
    assert all_call(workers) == [{"fine": True}] * 8

    assert (partner.given, partner.calls) == (1, 16)
    assert partner.forms == [{"grant_type": ["refresh_token"], "client_id": ["the-client"], "scope": ["crm.read"],
                              "client_secret": ["the-secret-of-the-client"], "refresh_token": ["the-refresh-token"]}]  # fmt: skip


def test_a_token_that_is_refused_is_renewed_once_by_all_and_the_calls_are_made_again(
    partner: Partner, workers: list[PartnerClient]
) -> None:
    all_call(workers)
    partner.given += 1  # the partner has taken the token back

    assert all_call(workers) == [{"fine": True}] * 8
    assert len(partner.forms) == 2


def test_a_token_about_to_end_is_not_used_and_valkey_holds_none_that_can_be_read(
    partner: Partner, workers: list[PartnerClient], redis: Redis
) -> None:
    workers[0].request("GET", "/people")

    assert b"token-1" not in (redis.get("hub:oauth:crm") or b"")
    assert 3500 < redis.ttl("hub:oauth:crm") <= 3540
    redis.flushall()
    workers[1].request("GET", "/people")
    assert partner.given == 2


def test_a_refused_client_parks_the_connection_and_the_partner_is_asked_once(
    partner: Partner, workers: list[PartnerClient]
) -> None:
    partner.status = "400 Bad Request"

    for worker in workers:
        with pytest.raises(AuthBroken):
            worker.request("GET", "/people")

    assert (len(partner.forms), partner.calls) == (1, 0)


def test_tokens_that_cannot_be_had_for_now_wait_and_the_partner_is_asked_once(
    partner: Partner, workers: list[PartnerClient]
) -> None:
    partner.status = "503 Service Unavailable"

    for worker in workers:
        with pytest.raises(RetryLater):
            worker.request("GET", "/people")

    assert len(partner.forms) == 1


def test_a_worker_that_died_while_it_renewed_holds_nobody_up_for_ever(
    partner: Partner, workers: list[PartnerClient], redis: Redis
) -> None:
    redis.set("hub:oauth:crm:lock", "dead", px=30_000)
    tokens = workers[0].tokens
    assert tokens is not None
    tokens.patience, tokens.sleep = 0.0, lambda _: None
    with pytest.raises(RetryLater, match="Another worker"):
        workers[0].request("GET", "/people")

    assert 0 < redis.pttl("hub:oauth:crm:lock") <= 30_000
    redis.delete("hub:oauth:crm:lock")
    assert workers[0].request("GET", "/people") == {"fine": True}


def test_a_grant_without_its_secrets_is_a_mistake_of_the_configuration() -> None:
    with pytest.raises(ConfigError):
        Grant("x", "y", "refresh_token")
    assert "the-secret" not in repr(GRANT)
    assert "the-refresh" not in repr(GRANT)


def test_a_connection_says_where_its_tokens_come_from(settings: Settings, redis: Redis) -> None:
    secrets = {"client_id": "ID", "client_secret": "SECRET"}
    given = replace(
        settings.connections["crm"], secrets=secrets, options={"oauth": {"url": "https://x.example/oauth/v1/token"}}
    )

    api = account_at(given, settings, {"ID": "a", "SECRET": "b"}, HubSpot, redis).api

    assert isinstance(api, PartnerClient)
    assert api.tokens is not None
    assert api.tokens.path == "token"
    for wrong in ({"grant": "password", "url": "https://x.example/t"}, {"grant": "client_credentials"}, "yes"):
        with pytest.raises(ConfigError, match="oauth"):
            account_at(replace(given, options={"oauth": wrong}), settings, {"ID": "a", "SECRET": "b"}, HubSpot, redis)
