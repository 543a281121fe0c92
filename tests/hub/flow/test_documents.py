"""A document is whole or not there, opens for its person only, and is gone with their key."""

import os
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from compliance import erasure, holds
from compliance.disclosure import disclose
from hub.errors import NotFound, Unreadable
from hub.flow import documents
from hub.flow.documents import Paper
from hub.flow.drafts import store
from hub.gate import erase_rows
from hub.models import Customer, DataKey, Document, DocumentShare, DocumentView, Person
from hub.vault import rotate
from partners import drain_all

INVOICE = Paper("R-1", "invoice", "Invoice 2026-0815", "application/pdf", date(2026, 3, 2))


def stored(hub, content):
    return store(hub, [content[at : at + 1000] for at in range(0, len(content), 1000)], 10_000_000)


def customer_of(session, ref):
    return session.scalars(select(Customer).where(Customer.ref == ref)).one()


@pytest.fixture
def anna(told):
    return told()


@pytest.fixture
def kept(hub):
    def keep(ref, content=b"%PDF-1.7 a paper", paper=INVOICE):
        file = stored(hub, content)
        with hub.begin() as work:
            row = documents.keep(work, hub.partners["shop"].id, customer_of(work.session, ref), paper, file, None)
            return row.ref

    return keep


def read(hub, ref, document):
    with hub.look() as session:
        row = documents.find(session, customer_of(session, ref).id, document)
        with documents.open_file(hub, session, row) as file:
            return file.read()


def files_of(hub):
    return [path for path in (hub.region.folder / "documents").rglob("*") if path.is_file()]


def grown_old(hub):
    for path in files_of(hub):
        os.utime(path, (0, 0))


def swept(hub, clock):
    """An hour of minutes."""
    gone = 0
    for _ in range(documents.TURN):
        gone += documents.sweep(hub, clock.now)
        clock.pass_by(minutes=1)
    return gone


def test_a_document_is_found_by_its_owner_and_opens_as_it_came(hub, anna, kept):
    content = os.urandom(200_000)
    ref = kept(anna, content)

    with hub.look() as session:
        mine = customer_of(session, anna).id
        [row] = session.scalars(documents.of_customer(mine))
        assert documents.titles(hub, session, mine, [row]) == {row.id: "Invoice 2026-0815"}
    assert read(hub, anna, ref) == content


def test_no_byte_of_it_lies_open_on_the_disk(hub, anna, kept):
    kept(anna, b"Anna Weiss, Invoice 2026-0815")

    [path] = files_of(hub)
    assert b"Anna" not in path.read_bytes()
    assert "2026" not in path.name


def test_another_customers_document_and_none_at_all_are_the_same(hub, told, kept):
    ref = kept(told("C-1"))
    other = told("C-2", email="bo@example.org")

    with hub.look() as session:
        stranger = customer_of(session, other).id
        with pytest.raises(NotFound) as foreign:
            documents.find(session, stranger, ref)
        with pytest.raises(NotFound) as missing:
            documents.find(session, stranger, "0" * 32)
    assert str(foreign.value) == str(missing.value)


def test_a_turned_epoch_keeps_documents_readable(hub, anna, kept, clock):
    ref = kept(anna)

    clock.pass_by(days=28)
    with hub.begin() as work:
        rotate(work.session, hub.vault, work.now)

    assert read(hub, anna, ref).startswith(b"%PDF")


def test_a_shredded_key_takes_every_copy_of_the_file_with_it(hub, anna, kept):
    ref = kept(anna)
    [path] = files_of(hub)
    backup = path.read_bytes()

    with hub.begin() as work:
        person = work.session.get_one(Person, customer_of(work.session, anna).person_id)
        key, person.data_key_id = person.data_key_id, None
        work.session.flush()
        erase_rows(work.session, DataKey, DataKey.id == key, record_set="x", persons=(), now=work.now)

    assert path.read_bytes() == backup
    with pytest.raises(Unreadable):
        read(hub, anna, ref)


def test_a_file_that_was_exchanged_for_another_of_the_same_person_does_not_open(hub, anna, kept):
    first = kept(anna, b"one")
    kept(anna, b"two", Paper("R-2", "invoice", "", "application/pdf", date(2026, 3, 2)))
    with hub.begin() as work:
        one, two = work.session.scalars(select(Document).order_by(Document.id))
        folder = hub.region.folder / "documents"
        (folder / one.file[:2] / one.file).write_bytes((folder / two.file[:2] / two.file).read_bytes())

    with pytest.raises(Unreadable):
        read(hub, anna, first)


def test_an_erased_person_has_no_document_and_the_sweep_takes_the_file(hub, crm, anna, kept, approved, clock):
    ref = kept(anna)
    with hub.begin() as work:
        document = work.session.scalars(select(Document).where(Document.ref == ref)).one()
        work.add(DocumentView(document_id=document.id, viewer="staff", viewer_id=1, sitting=1, how="seen", at=work.now))
        work.add(
            DocumentShare(ref="0" * 32, document_id=document.id, code_hash=b"x", made_at=work.now, most_opens=3, opens=0,
                          expires_at=work.now + timedelta(days=1), wrong=0)
        )  # fmt: skip
    request = approved(anna)
    erasure.run(hub, request)
    drain_all(hub)

    assert erasure.run(hub, request) == "certified"
    with hub.look() as session:
        for model in (Document, DocumentShare, DocumentView):
            assert session.scalar(select(func.count()).select_from(model)) == 0
    grown_old(hub)
    assert swept(hub, clock) == 1
    assert files_of(hub) == []


def test_a_hold_on_documents_keeps_them_and_the_key_that_opens_them(hub, crm, anna, kept, approved):
    ref = kept(anna)
    holds.place(hub, holds.Wanted(anna, "documents", "lawsuit", "§ 147 AO", "legal"), "petra")
    request = approved(anna)
    erasure.run(hub, request)
    drain_all(hub)

    assert erasure.run(hub, request) == "held"
    assert read(hub, anna, ref).startswith(b"%PDF")


def test_the_sweep_takes_what_nobody_knows_and_nothing_that_is_young(hub, anna, kept, clock):
    kept(anna)
    stored(hub, b"a row never came")
    (hub.region.folder / "documents" / "00").mkdir(exist_ok=True)
    (hub.region.folder / "documents" / "00" / f"{'0' * 32}.part").write_bytes(b"killed while it was written")

    assert swept(hub, clock) == 0
    grown_old(hub)
    assert swept(hub, clock) == 2
    assert len(files_of(hub)) == 1


def test_nothing_is_kept_for_somebody_who_was_erased(hub, anna, kept):
    with hub.begin() as work:
        work.session.get_one(Person, customer_of(work.session, anna).person_id).erased_at = work.now

    with pytest.raises(NotFound):
        kept(anna)


def test_a_person_who_asks_is_told_of_their_documents_and_of_no_key(hub, anna, kept):
    kept(anna)

    told = disclose(hub, anna, "anna").plain()["records"]["documents"]

    [row] = told["rows"]
    assert (row["title"], row["kind"], row["issued_on"]) == ("Invoice 2026-0815", "invoice", "2026-03-02")
    assert "key" not in row
