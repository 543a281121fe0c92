"""A word of our own doors moves what a partner's word would move."""

from sqlalchemy import select

from hub import clock as moving
from hub.flow import writing
from hub.models import AuditEntry, Customer, Membership
from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord, EventRecord

KEY = CustomerKey(partner_id="C-1", customer_number="C-1")


def visit(clock, number):
    at = clock().replace(hour=9)
    return EventRecord(
        customer=KEY, kind="visit", key=f"v{number}", at=at, zone="Europe/Berlin", amount_minor=100, currency="EUR"
    )


def test_segments_follow_at_once(hub, noting, clock):
    moving.turn_segments(hub)

    with hub.begin() as work:
        writing.write(hub, work, [visit(clock, n) for n in range(3)])

    with hub.look() as session:
        assert session.scalars(select(Membership.segment).where(Membership.left_at.is_(None))).all() == ["regulars"]


def test_plugins_hear_of_a_consent_and_it_is_audited(hub, clock):
    heard = []

    class Listener:
        @staticmethod
        def customer_changed(work, customer_id, changes):
            heard.extend(changes)

    from hub.sdk import hookimpl

    Listener.customer_changed = staticmethod(hookimpl(Listener.customer_changed))
    with hub.begin() as work:
        writing.write(hub, work, [CustomerRecord(customer=KEY, name="Anna Weiß")])
        ref = work.session.scalars(select(Customer.ref)).one()
    hub.plugins.register(Listener())

    with hub.begin() as work:
        key = CustomerKey(partner_id=ref, ref=ref)
        given = ConsentRecord(
            customer=key, purpose="marketing", channel="email", state="withdrawn", notice="n1", at=work.now
        )
        writing.write(hub, work, [given])

    assert heard == ["consents"]
    with hub.look() as session:
        assert "consent_withdrawn" in session.scalars(select(AuditEntry.action)).all()
