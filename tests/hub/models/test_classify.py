"""Nothing is kept that nobody has classified."""

import pytest
from sqlalchemy import LargeBinary

from hub.models import Base

COLUMNS = [column for table in Base.metadata.sorted_tables for column in table.columns]
FIELDS = {"personal", "purpose", "retention", "erase"}


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_says_whether_it_is_personal_and_how_it_ends(column):
    assert column.info.keys() >= FIELDS, f"{column} has no classification: give it info= from hub.models.classify"


def test_personal_values_are_only_ever_bytes():
    sealed = [column for column in COLUMNS if column.info["personal"] in {"sealed", "index"}]

    assert sealed
    assert all(isinstance(column.type, LargeBinary) for column in sealed)


def test_every_table_about_people_points_at_the_region_it_lies_in():
    personal = [
        table
        for table in Base.metadata.sorted_tables
        if any(column.info["personal"] != "no" for column in table.columns) and table.name != "here"
    ]

    for table in personal:
        assert "region" in table.c, f"{table.name} has no region"
        assert {key.target_fullname for key in table.c.region.foreign_keys} == {"here.region"}
