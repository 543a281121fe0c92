"""A document is shared with one recipient: by a code that is told by another way, for a time, a few times, until it is ended."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from hub.errors import NotFound, WrongInput
from hub.flow import documents, sharing, viewing
from hub.flow.documents import Paper
from hub.flow.drafts import store
from hub.flow.viewing import Look
from hub.models import Customer, Document, DocumentView

DAY = timedelta(days=1)


@pytest.fixture
def owner(hub, told):
    ref = told()
    with hub.look() as session:
        return session.scalars(select(Customer).where(Customer.ref == ref)).one()


@pytest.fixture
def document(hub, owner):
    file = store(hub, [b"%PDF-1.7"], 1000)
    with hub.begin() as work:
        paper = Paper("R-1", "invoice", "Invoice", "application/pdf", date(2026, 3, 2))
        return documents.keep(work, hub.partners["shop"].id, owner, paper, file, None)


@pytest.fixture
def shared(hub, document):
    with hub.begin() as work:
        row, code = sharing.share(work, work.session.get_one(Document, document.id), "Nordring Insurance", DAY, "anna")
        return row.ref, code


def opened(hub, ref, code):
    with hub.begin() as work:
        return sharing.open_share(work, ref, code)


def kept(hub, ref, token):
    with hub.look() as session:
        return sharing.opened_before(hub, session, ref, token)


def test_address_and_code_open_it_and_the_code_may_be_written_as_one_likes(hub, shared, document):
    ref, code = shared

    found = opened(hub, ref, code.lower().replace("-", " "))

    assert found.document.id == document.id
    assert kept(hub, ref, found.token).number == 1
    assert code.replace("-", "") not in ref


def test_it_opens_three_times_and_each_is_told(hub, shared, document, owner):
    ref, code = shared

    assert [bool(opened(hub, ref, code)) for _ in range(4)] == [True, True, True, False]
    with hub.look() as session:
        [row] = sharing.shares_of(session, [document.id])
        assert (row.opens, sharing.recipients(hub, session, owner.id, [row])) == (3, {row.id: "Nordring Insurance"})
        assert len(viewing.views_of(session, [document.id], 10)) == 3


def test_five_wrong_guesses_end_it(hub, shared):
    ref, code = shared
    for _ in range(sharing.WRONG):
        assert opened(hub, ref, "2222-2222") is None

    assert opened(hub, ref, code) is None


def test_it_ends_with_its_time_also_for_who_has_it_open(hub, shared, clock):
    ref, code = shared
    found = opened(hub, ref, code)

    clock.pass_by(minutes=31)
    assert kept(hub, ref, found.token) is None
    assert opened(hub, ref, code)
    clock.pass_by(days=1)
    assert opened(hub, ref, code) is None


def test_its_owner_ends_it_at_once_and_nobody_else_can(hub, shared, owner):
    ref, code = shared
    found = opened(hub, ref, code)
    with hub.begin() as work, pytest.raises(NotFound):
        sharing.revoke(work, owner.id + 1, ref, "bo")

    with hub.begin() as work:
        sharing.revoke(work, owner.id, ref, "anna")

    assert kept(hub, ref, found.token) is None
    assert opened(hub, ref, code) is None


@pytest.mark.parametrize("token", ["", "1", "1.2", "1.99999999999.00", "x.y.z", "1.99999999999.é", "²" * 9 + ".1.1"])
def test_a_token_that_was_made_up_opens_nothing(hub, shared, token):
    assert kept(hub, shared[0], token) is None


def test_a_token_of_one_share_does_not_open_another(hub, shared, document):
    ref, code = shared
    token = opened(hub, ref, code).token
    with hub.begin() as work:
        other, _ = sharing.share(work, work.session.get_one(Document, document.id), "Bo", DAY, "anna")

    assert kept(hub, other.ref, token) is None


@pytest.mark.parametrize(("recipient", "lasts"), [("  ", DAY), ("Bo", timedelta(days=365))])
def test_a_share_has_a_recipient_and_an_end(hub, document, recipient, lasts):
    with hub.begin() as work, pytest.raises(WrongInput):
        sharing.share(work, work.session.get_one(Document, document.id), recipient, lasts, "anna")


def test_a_video_that_is_fetched_in_a_hundred_stretches_was_looked_at_once(hub, document):
    for _ in range(3):
        viewing.note(hub, document.id, Look("customer", 1, 7))
    viewing.note(hub, document.id, Look("customer", 1, 7, "downloaded"))
    viewing.note(hub, document.id, Look("customer", 1, 8))

    with hub.look() as session:
        assert len(list(session.scalars(select(DocumentView)))) == 3
