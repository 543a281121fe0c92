"""How what is pending is read: along an index, however much lies beside it."""

import pytest
from sqlalchemy import Select, text
from sqlalchemy.orm import Session

from hub.core import Hub
from hub.flow.pending import _READS, Asked

TOPIC = "ix_messages_connection_id_topic_not_before_id"
DUE = "ix_{}_connection_id_not_before_id"


def plan_of(hub: Hub, session: Session, statement: Select[tuple[object, ...]]) -> str:
    """What the database would do if a scan of everything were dear, and putting in order, as both are with many rows."""
    told = statement.compile(dialect=hub.region.engine.dialect, compile_kwargs={"literal_binds": True})
    if not hub.region.on_sqlite:
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
    rows = session.connection().exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if hub.region.on_sqlite else ''}{told}")
    return "\n".join(str(row) for row in rows)


@pytest.mark.parametrize(
    ("state", "kind", "index"),
    [
        ("waiting", "segment", TOPIC),
        ("waiting", "", DUE.format("messages")),
        ("quarantined", "", "ix_deliveries_connection_id_state_not_before_id"),
    ],
)
def test_a_page_is_read_along_an_index_that_gives_its_order(hub: Hub, state: str, kind: str, index: str) -> None:
    asked = Asked(state, [next(iter(hub.partners.values())).id], kind)

    with hub.look() as session:
        plan = plan_of(hub, session, _READS[state](asked, None, 51))

    assert index in plan
    assert plan.count("TEMP B-TREE" if hub.region.on_sqlite else "Sort Key") <= 1, (
        "only the lanes' few rows are put together"
    )
