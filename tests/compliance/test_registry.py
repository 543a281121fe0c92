"""The walk over the classified columns finds a person wherever one is pointed at."""

import pytest

from compliance.registry import SHELLS, record_sets
from hub.models import Base

SETS = {(one.name, one.column.name): one for one in record_sets()}


def test_every_column_that_points_at_a_person_or_customer_is_in_a_record_set() -> None:
    pointing = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in ("persons", "customers") and table.name not in SHELLS
    }

    assert pointing
    assert pointing <= set(SETS)


def test_children_go_before_the_rows_they_point_at() -> None:
    order = [one.name for one in record_sets()]

    for one in record_sets():
        if one.parent is not None:
            assert order.index(one.name) < order.index(one.parent.name)


@pytest.mark.parametrize(
    ("record_set", "column", "verb"),
    [
        ("personal_values", "person_id", "shred"), ("aliases", "person_id", "shred"), ("links", "person_id", "shred"),
        ("events", "customer_id", "anonymise"), ("visits", "customer_id", "anonymise"), ("profiles", "customer_id", "shred"),
        ("scores", "customer_id", "shred"), ("memberships", "customer_id", "shred"), ("consents", "person_id", "archive"),
        ("legal_holds", "person_id", "archive"), ("ledger_entries", "card_id", "shred"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_record_set(record_set: str, column: str, verb: str) -> None:
    assert SETS[record_set, column].verb == verb


def test_free_text_ends_where_its_row_stays() -> None:
    assert SETS["visits", "customer_id"].sealed == ("note",)
