"""Webhooks as a partner sent them, kept as files beside a connector: {method, url, headers, body, received_at, records}."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.sdk.contracts import Knock


@dataclass(frozen=True)
class Recorded:
    """One webhook as a partner sent it. records: names of the records it means, in order; none is a list, too."""

    name: str
    knock: Knock
    records: tuple[str, ...]


def recorded_in(folder: Path) -> list[Recorded]:
    """Files *.json of: method, url, headers (names in lower case), body (a text), received_at (ISO), records."""
    return [
        _recorded(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))
    ]


def _recorded(name: str, found: Mapping[str, Any]) -> Recorded:
    at = datetime.fromisoformat(found["received_at"])
    knock = Knock(found["method"], found["url"], found["headers"], found["body"].encode(), at)
    return Recorded(name, knock, tuple(found["records"]))
