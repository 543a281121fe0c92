"""Columns that the database gathers are the bytes that rows would have given, whatever is missing in them."""

from datetime import date

import pytest
from sqlalchemy import BigInteger, Date, Double, Text, column, extract, literal_column, select, values

from garage_days import CAR, a_survey, a_visit, declined
from hub.models import Event
from hub.past.fetching import Wanted, by_columns, by_rows, fetch
from hub.past.reading import KINDS, _used
from hub.past.streams import day_number
from shops import BERLIN, folded

UNTIL = day_number(date(2026, 11, 25))


@pytest.fixture(params=["postgresql"])
def database(request):
    """SQLite has no arrays: there all comes by rows."""
    return request.param


def the_same(session, wanted):
    one, other = (fetch(session, wanted, UNTIL, {"oil": "small service"}, by) for by in (by_columns, by_rows))
    assert one.words == other.words
    for name in wanted.names:
        assert one[name].dtype == other[name].dtype, name
        assert one[name].tobytes() == other[name].tobytes(), name
    return one


def number_of_days(day):
    return extract("epoch", day).cast(BigInteger)


def test_every_kind_is_the_same_by_columns_and_by_rows(hub):
    folded(hub, BERLIN, CAR, a_visit("S-1", "2025-01-10"), a_visit("S-2", "2026-01-10", km=None))
    folded(hub, declined("F-1", "2026-01-10"), declined("F-2", "2026-01-10"), a_survey("2026-01-12", 9))

    with hub.look() as session:
        read = {kind: the_same(session, of(session, _used(session, []))) for kind, of in KINDS.items()}

    told = {"visits": 2, "works": 2, "advice": 4, "surveys": 1, "owned": 1}
    assert {kind: len(stream) for kind, stream in read.items()} == {**dict.fromkeys(KINDS, 0), **told}


def test_missing_numbers_ids_and_texts_and_many_blocks_are_the_same(hub):
    rows = values(
        column("customer_id"), column("day"), column("amount", Double), column("service", Text), name="told"
    ).data(
        [(one % 7 or None, 20_000 + one % 300, one / 3 if one % 5 else None, ["Oil", "OIL", None, "b"][one % 4]) for one in range(900)]
    )  # fmt: skip
    told = select(rows.c.customer_id, rows.c.day, rows.c.amount, rows.c.service)
    names = ("customer_id", "day", "amount", "service")

    with hub.look() as session:
        read = the_same(session, Wanted(told, literal_column("'2024-01-01'::date", Date), names, ("service",)))

    assert len(read) == 900
    assert read.words["service"] == ["", "b", "small service"]


def test_an_answer_without_a_row_has_columns_all_the_same(hub):
    told = select(Event.customer_id, number_of_days(Event.local_day), Event.amount_minor, Event.currency)
    wanted = Wanted(told, Event.local_day, ("customer_id", "day", "amount", "currency"), ("currency",))

    with hub.look() as session:
        assert len(the_same(session, wanted)) == 0
