"""Access tokens by OAuth 2.0, renewed once for all workers: whoever comes first renews, the others wait for it."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.exceptions import RedisError

from hub.errors import AuthBroken, ConfigError, PartnerError, Refused, RetryLater

MARGIN = 60  # seconds before its end in which a token is no longer used
LIFETIME = 1800  # seconds of a token that names none
LOCKED = 30_000  # ms; longer than any answer may take, so that a killed worker holds nobody up for long
AGAIN = 5_000  # ms in which a renewal that failed is not tried by the next worker at once
KINDS = ("client_credentials", "refresh_token")
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Asks(Protocol):
    """hub.sdk.http.PartnerClient, at the address that gives tokens."""

    def exchange(self, method: str, path: str, *, content: bytes | None, headers: Mapping[str, str] | None) -> Any: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Grant:
    """How tokens are had (RFC 6749, 4.4 and 6). A refresh token that changes with each use is not for us: it would have to
    outlive Valkey."""

    client_id: str
    client_secret: str = field(repr=False)
    kind: Literal["client_credentials", "refresh_token"] = "client_credentials"
    refresh_token: str = field(default="", repr=False)
    scope: str = ""

    def __post_init__(self) -> None:
        if not self.client_id or not self.client_secret or (self.kind == "refresh_token" and not self.refresh_token):
            raise ConfigError(
                "OAuth needs secrets client_id and client_secret, and refresh_token for that grant.",
                "Name them under secrets: of the connection.",
            )

    def form(self) -> dict[str, str]:
        given = {"grant_type": self.kind, "client_id": self.client_id, "client_secret": self.client_secret}
        more = {"refresh_token": self.refresh_token if self.kind == "refresh_token" else "", "scope": self.scope}
        return given | {name: value for name, value in more.items() if value}


class Tokens:
    """One account's token, kept in Valkey under a key made of the client's secret: who reads Valkey reads no token.

    path: where tokens are given. patience: the most seconds to wait for another worker's renewal; beyond it RetryLater."""

    def __init__(
        self,
        redis: Any,
        account: str,
        api: Asks,
        grant: Grant,
        *,
        path: str = "/token",
        patience: float = 10.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.redis, self.account, self.api, self.grant, self.path = redis, account, api, grant, path
        self.patience, self.sleep = patience, sleep
        self.key = f"hub:oauth:{account}"
        self._release = redis.register_script(RELEASE)
        self._cipher = AESGCM(hmac.digest(grant.client_secret.encode(), b"hub oauth token", hashlib.sha256))

    def close(self) -> None:
        self.api.close()

    def token(self, spent: str | None = None) -> str:
        """A token that is good for now; not `spent`, which the partner has just refused. Raises RetryLater, AuthBroken."""
        end = time.monotonic() + self.patience
        try:
            while True:
                if known := self._known(spent):
                    return known
                self._mind_the_last()
                if found := self._renewed(spent):
                    return found
                if time.monotonic() > end:
                    raise RetryLater("Another worker renews the token; it takes long.", after=1.0)
                self.sleep(0.05)
        except RedisError as error:
            raise RetryLater("The token of this partner cannot be shared.", after=AGAIN / 1000) from error

    def _known(self, spent: str | None) -> str | None:
        sealed = self.redis.get(self.key)
        if sealed is None:
            return None
        try:
            found = self._cipher.decrypt(sealed[:12], sealed[12:], self.account.encode()).decode()
        except InvalidTag:  # of a client secret that has been changed
            return None
        return None if found == spent else found

    def _mind_the_last(self) -> None:
        failed = self.redis.get(f"{self.key}:failed")
        if failed == b"auth":
            raise AuthBroken("The token was refused a moment ago.")
        if failed is not None:
            raise RetryLater("Tokens cannot be had for now.", after=AGAIN / 1000)

    def _renewed(self, spent: str | None) -> str | None:
        """None when another worker is at it."""
        mine = secrets.token_hex(8)
        if not self.redis.set(f"{self.key}:lock", mine, nx=True, px=LOCKED):
            return None
        try:
            return self._known(spent) or self._renew()
        finally:
            self._release(keys=[f"{self.key}:lock"], args=[mine])

    def _renew(self) -> str:
        try:
            token, seconds = self._asked()
        except PartnerError as error:
            broken = isinstance(error, AuthBroken)
            self.redis.set(f"{self.key}:failed", "auth" if broken else "later", px=AGAIN)
            raise
        nonce = secrets.token_bytes(12)
        sealed = nonce + self._cipher.encrypt(nonce, token.encode(), self.account.encode())
        self.redis.set(self.key, sealed, px=max(1, seconds - MARGIN) * 1000)
        return token

    def _asked(self) -> tuple[str, int]:
        """(token, seconds). A 4xx (invalid_grant, invalid_client) is a broken key, and nothing of our push's making."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            found = self.api.exchange(
                "POST", self.path, content=urlencode(self.grant.form()).encode(), headers=headers
            ).json()
        except Refused as error:
            raise AuthBroken(f"No token: {error.what}") from None
        if not isinstance(found, dict) or not isinstance(found.get("access_token"), str) or not found["access_token"]:
            raise RetryLater("The answer holds no token.")
        seconds = found.get("expires_in", LIFETIME)
        return found["access_token"], int(seconds) if str(seconds).isdigit() else LIFETIME
