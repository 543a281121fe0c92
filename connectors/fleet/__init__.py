"""Vehicle status feed of a fleet's telematics (rFMS 4): odometer readings are pulled, page by page."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from connectors.fleet import words
from connectors.fleet.sandbox import FleetSandbox
from hub.sdk import (
    Account,
    Case,
    Incoming,
    Kind,
    Page,
    ReadingRecord,
    Sandbox,
    Topic,
    WrongInput,
    hookimpl,
    read_json,
    sandbox_account,
)


class Fleet:
    name: ClassVar[str] = "fleet"
    kind: ClassVar[Kind] = "fleet"
    topics: ClassVar[tuple[Topic, ...]] = ()

    def __init__(self, account: Account) -> None:
        self.api = account.api

    def fetch(self, cursor: str | None) -> Page:
        """The latest status of every vehicle, in order of VIN; `cursor` is the last VIN of the page before.

        A page is known by what it says, so a pass that brings nothing new is nothing. A status that makes no sense goes
        alone, to be set aside with its reason."""
        params = {"latestOnly": "true", **({"lastVin": cursor} if cursor else {})}
        answer = self.api.request("GET", "/vehiclestatuses", params=params, headers={"Accept": words.MEDIA}) or {}
        found = words.read(answer)
        if found.last is None:
            return Page([], None)
        last, more = found.last, found.more
        if more and cursor is not None and last <= cursor:
            raise WrongInput("The feed goes round in circles: its next page is none.", "lastVin has to lead on.")
        several = [found.good, *([one] for one in found.bad)]
        return Page([_told(some) for some in several if some], last if more else None, more=more)

    def normalise(self, payload: bytes) -> Iterable[ReadingRecord]:
        return words.records(read_json(payload))


def _told(statuses: Sequence[Mapping[str, Any]]) -> Incoming:
    payload = json.dumps({"vehicleStatuses": statuses}, sort_keys=True).encode()
    return Incoming(hashlib.sha256(payload).hexdigest(), "statuses", payload)


@hookimpl
def register_connectors() -> Sequence[type[Fleet]]:
    return [Fleet]


@hookimpl
def register_sandboxes(folder: Path, seed: int) -> Sequence[Sandbox]:
    return [FleetSandbox(folder)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    return [Case(Fleet, sandbox_account(), sandbox=FleetSandbox(folder))]
