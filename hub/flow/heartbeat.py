"""Renews the leases of a push that takes long, so that nobody else takes it over while it lives."""

import logging
import threading
from collections.abc import Sequence
from types import TracebackType

from hub.core import Hub
from hub.flow import outbox
from hub.flow.outbox import Claim

log = logging.getLogger(__name__)
BEATS = 3  # to a lease


class Heartbeat:
    def __init__(self, hub: Hub, claims: Sequence[Claim], lease: float) -> None:
        self.hub = hub
        self.claims = claims
        self.lease = lease
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._beat, daemon=True, name="heartbeat")

    def __enter__(self) -> "Heartbeat":
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()

    def _beat(self) -> None:
        while not self.over.wait(self.lease / BEATS):
            try:
                with self.hub.begin() as work:
                    outbox.renew(work, self.claims, self.lease)
            except Exception as error:  # noqa: BLE001 - a missed beat is no harm: the fence decides at settle
                log.warning("heartbeat missed", extra={"reason": type(error).__name__})
