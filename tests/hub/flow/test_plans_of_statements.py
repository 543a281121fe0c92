"""What a webhook costs must not grow with the customers, so no statement on its way may read a large table from end to end."""

from itertools import islice

import pytest

from hub.clock import tick
from hub.demo.history import month
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS
from hub.flow import inbox, pipeline, segments
from hub.sdk.row_checks import checked
from hubs import NOW
from partners import DICE, drain_all
from scanning import whole_reads
from worlds import books_of


@pytest.fixture
def kept(hub):
    """Customers who are in, and four days of theirs that wait."""
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


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_webhook_on_its_way_in_reads_no_table_whole(hub, kept):
    with whole_reads(hub, parts=True) as found:
        while pipeline.process(hub, hub.partners["shop"], DICE):
            pass

    assert sorted(found) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_message_on_its_way_out_and_the_clocks_sweep_read_no_table_whole(hub, kept):
    with whole_reads(hub, parts=True) as found:
        drain_all(hub)
        tick(hub)

    assert sorted(found) == []
