"""How what is pending is read: along an index, however much lies beside it."""

import pytest

from hub.core import Hub
from hub.flow.pending import _READS, Asked
from plans import plan_of

TOPIC = "ix_messages_connection_id_topic_not_before_id"
DUE = "ix_{}_connection_id_not_before_id"


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
