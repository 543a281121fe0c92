"""A look changes nothing, and costs the database no plan that it has made before."""

from contextlib import nullcontext

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from hub.errors import NotFound
from hub.models import Here


def opened_at(hub):
    with hub.look() as session:
        return session.scalars(select(Here.opened_at)).one()


def test_a_look_writes_nothing_whatever_is_tried_in_it(hub):
    before = opened_at(hub)
    refused = nullcontext() if hub.region.on_sqlite else pytest.raises(DBAPIError, match="read-only transaction")

    with refused, hub.look() as session:
        session.execute(update(Here).values(region=Here.region, opened_at=hub.clock()))

    assert opened_at(hub) == before


def test_what_was_prepared_for_one_look_is_there_for_the_next(hub):
    """On PostgreSQL; SQLite is asked over no line."""
    for _ in range(8):
        opened_at(hub)

    if not hub.region.on_sqlite:
        with hub.look() as session:
            prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
        assert any("FROM here" in one for one in prepared), prepared


def test_a_look_that_ends_in_an_error_leaves_a_line_that_can_be_used(hub):
    def broken():
        with hub.look() as session:
            session.execute(text("SELECT 1"))
            raise NotFound("x")

    with pytest.raises(NotFound):
        broken()

    assert opened_at(hub) is not None
