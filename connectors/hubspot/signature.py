"""HubSpot's request signature, version 3, with the checks of time in both directions."""

import base64
import binascii
import re
from collections.abc import Sequence

from hub.sdk import Knock, WrongSignature, check_hmac_sha256, check_time

# the characters that HubSpot decodes in the URI before it signs (its page “Validating requests”)
DECODED = {"%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")", "%2A": "*",
           "%2C": ",", "%3B": ";"}  # fmt: skip
ESCAPE = re.compile("|".join(DECODED), re.IGNORECASE)


def check_signature(knock: Knock, client_secrets: str | Sequence[str]) -> None:
    """base64(HMAC-SHA256(secret, method + URI + body + timestamp)); the timestamp is in milliseconds. Any of the secrets may have
    signed (rotation)."""
    stamp = knock.headers.get("x-hubspot-request-timestamp", "")
    given = knock.headers.get("x-hubspot-signature-v3", "")
    if not stamp or not given:
        raise WrongSignature(
            "A header of the signature is missing.", "HubSpot sends X-HubSpot-Signature-v3 and its timestamp."
        )
    check_time(stamp[:-3] if stamp.isdigit() else stamp, knock.received_at)
    uri = ESCAPE.sub(lambda match: DECODED[match.group().upper()], knock.url)
    signed = f"{knock.method}{uri}".encode() + knock.body + stamp.encode()
    try:
        digest = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        digest = None
    check_hmac_sha256(signed, client_secrets, digest)
