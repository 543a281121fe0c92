"""The month that comes by webhooks is the same, byte by byte, for the same seed."""

import json
from datetime import UTC, datetime, timedelta

from hub.demo import life
from hub.demo.history import webhooks
from hub.demo.life import RECENT
from hub.demo.rows import Pen
from hub.demo.world.books import DAYS, make_world
from worlds import REGIONS, TODAY

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
MANY = 150  # customers of a region: enough for a month in which something happens


def worlds(seed):
    return [books for region in REGIONS for books in make_world(region, MANY, TODAY, seed)]


def month_of(worlds, seed, now=NOW):
    """What both partners of every branch say, with the ids under which they say it."""
    told = []
    for books in worlds:
        told += webhooks(Pen(books), DAYS - RECENT, now, seed)
        told += [(one.id, one.kind, one.at.isoformat(), one.member) for one in life.last_month(books, seed)]
    return json.dumps(told, ensure_ascii=False).encode()


def test_the_month_is_the_same_bytes_for_one_seed_at_whatever_hour_it_is_told():
    made = worlds(7)
    month = month_of(made, 7)

    assert len(month) > 50_000
    assert month_of(worlds(7), 7) == month
    assert month_of(made, 7, NOW + timedelta(hours=9)) == month
    assert month_of(worlds(8), 8) != month


def test_no_two_webhooks_of_a_month_have_one_id():
    ids = [
        name for books in make_world("eu", MANY, TODAY, 7) for name, _ in webhooks(Pen(books), DAYS - RECENT, NOW, 7)
    ]

    assert len(ids) == len(set(ids)) > 5
