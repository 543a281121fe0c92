"""What RQ runs: a job carries the name of a connection and nothing else."""

import logging
import threading
import time
from random import SystemRandom

from hub.core import Hub, Partner
from hub.flow import following, pipeline, proposals, pulls, reconcile, releases, uploads
from hub.own import OWN

SHIFT = 3.0  # seconds of one drain; a longer one rings again, so that no connection waits behind a busy one
PACE = 0.04  # seconds from look to look while a little comes every time: what comes meanwhile shares a transaction

log = logging.getLogger(__name__)
_hubs: list[Hub] = []
_ending = threading.Event()
_first_at = -PACE


def serve(hub: Hub) -> None:
    """From here on this process works for this hub."""
    _hubs[:] = [hub]


def end() -> None:
    """This process is told to stop: what runs is finished and written down, and nothing more is taken."""
    _ending.set()


def current_hub() -> Hub:
    return _hubs[0]


def drain(connection: str) -> None:
    """Take this connection's deliveries in and its messages out until nothing is due.

    The generation is raised before the last look: whoever rings while we look rings a new bell."""
    hub = current_hub()
    partner = hub.partners.get(connection)
    if partner is None:
        return
    try:
        _drain(hub, partner)
    except Exception:  # logged by us, by class and place only; what is due stays due, and the sweep rings again
        log.exception("drain failed", extra={"connection": connection})


def _drain(hub: Hub, partner: Partner) -> None:
    until = time.monotonic() + SHIFT
    rng = SystemRandom()
    last_look = False
    trickles = 0  # looks in a row that found something to do, and less than they could have done
    reconcile.heal(hub, partner, rng)
    while True:
        looked_at = time.monotonic()
        _take_in_first(hub, rng)
        pulled, taken = pulls.turn(hub, partner, rng), pipeline.process(hub, partner, rng)
        if _ending.is_set():
            return
        did = pulled + taken + following.introduce(hub, partner, rng)
        following.meet(hub, partner, rng)
        sent = pipeline.send(hub, partner, rng)
        did += sent
        full = pulled or taken == pipeline.TAKE or (sent and sent >= pipeline.batch_of(partner.connector))
        trickles = trickles + 1 if did and not full else 0
        if partner.name == OWN:
            did += uploads.work_off(hub) + releases.work_off(hub) + proposals.work_off(hub, _ending.is_set)
        if did and time.monotonic() < until and not _ending.is_set():
            last_look = False
            if trickles > 1:
                _ending.wait(looked_at + PACE - time.monotonic())
        elif did:
            hub.bell.raise_generation(partner.name)
            hub.bell.ring([partner.name])
            return
        elif last_look:
            return
        else:
            hub.bell.raise_generation(partner.name)
            last_look = True


def _take_in_first(hub: Hub, rng: SystemRandom) -> None:
    """What was told just now, of any connection: a portal shows it and segments read it, while a partner may wait a moment
    longer to be told. One batch each, so that those who wait to be told have their turn, too."""
    global _first_at  # noqa: PLW0603 - of this process, whatever connection it works for
    if time.monotonic() < _first_at + PACE:
        return
    for name in hub.bell.first_of_all():
        partner = hub.partners.get(name)
        if partner is not None and pipeline.process(hub, partner, rng) == pipeline.TAKE:
            hub.bell.ring((), [name])
        _first_at = time.monotonic()
