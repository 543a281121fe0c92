"""Somebody of the demo whose pages have much to show."""

from hub.demo.somebody import somebody
from hub.sdk import CustomerKey, CustomerRecord
from mine import an_owner
from shops import folded


def test_who_has_most_to_show_is_chosen(hub, clock):
    folded(hub, CustomerRecord(customer=CustomerKey(partner_id="P-1"), name="Nina Neu"), partner="own")
    owner = an_owner(hub)

    with hub.look() as session:
        assert somebody(session, clock()) == owner.ref


def test_while_nobody_is_there_nobody_is_chosen(hub, clock):
    with hub.look() as session:
        assert somebody(session, clock()) is None
