"""Whatever ends is looked for in every table that may point at it: without an index each deletion reads the whole table."""

from sqlalchemy import Table, UniqueConstraint

from compliance.registry import record_sets
from hub.models import Base

SERVED = {"data_keys", "deliveries", "idempotency_keys", "messages"}
ENDING = SERVED | {one.name for one in record_sets() if one.verb == "shred"}


def test_a_key_that_points_at_rows_which_end_leads_an_index():
    pointing = {
        (column.table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name in ENDING for key in column.foreign_keys)
    }
    assert ("deliveries", "data_key_id") in pointing
    assert [name for name in sorted(pointing) if name[1] not in _leading(Base.metadata.tables[name[0]])] == []


def test_a_persons_rows_are_found_by_an_index_in_every_record_set():
    sets = record_sets()
    assert len(sets) > 50
    assert sorted({f"{one.name}.{one.column.name}" for one in sets if one.column.name not in _leading(one.table)}) == []


def _leading(table: Table) -> set[str]:
    """First columns of what the whole table is indexed by."""
    whole = [one for one in table.indexes if one.dialect_options["sqlite"]["where"] is None]
    keys = [table.primary_key, *(one for one in table.constraints if isinstance(one, UniqueConstraint))]
    return {next(iter(one.columns)).name for one in [*whole, *keys]}
