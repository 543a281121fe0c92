"""How SQLite finds the rows: what a webhook costs must not grow with the customers, so no statement on its way may read a large
table from end to end. The planner knows nothing of sizes here, so that a small region shows what a large one would do."""

import re
from contextlib import contextmanager
from itertools import islice

import pytest
from sqlalchemy import event

from hub.demo.history import month
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS
from hub.flow import inbox, pipeline, segments
from hub.sdk.row_checks import checked
from hubs import NOW
from partners import DICE
from worlds import books_of

LARGE = (  # grows with the customers and what they do
    "aliases|appointments|consents|counterparts|customers|data_keys|deliveries|events|findings|inspections|invoices|lines|links"
    "|memberships|messages|offers|ownerships|personal_values|persons|profiles|recommendations|vehicles|visits"
)
# An INSERT looks for rows that point at it in vain only while some do; with a parent before its children that is never.
ASKING = ("SELECT", "UPDATE", "DELETE", "WITH")


@contextmanager
def whole_reads(hub):
    """Statements that read a large table whole, as `table: statement`, while this is open."""
    found = set()

    def look(_conn, cursor, statement, parameters, _context, many):
        if many or not statement.lstrip().upper().startswith(ASKING):
            return
        plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        found.update(
            f"{table[1]}: {' '.join(statement.split())}"
            for *_, step in plan
            if (table := re.fullmatch(rf"SCAN ({LARGE})( USING .*)?", step))
        )

    event.listen(hub.region.engine, "before_cursor_execute", look)
    yield found
    event.remove(hub.region.engine, "before_cursor_execute", look)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_webhook_on_its_way_in_reads_no_table_whole(hub):
    pen = Pen(books_of("eu", 120)[0])
    people = [pen.customer(one) for one in range(pen.books.people.count)]
    days = [row for day in islice(month(pen, DAYS - 90, NOW), 4) for row in day]
    shop = hub.partners["shop"]
    with hub.begin() as work:
        inbox.keep(work, shop, [shop.connector.incoming(checked(row)) for row in [pen.branch(), *people]])
    while pipeline.process(hub, shop, DICE):
        pass
    with hub.begin() as work:
        inbox.keep(work, shop, [shop.connector.incoming(checked(row)) for row in days])
    for name in sorted(hub.book.current().segments):
        with hub.begin() as work:
            segments.refresh(hub, work, hub.book.current().segments[name], "change")

    with whole_reads(hub) as found:
        while pipeline.process(hub, shop, DICE):
            pass

    assert sorted(found) == []
