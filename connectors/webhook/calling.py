"""One call of an endpoint: signed with every key that counts, to no private address, without following anybody elsewhere."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from requests_hardened import Config, Manager

from hub.sdk import ConfigError, Refused, RetryLater, sign
from hub.sdk.http import error_of

PRIVATE_KEY = "whsk_"
TIMEOUT = (3.0, 10.0)  # seconds to connect, and to answer
MOST_BYTES = 65_536  # of an answer: nobody reads it
LONGEST = 1_000


def signed(keys: Iterable[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a Standard Webhook 1.0.0: a v1 signature per `whsec_` key, a v1a one per `whsk_` key, all in one header."""
    stamp = str(int(at.astimezone(UTC).timestamp()))
    signatures = []
    for key in keys:
        if key.startswith(PRIVATE_KEY):
            raw = _private(key).sign(f"{message_id}.{stamp}.".encode() + body)
            signatures.append(f"v1a,{base64.b64encode(raw).decode()}")
        else:
            signatures.append(sign(key, message_id, at, body)["webhook-signature"])
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signatures),
    }


def _private(key: str) -> Ed25519PrivateKey:
    """32 bytes of seed, or 64 with the public half behind it, as the standard's tools write them."""
    try:
        raw = base64.b64decode(key.removeprefix(PRIVATE_KEY), validate=True)
        return Ed25519PrivateKey.from_private_bytes(raw[:32])
    except (binascii.Error, ValueError):
        raise ConfigError("A signing key is no ed25519 key.", "Copy it whole, from whsk_ to the end.") from None


class Caller:
    """allow_loopback: for sandboxes on this machine only. Private, link-local and metadata addresses are never called: the
    address is checked where the connection is made, so a name that changes its mind is no way in."""

    def __init__(self, allow_loopback: bool = False) -> None:
        self.allow_loopback = allow_loopback
        config = Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=allow_loopback,
            never_redirect=True,
            default_timeout=TIMEOUT,
            user_agent_override="garage-hub",
        )
        self.session = Manager(config).get_session()

    def call(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Any 2xx is a yes. Raises RetryLater, AuthBroken, Refused, Gone."""
        if not url.startswith("https://") and not self.allow_loopback:
            raise Refused("The endpoint is not https.")
        try:
            answer = self.session.request(
                "POST", url, data=body, headers=dict(headers), stream=True, allow_redirects=False
            )
            with answer:
                said = answer.raw.read(MOST_BYTES, decode_content=False)
        except requests.exceptions.ConnectTimeout as error:
            raise RetryLater("The endpoint does not accept a connection in time.") from error
        except requests.exceptions.Timeout as error:
            raise RetryLater("The endpoint did not answer in time.", happened=True) from error
        except requests.exceptions.ConnectionError as error:
            raise RetryLater("The connection to the endpoint broke.", happened=True) from error
        except Exception as error:  # an address that must not be called, or is none
            raise Refused(f"The address cannot be called ({type(error).__name__}).") from error
        if not 200 <= answer.status_code < 300:
            raise error_of(answer.status_code, answer.headers, said[:LONGEST])
