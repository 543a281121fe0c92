"""The provider's words for a text message."""

from typing import Any

from hub.sdk import Push

LONGEST = 1000


def message(to: str, push: Push) -> dict[str, Any]:
    """`client_ref` is for the provider's reports; it does not tell repeats apart."""
    return {"to": to, "text": str(push.body.get("text", ""))[:LONGEST], "client_ref": push.key}
