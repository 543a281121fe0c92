"""Bodies of webhooks, read without trust."""

import json
from typing import Any, NoReturn

from hub.errors import NotJson


def read_json(body: bytes) -> Any:
    """Raises NotJson for anything else, however deeply nested or badly encoded; NaN and Infinity are no JSON. Half a
    character (which JSON can name, and no database keeps) becomes one that says so, a zero byte nothing."""
    try:
        found = json.loads(body, parse_constant=_refuse)
        return _whole(found) if b"\\u" in body else found
    except (ValueError, RecursionError):
        raise NotJson("The body is no JSON.", "Send one JSON document, UTF-8.") from None


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _whole(found: Any) -> Any:
    if isinstance(found, str):
        return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    if isinstance(found, list):
        return [_whole(one) for one in found]
    return {_whole(name): _whole(value) for name, value in found.items()} if isinstance(found, dict) else found
