"""How often one address may try: counted by all processes of the region together, and by each alone while Valkey is away."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address

from hub.core import Hub

SPAN = timedelta(minutes=10)
# (address, now, most, span) -> may one more be made; None: nobody can tell
Together = Callable[[str, datetime, int, timedelta], bool | None]


def network(address: str | None) -> str:
    """What one caller has at hand: of IPv6 the whole /64, as a home or a telephone gets that many addresses at once (RFC 6177), of IPv4 the
    one. Empty where nobody tells."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False).network_address)


class Attempts:
    """At most `most` within `span` per address. together: the count of all processes; without one, and while it does not answer,
    this process's own holds, which remembers the `keep` addresses that tried last."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        most: int = 10,
        span: timedelta = SPAN,
        keep: int = 4096,
        together: Together = lambda *_: None,
    ) -> None:
        self.clock = clock
        self.most = most
        self.span = span
        self.keep = keep
        self.together = together
        self.lock = threading.Lock()
        self.seen: OrderedDict[str, list[datetime]] = OrderedDict()

    def allow(self, address: str) -> bool:
        """Counts this try, too. What all allow is counted here as well, so that a Valkey that goes away lets nobody begin anew."""
        now = self.clock()
        if self.together(address, now, self.most, self.span) is False:
            return False
        with self.lock:
            tries = [at for at in self.seen.pop(address, []) if now - at < self.span][-self.most :]
            allowed = len(tries) < self.most
            self.seen[address] = [*tries, now] if allowed else tries
            while len(self.seen) > self.keep:
                self.seen.popitem(last=False)
            return allowed


def attempts(hub: Hub, what: str, most: int = 10) -> Attempts:
    """Of one kind (`what`) in this region. Addresses lie in Valkey as keyed hashes, and for as long as the span."""

    def together(address: str, now: datetime, most: int, span: timedelta) -> bool | None:
        mark = hub.vault.fingerprint("attempts", what, address).hex()
        return hub.bell.admit(mark, now.timestamp(), most, span.total_seconds())

    return Attempts(hub.clock, most, together=together)
