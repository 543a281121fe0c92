"""What OpenID Connect writes and signs: the address that leads to a provider, its keys, and ID tokens checked letter by letter.

Authorization code flow with PKCE and a nonce: OpenID Connect Core 1.0, 3.1; RFC 7636. Imported where it is needed: it takes
as long to load as the rest of a page's code, and many regions have no provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from hub.access.sessions import FRESH

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # by a key that only the provider has: never none, never a shared one
SCOPE = "openid profile email"
LEEWAY = 60  # seconds between their clock and ours
AGE = int(FRESH.total_seconds())  # so long ago, at most, they proved there who they are: as for every way in


class NotGood(Exception):
    """This token is not meant for us, here and now. Its text names claims, never a value."""


class UnknownKey(NotGood):
    """Signed by a key that we have not read, or by nobody's."""


@dataclass(frozen=True)
class Meant:
    """What a token has to say: from whom, to whom, and to which question of ours."""

    issuer: str
    client_id: str
    nonce: str


def way_there(endpoint: str, client_id: str, back: str, state: str, nonce: str, verifier: str) -> str:
    uri: str = prepare_grant_uri(
        endpoint, client_id, "code", redirect_uri=back, scope=SCOPE, state=state, nonce=nonce, max_age=AGE,
        code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
    )  # fmt: skip
    return uri


def way_out(endpoint: str, client_id: str, home: str) -> str:
    """OpenID Connect RP-Initiated Logout 1.0, 2."""
    return str(add_params_to_uri(endpoint, [("client_id", client_id), ("post_logout_redirect_uri", home)]))


def keys_of(told: Any) -> KeySet:
    """A JWK set (RFC 7517). Raises NotGood."""
    try:
        return KeySet.import_key_set(told)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotGood("its keys cannot be read") from error


def claims_of(text: str, keys: KeySet, meant: Meant, now: datetime) -> Mapping[str, Any]:
    """OpenID Connect Core 1.0, 3.1.3.7. Raises NotGood, UnknownKey."""
    at = int(now.timestamp())
    essential = {
        "iss": {"essential": True, "value": meant.issuer},
        "aud": {"essential": True, "value": meant.client_id},
    }
    given = {"nonce": meant.nonce, "client_id": meant.client_id, "max_age": AGE}
    try:
        token = jwt.decode(text, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(token.claims, token.header, essential, given)
        claims.validate(at, LEEWAY)
        found = dict(claims)
    except InvalidKeyIdError as error:
        raise UnknownKey("an unknown key") from error
    except (JoseError, ValueError, TypeError) as error:
        raise NotGood(str(error)) from error
    if found["auth_time"] < at - AGE - LEEWAY:
        raise NotGood("auth_time: too long ago")
    if not isinstance(found["sub"], str) or not 0 < len(found["sub"]) < 256:
        raise NotGood("sub: no subject")
    return found
