"""Doors that we open ourselves: pages of a file or a partner go into the same inbox that webhooks go into."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from sqlalchemy import func, select

from hub.core import Hub, Partner
from hub.errors import Busy, ConfigError
from hub.flow import agreements, conflicts, effects, identity, inbox, ours, outward, pipeline, places
from hub.flow.batches import batches
from hub.flow.held import Held
from hub.models import Customer, Delivery, Person
from hub.regions import for_pouring
from hub.sdk import ImportPage, Imports, Incoming, RowProblem, TakesRows
from hub.work import BulkWork

T = TypeVar("T")
SHOWN = 1000  # problems kept for the report; more are counted
AT_ONCE = 4  # pages to a transaction, which asks as often for four as for one; SQLite takes one, as others wait
PATIENCE = 600.0  # seconds without any progress after which an import gives up waiting


@dataclass
class Imported:
    """What became of a file. Every row is counted once: imported + unchanged + rejected + erased = rows."""

    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    rejected: int = 0
    erased: int = 0
    problems: list[RowProblem] = field(default_factory=list)


def import_pages(
    hub: Hub,
    partner: Partner,
    pages: Iterable[ImportPage],
    rng: Random,
    advanced: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Keep each page, take it through, and add up what became of its rows. Good rows go in, whatever stands beside them.

    A page that was kept before is known by its content: its rows are unchanged. Workers that run meanwhile help along."""
    with for_pouring(hub.region) as region:
        return _import_pages(replace(hub, region=region), partner, pages, rng, advanced)


def _import_pages(
    hub: Hub, partner: Partner, pages: Iterable[ImportPage], rng: Random, advanced: Callable[[int], None]
) -> Imported:
    total = Imported()
    kept: dict[bytes, tuple[int, bool]] = {}
    waiting = 0
    for page in pages:
        total.rows += page.rows + len(page.problems)
        total.rejected += len(page.problems)
        total.problems += page.problems[: max(0, SHOWN - len(total.problems))]
        if page.incoming is not None:
            fingerprint = hub.vault.fingerprint("delivery", partner.name, page.incoming.key)
            kept[fingerprint] = (page.rows, patiently(partial(_keep, hub, partner, page.incoming)))
            waiting += 1
        if waiting >= (1 if hub.region.on_sqlite else AT_ONCE):
            patiently(partial(pipeline.process, hub, partner, rng, kind=BulkWork))
            waiting = 0
        advanced(page.rows + len(page.problems))
    _settle(hub, partner, list(kept), rng)
    for rows, new, result in _results(hub, partner, kept):
        fresh = result.get("new", 0) if new else 0
        erased = result.get("erased", 0) if new else 0
        total.imported += fresh
        total.erased += erased
        total.unchanged += rows - fresh - erased
    return total


def _keep(hub: Hub, partner: Partner, incoming: Incoming) -> bool:
    """False: we have it."""
    with hub.begin() as work:
        return bool(inbox.keep(work, partner, [incoming]))


def patiently(step: Callable[[], T], patience: float = PATIENCE) -> T:
    """A database that others write to is waited for: what a step did not commit is not there. Raises Busy in the end."""
    end = time.monotonic() + patience
    while True:
        try:
            return step()
        except Busy:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def importer(hub: Hub) -> Partner:
    """The region's connection that reads files. Raises ConfigError."""
    for partner in hub.partners.values():
        if partner.connector.kind == "import" and isinstance(partner.connector, Imports):
            return partner
    hint = "Add one with connector: csvfile to hub.yaml."
    raise ConfigError(f"{hub.region_code} has no connection that imports files.", hint)


def history_of(hub: Hub, partner: Partner, path: Path) -> Iterator[ImportPage]:
    """A file of rows of the garage's own system, as pages. Raises ConfigError where the connection takes no rows."""
    connector = partner.connector
    if not isinstance(connector, TakesRows):
        raise ConfigError(f"“{partner.name}” takes no rows.", "Name a connection with connector: shop.")
    with hub.look() as session:
        bounds = places.bounds(hub, session)
    return connector.history(path, bounds)


def decide(hub: Hub, conflict_id: int, take: str, actor: str, reason: str = "") -> None:
    """A person's word on a field that both sides changed: both shall have ours, or theirs. Asked again under the lock, so that
    of two who decide at once one comes too late. Raises NotFound, Unreadable."""
    with hub.begin() as work:
        identity.lock_customers(work, [conflicts.waiting(work, conflict_id).customer_id])
        row = conflicts.waiting(work, conflict_id)
        partner = next(one for one in hub.partners.values() if one.id == row.connection_id)
        subject = effects.load_subjects(work, [row.customer_id])[row.customer_id]
        agreed = agreements.load(work, partner, row.kind, [subject])[row.customer_id]
        mapping = outward.map_of(hub, partner)
        rule = next(
            (one for kind in (mapping.objects if mapping else ()) for one in kind.fields if one.theirs == row.field),
            None,
        )
        conflicts.close(work, partner, agreed, row.field, take, actor)
        agreements.save(work, partner, agreed, subject.data_key_id)
        touched = {"sync"}
        if take == "theirs" and rule is not None:
            customer = work.session.get_one(Customer, row.customer_id)
            known = identity.Known(customer, work.session.get_one(Person, row.person_id))
            mine = ours.read(work, [subject])[row.customer_id]
            touched |= ours.write(work, Held(work), known, mine, {rule.ours: agreed.word(row.field).value})
            customer.version += 1
        outward.notice(hub, work, {row.customer_id: touched})
        work.audit(actor, "conflict_decided", "conflict", row.id, take=take, reason=reason)


def _settle(hub: Hub, partner: Partner, fingerprints: Sequence[bytes], rng: Random) -> None:
    """Work until nothing of this file waits any more, whoever takes it through."""
    left, since = -1, time.monotonic()
    while fingerprints:
        patiently(partial(pipeline.process, hub, partner, rng, kind=BulkWork))
        with hub.look() as session:
            waiting = 0
            for batch in batches(fingerprints):
                open_rows = select(func.count()).where(Delivery.key_hash.in_(batch), Delivery.state == "waiting")
                waiting += session.scalar(open_rows.where(Delivery.connection_id == partner.id)) or 0
        if waiting == 0:
            return
        if waiting != left:
            left, since = waiting, time.monotonic()
        if time.monotonic() - since > PATIENCE:
            return
        time.sleep(0.05)


def _results(
    hub: Hub, partner: Partner, kept: dict[bytes, tuple[int, bool]]
) -> Iterator[tuple[int, bool, dict[str, int]]]:
    with hub.look() as session:
        for batch in batches(kept):
            rows = select(Delivery.key_hash, Delivery.result).where(
                Delivery.connection_id == partner.id, Delivery.key_hash.in_(batch)
            )
            for key_hash, result in session.execute(rows):
                count, new = kept[key_hash]
                yield count, new, result or {}
