"""A provider of OpenID Connect as its public contract says (Core 1.0, Discovery 1.0, RFC 7636), which can do each thing wrong."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from flask import Flask, Response, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from hub.providers import ProviderSettings

CLIENT, SECRET = "garage-hub", "of the hub alone"
MARA = {
    "sub": "248289761001",
    "name": "Mara Holt",
    "email": "mara@garage.example",
    "email_verified": True,
    "groups": ["desk-berlin"],
}


ROLES = {
    "desk-berlin": frozenset({("advisor", "berlin-spree")}),
    "marketing": frozenset({("marketer", None)}),
    "operations": frozenset({("operator", None)}),
}
FIRST = RSAKey.generate_key(2048, {"kid": "first"}, auto_kid=False)
FORGED = RSAKey.generate_key(2048, {"kid": "first"}, auto_kid=False)  # another key under the same name


def settings_of(issuer: str) -> ProviderSettings:
    names = {"client_secret": "STAFF_EU_SECRET"}
    return ProviderSettings("Tarn accounts", issuer, CLIENT, names, ROLES, allow_loopback=True)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], said: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token as no library would write it."""
    told = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(said).encode())}"
    return f"{told}.{b64(sign(told.encode()))}"


def signed(key: Any, said: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256" if isinstance(key, RSAKey) else "ES256", "kid": key.kid}, said, key)


def meant_for_us(issuer: str, nonce: str, now: datetime) -> dict[str, Any]:
    at = int(now.timestamp())
    return {"iss": issuer, "aud": CLIENT, "iat": at, "exp": at + 300, "auth_time": at, "nonce": nonce}


@dataclass
class Visit:
    """What a browser was sent with, kept by the code it is sent back with."""

    asked: dict[str, str]
    person: dict[str, Any]


@dataclass
class StandIn:
    """person: who is signed in there. claims: laid over what an ID token would say, None takes one out. silent: answers nothing
    but 503. sign: in place of signing as it should be; told_issuer: in place of its own name in the discovery document."""

    clock: Callable[[], datetime]
    person: dict[str, Any] = field(default_factory=lambda: dict(MARA))
    claims: dict[str, Any] = field(default_factory=dict)
    silent: bool = False
    sign: Callable[[dict[str, Any]], str] | None = None
    told_issuer: str = ""
    ways: tuple[str, ...] = ("client_secret_basic",)
    key: Any = field(default_factory=lambda: FIRST)
    issuer: str = ""
    visits: dict[str, Visit] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def rotate(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(4)})

    def let_in(self, address: str) -> str:
        """As a browser that is sent to this address and signs in there: the address it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.visits[code] = Visit(asked, dict(self.person))
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token_for(self, visit: Visit) -> str:
        told = {**meant_for_us(self.issuer, visit.asked["nonce"], self.clock()), **visit.person, **self.claims}
        said = {name: value for name, value in told.items() if value is not None}
        return self.sign(said) if self.sign else signed(self.key, said)

    def unsigned(self, said: dict[str, Any]) -> str:
        return by_hand({"alg": "none"}, said, lambda _: b"")

    def signed_with_what_all_know(self, said: dict[str, Any]) -> str:
        """The old trick: its public key taken for a shared secret."""
        shared = self.key.as_pem(private=False)
        header = {"alg": "HS256", "kid": self.key.kid}
        return by_hand(header, said, lambda told: hmac.digest(shared, told, "sha256"))

    def app(self) -> Flask:
        app = Flask("provider")

        @app.before_request
        def note() -> Response | None:
            self.calls.append(request.path)
            return Response(status=503) if self.silent else None

        @app.get("/staff/.well-known/openid-configuration")
        def discovery() -> dict[str, Any]:
            return {
                "issuer": self.told_issuer or self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/end",
                "token_endpoint_auth_methods_supported": list(self.ways),
            }

        @app.get("/staff/keys")
        def keys() -> dict[str, Any]:
            return dict(KeySet([self.key]).as_dict(private=False))

        @app.post("/staff/token")
        def token() -> Any:
            visit = self.visits.pop(request.form["code"], None)
            if visit is None or not self._is_asker(visit):
                return {"error": "invalid_grant"}, 400
            return {"access_token": "x", "token_type": "Bearer", "id_token": self.token_for(visit)}

        return app

    def _is_asker(self, visit: Visit) -> bool:
        form, told = request.form, request.authorization
        known = (
            (unquote_plus(told.username or ""), unquote_plus(told.password or ""))
            if told
            else (form.get("client_id"), form.get("client_secret"))
        )
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proved = b64(digest) == visit.asked["code_challenge"]
        return known == (CLIENT, SECRET) and proved and form["redirect_uri"] == visit.asked["redirect_uri"]
