"""Records what a partner really answers, without its people, in the form that `responses` replays."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hub.errors import WrongInput
from hub.sdk.contracts import Fetches
from hub.sdk.objects import Describes, Lists
from hub.sdk.scrubbing import Scrubber

HEADERS = ("retry-after", "ratelimit", "limit-info")  # parts of names of headers that are kept


class Recorder:
    """The witness of a PartnerClient. answers: as `responses` reads them from a file."""

    def __init__(self, scrubber: Scrubber) -> None:
        self.scrubber = scrubber
        self.answers: list[dict[str, Any]] = []

    def __call__(self, method: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        kept = {name: value for name, value in headers.items() if any(part in name.lower() for part in HEADERS)}
        kind = headers.get("Content-Type", "application/json").partition(";")[0]
        answer = {
            "method": method, "url": self.scrubber.url(url), "status": status, "body": self._said(body),
            "content_type": kind, "auto_calculate_content_length": False,
        }  # fmt: skip
        self.answers.append({"response": answer | ({"headers": kept} if kept else {})})

    def _said(self, body: bytes) -> str:
        """A body that is no JSON is not looked into, so nothing of it is kept."""
        if not body.strip():
            return ""
        try:
            return json.dumps(self.scrubber.value(json.loads(body)), ensure_ascii=False)
        except (ValueError, RecursionError):
            return f"({len(body)} bytes that are no JSON)"

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            YAML().dump({"responses": self.answers}, file)


def ask(connector: Any, what: str, pages: int) -> None:
    """what: fetch, list:KIND or describe:KIND. Raises WrongInput when the connector cannot, and whatever its partner says."""
    motion, _, kind = what.partition(":")
    if motion == "describe" and isinstance(connector, Describes):
        connector.describe(kind)
    elif motion == "list" and isinstance(connector, Lists) and isinstance(connector, Describes):
        _list(connector, kind, [one.name for one in connector.describe(kind)], pages)
    elif motion == "fetch" and isinstance(connector, Fetches):
        _fetch(connector, pages)
    else:
        raise WrongInput(f"It cannot {motion}.", "Ask it to fetch, list:KIND or describe:KIND, as it can.")


def _list(connector: Lists, kind: str, fields: Sequence[str], pages: int) -> None:
    cursor: str | None = None
    for _ in range(pages):
        cursor = connector.list(kind, fields, cursor).cursor
        if cursor is None:
            return


def _fetch(connector: Fetches, pages: int) -> None:
    cursor: str | None = None
    for _ in range(pages):
        page = connector.fetch(cursor)
        cursor = page.cursor
        if not page.more:
            return
