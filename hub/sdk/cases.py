"""What a connector is proved with: everything the kit needs to act as its partner, on this machine, without a network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from hub.sdk.contracts import Account, Connector
from hub.sdk.effects_log import EffectsLog


class Judged(Protocol):
    """A sandbox that keeps books (`log`): pushes are judged by what its partner really knows. One that also has an
    attribute `now` is given the kit's clock."""

    log: EffectsLog

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...


@runtime_checkable
class Changes(Protocol):
    """A sandbox whose people can be made to act, so that `fetch` has something to read."""

    def change(self, token: str, names: Sequence[str], at: datetime) -> None:
        """Things of these names are made or changed in the account of this token, at this moment of the partner's clock.
        A name stands in the payload of what is fetched of it; naming it again changes it."""


@runtime_checkable
class Spoils(Protocol):
    """A sandbox whose people can make a mistake: what they write makes no sense to the connector."""

    def spoil(self, token: str, name: str, at: datetime) -> None:
        """The thing of this name is changed to something that makes no sense."""


@runtime_checkable
class Closes(Protocol):
    """A sandbox that holds something beside HTTP, such as a port; the kit closes it at its end."""

    def close(self) -> None: ...


class Nobody:
    """The Api of a case: the kit puts a client of its own in its place."""

    def request(self, method: str, path: str, **given: Any) -> Any:
        raise NotImplementedError("The kit asks the sandbox by its own client.")


def sandbox_account(secrets: Mapping[str, str] | None = None, **options: Any) -> Account:
    """An account at a sandbox, with made-up secrets; `token` is sent as a bearer token, as the hub does it."""
    given = {"token": "a-token-of-the-kit", **(secrets or {})}
    return Account("kit", "eu", Nobody(), given, options)


@dataclass(frozen=True)
class Case:
    """payloads: a folder of recorded webhooks (hub.sdk.recordings) that were signed with the secrets of `account`.
    refuses: per topic what to put into a push's body so that this partner refuses that one push. excuses: check id -> why
    the partner's contract cannot have it; only checks that say so may be excused, and the report names each excuse."""

    connector: type[Connector]
    account: Account
    payloads: Path | None = None
    sandbox: Judged | None = None
    refuses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    excuses: Mapping[str, str] = field(default_factory=dict)
