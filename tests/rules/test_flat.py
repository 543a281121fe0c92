"""The tables that rules read, made flat: an attribute has a column, and what no rule reads is not asked for."""

from sqlalchemy import BigInteger, Date, Double, String

from histories import CATALOGUE, EVENTS, SCORES, TABLES
from rules.catalogue import Catalogue, EventKind
from rules.dependencies import Reads
from rules.sql.flat import flat, select_flat


def test_an_attribute_that_is_a_number_in_one_kind_and_a_text_in_another_has_two_columns() -> None:
    catalogue = Catalogue(
        [], [EventKind("visit", fields={"part": "number"}), EventKind("sale", fields={"part": "text"})]
    )

    columns = flat(TABLES, catalogue).event.c

    assert isinstance(columns.number_part.type, Double)
    assert isinstance(columns.text_part.type, String)


def test_the_amount_of_an_event_stays_where_it_is() -> None:
    assert "money_amount" not in flat(TABLES, CATALOGUE).event.c


def test_attributes_are_read_by_the_database_and_come_with_their_type() -> None:
    columns, statement = select_flat(EVENTS, {"id", "day_due"}, CATALOGUE, Reads(events=frozenset({"visit"})))

    assert [(one.name, type(one.type), one.nullable) for one in columns] == [
        ("day_due", Date, True),
        ("id", BigInteger, False),
    ]
    assert statement.selected_columns.keys() == ["day_due", "id"]


def test_other_kinds_of_events_and_other_scores_are_left_where_they_are() -> None:
    reads = Reads(events=frozenset({"visit"}), scores=frozenset({"churn"}))

    events, scores = (select_flat(table, {"id"}, CATALOGUE, reads)[1] for table in (EVENTS, SCORES))

    assert events.compile().params == {"kind_1": ["visit"]}
    assert scores.compile().params == {"name_1": ["churn"]}
