"""What a partner's local stand-in is."""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable


class Sandbox(Protocol):
    """A partner's local stand-in: a WSGI app that keeps its public contract, mounted at /<name>."""

    name: str

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]: ...


@runtime_checkable
class Listens(Protocol):
    """A sandbox with a door beside HTTP, such as a mail server's."""

    def listen(self, port: int) -> int: ...
