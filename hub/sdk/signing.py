"""Signatures of webhooks: Standard Webhooks 1.0.0 (v1 HMAC, v1a ed25519), and plain HMAC for partners with a scheme of their own."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub.errors import ConfigError, WrongSignature

TOLERANCE = 300  # seconds, into the past and into the future
SECRET = "whsec_"  # noqa: S105 - a prefix
PUBLIC_KEY = "whpk_"
SHORTEST = 24  # bytes of a secret, as the standard says; an empty one would let anybody sign


def check_standard_webhook(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: datetime) -> str:
    """The webhook-id, which is signed and so a sound dedupe key. secrets: `whsec_` or `whpk_` keys, any of which may have
    signed (rotation). headers: names in lower case. Raises WrongSignature."""
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not message_id or not stamp or not given:
        raise WrongSignature(
            "A header of the signature is missing.", "Send webhook-id, webhook-timestamp and webhook-signature."
        )
    check_time(stamp, now)
    signed = f"{message_id}.{stamp}.".encode() + body
    if not any(_matches(secret, signed, given) for secret in secrets if secret):
        raise WrongSignature(
            "The signature does not match.", "Sign id.timestamp.body with the secret of this connection."
        )
    return message_id


def check_time(seconds: str, now: datetime) -> None:
    """Unix seconds, at most five minutes from `now` in either direction."""
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 12:
        raise WrongSignature("The timestamp is no number of seconds.")
    age = now.timestamp() - int(seconds)
    if age > TOLERANCE:
        raise WrongSignature("The timestamp is too old.", "Send within five minutes of signing.")
    if age < -TOLERANCE:
        raise WrongSignature("The timestamp lies in the future.", "Check the clock of the sender.")


def sign(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a Standard Webhook, v1."""
    stamp = str(int(at.astimezone(UTC).timestamp()))
    signature = base64.b64encode(_hmac(secret, f"{message_id}.{stamp}.".encode() + body)).decode()
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}


def check_hmac_sha256(signed: bytes, secrets: str | Iterable[str], given: bytes | None) -> None:
    """given: the raw digest the partner sent. secrets: any of them may have signed (rotation). Raises WrongSignature."""
    known = [one for one in ([secrets] if isinstance(secrets, str) else secrets) if one]
    if not known:
        raise WrongSignature("This connection has no secret.", "Name it in config/hub.yaml under secrets:.")
    digests = [hmac.digest(secret.encode(), signed, hashlib.sha256) for secret in known]
    if given is None or not any(hmac.compare_digest(digest, given) for digest in digests):
        raise WrongSignature("The signature does not match.")


def _matches(secret: str, signed: bytes, given: Iterable[str]) -> bool:
    found = False
    for version, _, signature in (one.partition(",") for one in given):
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            continue
        if version == "v1" and secret.startswith(SECRET):
            found |= hmac.compare_digest(_hmac(secret, signed), raw)
        elif version == "v1a" and secret.startswith(PUBLIC_KEY):
            found |= _ed25519(secret, signed, raw)
    return found


def _hmac(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError("A webhook secret is no base64.", "Copy it whole, from whsec_ to the end.") from None
    if len(key) < SHORTEST:
        raise ConfigError("A webhook secret is too short.", f"Use {SHORTEST} to 64 random bytes.")
    return hmac.digest(key, signed, hashlib.sha256)


def _ed25519(public: str, signed: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix(PUBLIC_KEY))).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
