"""The provider by which staff come in, asked over the network: what it says of itself, and of whoever comes back from it.

By the client of partners: with timeouts, without redirects, and never at an address inside."""

import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from urllib.parse import quote_plus, urlencode, urlsplit

from hub.errors import AuthBroken, ConfigError, PartDown, PartnerError, Refused, WrongInput
from hub.providers import ProviderSettings
from hub.sdk.http import PartnerClient
from hub.settings import RegionSettings, Settings

log = logging.getLogger(__name__)
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
KNOWN_FOR = timedelta(minutes=10)  # what a provider says of itself
AGAIN = timedelta(minutes=1)  # an unknown key makes us read their keys once more, at most so often
RESTS = timedelta(seconds=10)  # one that did not answer is not asked by everybody who waits
TIMEOUT = (3.0, 5.0)  # somebody waits


@dataclass(frozen=True)
class Known:
    """What a provider said of itself at that time; keys_at: when its keys were read."""

    metadata: Mapping[str, Any]
    keys: Any
    at: datetime
    keys_at: datetime


class Provider:
    """One provider, for all threads of a process."""

    def __init__(self, settings: ProviderSettings, secret: str, clock: Callable[[], datetime]) -> None:
        self.settings, self.secret, self.clock = settings, secret, clock
        self.lock = threading.Lock()
        self.known: Known | None = None
        self.rests_until: datetime | None = None

    def way_there(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """Where whoever wants to come in goes. Raises PartDown."""
        from hub.access import oidc

        endpoint = self._known().metadata["authorization_endpoint"]
        return oidc.way_there(endpoint, self.settings.client_id, back, state, nonce, verifier)

    def way_out(self, home: str) -> str | None:
        """Where the session there ends, too, and whoever ended it comes back home; None where it has no such place."""
        from hub.access import oidc

        with suppress(PartDown):
            endpoint = self._known().metadata.get("end_session_endpoint")
            if self._is_safe(endpoint):
                return oidc.way_out(endpoint, self.settings.client_id, home)
        return None

    def claims(self, back: str, code: str, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What it says of whoever brought this code. Raises PartDown; WrongInput for what is not meant for us, here and now."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self._proof(form)}
        try:
            told = self._call(
                "POST", self._known().metadata["token_endpoint"], content=urlencode(form).encode(), headers=headers
            )
        except (AuthBroken, Refused) as error:
            raise _not_confirmed(f"the code: {error.what}") from error
        return self._checked(told.get("id_token") if isinstance(told, dict) else None, nonce)

    def _proof(self, form: dict[str, str]) -> dict[str, str]:
        """That it is us who ask: by header, or in the form where the provider takes nothing else (RFC 6749, 2.3.1)."""
        ways = self._known().metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" not in ways:
            form |= {"client_id": self.settings.client_id, "client_secret": self.secret}
            return {}
        pair = f"{quote_plus(self.settings.client_id)}:{quote_plus(self.secret)}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    def _checked(self, token: Any, nonce: str) -> Mapping[str, Any]:
        """A key that is new to us is looked for once more, as they change their keys."""
        from hub.access import oidc

        if not isinstance(token, str):
            raise _not_confirmed("no ID token")
        meant, known = oidc.Meant(self.settings.issuer, self.settings.client_id, nonce), self._known()
        try:
            try:
                return oidc.claims_of(token, known.keys, meant, self.clock())
            except oidc.UnknownKey:
                if self.clock() - known.keys_at < AGAIN:
                    raise
            return oidc.claims_of(token, self._known(known.keys_at).keys, meant, self.clock())
        except oidc.NotGood as error:
            raise _not_confirmed(f"the ID token: {error}") from error

    def _known(self, newer_than: datetime | None = None) -> Known:
        """newer_than: its keys are. Raises PartDown. Read by one thread, for which the others wait."""
        with self.lock:
            now, known = self.clock(), self.known
            if self.rests_until is not None and now < self.rests_until:
                raise _down("did not answer a moment ago")
            if known is not None and now - known.at >= KNOWN_FOR:
                known = None
            if known is not None and (newer_than is None or known.keys_at > newer_than):
                return known
            try:
                metadata = known.metadata if known else self._metadata()
                self.known = Known(metadata, self._keys(metadata), known.at if known else now, now)
            except PartDown:
                self.rests_until = now + RESTS
                raise
            return self.known

    def _metadata(self) -> Mapping[str, Any]:
        """OpenID Connect Discovery 1.0, 4: of the issuer that we asked for, or somebody answers in its name."""
        found = self._told(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(found, dict) or found.get("issuer") != self.settings.issuer:
            raise _down("answers for another issuer")
        for name in ENDPOINTS:
            if not self._is_safe(found.get(name)):
                raise _down(f"names no {name}")
        return found

    def _is_safe(self, address: Any) -> TypeGuard[str]:
        schemes = {"http", "https"} if self.settings.allow_loopback else {"https"}
        return isinstance(address, str) and urlsplit(address).scheme in schemes

    def _keys(self, metadata: Mapping[str, Any]) -> Any:
        from hub.access import oidc

        try:
            return oidc.keys_of(self._told(metadata["jwks_uri"]))
        except oidc.NotGood as error:
            raise _down(str(error)) from error

    def _told(self, address: str) -> Any:
        try:
            return self._call("GET", address)
        except (AuthBroken, Refused) as error:
            raise _down(f"refuses {address}") from error

    def _call(self, method: str, address: str, **given: Any) -> Any:
        """Raises AuthBroken and Refused where it says no, PartDown where it does not answer as it should."""
        base, _, path = address.rpartition("/")
        client = PartnerClient(base, timeout=TIMEOUT, allow_loopback=self.settings.allow_loopback)
        try:
            return client.exchange(method, path, **given).json()
        except (AuthBroken, Refused):
            raise
        except PartnerError as error:
            raise _down(error.what) from error
        finally:
            client.close()


def open_provider(settings: Settings, region: RegionSettings, clock: Callable[[], datetime]) -> Provider | None:
    """The one by which this region's staff come in. Raises ConfigError where its secret is missing."""
    if region.staff_sign_in is None:
        return None
    name = region.staff_sign_in.secrets["client_secret"]
    secret = settings.secrets_of(region.code).get(name)
    if not secret:
        raise ConfigError(f"The sign-in of staff in {region.code} needs {name}.", "Set it in the environment.")
    return Provider(region.staff_sign_in, secret, clock)


def _down(why: str) -> PartDown:
    log.warning("provider of sign-in is down", extra={"reason": why})
    return PartDown("The sign-in of staff does not answer.", "Try again in a moment.")


def _not_confirmed(why: str) -> WrongInput:
    """Why is for whoever runs the hub: it would tell an attacker which of their tries was the better one."""
    log.warning("sign-in not confirmed", extra={"reason": why})
    return WrongInput("Your sign-in could not be confirmed.", "Try again. If it stays so, tell whoever runs this hub.")
