"""Our own doors (portal, API) as a connection of their own, so that what they write has an origin like all else."""

from typing import ClassVar

from hub.sdk.contracts import Account, Kind, Topic

OWN = "own"


class Own:
    """Takes no webhooks and is told of nothing."""

    name: ClassVar[str] = OWN
    kind: ClassVar[Kind] = "shop"
    topics: ClassVar[tuple[Topic, ...]] = ()

    def __init__(self, account: Account) -> None:
        self.account = account
