"""A warranty that is about to end is an event of its customer: once, while it still runs, and rules can read it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from hub.catalogue import CORE_EVENTS
from hub.flow import documents, warranties
from hub.flow.documents import Paper
from hub.flow.drafts import store
from hub.models import Customer, Document, Event, Person
from hubs import NOW

TODAY = NOW.date()


@pytest.fixture
def anna(told):
    return told()


@pytest.fixture
def warranty(hub, anna):
    def keep(days, kind="warranty"):
        file = store(hub, [b"%PDF-1.7"], 1000)
        with hub.begin() as work:
            customer = work.session.scalars(select(Customer).where(Customer.ref == anna)).one()
            paper = Paper(
                f"W{days}", kind, "", "application/pdf", date(2025, 1, 1), ends_on=TODAY + timedelta(days=days)
            )
            return documents.keep(work, hub.partners["shop"].id, customer, paper, file, None).id

    return keep


def told_of(hub):
    with hub.look() as session:
        return [
            (row.about_id, row.attributes["days"])
            for row in session.scalars(select(Event).where(Event.kind == "warranty_ending"))
        ]


def test_it_is_told_four_weeks_before_it_ends_and_never_again(hub, warranty, clock):
    soon, _, _ = warranty(28), warranty(29), warranty(-1)

    assert [warranties.tell(hub), warranties.tell(hub)] == [1, 0]
    assert told_of(hub) == [(soon, 28)]
    clock.pass_by(days=1)
    assert warranties.tell(hub) == 1


def test_another_paper_with_an_end_is_no_warranty(hub, warranty):
    warranty(5, kind="paper")

    assert warranties.tell(hub) == 0


def test_nobody_is_told_of_what_is_not_released_or_frozen(hub, warranty, anna):
    warranty(5)
    with hub.begin() as work:
        work.session.execute(update(Document).values(state="checking"))
    assert warranties.tell(hub) == 0

    with hub.begin() as work:
        work.session.execute(update(Document).values(state="released"))
        work.session.execute(update(Person).values(restricted_at=work.now))
    assert warranties.tell(hub) == 0


def test_rules_may_name_the_event():
    assert warranties.KIND in {kind.name for kind in CORE_EVENTS}
