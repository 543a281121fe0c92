"""Segments over all customers by an engine beside the database: a snapshot of what their rules read goes there, and who is found
comes back through the door that every refresh takes."""

from collections.abc import Iterator, Sequence
from functools import reduce

from hub.core import Hub
from hub.flow import alongside, segments
from hub.flow.seen import TABLES
from hub.flow.segments import Move
from hub.models import Base
from hub.snapshots.engines import engine
from hub.snapshots.files import take
from hub.snapshots.room import folder_for
from rules import SegmentRule
from rules.dependencies import Reads
from rules.sql import select_members
from rules.sql.columnar import query
from rules.sql.flat import flat


def refresh(hub: Hub, rules: Sequence[SegmentRule], name: str) -> Iterator[tuple[SegmentRule, list[Move]]]:
    """Each rule in a transaction of its own. name: of the engine. Raises ConfigError, PartDown where it cannot be had."""
    opened, now = engine(name), hub.clock()
    tables = flat(TABLES, hub.book.catalogue)
    queries = {rule.name: query(select_members(rule.when, tables, now, rule.zone), name) for rule in rules}
    with hub.begin() as work:
        for rule in rules:
            segments.put_in_force(work, rule)
        work.audit("hub", "snapshot_taken", "region", engine=name, segments=len(rules))
    with folder_for(hub.region) as folder:
        key, reads = (
            hub.vault.make_key(hub.node.ids.next()),
            reduce(Reads.joined, (rule.reads for rule in rules), Reads()),
        )
        with hub.look() as session:
            held = take(session, folder, key, Base.metadata.tables, hub.book.catalogue, queries.values(), reads)
        with opened(held, folder, hub.settings.environ) as ask:
            for rule in rules:
                members = set(ask(queries[rule.name]))
                with hub.begin() as work:
                    moves = segments.refresh_by(work, rule, members, now)
                    alongside.follow(hub, work, moves)
                yield rule, moves
