"""Bodies of webhooks, read without trust."""

import json
from typing import Any

from hub.errors import NotJson


def read_json(body: bytes) -> Any:
    """Raises NotJson for anything else, however deeply nested or badly encoded."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotJson("The body is no JSON.", "Send one JSON document, UTF-8.") from None
