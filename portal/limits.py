"""How often one address may try to sign in."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta


class Attempts:
    """At most `most` within `span` per address; remembers the `keep` addresses that tried last."""

    def __init__(
        self, clock: Callable[[], datetime], most: int = 10, span: timedelta = timedelta(minutes=10), keep: int = 4096
    ) -> None:
        self.clock = clock
        self.most = most
        self.span = span
        self.keep = keep
        self.lock = threading.Lock()
        self.seen: OrderedDict[str, list[datetime]] = OrderedDict()

    def allow(self, address: str) -> bool:
        """Counts this try, too."""
        now = self.clock()
        with self.lock:
            tries = [at for at in self.seen.pop(address, []) if now - at < self.span][-self.most :]
            allowed = len(tries) < self.most
            self.seen[address] = [*tries, now] if allowed else tries
            while len(self.seen) > self.keep:
                self.seen.popitem(last=False)
            return allowed
